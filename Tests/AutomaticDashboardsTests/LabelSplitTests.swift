// Which label a counter is split by.

import AutomaticDashboards
import Ferula
import Testing

private func family(_ rows: [(labels: [String: String], value: Double)]) -> MetricFamily {
    MetricFamily(
        name: "requests_total", kind: .counter,
        series: rows.map {
            SurveyedSeries(labels: LabelSet($0.labels.map { Label($0.key, $0.value) }), value: $0.value)
        })
}

@Suite("The label that splits best")
struct LabelSplitTests {
    @Test("how something ended beats what it was, that beats where, that beats who")
    func meaning() {
        let even = ["code", "method", "handler", "instance", "colour"].map { name in
            LabelShape(name: name, shares: ["a": 0.4, "b": 0.3, "c": 0.3])
        }
        func best(_ names: String...) -> String? { LabelSplit.best(even.filter { names.contains($0.name) }) }
        #expect(best("code", "method", "handler", "instance", "colour") == "code")
        #expect(best("method", "handler", "instance", "colour") == "method")
        #expect(best("handler", "instance", "colour") == "handler")
        #expect(best("instance", "colour") == "colour")
        #expect(best("instance") == "instance")
    }

    @Test(
        "a name's last word counts",
        arguments: [
            ("envoy_response_code", 1.6), ("http_method", 1.3), ("cluster_name", 1.1), ("k8s_pod", 0.4), ("x", 1),
        ])
    func lastWord(name: String, meaning: Double) { #expect(LabelSplit.meaning(of: name) == meaning) }

    @Test("a value that has nearly everything leaves nothing to see")
    func evenness() {
        let lopsided = LabelShape(name: "method", shares: ["GET": 0.999, "POST": 0.001])
        let even = LabelShape(name: "handler", shares: ["/a": 0.5, "/b": 0.3, "/c": 0.2])
        #expect(LabelSplit.best([lopsided, even]) == "handler")
    }

    @Test("more than ten values count less, and thousands nothing", arguments: [(10, true), (11, false)])
    func width(count: Int, isWhole: Bool) {
        let shares = Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", 1 / Double(count)) })
        let score = LabelSplit.score(LabelShape(name: "colour", shares: shares))
        #expect((score > 0.999) == isWhole)
        let many = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("\($0)", 0.001) })
        #expect(LabelSplit.best([LabelShape(name: "id", shares: many)]) == nil)
    }

    @Test("one value so far splits only where a second one is waited for")
    func oneValue() {
        #expect(LabelSplit.best([LabelShape(name: "code", shares: ["200": 1])]) == "code")
        #expect(LabelSplit.best([LabelShape(name: "handler", shares: ["/": 1])]) == nil)
    }

    @Test("bounds and quantiles are no labels to split by")
    func bounds() {
        #expect(LabelSplit.score(LabelShape(name: "le", shares: ["1": 0.5, "2": 0.5])) == 0)
        #expect(LabelSplit.score(LabelShape(name: "quantile", shares: ["1": 0.5, "2": 0.5])) == 0)
    }

    @Test("shares are of the sum of the newest values, of the number of series while all are 0")
    func shares() {
        let counted = family([(["code": "200"], 30), (["code": "500"], 10)])
        #expect(counted.labels.first?.shares == ["200": 0.75, "500": 0.25])
        let quiet = family([(["code": "200"], 0), (["code": "500"], 0), (["code": "200", "a": "b"], 0)])
        #expect(quiet.labels.first { $0.name == "code" }?.shares["200"] == 2.0 / 3)
        #expect(quiet.labels.first { $0.name == "a" }?.shares == ["b": 1.0 / 3, "": 2.0 / 3])
    }

    @Test("the fewest labels that tell all series apart, the readable ones first")
    func telling() {
        let disks = family([
            (["device": "/dev/a", "fstype": "ext4", "mountpoint": "/"], 1),
            (["device": "/dev/b", "fstype": "ext4", "mountpoint": "/home"], 1),
        ])
        #expect(disks.tellingLabels() == ["device"] || disks.tellingLabels() == ["mountpoint"])
        let grid = family([
            (["method": "GET", "code": "200"], 1), (["method": "GET", "code": "500"], 1),
            (["method": "PUT", "code": "200"], 1), (["method": "PUT", "code": "500"], 1),
        ])
        #expect(grid.tellingLabels() == ["code", "method"])
        #expect(family([(["a": "b"], 1)]).tellingLabels() == [])
    }
}

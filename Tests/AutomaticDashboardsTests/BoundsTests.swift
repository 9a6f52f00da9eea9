// Pages of any size and of any text: bounded, fast, and every query a query.

import AutomaticDashboards
import Dashboards
import Ferula
import Foundation
import PromQLSyntax
import Testing

/// Numbers that look random and come again.
private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

private func element(_ name: String, _ labels: [String: String], _ value: Double) -> VectorElement {
    VectorElement(
        labels: LabelSet([Label("__name__", name)] + labels.map { Label($0.key, $0.value) }),
        timestamp: Timestamp(seconds: 1), value: .float(value))
}

/// All panels, those in closed rows included; rows themselves are none.
private func panels(_ dashboard: Dashboard) -> [Panel] {
    dashboard.panels.flatMap { [$0] + $0.collapsedPanels }.filter { !$0.targets.isEmpty }
}

/// What a query is once the dashboard's own variables are filled in.
private func check(_ panel: Panel, _ place: Comment) {
    for target in panel.targets {
        let text = target.expression.replacing("$__rate_interval", with: "1m")
        #expect(!text.contains("$"), "\(text)")
        #expect(throws: Never.self, place) { _ = try Expression(parsing: text) }
    }
    for text in [panel.title, panel.description] {
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }, place)
        #expect(!text.contains("$"), place)
    }
}

@Suite("Limits of automatic dashboards", .timeLimit(.minutes(5)))
struct BoundsTests {
    @Test("ten thousand families: at most so many panels and rows, and what is left out is counted")
    func manyFamilies() {
        let elements = (0..<10_000).map { element("shop_part\($0 % 97)_thing\($0)_total", ["code": "\($0 % 3)"], 1) }
        let survey = MetricSurvey(elements, metadata: [:])
        #expect(survey.families.count == 10_000)
        let made = AutomaticDashboard(title: "t", survey: survey)
        let dashboard = made.dashboard()
        let rows = dashboard.panels.count { if case .row = $0.kind { true } else { false } }
        #expect(panels(dashboard).count <= AutomaticDashboard.panelsMax)
        #expect(rows <= AutomaticDashboard.rowsMax + 1)
        #expect(made.familiesLeftOut > 5000)
        #expect(dashboard.panels.last?.title == "and \(made.familiesLeftOut) more: g m lists all metrics")
        #expect(dashboard.notices == [])
    }

    @Test("panels of a row: at the limit all are there, one more is left out", arguments: [24, 25])
    func panelsOfRow(count: Int) {
        // Different units, so that none is merged with another.
        let elements = (0..<count).flatMap { number in
            (0..<2).map { element("shop_t\(number)x_total", ["device": "\($0)"], 1) }
        }
        let made = AutomaticDashboard(title: "t", survey: MetricSurvey(elements, metadata: [:]))
        #expect(panels(made.dashboard()).count == 24)
        #expect(made.familiesLeftOut == count - 24)
    }

    @Test("lines of a panel: ten are drawn as they are, eleven as the largest ten", arguments: [10, 11])
    func lines(count: Int) {
        let elements = (0..<count).map { element("shop_depth", ["queue": "q\($0)"], Double($0)) }
        let made = AutomaticDashboard(title: "t", survey: MetricSurvey(elements, metadata: [:])).dashboard()
        #expect(
            panels(made).map { $0.targets[0].expression } == [count == 10 ? "shop_depth" : "topk(10, shop_depth)"])
    }

    @Test("no series at all is an empty dashboard")
    func nothing() {
        let made = AutomaticDashboard(title: "t", survey: MetricSurvey([], metadata: [:]))
        #expect(made.dashboard().panels.isEmpty)
        #expect(made.dashboard().title == "t")
    }

    @Test("two thousand series of three hundred families take no longer than a few frames")
    func speed() {
        var elements: [VectorElement] = []
        for number in 0..<2000 {
            elements.append(
                element(
                    "shop_part\(number % 12)_thing\(number % 300)_total",
                    ["method": "m\(number % 7)", "code": "\(200 + number % 5)", "path": "/p\(number % 40)"],
                    Double(number)))
        }
        let clock = ContinuousClock()
        // The best of some tries: this machine does other things as well.
        let best =
            (0..<5).map { _ in
                clock.measure {
                    let survey = MetricSurvey(elements, metadata: [:])
                    _ = AutomaticDashboard(title: "t", survey: survey).dashboard()
                }
            }.min() ?? .zero
        print("2,000 series of 300 families: \(best)")
        // A debug build takes ten times what a release build does.
        #expect(best < .milliseconds(1500))
    }

    private static let parts = [
        "a", "b_", "total", "_bucket", "_sum", "_count", "_info", "seconds", "bytes", "requests", "errors", "$__range",
        "${x}", "[[y]]", "\"", "\\", "\n", "\u{1b}[31m", "é", "日本", "{", "}", "le", "code", "state", ".", ":", "-", " ",
        "\u{202e}", "timestamp", "_created", "cpu", "mode", "%", "'", "`",
    ]

    private static func text(_ dice: inout Dice, least: Int = 0) -> String {
        (0..<Int.random(in: least...4, using: &dice)).map { _ in parts.randomElement(using: &dice) ?? "" }.joined()
    }

    @Test(
        "whatever names, labels and texts: no trap, every query parses, nothing a terminal would obey",
        arguments: 0..<60)
    func anything(round: Int) throws {
        var dice = Dice(state: UInt64(round) &* 7919 &+ 17)
        var elements: [VectorElement] = []
        var metadata: [String: Metadata] = [:]
        for _ in 0..<Int.random(in: 1...40, using: &dice) {
            let name = Self.text(&dice, least: 1)
            if Bool.random(using: &dice) {
                metadata[name] = Metadata(
                    kind: Metadata.Kind.allCases.randomElement(using: &dice) ?? .gauge, help: Self.text(&dice),
                    unit: Self.text(&dice))
            }
            for ending in ["", "_total", "_bucket", "_sum", "_count", "_info"] where Bool.random(using: &dice) {
                for _ in 0..<Int.random(in: 1...14, using: &dice) {
                    var labels: [String: String] = [:]
                    for _ in 0..<Int.random(in: 0...3, using: &dice) {
                        labels[Self.text(&dice, least: 1)] = Self.text(&dice, least: 1)
                    }
                    if ending == "_bucket" { labels["le"] = ["0.1", "1", "+Inf", "x"].randomElement(using: &dice) }
                    let values = [0, 1, 2.5, -1, 1.7e9, .nan, .infinity, -.infinity, 1e300, 1.8e19]
                    elements.append(element(name + ending, labels, values.randomElement(using: &dice) ?? 0))
                }
            }
        }
        let made = AutomaticDashboard(
            title: Self.text(&dice), survey: MetricSurvey(elements, metadata: metadata),
            matchers: round % 3 == 0 ? [Matcher("job", equals: Self.text(&dice, least: 1))] : [])
        let dashboard = made.dashboard()
        #expect(dashboard.notices == [], "round \(round)")
        for panel in panels(dashboard) { check(panel, "round \(round)") }
    }
}

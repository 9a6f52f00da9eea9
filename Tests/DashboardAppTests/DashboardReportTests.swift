// What `ferula check dashboard` says of documents, and of all the real ones there are.

import Dashboards
import FoundationEssentials
import Testing

@testable import DashboardApp

@Suite("Reports about dashboards")
struct DashboardReportTests {
    static func report(_ text: String) throws -> DashboardReport {
        DashboardReport(try Dashboard(grafanaJSON: Array(text.utf8), fileName: "x.json"), fileName: "x.json")
    }

    @Test("each panel is exact, nearly or not drawn, and each reason stands once with its panels")
    func groups() throws {
        let report = try Self.report(
            """
            {"title": "T", "panels": [
              {"type": "row", "title": "R"},
              {"type": "timeseries", "title": "a", "targets": [{"expr": "rate(up[$__rate_interval])"}]},
              {"type": "timeseries", "title": "b", "fieldConfig": {"defaults": {"custom": {"lineInterpolation": "smooth"}}}},
              {"type": "timeseries", "title": "c", "fieldConfig": {"defaults": {"custom": {"lineInterpolation": "smooth"}}}},
              {"type": "nodeGraph", "title": "d", "targets": [{"expr": "up"}]},
              {"type": "timeseries", "title": "e", "datasource": {"type": "loki"}, "targets": [{"expr": "{a=1} |= 2"}]},
              {"type": "stat", "title": "f", "targets": [{"expr": "up"}, {"expr": "rat(up[5m])"}],
               "fieldConfig": {"defaults": {"min": "low"}}}]}
            """)
        #expect(
            DashboardReportText.text(report) == """
                x.json: T
                  panels         1 exact, 3 nearly, 2 not drawn; 1 row
                  expressions    3, 1 does not parse
                  not drawn      nodeGraph: not drawn [d]
                  not drawn      data source "loki" is not asked [e]
                  nearly         lineInterpolation: drawn straight [b, c]
                  wrong value    panels[6].fieldConfig.defaults.min: expected a number, found "low" [f]
                  does not parse panels[6].targets[1].expr [f]
                    1:1: unknown function `rat`
                      rat(up[5m])
                      ^~~ did you mean `rate`?

                """)
        #expect(!report.isClean)
    }

    @Test("a panel none of whose queries parses has failed; one of which one parses is nearly drawn")
    func failed() throws {
        let report = try Self.report(
            """
            {"title": "T", "panels": [
              {"type": "stat", "title": "all", "targets": [{"expr": "rat(up[5m])"}, {"expr": "sum("}]},
              {"type": "stat", "title": "shown", "targets": [{"expr": "sum("}, {"expr": "up", "hide": true}]},
              {"type": "stat", "title": "one", "targets": [{"expr": "sum("}, {"expr": "up"}]},
              {"type": "stat", "title": "hidden", "targets": [{"expr": "sum(", "hide": true}]},
              {"type": "row", "collapsed": true, "panels": [{"type": "stat", "title": "inside", "targets": [{"expr": ")"}]}]}]}
            """)
        #expect(report.panels.map(\.status) == [.failed, .failed, .approximated, .approximated, .failed])
        #expect(
            DashboardReportText.text(report).split(separator: "\n").prefix(3) == [
                "x.json: T", "  panels         0 exact, 2 nearly, 3 failed; 1 row",
                "  expressions    8, 6 do not parse",
            ])
    }

    @Test("a dashboard drawn in full has no finding")
    func clean() throws {
        let report = try Self.report(
            """
            {"title": "T", "panels": [{"type": "stat", "title": "a", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4},
              "options": {"reduceOptions": {"calcs": ["mean"]}, "graphMode": "none"}, "targets": [{"expr": "up"}]}]}
            """)
        #expect(report.isClean)
        #expect(
            DashboardReportText.text(report) == """
                x.json: T
                  panels         1 exact
                  expressions    1, all parse

                """)
        var bytes: [UInt8] = []
        DashboardReportText.json(report, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"file":"x.json","title":"T","panels":[{"path":"panels[0]","title":"a","type":"stat","#
                + #""status":"exact"}],"rows":0,"expressions":1,"findings":[]}"#)
    }

    @Test("values that only a server knows may be names or lengths of time")
    func unknownValues() throws {
        let report = try Self.report(
            """
            {"templating": {"list": [{"name": "m", "type": "query", "query": "metrics(.*)"},
              {"name": "w", "type": "textbox", "query": ""}]},
             "panels": [{"type": "stat", "targets": [{"expr": "sum($m)"}, {"expr": "rate(up[$w])"}]}]}
            """)
        #expect(report.findings == [])
        #expect(report.expressionCount == 3)
    }

    // MARK: Real dashboards

    private static let folder: String = {
        String("\(#filePath)".dropLast("Tests/DashboardAppTests/DashboardReportTests.swift".utf8.count))
    }()

    static let corpus: [(name: String, bytes: [UInt8])] = {
        for up in ["../shared", "../../shared"] {
            let path = folder + "\(up)/corpus/dashboards"
            // No folder means that there is nothing to test here.
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { continue }
            return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
                FileManager.default.contents(atPath: path + "/" + name).map { (name, Array($0)) }
            }
        }
        return []
    }()

    @Test("the report over real dashboards is the one that was looked at")
    func corpusGolden() throws {
        guard !Self.corpus.isEmpty else { return }
        var text = ""
        for (name, bytes) in Self.corpus {
            let report = DashboardReport(try Dashboard(grafanaJSON: bytes, fileName: name), fileName: name)
            text += DashboardReportText.text(report, showsTitles: false) + "\n"
        }
        try compare(text, with: "Tests/DashboardAppTests/Golden/corpus-report.txt")
    }

    @Test("the page of docs is the table of the code")
    func compatibilityPage() throws {
        try compare(
            """
            # What of a Grafana dashboard is drawn

            Printed from `Sources/Dashboards/CompatibilityRows.swift`, from which the import reports too: `ferula check
            dashboard FILE` names each of these that a file uses. *nearly*: drawn, though otherwise than Grafana does.
            *immaterial*: nothing of it could be seen in cells, so that it is not reported.

            """ + Compatibility.markdown(), with: "docs/dashboard-compatibility.md")
    }

    private func compare(_ text: String, with path: String) throws {
        let path = Self.folder + path
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        let data = try #require(FileManager.default.contents(atPath: path), "no golden \(path)")
        let wanted = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let found = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, (want, have)) in zip(wanted, found).enumerated() where want != have {
            Issue.record("\(path):\(line + 1)\nwanted \(want)\nfound  \(have)")
            return
        }
        #expect(wanted.count == found.count)
    }
}

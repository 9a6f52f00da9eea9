// A DashboardReport in words and as JSON.
// Printed by `ferula check dashboard`; the golden over real dashboards is made of the same lines without titles.

import Dashboards
import Querying

package enum DashboardReportText {
    /// A few lines for a file: what is drawn, then each thing to know once with the panels it concerns.
    ///
    /// - `showsTitles`: false leaves out everything that the file's author wrote.
    package static func text(_ report: DashboardReport, showsTitles: Bool = true) -> String {
        var text = report.fileName + (showsTitles ? ": \(report.title)" : "") + "\n"
        text += "  panels         \(panels(report))\n"
        let broken = report.findings.count { $0.kind == .expression }
        text += "  expressions    \(report.expressionCount)"
        text += broken == 0 ? ", all parse\n" : ", \(broken) \(broken == 1 ? "does" : "do") not parse\n"
        for kind in DashboardReport.Finding.Kind.allCases {
            text += kind == .expression ? expressions(report, showsTitles) : groups(report, kind, showsTitles)
        }
        return text
    }

    private static func panels(_ report: DashboardReport) -> String {
        var words = ["\(report.count(.exact)) exact"]
        if report.count(.approximated) > 0 { words.append("\(report.count(.approximated)) nearly") }
        if report.count(.failed) > 0 { words.append("\(report.count(.failed)) failed") }
        if report.count(.notDrawn) > 0 { words.append("\(report.count(.notDrawn)) not drawn") }
        var text = words.joined(separator: ", ")
        if report.rowCount > 0 { text += "; \(report.rowCount == 1 ? "1 row" : "\(report.rowCount) rows")" }
        return text
    }

    private static func label(_ kind: DashboardReport.Finding.Kind) -> String {
        switch kind {
        case .notDrawn: "not drawn      "
        case .approximated: "nearly         "
        case .ignored: "ignored        "
        case .fault: "wrong value    "
        case .expression: "does not parse "
        }
    }

    /// Equal messages together, the panels they concern behind them.
    private static func groups(
        _ report: DashboardReport, _ kind: DashboardReport.Finding.Kind, _ showsTitles: Bool
    ) -> String {
        var order: [String] = []
        var places: [String: [DashboardReport.Finding]] = [:]
        for finding in report.findings where finding.kind == kind {
            let key = kind == .fault ? "\(finding.path): \(finding.message)" : finding.message
            if places[key] == nil { order.append(key) }
            places[key, default: []].append(finding)
        }
        return order.map { key in
            let found = places[key] ?? []
            var names: [String] = []
            for panel in found.compactMap(\.panel) where !names.contains(name(report, panel)) {
                names.append(name(report, panel))
            }
            var line = "  \(label(kind))\(key)"
            if showsTitles, !names.isEmpty {
                line += " [" + names.prefix(3).joined(separator: ", ")
                line += names.count > 3 ? " and \(names.count - 3) more]" : "]"
            } else if !names.isEmpty, names.count > 1 {
                line += " [\(names.count) panels]"
            }
            return line + "\n"
        }.joined()
    }

    private static func name(_ report: DashboardReport, _ panel: Int) -> String {
        guard report.panels.indices.contains(panel) else { return "" }
        let found = report.panels[panel]
        return found.title.isEmpty ? found.path : found.title
    }

    private static func expressions(_ report: DashboardReport, _ showsTitles: Bool) -> String {
        report.findings.filter { $0.kind == .expression }.map { finding in
            var line = "  \(label(.expression))\(finding.path)"
            if !showsTitles { return line + "\n" }
            if let panel = finding.panel { line += " [\(name(report, panel))]" }
            let excerpt = finding.excerpt.split(separator: "\n").map { "    \($0)\n" }.joined()
            return line + "\n" + excerpt
        }.joined()
    }

    // MARK: JSON

    /// `{"file":…,"title":…,"panels":[{"path":…,"title":…,"type":…,"status":"exact"}],"rows":2,"expressions":9,
    /// "findings":[{"kind":"ignored","path":…,"panel":0,"message":…}]}`
    package static func json(_ report: DashboardReport, to bytes: inout [UInt8]) {
        func pair(_ key: String, _ text: String) {
            bytes += "\"\(key)\":".utf8
            JSONText.append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "{"))
        pair("file", report.fileName)
        bytes.append(UInt8(ascii: ","))
        pair("title", report.title)
        bytes += ",\"panels\":".utf8
        JSONText.list(report.panels, to: &bytes) { panel, bytes in
            JSONText.list(
                [
                    ("path", panel.path), ("title", panel.title), ("type", panel.type),
                    ("status", panel.status.rawValue),
                ],
                open: "{", close: "}", to: &bytes, append)
        }
        bytes += ",\"rows\":\(report.rowCount),\"expressions\":\(report.expressionCount),\"findings\":".utf8
        JSONText.list(report.findings, to: &bytes) { finding, bytes in
            bytes += "{\"panel\":\(finding.panel.map(String.init) ?? "null"),".utf8
            JSONText.list(
                [("kind", finding.kind.rawValue), ("path", finding.path), ("message", finding.message)],
                open: "", close: "}", to: &bytes, append)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ pair: (String, String), to bytes: inout [UInt8]) {
        JSONText.append(pair.0, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        JSONText.append(pair.1, to: &bytes)
    }
}

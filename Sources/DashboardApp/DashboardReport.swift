// What becomes of a dashboard here, panel by panel: drawn exactly, nearly or not, and which queries do not parse.
// `ferula check dashboard` prints it; made from what the import noticed and from PromQLSyntax's view of each query.

import Dashboards
import MetricModel
import PromQLSyntax

package struct DashboardReport: Sendable {
    /// `failed`: drawn, were it not that none of its queries parses.
    package enum Status: String, Hashable, Sendable, CaseIterable { case exact, approximated, failed, notDrawn }

    package struct PanelStatus: Sendable {
        package var path: String
        package var title: String
        package var type: String
        package var status: Status
    }

    /// One thing to know, at its place in the document.
    package struct Finding: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            case notDrawn, approximated, ignored, fault, expression
        }
        package var kind: Kind
        package var path: String
        /// Index into `panels`; nil for what concerns the whole document.
        package var panel: Int?
        package var message: String
        /// Of an expression: the text and a mark under its fault.
        package var excerpt = ""
    }

    package var fileName: String
    package var title: String
    package var panels: [PanelStatus] = []
    package var rowCount = 0
    package var expressionCount = 0
    package var findings: [Finding] = []

    package func count(_ status: Status) -> Int { panels.count { $0.status == status } }
    package var isClean: Bool { findings.isEmpty }

    package init(_ dashboard: Dashboard, fileName: String) {
        self.fileName = fileName
        title = dashboard.title
        let range = TimeRange(
            from: dashboard.timeFrom, to: dashboard.timeTo, now: Timestamp(milliseconds: 1_700_000_000_000))
        let variants = Self.variants(dashboard, range)
        visit(dashboard.panels, range, variants)
        place(dashboard.notices)
        check(dashboard, range, variants)
        for index in panels.indices where panels[index].status == .exact {
            if findings.contains(where: { $0.panel == index }) { panels[index].status = .approximated }
        }
    }

    // MARK: Panels

    private mutating func visit(_ found: [Panel], _ range: TimeRange, _ variants: [VariableContext]) {
        for panel in found { visit(panel, range, variants) }
    }

    private mutating func visit(_ panel: Panel, _ range: TimeRange, _ variants: [VariableContext]) {
        defer { visit(panel.collapsedPanels, range, variants) }
        if panel.isRow {
            rowCount += 1
            return
        }
        panels.append(
            PanelStatus(path: panel.path, title: panel.title, type: panel.typeName, status: Self.status(panel)))
        guard panel.kind.asksQueries else { return }
        var asked = 0
        var failed = 0
        for (place, target) in panel.targets.enumerated() {
            let parses = check(
                target.expression, isForeign: target.foreignDatasource != nil,
                path: "\(panel.path).targets[\(place)].expr", panel: panels.count - 1
            ) { context in
                let copy = Self.alone(target, in: panel)
                return PanelQueryPlan(
                    panel: copy, range: range, widthColumns: 60, scrapeInterval: .seconds(15),
                    variables: context
                ).queries.first?.expression
            } contexts: {
                variants
            }
            guard let parses, !target.isHidden else { continue }
            asked += 1
            if !parses { failed += 1 }
        }
        if asked > 0, failed == asked { panels[panels.count - 1].status = .failed }
    }

    /// The panel with one of its targets, which is planned even when it is hidden.
    private static func alone(_ target: PanelTarget, in panel: Panel) -> Panel {
        var copy = panel
        var shown = target
        shown.isHidden = false
        copy.targets = [shown]
        return copy
    }

    private static func status(_ panel: Panel) -> Status {
        if case .unsupported = panel.kind { return .notDrawn }
        let asked = panel.targets.filter { !$0.isHidden }
        let isForeign = !asked.isEmpty && asked.allSatisfy { $0.foreignDatasource != nil }
        return panel.kind.asksQueries && isForeign ? .notDrawn : .exact
    }

    private mutating func place(_ notices: [ImportNotice]) {
        for notice in notices {
            let kind: Finding.Kind =
                switch notice.kind {
                case .fault: .fault
                case .ignored: .ignored
                case .approximated: .approximated
                case .notDrawn: .notDrawn
                }
            findings.append(
                Finding(kind: kind, path: notice.path, panel: panelIndex(notice.path), message: notice.message))
        }
    }

    /// The innermost panel a place lies in.
    private func panelIndex(_ path: String) -> Int? {
        var best: Int?
        for (index, panel) in panels.enumerated() where !panel.path.isEmpty && path.hasPrefix(panel.path) {
            let rest = path.utf8.dropFirst(panel.path.utf8.count).first
            guard rest == nil || rest == UInt8(ascii: ".") || rest == UInt8(ascii: "[") else { continue }
            if panel.path.utf8.count > (best.map { panels[$0].path.utf8.count } ?? -1) { best = index }
        }
        return best
    }

    // MARK: Expressions

    /// What variables may stand for. Options of a query are not known without a server: where the file keeps no value,
    /// a name and a length of time are both tried.
    private static func variants(_ dashboard: Dashboard, _ range: TimeRange) -> [VariableContext] {
        let context = VariableContext(dashboard: dashboard, range: range)
        var unknown: [String] = []
        for variable in dashboard.variables {
            switch variable.kind {
            case .query, .textbox, .unsupported:
                if context.choices[variable.name]?.values.allSatisfy(\.isEmpty) ?? true {
                    unknown.append(variable.name)
                }
            case .custom, .interval, .constant, .datasource, .adhoc, .toggle: break
            }
        }
        guard !unknown.isEmpty else { return [context] }
        return [context]
            + ["x", "1m", "1"].map { word in
                var copy = context
                for name in unknown { copy.set(name, VariableContext.Choice(values: [word])) }
                return copy
            }
    }

    /// Nil where there is nothing to parse.
    @discardableResult
    private mutating func check(
        _ source: String, isForeign: Bool, path: String, panel: Int?,
        _ text: (VariableContext) -> String?, contexts: () -> [VariableContext]
    ) -> Bool? {
        guard !isForeign, source.contains(where: { !$0.isWhitespace }) else { return nil }
        expressionCount += 1
        var failure: (error: SyntaxError, text: String)?
        for context in contexts() {
            guard let query = text(context) else { return nil }
            do throws(SyntaxError) {
                _ = try Expression(parsing: query)
                return true
            } catch {
                if failure == nil { failure = (error, query) }
            }
        }
        guard let failure else { return nil }
        let (line, column) = failure.error.range.position(in: failure.text)
        findings.append(
            Finding(
                kind: .expression, path: path, panel: panel, message: "\(line):\(column): \(failure.error)",
                excerpt: failure.error.rendered(in: failure.text)))
        return false
    }

    private mutating func check(_ dashboard: Dashboard, _ range: TimeRange, _ variants: [VariableContext]) {
        for (place, annotation) in dashboard.annotations.enumerated() {
            check(
                annotation.expression, isForeign: false, path: "annotations.list[\(place)].expr", panel: nil
            ) { context in
                context.interpolate(annotation.expression, .query)
            } contexts: {
                variants
            }
        }
        for variable in dashboard.variables {
            guard case .query(let text) = variable.kind else { continue }
            check(text, isForeign: false, path: "templating.\(variable.name)", panel: nil) { context in
                switch VariableQuery(parsing: context.interpolate(text, .query)) {
                case .queryResult(let expression): expression
                case .labelValues(let selector, _): selector.isEmpty ? nil : selector
                case .series(let selector): selector
                case .labelNames, .metrics, nil: nil
                }
            } contexts: {
                variants
            }
        }
    }
}

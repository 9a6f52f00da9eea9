// A dashboard made from what a page of metrics says of itself: types, help, units, labels and newest values.
// Used when a target is shown without a dashboard file; a pure function from a survey to a document.

import Dashboards
import MetricModel

package struct AutomaticDashboard: Sendable {
    /// Panels of one row, of the rows together, and rows; what is over them is counted in the last row's heading.
    package static let panelsOfRowMax = 24
    package static let panelsMax = 240
    package static let rowsMax = 40
    /// Panels in rows that are open from the start.
    package static let openPanelsMax = 14

    /// In the short form.
    package var document: JSONValue
    /// Families that no panel shows.
    package var familiesLeftOut: Int

    /// - `matchers`: in every query, such as `job="api"`.
    /// - `isWhole`: false leaves the top row out: of a few metrics there is nothing to choose from.
    package init(title: String, survey: MetricSurvey, matchers: [Matcher] = [], isWhole: Bool = true) {
        let drafting = PanelDrafting(writer: QueryWriter(matchers: matchers))
        let families = survey.families
        var golden = isWhole ? HostSignals(drafting: drafting).drafts(families) : []
        if golden.isEmpty, isWhole { golden = GoldenSignals(drafting: drafting).drafts(families) }
        var shown = Set(golden.flatMap(\.families))
        var rows: [DocumentRow] = []
        if !golden.isEmpty { rows.append(DocumentRow(title: nil, drafts: golden)) }
        let goldenQueries = Set(golden.flatMap { $0.queries.map(\.expression) })
        var panelCount = golden.count
        var openCount = 0
        for group in Grouping.groups(families) {
            guard rows.count < Self.rowsMax, panelCount < Self.panelsMax else { break }
            let room = min(Self.panelsOfRowMax, Self.panelsMax - panelCount)
            let drafts = Self.drafts(group, drafting, without: goldenQueries, atMost: room)
            guard !drafts.isEmpty else { continue }
            let isFirst = openCount == 0 && group.tier != .exporter
            let isOpen = isFirst || group.tier == .own && openCount + drafts.count <= Self.openPanelsMax
            if isOpen { openCount += drafts.count }
            rows.append(
                DocumentRow(
                    title: Wording.heading(group.title), isCollapsed: !isOpen, drafts: drafts, depth: group.depth))
            panelCount += drafts.count
            shown.formUnion(drafts.flatMap(\.families))
        }
        familiesLeftOut = families.count - families.count { shown.contains($0.name) }
        if familiesLeftOut > 0 {
            rows.append(
                DocumentRow(title: "and \(familiesLeftOut) more: g m lists all metrics", isCollapsed: true, drafts: []))
        }
        document = DocumentWriting.document(title: title, description: "", rows: rows)
    }

    /// As the screens take it. The document is ours: what the reader refuses would be a mistake of this module, and an
    /// empty dashboard that says so is better than none.
    package func dashboard() -> Dashboard {
        do {
            let grafana = try ShortForm.expand(document)
            var made = try Dashboard(grafana: grafana, fileName: "automatic")
            made.uid = "automatic"
            return made
        } catch {
            return Dashboard(
                uid: "automatic", title: "Metrics", notices: [ImportNotice(path: "", message: "\(error)")])
        }
    }

    /// Panels of one row: what counts something first, then what has been 0 so far.
    private static func drafts(
        _ group: FamilyGroup, _ drafting: PanelDrafting, without known: Set<String>, atMost room: Int
    ) -> [PanelDraft] {
        var drafts: [PanelDraft] = []
        let names = Set(group.families.map(\.name))
        // More than fit could not be shown; a few families make one panel.
        for family in group.families.prefix(room * PanelMerging.linesMax * 2) {
            // The same moment in milliseconds.
            if names.contains(family.name + "_seconds") { continue }
            let made = drafting.drafts(family)
            drafts += made.filter { draft in !draft.queries.allSatisfy { known.contains($0.expression) } }
        }
        let merged = PanelMerging.merged(drafts, depth: group.depth)
        let ordered = sorted(merged.filter { !$0.isQuiet }, group.depth) + sorted(merged.filter(\.isQuiet), group.depth)
        return Array(ordered.prefix(room))
    }

    private static func sorted(_ drafts: [PanelDraft], _ depth: Int) -> [PanelDraft] {
        func order(_ draft: PanelDraft) -> Int {
            switch draft.look {
            case .graph, .stacked, .heatmap: 0
            case .stat: 1
            case .states: 2
            case .table: 3
            }
        }
        // Names keep neighbours beside each other; quantiles come before their heatmap.
        return drafts.enumerated().sorted {
            (order($0.element), rank($0.element, depth), $0.element.words.count, key($0.element), $0.offset) < (
                order($1.element), rank($1.element, depth), $1.element.words.count, key($1.element), $1.offset
            )
        }.map(\.element)
    }

    /// What is looked at first: how much is done, how long it takes, what goes wrong.
    private static func rank(_ draft: PanelDraft, _ depth: Int) -> Int {
        let all = draft.words.dropFirst(max(0, min(depth, draft.words.count - 1))).map { $0.lowercased() }
        if all.contains(where: ["max", "limit", "peak", "min", "config"].contains) { return 5 }
        if all.contains(where: ["flush", "discard", "discarded", "discards"].contains) { return 4 }
        // Where a name begins is what it is about, where it ends what is measured of that.
        let words = all.prefix(2) + all.suffix(1)
        let ranks: [(Int, Set<String>)] = [
            (
                0,
                [
                    "cpu", "requests", "request", "rq", "commands", "queries", "handled", "handling", "samples",
                    "responses", "reads", "writes",
                ]
            ),
            (1, ["duration", "latency", "errors", "failed", "failures"]),
            (2, ["memory", "connections", "sessions", "cx", "bytes", "used", "io", "receive", "received"]),
        ]
        return ranks.first { rank in words.contains { rank.1.contains($0) } }?.0 ?? 3
    }

    private static func key(_ draft: PanelDraft) -> String { draft.words.joined(separator: "_") }
}

// Drafts to a dashboard in the short form, as docs/dashboards.md teaches it: what `:write` writes is what is shown.
// The last step of AutomaticDashboard.

import Dashboards

struct DocumentRow {
    /// Nil: no heading, at the top.
    var title: String?
    var isCollapsed = false
    var drafts: [PanelDraft]
    var depth = 0
}

enum DocumentWriting {
    private static let graphHeight = 7
    private static let lineWidth = 24

    static func document(title: String, description: String, rows: [DocumentRow]) -> JSONValue {
        var document = JSONObject()
        document.add("title", .string(Wording.safe(title, most: Wording.titleMost)))
        if !description.isEmpty { document.add("description", .string(description)) }
        document.add("tags", .array([.string("automatic")]))
        document.add("time", .string("5m"))
        document.add("refresh", .string("1s"))
        var written: [JSONValue] = []
        for row in rows {
            var object = JSONObject()
            if let title = row.title { object.add("title", .string(title)) }
            if row.isCollapsed { object.add("collapsed", .bool(true)) }
            object.add("panels", .array(panels(row)))
            written.append(.object(object))
        }
        if rows.first?.title == nil, let first = written.first {
            document.add("panels", first["panels"] ?? .array([]))
            written.removeFirst()
        }
        if !written.isEmpty { document.add("rows", .array(written)) }
        return .object(document)
    }

    // MARK: Places

    private struct Place {
        var width: Int
        var height: Int
    }

    private static func panels(_ row: DocumentRow) -> [JSONValue] {
        if row.title == nil {
            let width = lineWidth / max(1, row.drafts.count)
            return row.drafts.map { panel($0, depth: 0, Place(width: width, height: 8)) }
        }
        let (small, wide) = (row.drafts.filter { !isWide($0) }, row.drafts.filter(isWide))
        var result: [JSONValue] = []
        var index = 0
        while index < small.count {
            let left = small.count - index
            // A heatmap stands beside its quantiles.
            var take = min(3, left)
            if take == 3, left > 3, small[index + 2].staysWithNext { take = 2 }
            // One that is left over is not made to look more than the others.
            let width = take == 1 && small.count > 1 ? 8 : take == 1 && wide.isEmpty ? 24 : lineWidth / max(2, take)
            for draft in small[index..<index + take] {
                result.append(panel(draft, depth: row.depth, Place(width: width, height: graphHeight)))
            }
            index += take
        }
        for (place, draft) in wide.enumerated() {
            let isAlone = place == wide.count - 1 && place % 2 == 0
            result.append(
                panel(draft, depth: row.depth, Place(width: isAlone ? 24 : 12, height: wideHeight(draft))))
        }
        return result
    }

    private static func isWide(_ draft: PanelDraft) -> Bool {
        switch draft.look {
        case .states, .table: true
        case .graph, .stacked, .stat, .heatmap: false
        }
    }

    private static func wideHeight(_ draft: PanelDraft) -> Int {
        draft.look == .table ? 5 : min(10, 3 + (draft.lineCount * 7 + 9) / 10)
    }

    // MARK: One panel

    private static func panel(_ draft: PanelDraft, depth: Int, _ place: Place) -> JSONValue {
        var object = JSONObject()
        object.add("title", .string(title(draft, depth: depth)))
        let help = Wording.safe(draft.help, most: Wording.helpMost)
        if !help.isEmpty { object.add("description", .string(help)) }
        look(draft, &object)
        object.add("width", .number(Double(place.width)))
        object.add("height", .number(Double(place.height)))
        if draft.queries.count == 1, let query = draft.queries.first {
            object.add("query", .string(query.expression))
            // Alone, it is what the title says.
            let isTitle = query.legend == Wording.title(draft.words)
            let legend = isTitle ? Wording.title(draft.words, without: depth) : query.legend
            if !legend.isEmpty { object.add("legend", .string(legend)) }
        } else {
            object.add(
                "queries",
                .array(
                    draft.queries.map { query in
                        var item = JSONObject()
                        item.add("query", .string(query.expression))
                        if !query.legend.isEmpty { item.add("legend", .string(query.legend)) }
                        return .object(item)
                    }))
        }
        return .object(object)
    }

    private static func title(_ draft: PanelDraft, depth: Int) -> String {
        Wording.title(draft.words, without: depth) + draft.suffix
    }

    private static func look(_ draft: PanelDraft, _ object: inout JSONObject) {
        switch draft.look {
        case .graph, .stacked:
            if let unit = draft.unit { object.add("unit", .string(unit)) }
            object.add("soft_min", .number(0))
            if draft.sortsLegend, draft.lineCount > 2 {
                // Those that do most come first, for a legend has little room.
                object.add("legend_calcs", .array([.string("lastNotNull")]))
                object.add("legend_sort", .string("Last *"))
                object.add("legend_descending", .bool(true))
            }
            if draft.look == .stacked {
                object.add("stack", .string("normal"))
                object.add("fill", .number(60))
            }
        case .stat:
            object.add("type", .string("stat"))
            if let unit = draft.unit { object.add("unit", .string(unit)) }
            object.add("graph", .string("none"))
            // No limits: Grafana's, which hold where none are given, would take 80 seconds ago for trouble.
            object.add("thresholds", .array([.string("green")]))
        case .table:
            object.add("type", .string("table"))
            object.add("format", .string("table"))
            object.add("instant", .bool(true))
            let hidden = ["Time", "Value", "__name__", "instance", "job"].map { ($0, JSONValue.bool(true)) }
            var excluded = JSONObject()
            for (name, flag) in hidden { excluded.add(name, flag) }
            object.add(
                "transform",
                .array([
                    .object(
                        JSONObject(["organize": .object(JSONObject(["excludeByName": .object(excluded)]))]))
                ]))
        case .heatmap(let isNative):
            object.add("type", .string("heatmap"))
            if !isNative { object.add("format", .string("heatmap")) }
            var options = JSONObject()
            options.add("calculate", .bool(false))
            options.add("yAxis", .object(JSONObject(["unit": .string(draft.unit ?? "short")])))
            object.add("grafana", .object(JSONObject(["options": .object(options)])))
        case .states(let words):
            object.add("type", .string("state-timeline"))
            var mappings = JSONObject()
            for word in words {
                mappings.add(
                    "\(word.value)",
                    .object(JSONObject(["text": .string(word.text), "color": .string(word.color)])))
            }
            object.add("mappings", .object(mappings))
        }
    }
}

extension JSONObject {
    fileprivate mutating func add(_ key: String, _ value: JSONValue) {
        keys.append(key)
        values.append(value)
    }
}

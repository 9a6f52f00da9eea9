// Grafana's transformations over frames, in the order of the panel.
// Between FrameBuilder and PanelDataBuilder. Source of the names and shapes: grafana-data transformations/transformers.

import MetricModel

enum Transformations {
    /// Cells of one frame after a join: more are cut.
    static let rowsMax = 100_000

    static func apply(
        _ steps: [TransformationStep], to frames: [DataFrame], variables: VariableContext, notices: inout [String]
    ) -> [DataFrame] {
        var frames = frames
        for step in steps {
            let options = ImportNode(step.options, path: "", sink: NoticeSink())
            if let result = apply(step.id, options, frames, variables) {
                frames = result
            } else {
                let notice = "transformation \"\(step.id)\" is not applied"
                if !notices.contains(notice) { notices.append(notice) }
            }
        }
        return frames
    }

    private static func apply(
        _ id: String, _ options: ImportNode, _ frames: [DataFrame], _ variables: VariableContext
    ) -> [DataFrame]? {
        switch id {
        case "merge": return merge(frames)
        case "organize": return frames.map { organize($0, options) }
        case "joinByField", "seriesToColumns": return join(frames, options)
        case "filterFieldsByName": return filterByName(frames, options, variables)
        case "sortBy": return frames.map { sort($0, options) }
        case "renameByRegex": return frames.map { rename($0, options, variables) }
        case "filterByRefId", "filterFrames": return filterByRefID(frames, options)
        case "limit": return frames.map { limit($0, options) }
        case "configFromData": return configure(frames, options)
        default:
            return applyComputing(id, options, frames) ?? applyReshaping(id, options, frames, variables)
        }
    }

    // MARK: merge

    /// All frames in one, rows with the same values in all shared columns put together.
    static func merge(_ frames: [DataFrame]) -> [DataFrame] {
        let frames = frames.filter { !$0.fields.isEmpty }
        guard frames.count > 1, let first = frames.first else { return frames }
        var names: [String] = []
        var columns: [FrameField] = []
        var counts: [String: Int] = [:]
        for frame in frames {
            for field in frame.fields {
                counts[field.shownName, default: 0] += 1
                if !names.contains(field.shownName) {
                    names.append(field.shownName)
                    var empty = field
                    empty.cells = []
                    columns.append(empty)
                }
            }
        }
        // The key of a row: the columns that every frame has, values aside.
        let shared = Set(names.filter { counts[$0] == frames.count })
        var rows: [[TableCell]] = []
        var places: [String: [Int]] = [:]
        for frame in frames {
            for row in 0..<frame.rowCount {
                var cells: [TableCell] = Array(repeating: .empty, count: names.count)
                var key = ""
                for field in frame.fields {
                    guard let column = names.firstIndex(of: field.shownName), row < field.cells.count else { continue }
                    cells[column] = field.cells[row]
                }
                for (index, name) in names.enumerated() where shared.contains(name) {
                    key += cells[index].plainText + "\u{1f}"
                }
                let candidates = places[key] ?? []
                if let target = candidates.first(where: { fits(rows[$0], cells) }) {
                    for index in cells.indices where rows[target][index] == .empty {
                        rows[target][index] = cells[index]
                    }
                } else if rows.count < rowsMax {
                    places[key, default: []].append(rows.count)
                    rows.append(cells)
                }
            }
        }
        for index in columns.indices { columns[index].cells = rows.map { $0[index] } }
        return [DataFrame(refID: first.refID, fields: columns)]
    }

    private static func fits(_ row: [TableCell], _ cells: [TableCell]) -> Bool {
        zip(row, cells).allSatisfy { $0 == .empty || $1 == .empty || $0 == $1 }
    }

    // MARK: organize

    static func organize(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        var frame = frame
        let excluded = options.objectOrEmpty("excludeByName")
        let included = options.objectOrEmpty("includeByName")
        let order = options.objectOrEmpty("indexByName")
        let renamed = options.objectOrEmpty("renameByName")
        let includesSome = if case .object(let object) = included.value { !object.keys.isEmpty } else { false }
        frame.fields = frame.fields.filter { field in
            excluded.bool(field.shownName) != true && (!includesSome || included.bool(field.shownName) == true)
        }
        let positions = frame.fields.enumerated().map { (order.number($0.element.shownName) ?? .infinity, $0.offset) }
        frame.fields = positions.sorted { $0 < $1 }.map { frame.fields[$0.1] }
        for index in frame.fields.indices {
            if let name = renamed.text(frame.fields[index].shownName) { frame.fields[index].displayName = name }
        }
        return frame
    }

    // MARK: join

    /// One frame by a common field, its other columns beside each other; names that repeat get ` 1`, ` 2`.
    static func join(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        let wanted = options.text("byField")
        let isInner = options.string("mode") == "inner"
        func keyIndex(_ frame: DataFrame) -> Int? {
            if let wanted { return frame.fields.firstIndex { $0.shownName == wanted || $0.name == wanted } }
            return frame.fields.firstIndex { $0.kind == .time }
        }
        let joined = frames.compactMap { frame in keyIndex(frame).map { (frame: frame, key: $0) } }
        guard let first = joined.first else { return frames }
        var keyCells: [TableCell] = []
        var rowOf: [TableCell: Int] = [:]
        for (frame, key) in joined {
            for cell in frame.fields[key].cells where rowOf[cell] == nil && keyCells.count < rowsMax {
                rowOf[cell] = keyCells.count
                keyCells.append(cell)
            }
        }
        var keyField = first.frame.fields[first.key]
        keyField.cells = keyCells
        var fields = [keyField]
        var presence = Array(repeating: 0, count: keyCells.count)
        for (frame, key) in joined {
            var seen: Set<Int> = []
            for (index, field) in frame.fields.enumerated() where index != key {
                var copy = field
                copy.cells = Array(repeating: .empty, count: keyCells.count)
                for (row, cell) in frame.fields[key].cells.enumerated() where row < field.cells.count {
                    if let target = rowOf[cell] {
                        copy.cells[target] = field.cells[row]
                        seen.insert(target)
                    }
                }
                fields.append(copy)
            }
            for row in seen { presence[row] += 1 }
        }
        number(&fields)
        var result = DataFrame(refID: first.frame.refID, fields: fields)
        var rows = Array(keyCells.indices)
        if isInner { rows = rows.filter { presence[$0] == joined.count } }
        if keyField.kind == .time { rows.sort { TableCell.isBefore(keyCells[$0], keyCells[$1]) } }
        result.select(rows: rows)
        return [result]
    }

    /// Names that appear more than once become `name 1`, `name 2`.
    private static func number(_ fields: inout [FrameField]) {
        var total: [String: Int] = [:]
        for field in fields { total[field.shownName, default: 0] += 1 }
        var seen: [String: Int] = [:]
        for index in fields.indices {
            let name = fields[index].shownName
            guard let count = total[name], count > 1 else { continue }
            seen[name, default: 0] += 1
            fields[index].displayName = "\(name) \(seen[name] ?? 1)"
        }
    }

    // MARK: Filters, order, names

    static func filterByName(_ frames: [DataFrame], _ options: ImportNode, _ variables: VariableContext) -> [DataFrame]
    {
        func selection(_ key: String) -> ((String) -> Bool)? {
            guard let node = options.object(key) else { return nil }
            let names = Set(node.items("names").compactMap { $0.value.looseString })
            let pattern = node.text("pattern").map { variables.interpolate($0, .plain) }.flatMap { TextPattern($0) }
            guard !names.isEmpty || pattern != nil else { return nil }
            return { names.contains($0) || pattern?.matches($0) ?? false }
        }
        let include = selection("include")
        let exclude = selection("exclude")
        return frames.compactMap { frame in
            var frame = frame
            frame.fields = frame.fields.filter { field in
                include?(field.shownName) ?? true && !(exclude?(field.shownName) ?? false)
            }
            return frame.fields.isEmpty ? nil : frame
        }
    }

    static func filterByRefID(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        let wanted: String? = options.text("include") ?? options.object("include")?.text("options")
        guard let wanted, !wanted.isEmpty else { return frames }
        let pattern = TextPattern("^(?:\(wanted))$")
        return frames.filter { pattern?.matches($0.refID) ?? false }
    }

    static func sort(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        guard let rule = options.objects("sort").first, let name = rule.text("field"),
            let field = frame.fields.first(where: { $0.shownName == name })
        else { return frame }
        let isDescending = rule.bool("desc") ?? false
        var frame = frame
        let cells = field.cells
        frame.select(
            rows: cells.indices.sorted { left, right in
                if TableCell.isBefore(cells[left], cells[right]) { return !isDescending }
                if TableCell.isBefore(cells[right], cells[left]) { return isDescending }
                return left < right
            })
        return frame
    }

    static func rename(_ frame: DataFrame, _ options: ImportNode, _ variables: VariableContext) -> DataFrame {
        guard let source = options.text("regex"), let pattern = TextPattern(variables.interpolate(source, .plain))
        else {
            return frame
        }
        let replacement = options.string("renamePattern") ?? ""
        var frame = frame
        for index in frame.fields.indices where frame.fields[index].kind != .time {
            let name = frame.fields[index].shownName
            if pattern.matches(name) {
                frame.fields[index].displayName = pattern.replacing(in: name, with: replacement)
            }
        }
        return frame
    }

    static func limit(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        let count = max(0, options.integer("limitField") ?? 10)
        var frame = frame
        frame.select(rows: Array(0..<min(count, frame.rowCount)))
        return frame
    }
}

// The transformations that turn rows into columns and texts into fields: groupingToMatrix, rowsToFields, transpose,
// partitionByValues, joinByLabels, extractFields, formatTime, formatString, timeSeriesTable.
// Called by Transformations. Source of the names and shapes: grafana-data and grafana's features/transformers.

import MetricModel

extension Transformations {
    /// Columns that one transformation makes out of values.
    static let columnsMax = 500

    static func applyReshaping(
        _ id: String, _ options: ImportNode, _ frames: [DataFrame], _ variables: VariableContext
    ) -> [DataFrame]? {
        switch id {
        case "groupingToMatrix": return frames.map { matrix($0, options) }
        case "rowsToFields": return frames.map { rowsToFields($0, options) }
        case "transpose": return frames.map { transpose($0, options) }
        case "partitionByValues": return frames.flatMap { partition($0, options) }
        case "joinByLabels": return joinByLabels(frames, options)
        case "extractFields": return frames.map { extract($0, options) }
        case "formatTime": return frames.map { formatTime($0, options, variables.clock) }
        case "formatString": return frames.map { formatString($0, options) }
        case "timeSeriesTable": return timeSeriesTable(frames, options)
        default: return nil
        }
    }

    // MARK: Values to columns

    /// A row for each value of one field, a column for each value of another, a third one's values inside.
    private static func matrix(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        let columnName = options.text("columnField") ?? "Time"
        let rowName = options.text("rowField") ?? "Time"
        let valueName = options.text("valueField") ?? "Value"
        func field(_ name: String) -> FrameField? { frame.fields.first { $0.shownName == name || $0.name == name } }
        guard let columns = field(columnName), let rows = field(rowName), let values = field(valueName) else {
            return frame
        }
        let empty: TableCell =
            switch options.string("emptyValue") {
            case "zero": .number(0)
            case "empty": .text("")
            default: .empty
            }
        var rowPlaces: [TableCell: Int] = [:]
        var rowCells: [TableCell] = []
        var columnPlaces: [TableCell: Int] = [:]
        var names: [String] = []
        var found: [(row: Int, column: Int, cell: TableCell)] = []
        for index in 0..<frame.rowCount where index < columns.cells.count && index < rows.cells.count {
            let (row, column) = (rows.cells[index], columns.cells[index])
            if rowPlaces[row] == nil {
                rowPlaces[row] = rowCells.count
                rowCells.append(row)
            }
            if columnPlaces[column] == nil {
                guard names.count < columnsMax else { continue }
                columnPlaces[column] = names.count
                names.append(column.plainText)
            }
            if let row = rowPlaces[row], let column = columnPlaces[column], index < values.cells.count {
                found.append((row, column, values.cells[index]))
            }
        }
        var grid = names.map { _ in Array(repeating: empty, count: rowCells.count) }
        for (row, column, cell) in found { grid[column][row] = cell }
        var key = rows
        key.name = "\(rowName)\\\(columnName)"
        key.displayName = nil
        key.cells = rowCells
        let fields = zip(names, grid).map { name, cells in
            FrameField(name: name, displayName: name, kind: values.kind, cells: cells)
        }
        return DataFrame(refID: frame.refID, name: frame.name, fields: [key] + fields)
    }

    /// Each row a field of its own: one text names it, one number is its value.
    private static func rowsToFields(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        var nameField: String?
        var valueField: String?
        for mapping in options.objects("mappings") {
            switch mapping.string("handlerKey") {
            case "field.name": nameField = mapping.text("fieldName")
            case "field.value": valueField = mapping.text("fieldName")
            default: break
            }
        }
        let names = frame.fields.first { nameField == nil ? $0.kind == .text : $0.shownName == nameField }
        let values = frame.fields.first { valueField == nil ? $0.kind == .number : $0.shownName == valueField }
        guard let names, let values else { return frame }
        let fields = zip(names.cells, values.cells).prefix(columnsMax).map { name, value in
            FrameField(name: name.plainText, displayName: name.plainText, kind: values.kind, cells: [value])
        }
        return DataFrame(refID: frame.refID, name: frame.name, fields: Array(fields))
    }

    /// The first field's values become names of columns, the other fields rows.
    private static func transpose(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        guard let first = frame.fields.first, frame.fields.count > 1 else { return frame }
        let rest = frame.fields.dropFirst()
        var fields = [
            FrameField(
                name: options.text("firstFieldName") ?? "Field", kind: .text,
                cells: rest.map { .text($0.shownName) })
        ]
        let prefix = options.text("restFieldsName")
        for (row, cell) in first.cells.enumerated().prefix(columnsMax) {
            let name = prefix.map { first.cells.count > 1 ? "\($0) \(row + 1)" : $0 } ?? cell.plainText
            var field = FrameField(
                name: name, displayName: name, kind: .text,
                cells: rest.map { row < $0.cells.count ? $0.cells[row] : .empty })
            field.inferKind()
            fields.append(field)
        }
        return DataFrame(refID: frame.refID, name: frame.name, fields: fields)
    }

    /// A frame for each combination of values of the named fields, which are left out unless they are to be kept.
    private static func partition(_ frame: DataFrame, _ options: ImportNode) -> [DataFrame] {
        let names = options.items("fields").compactMap { $0.value.looseString }
        let keys = frame.fields.filter { names.contains($0.shownName) }
        guard !keys.isEmpty else { return [frame] }
        let keeps = options.bool("keepFields") ?? false
        let withNames = options.objectOrEmpty("naming").bool("withNames") ?? false
        var order: [[TableCell]] = []
        var rows: [[TableCell]: [Int]] = [:]
        for row in 0..<frame.rowCount {
            let key = keys.map { row < $0.cells.count ? $0.cells[row] : .empty }
            if rows[key] == nil {
                guard order.count < columnsMax else { continue }
                order.append(key)
            }
            rows[key, default: []].append(row)
        }
        return order.map { key in
            let title = zip(keys, key).map { withNames ? "\($0.shownName) \($1.plainText)" : $1.plainText }
                .joined(separator: " ")
            var part = frame
            part.name = title
            if !keeps { part.fields.removeAll { names.contains($0.shownName) } }
            part.select(rows: rows[key] ?? [])
            for index in part.fields.indices where part.fields[index].kind == .number {
                part.fields[index].displayName = "\(title) \(part.fields[index].shownName)"
            }
            return part
        }
    }

    /// Series to a table: a row for each combination of some labels, a column for each value of one label.
    private static func joinByLabels(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        guard let valueLabel = options.text("value") else { return frames }
        let wanted = options.items("join").compactMap { $0.value.looseString }
        var labels: [String] = wanted
        var order: [[String]] = []
        var rows: [[String]: Int] = [:]
        var names: [String] = []
        var columns: [String: [Int: TableCell]] = [:]
        let series = frames.flatMap { frame in
            frame.fields.filter { $0.kind == .number && $0.labels[valueLabel] != nil }
        }
        if wanted.isEmpty {
            labels = Set(series.flatMap { $0.labels.labels.map(\.name) }).subtracting([valueLabel])
                .sorted { $0.isBefore($1) }
        }
        for field in series {
            let key = labels.map { field.labels[$0] ?? "" }
            if rows[key] == nil {
                rows[key] = order.count
                order.append(key)
            }
            let name = field.labels[valueLabel] ?? ""
            if columns[name] == nil {
                guard names.count < columnsMax else { continue }
                names.append(name)
            }
            if let row = rows[key] { columns[name, default: [:]][row] = field.cells.last ?? .empty }
        }
        var fields = labels.enumerated().map { place, name in
            FrameField(name: name, kind: .text, cells: order.map { .text($0[place]) })
        }
        fields += names.map { name in
            FrameField(
                name: name, displayName: name, kind: .number,
                cells: order.indices.map { columns[name]?[$0] ?? .empty })
        }
        return [DataFrame(refID: frames.first?.refID ?? "A", fields: fields)]
    }

    // MARK: Texts

    /// Keys of JSON or of `key=value` pairs inside a text become fields of their own.
    private static func extract(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        guard let name = options.text("source"), let source = frame.fields.first(where: { $0.shownName == name }) else {
            return frame
        }
        let format = options.string("format") ?? "auto"
        let paths = options.objects("jsonPaths").compactMap { path in
            path.text("path").map { (path: $0, alias: path.text("alias") ?? $0) }
        }
        var names: [String] = []
        var columns: [String: [TableCell]] = [:]
        for (row, cell) in source.cells.enumerated() {
            for (key, value) in pairs(cell.plainText, format, paths, options.text("regExp")) {
                if columns[key] == nil {
                    guard names.count < columnsMax else { continue }
                    names.append(key)
                    columns[key] = Array(repeating: .empty, count: source.cells.count)
                }
                columns[key]?[row] = value
            }
        }
        var fields = names.map { name in
            var field = FrameField(name: name, displayName: name, kind: .text, cells: columns[name] ?? [])
            field.inferKind()
            return field
        }
        if options.bool("replace") == true {
            if options.bool("keepTime") == true, let time = frame.timeField { fields.insert(time, at: 0) }
            return DataFrame(refID: frame.refID, name: frame.name, fields: fields)
        }
        return DataFrame(refID: frame.refID, name: frame.name, fields: frame.fields + fields)
    }

    private static func pairs(
        _ text: String, _ format: String, _ paths: [(path: String, alias: String)], _ pattern: String?
    ) -> [(String, TableCell)] {
        if format == "regexp" {
            guard let match = pattern.flatMap({ TextPattern($0) })?.allMatches(in: text, all: true).first else {
                return []
            }
            return match.names.sorted { $0.key.isBefore($1.key) }.map { ($0.key, .text($0.value)) }
        }
        // What is no JSON is read as pairs; a text that is neither has no fields.
        if format != "kvp", let value = try? JSONReader.read(Array(text.utf8), fileName: ""), case .object = value {
            if !paths.isEmpty {
                return paths.compactMap { path in
                    value.at(path.path.split(separator: ".").map(String.init)).map { (path.alias, cell($0)) }
                }
            }
            guard case .object(let object) = value else { return [] }
            return zip(object.keys, object.values).map { ($0, cell($1)) }
        }
        guard format != "json" else { return [] }
        return keyValues(text)
    }

    private static func cell(_ value: JSONValue) -> TableCell {
        switch value {
        case .number(let number): .number(number)
        case .null: .empty
        default: .text(value.looseString ?? "")
        }
    }

    /// `a=1, b="two"` and `a: 1`.
    private static func keyValues(_ text: String) -> [(String, TableCell)] {
        guard let pattern = TextPattern(#"/([A-Za-z0-9_.-]+)\s*[=:]\s*(?:"([^"]*)"|([^\s,;]+))/g"#) else { return [] }
        return pattern.allMatches(in: text).compactMap { match in
            guard match.groups.count > 3, let key = match.groups[1] else { return nil }
            return (key, .text(match.groups[2] ?? match.groups[3] ?? ""))
        }
    }

    private static func formatTime(_ frame: DataFrame, _ options: ImportNode, _ clock: DisplayClock) -> DataFrame {
        guard let name = options.text("timeField"), let format = options.text("outputFormat") else { return frame }
        var frame = frame
        for index in frame.fields.indices where frame.fields[index].shownName == name {
            frame.fields[index].kind = .text
            frame.fields[index].cells = frame.fields[index].cells.map { cell in
                guard let number = cell.number else { return cell }
                return .text(
                    DateText.pattern(format, Timestamp(milliseconds: Int64(saturating: number)), offset: clock.offset))
            }
        }
        return frame
    }

    private static func formatString(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        guard let name = options.text("stringField") else { return frame }
        let format = options.string("outputFormat") ?? ""
        let start = max(0, options.integer("substringStart") ?? 0)
        let end = max(start, options.integer("substringEnd") ?? 100)
        func formatted(_ text: String) -> String {
            let words = text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            func capital(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst().lowercased() }
            switch format {
            case "Upper Case": return text.uppercased()
            case "Lower Case": return text.lowercased()
            case "Sentence Case": return text.prefix(1).uppercased() + text.dropFirst()
            case "Title Case": return text.split(separator: " ").map { capital(String($0)) }.joined(separator: " ")
            case "Pascal Case": return words.map(capital).joined()
            case "Camel Case": return (words.first?.lowercased() ?? "") + words.dropFirst().map(capital).joined()
            case "Snake Case": return words.map { $0.lowercased() }.joined(separator: "_")
            case "Kebab Case": return words.map { $0.lowercased() }.joined(separator: "-")
            case "Trim": return text.trimmingSpaces
            case "Substring": return String(text.dropFirst(start).prefix(end - start))
            default: return text
            }
        }
        var frame = frame
        for index in frame.fields.indices where frame.fields[index].shownName == name {
            frame.fields[index].cells = frame.fields[index].cells.map { cell in
                if case .text(let text) = cell { return .text(formatted(text)) }
                return cell
            }
        }
        return frame
    }

    // MARK: Series to rows

    /// A row for each series: its labels, its course, and the number that a calculation makes of it.
    private static func timeSeriesTable(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        var order: [String] = []
        var groups: [String: [FrameField]] = [:]
        var others: [DataFrame] = []
        for frame in frames {
            guard frame.timeField != nil, let field = frame.fields.first(where: { $0.kind == .number }) else {
                others.append(frame)
                continue
            }
            if groups[frame.refID] == nil { order.append(frame.refID) }
            groups[frame.refID, default: []].append(field)
        }
        let tables = order.map { refID -> DataFrame in
            let series = groups[refID] ?? []
            let rule = options.objectOrEmpty(refID)
            let reducer = rule.text("stat").flatMap { Reducer(id: $0) } ?? .lastNotNull
            let labels = Set(series.flatMap { $0.labels.labels.map(\.name) }).sorted { $0.isBefore($1) }
            var fields = labels.map { name in
                FrameField(name: name, kind: .text, cells: series.map { .text($0.labels[name] ?? "") })
            }
            fields.append(
                FrameField(
                    name: "Trend #\(refID)", kind: .number,
                    cells: series.map { field in
                        let numbers = field.numbers
                        return reducer.reduce(numbers).map { .trend($0, numbers) } ?? .empty
                    }))
            return DataFrame(refID: refID, fields: fields)
        }
        return tables + others
    }
}

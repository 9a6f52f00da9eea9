// The transformations that compute: groupBy, calculateField, reduce, labelsToFields, seriesToRows, filterByValue,
// convertFieldType, concatenate.
// Called by Transformations. Source of the names and shapes: grafana-data transformations/transformers.

import MetricModel

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Transformations {
    static func applyComputing(_ id: String, _ options: ImportNode, _ frames: [DataFrame]) -> [DataFrame]? {
        switch id {
        case "groupBy": return frames.map { group($0, options) }
        case "calculateField":
            // Series of several frames are put beside each other first: a sum may take one of each.
            let areSeries = frames.count > 1 && frames.allSatisfy { $0.timeField != nil }
            let columns = areSeries && options.bool("timeSeries") != false ? join(frames, .empty(NoticeSink())) : frames
            return columns.map { calculate($0, options) }
        case "reduce": return reduce(frames, options)
        case "labelsToFields": return labelsToFields(frames, options)
        case "seriesToRows": return seriesToRows(frames)
        case "filterByValue": return frames.map { filterByValue($0, options) }
        case "convertFieldType": return frames.map { convert($0, options) }
        case "concatenate": return concatenate(frames)
        // One frame a series is what there is already.
        case "prepareTimeSeries": return frames
        default: return nil
        }
    }

    // MARK: groupBy

    /// One row for each combination of the group fields; `name (reducer)` columns for the rest.
    private static func group(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        let rules = options.objectOrEmpty("fields")
        var keys: [FrameField] = []
        var aggregates: [(field: FrameField, reducer: Reducer)] = []
        for field in frame.fields {
            guard let rule = rules.object(field.shownName) else { continue }
            if rule.string("operation") == "groupby" { keys.append(field) }
            guard rule.string("operation") == "aggregate" else { continue }
            for item in rule.items("aggregations") {
                if let reducer = item.value.looseString.flatMap({ Reducer(id: $0) }) {
                    aggregates.append((field, reducer))
                }
            }
        }
        guard !keys.isEmpty else { return frame }
        var order: [[TableCell]] = []
        var rows: [[TableCell]: [Int]] = [:]
        for row in 0..<frame.rowCount {
            let key = keys.map { row < $0.cells.count ? $0.cells[row] : .empty }
            if rows[key] == nil { order.append(key) }
            rows[key, default: []].append(row)
        }
        var fields: [FrameField] = []
        for (index, key) in keys.enumerated() {
            var copy = key
            copy.cells = order.map { $0[index] }
            fields.append(copy)
        }
        for (field, reducer) in aggregates {
            let cells = order.map { key in
                reduced((rows[key] ?? []).map { $0 < field.cells.count ? field.cells[$0] : .empty }, reducer)
            }
            var column = FrameField(name: "\(field.shownName) (\(reducer.rawValue))", kind: .number, cells: cells)
            column.inferKind()
            fields.append(column)
        }
        return DataFrame(refID: frame.refID, name: frame.name, fields: fields)
    }

    /// A calculation over cells of any kind: texts have a first, a last and a count.
    private static func reduced(_ cells: [TableCell], _ reducer: Reducer) -> TableCell {
        let texts = cells.filter { if case .text = $0 { true } else { false } }
        if texts.isEmpty {
            guard let value = reducer.reduce(cells.map { $0.number ?? .nan }) else { return .empty }
            // The first and the last of times are times.
            if case .time = cells.first(where: { $0 != .empty }),
                [.first, .last, .firstNotNull, .lastNotNull, .min, .max].contains(reducer)
            {
                return .time(Timestamp(milliseconds: Int64(saturating: value)))
            }
            return .number(value)
        }
        switch reducer {
        case .count: return .number(Double(cells.count))
        case .distinctCount: return .number(Double(Set(cells).count))
        case .first, .firstNotNull: return texts.first ?? .empty
        case .uniqueValues, .allValues:
            var seen: Set<TableCell> = []
            let kept = reducer == .allValues ? texts : texts.filter { seen.insert($0).inserted }
            return .text(kept.map(\.plainText).joined(separator: ", "))
        default: return texts.last ?? .empty
        }
    }

    // MARK: calculateField

    private static func calculate(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        var frame = frame
        frame.level()
        let count = frame.rowCount
        let numbers = frame.fields.filter { $0.kind == .number }
        var cells: [TableCell]
        var name: String
        switch options.string("mode") ?? "reduceRow" {
        case "binary":
            let rule = options.objectOrEmpty("binary")
            guard let left = operand(rule, "left", frame), let right = operand(rule, "right", frame) else {
                return frame
            }
            let sign = rule.text("operator") ?? "+"
            cells = (0..<count).map { row in operate(left.value(row), sign, right.value(row)) }
            name = "\(left.name) \(sign) \(right.name)"
        case "index":
            let isShare = options.bool("asPercentile") == true
            cells = (0..<count).map { .number(isShare ? Double($0) / Double(max(1, count)) : Double($0)) }
            name = "Row"
        case "unary":
            let rule = options.objectOrEmpty("unary")
            guard let field = operand(rule, "fieldName", frame) else { return frame }
            let function = rule.text("operator") ?? "abs"
            cells = (0..<count).map { row in unary(function, field.value(row)) }
            name = "\(function)(\(field.name))"
        case "cumulativeFunctions":
            let rule = options.objectOrEmpty("cumulative")
            guard let field = operand(rule, "field", frame) else { return frame }
            let isMean = rule.string("reducer") == "mean"
            var sum = 0.0
            cells = (0..<count).map { row in
                sum += field.value(row).flatMap { $0.isNaN ? nil : $0 } ?? 0
                return .number(isMean ? sum / Double(row + 1) : sum)
            }
            name = "cumulative \(isMean ? "mean" : "sum")(\(field.name))"
        case "windowFunctions":
            let rule = options.objectOrEmpty("window")
            guard let field = operand(rule, "field", frame) else { return frame }
            let reducer = rule.text("reducer").flatMap { Reducer(id: $0) } ?? .mean
            cells = windowed(field, count, rule, reducer)
            name = "\(rule.string("windowAlignment") ?? "trailing") moving \(reducer.rawValue)(\(field.name))"
        case "reduceRow":
            let rule = options.objectOrEmpty("reduce")
            let reducer = rule.text("reducer").flatMap { Reducer(id: $0) } ?? .sum
            let names = Set(rule.items("include").compactMap { $0.value.looseString })
            let used = names.isEmpty ? numbers : numbers.filter { names.contains($0.shownName) }
            cells = (0..<count).map { row in reduced(used.map { $0.cells[row] }, reducer) }
            name = reducer.title
        default: return frame
        }
        if let alias = options.text("alias") { name = alias }
        let result = FrameField(name: name, kind: .number, cells: cells)
        if options.bool("replaceFields") == true { frame.fields = frame.fields.filter { $0.kind == .time } }
        frame.fields.append(result)
        return frame
    }

    private static func unary(_ function: String, _ value: Double?) -> TableCell {
        guard let value else { return .empty }
        switch function {
        case "abs": return .number(value.magnitude)
        case "exp": return .number(exp(value))
        case "ln": return .number(log(value))
        case "floor": return .number(value.rounded(.down))
        case "ceil": return .number(value.rounded(.up))
        default: return .empty
        }
    }

    /// A calculation over the rows around each row: a share of all rows, or so many.
    private static func windowed(
        _ field: Operand, _ count: Int, _ rule: ImportNode, _ reducer: Reducer
    ) -> [TableCell] {
        let size = rule.number("windowSize") ?? 0.1
        let isShare = rule.string("windowSizeMode") != "fixed"
        let rows = max(1, Int(min(isShare ? (size * Double(count)).rounded(.up) : size, Double(max(1, count)))))
        let isCentered = rule.string("windowAlignment") == "centered"
        return (0..<count).map { row in
            let first = max(0, isCentered ? row - rows / 2 : row - rows + 1)
            let last = min(count - 1, isCentered ? row - rows / 2 + rows - 1 : row)
            guard first <= last else { return .empty }
            return reducer.reduce((first...last).map { field.value($0) ?? .nan }).map { .number($0) } ?? .empty
        }
    }

    private struct Operand {
        var name: String
        var cells: [TableCell]
        var constant: Double?
        func value(_ row: Int) -> Double? { constant ?? (row < cells.count ? cells[row].number : nil) }
    }

    /// A field's name, a number, or the newer `{"matcher": {"options": name}}` and `{"fixed": number}`.
    private static func operand(_ rule: ImportNode, _ key: String, _ frame: DataFrame) -> Operand? {
        var text = rule.raw(key)?.looseString
        if case .object = rule.raw(key) {
            let node = rule.objectOrEmpty(key)
            text = node.text("fixed") ?? node.object("matcher")?.string("options")
        }
        guard let text else { return nil }
        if let field = frame.fields.first(where: { $0.shownName == text }) {
            return Operand(name: text, cells: field.cells)
        }
        return Double(text).map { Operand(name: text, cells: [], constant: $0) }
    }

    private static func operate(_ left: Double?, _ sign: String, _ right: Double?) -> TableCell {
        guard let left, let right else { return .empty }
        switch sign {
        case "+": return .number(left + right)
        case "-": return .number(left - right)
        case "*": return .number(left * right)
        case "/": return .number(left / right)
        case "%": return .number(left.truncatingRemainder(dividingBy: right))
        case ">": return .number(left > right ? 1 : 0)
        case "<": return .number(left < right ? 1 : 0)
        case ">=": return .number(left >= right ? 1 : 0)
        case "<=": return .number(left <= right ? 1 : 0)
        case "=": return .number(left == right ? 1 : 0)
        case "!=": return .number(left != right ? 1 : 0)
        default: return .empty
        }
    }

    // MARK: reduce

    /// A row for each field with a column for each calculation; or, in the other mode, each frame to one row.
    private static func reduce(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        let ids = options.items("reducers").compactMap { $0.value.looseString }
        let reducers = ids.isEmpty ? [Reducer.max] : ids.compactMap { Reducer(id: $0) }
        if options.string("mode") == "reduceFields" {
            return frames.map { frame in
                var frame = frame
                frame.fields = frame.fields.filter { $0.kind == .number }.map { field in
                    var copy = field
                    copy.cells = reducers.prefix(1).map { reduced(field.cells, $0) }
                    return copy
                }
                return frame
            }
        }
        var names: [TableCell] = []
        var columns: [[TableCell]] = reducers.map { _ in [] }
        var labelSets: [LabelSet] = []
        for frame in frames {
            for field in frame.fields where field.kind == .number {
                names.append(.text(field.shownName))
                labelSets.append(field.labels)
                for (index, reducer) in reducers.enumerated() { columns[index].append(reduced(field.cells, reducer)) }
            }
        }
        var fields = [FrameField(name: "Field", kind: .text, cells: names)]
        if options.bool("labelsToFields") == true {
            let labels = Set(labelSets.flatMap { $0.labels.map(\.name) }).sorted { $0.isBefore($1) }
            fields += labels.map { name in
                FrameField(name: name, kind: .text, cells: labelSets.map { .text($0[name] ?? "") })
            }
        }
        fields += zip(reducers, columns).map { FrameField(name: $0.title, kind: .number, cells: $1) }
        return [DataFrame(refID: frames.first?.refID ?? "A", fields: fields)]
    }

    // MARK: Series to tables

    /// Labels become columns beside the value; the values of `valueLabel` name the value's column. In the other mode
    /// each series is a table of its labels.
    private static func labelsToFields(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        if options.string("mode") == "rows" {
            return frames.flatMap { frame in
                frame.fields.filter { !$0.labels.isEmpty }.map { field in
                    DataFrame(
                        refID: frame.refID, name: field.shownName,
                        fields: [
                            FrameField(name: "label", kind: .text, cells: field.labels.labels.map { .text($0.name) }),
                            FrameField(name: "value", kind: .text, cells: field.labels.labels.map { .text($0.value) }),
                        ])
                }
            }
        }
        let kept = Set(options.items("keepLabels").compactMap { $0.value.looseString })
        let valueLabel = options.text("valueLabel")
        let tables = frames.map { frame -> DataFrame in
            guard let value = frame.fields.first(where: { $0.kind == .number && !$0.labels.isEmpty }) else {
                return frame
            }
            let shown = value.labels.labels.filter { label in
                label.name != valueLabel && (kept.isEmpty || kept.contains(label.name))
            }
            var result = DataFrame(refID: frame.refID)
            if let time = frame.timeField { result.fields.append(time) }
            result.fields += shown.map { label in
                FrameField(
                    name: label.name, kind: .text,
                    cells: Array(repeating: TableCell.text(label.value), count: value.cells.count))
            }
            var copy = value
            copy.labels = .empty
            copy.displayName = valueLabel.flatMap { value.labels[$0] } ?? copy.name
            result.fields.append(copy)
            return result
        }
        return merge(tables)
    }

    private static func seriesToRows(_ frames: [DataFrame]) -> [DataFrame] {
        var rows: [(time: TableCell, name: TableCell, value: TableCell)] = []
        for frame in frames {
            guard let time = frame.timeField?.cells else { continue }
            for field in frame.fields where field.kind == .number {
                for (index, cell) in field.cells.enumerated() where index < time.count && rows.count < rowsMax {
                    rows.append((time[index], .text(field.shownName), cell))
                }
            }
        }
        // The newest first, as Grafana lists them.
        let order = rows.indices.sorted { left, right in
            if TableCell.isBefore(rows[right].time, rows[left].time) { return true }
            if TableCell.isBefore(rows[left].time, rows[right].time) { return false }
            return left < right
        }
        let fields = [
            FrameField(name: "Time", kind: .time, cells: order.map { rows[$0].time }),
            FrameField(name: "Metric", kind: .text, cells: order.map { rows[$0].name }),
            FrameField(name: "Value", kind: .number, cells: order.map { rows[$0].value }),
        ]
        return [DataFrame(refID: frames.first?.refID ?? "A", fields: fields)]
    }

    private static func concatenate(_ frames: [DataFrame]) -> [DataFrame] {
        guard let first = frames.first else { return [] }
        var result = DataFrame(refID: first.refID, name: first.name, fields: frames.flatMap(\.fields))
        result.level()
        return [result]
    }

    // MARK: filterByValue, convertFieldType

    private static func filterByValue(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        let filters = options.objects("filters").compactMap { filter -> (field: FrameField, rule: ImportNode)? in
            let name = filter.string("fieldName") ?? ""
            return frame.fields.first { $0.shownName == name }.map { ($0, filter.objectOrEmpty("config")) }
        }
        guard !filters.isEmpty else { return frame }
        let needsAll = options.string("match") == "all"
        let keeps = options.string("type") != "exclude"
        var frame = frame
        frame.select(
            rows: (0..<frame.rowCount).filter { row in
                let hits = filters.lazy.filter { row < $0.field.cells.count && passes($0.field.cells[row], $0.rule) }
                    .count
                return (needsAll ? hits == filters.count : hits > 0) == keeps
            })
        return frame
    }

    private static func passes(_ cell: TableCell, _ rule: ImportNode) -> Bool {
        let options = rule.objectOrEmpty("options")
        let wanted = options.raw("value")
        let number = cell.number ?? .nan
        let limit = wanted?.looseNumber ?? .nan
        switch rule.string("id") ?? "" {
        case "greater": return number > limit
        case "greaterOrEqual": return number >= limit
        case "lower": return number < limit
        case "lowerOrEqual": return number <= limit
        case "equal": return cell.plainText == wanted?.looseString || number == limit
        case "notEqual": return cell.plainText != wanted?.looseString && number != limit
        case "isNull": return cell == .empty || number.isNaN && cell.number != nil
        case "isNotNull": return cell != .empty && !(number.isNaN && cell.number != nil)
        case "range", "between":
            return number >= options.number("from") ?? -.infinity && number <= options.number("to") ?? .infinity
        case "regex": return TextPattern(wanted?.looseString ?? "")?.matches(cell.plainText) ?? false
        case "notSubstring": return !cell.plainText.contains(wanted?.looseString ?? "")
        case "substring": return cell.plainText.contains(wanted?.looseString ?? "")
        default: return true
        }
    }

    private static func convert(_ frame: DataFrame, _ options: ImportNode) -> DataFrame {
        var frame = frame
        for rule in options.objects("conversions") {
            guard let name = rule.text("targetField"),
                let index = frame.fields.firstIndex(where: { $0.shownName == name })
            else { continue }
            switch rule.string("destinationType") {
            case "number":
                frame.fields[index].kind = .number
                frame.fields[index].cells = frame.fields[index].cells.map { cell in
                    cell.number.map { .number($0) } ?? Double(cell.plainText).map { .number($0) } ?? .empty
                }
            case "string":
                frame.fields[index].kind = .text
                frame.fields[index].cells = frame.fields[index].cells.map { .text($0.plainText) }
            case "time":
                frame.fields[index].kind = .time
                frame.fields[index].cells = frame.fields[index].cells.map { cell in
                    (cell.number ?? Double(cell.plainText)).map {
                        .time(Timestamp(milliseconds: Int64(saturating: $0)))
                    }
                        ?? .empty
                }
            default: break
            }
        }
        return frame
    }
}

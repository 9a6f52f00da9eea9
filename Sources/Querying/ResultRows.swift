// A query's answer as rows of text: aligned for people, comma- or tab-separated for programs.
// The last step of `ferula query`; the JSON form is in APIJSON.swift.

import MetricModel

/// One column a label (those that any series has, `__name__` first), then timestamp and value.
public struct ResultRows: Hashable, Sendable {
    public var header: [String]
    public var rows: [[String]]
    /// The column that a table leaves out when all rows agree in it.
    private var timeColumn: Int?

    package init(header: [String], rows: [[String]]) {
        self.header = header
        self.rows = rows
    }

    /// How numbers and times are written.
    package struct Style: Sendable {
        package var number: @Sendable (Double) -> String
        package var time: @Sendable (Timestamp) -> String
        package var timeHeader: String

        package init(
            number: @escaping @Sendable (Double) -> String, time: @escaping @Sendable (Timestamp) -> String,
            timeHeader: String
        ) {
            self.number = number
            self.time = time
            self.timeHeader = timeHeader
        }

        /// Shortest digits that read back as the same number, Unix seconds: for programs.
        package static let exact = Style(
            number: { GoFloat.format($0) }, time: { $0.description }, timeHeader: "timestamp")
    }

    public init(_ value: QueryValue) { self.init([(nil, value)], style: .exact) }

    /// Several answers under one header, each row with its query's name in a first column `query` when any has a name.
    package init(_ answers: [(name: String?, value: QueryValue)], style: Style) {
        let points = answers.flatMap { answer in Self.points(answer.value, style).map { (answer.name, $0) } }
        let names = Self.labelNames(answers.flatMap { Self.labelSets($0.value) })
        let hasQuery = answers.contains { $0.name != nil }
        header = (hasQuery ? ["query"] : []) + names + [style.timeHeader, "value"]
        timeColumn = header.count - 2
        rows = points.map { name, point in
            (hasQuery ? [name ?? ""] : []) + names.map { point.labels[$0] ?? "" } + [point.time, point.text]
        }
    }

    private struct Point {
        var labels: LabelSet
        var time: String
        var text: String
    }

    private static func points(_ value: QueryValue, _ style: Style) -> [Point] {
        switch value {
        case .scalar(let time, let number):
            [Point(labels: .empty, time: style.time(time), text: style.number(number))]
        case .string(let time, let text): [Point(labels: .empty, time: style.time(time), text: text)]
        case .vector(let elements):
            elements.map {
                Point(labels: $0.labels, time: style.time($0.timestamp), text: text($0.value, style))
            }
        case .matrix(let series):
            series.flatMap { series in
                series.timestamps.indices.map { index in
                    Point(
                        labels: series.labels, time: style.time(series.timestamps[index]),
                        text: text(series.samples[index], style))
                }
            }
        }
    }

    private static func labelSets(_ value: QueryValue) -> [LabelSet] {
        switch value {
        case .scalar, .string: []
        case .vector(let elements): elements.map(\.labels)
        case .matrix(let series): series.map(\.labels)
        }
    }

    private static func labelNames(_ sets: [LabelSet]) -> [String] {
        var names: Set<String> = []
        for set in sets {
            for label in set.labels { names.insert(label.name) }
        }
        let hasMetric = names.remove(LabelSet.metricNameLabel) != nil
        return (hasMetric ? [LabelSet.metricNameLabel] : []) + names.sorted { $0.isBefore($1) }
    }

    /// The values alone, in the order of the rows.
    package var values: [String] { rows.compactMap(\.last) }

    /// A histogram as `{count:…, sum:…, (1,2]:3}`, empty buckets left out.
    package static func text(_ value: SampleValue, _ style: Style = .exact) -> String {
        switch value {
        case .float(let number): return style.number(number)
        case .histogram(let histogram):
            var parts = ["count:\(style.number(histogram.count))", "sum:\(style.number(histogram.sum))"]
            for bucket in histogram.buckets where bucket.count != 0 {
                let open = bucket.lowerInclusive ? "[" : "("
                let close = bucket.upperInclusive ? "]" : ")"
                parts.append(
                    "\(open)\(style.number(bucket.lower)),\(style.number(bucket.upper))\(close):"
                        + style.number(bucket.count))
            }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }

    /// Columns aligned by blanks: text to the left, the value to the right. The timestamp is left out when all rows
    /// share it. Control characters are shown as escapes: a label value cannot move the cursor.
    public func table(showsHeader: Bool = true) -> String {
        var hidden = -1
        if let timeColumn, Set(rows.map { $0[timeColumn] }).count <= 1 { hidden = timeColumn }
        func visible(_ row: [String]) -> [String] {
            row.indices.filter { $0 != hidden }.map { row[$0].withoutControlCharacters }
        }
        let lines = (showsHeader ? [visible(header)] : []) + rows.map(visible)
        guard let first = lines.first else { return "" }
        var widths = Array(repeating: 0, count: first.count)
        for line in lines {
            for (column, cell) in line.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        var text = ""
        for line in lines {
            for (column, cell) in line.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                if column == line.count - 1 {
                    text += timeColumn == nil ? cell : blanks + cell
                } else {
                    text += cell + blanks + "  "
                }
            }
            while text.utf8.last == 0x20 { text.removeLast() }
            text += "\n"
        }
        return text
    }

    /// RFC 4180 with line feeds: quoted where a cell has a comma, a quote or a line break.
    public func csv(showsHeader: Bool = true) -> String {
        separated(by: ",", showsHeader: showsHeader) { cell in
            guard cell.utf8.contains(where: { $0 == 0x2c || $0 == 0x22 || $0 == 0x0a || $0 == 0x0d }) else {
                return cell
            }
            var quoted = "\""
            for character in cell.unicodeScalars {
                if character == "\"" { quoted += "\"" }
                quoted.unicodeScalars.append(character)
            }
            return quoted + "\""
        }
    }

    /// Tabs, line breaks and backslashes inside a cell as `\t`, `\n`, `\r`, `\\`.
    public func tsv(showsHeader: Bool = true) -> String {
        separated(by: "\t", showsHeader: showsHeader) { cell in
            var escaped = ""
            for scalar in cell.unicodeScalars {
                switch scalar {
                case "\t": escaped += "\\t"
                case "\n": escaped += "\\n"
                case "\r": escaped += "\\r"
                case "\\": escaped += "\\\\"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }

    /// A table of GitHub's Markdown; `|` and `\` escaped, line breaks shown as escapes.
    package func markdown(showsHeader: Bool = true) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        func escaped(_ cell: String) -> String {
            var text = ""
            for character in cell.withoutControlCharacters.unicodeScalars {
                if character == "|" || character == "\\" { text += "\\" }
                text.unicodeScalars.append(character)
            }
            return text
        }
        var text = ""
        if showsHeader {
            text += line(header.map(escaped))
            text += line(header.indices.map { $0 == header.count - 1 ? "---:" : "---" })
        }
        for row in rows { text += line(row.map(escaped)) }
        return text
    }

    private func separated(by separator: String, showsHeader: Bool, _ cell: (String) -> String) -> String {
        ((showsHeader ? [header] : []) + rows).map { $0.map(cell).joined(separator: separator) + "\n" }.joined()
    }
}

extension String {
    /// C0, DEL and C1 controls as `\n`, `\t`, `\x1b`; everything else as it is.
    package var withoutControlCharacters: String {
        guard unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
            return self
        }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x09: text += "\\t"
            case 0..<0x20, 0x7f...0x9f:
                text += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

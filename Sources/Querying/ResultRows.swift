// A query's answer as rows of text: aligned for people, comma- or tab-separated for programs.
// The last step of `ferula query`; the JSON form is in APIJSON.swift.

import MetricModel

/// One column a label (those that any series has, `__name__` first), then timestamp and value.
public struct ResultRows: Hashable, Sendable {
    public var header: [String]
    public var rows: [[String]]

    public init(_ value: QueryValue) {
        switch value {
        case .scalar(let time, let number):
            header = ["timestamp", "value"]
            rows = [[time.description, GoFloat.format(number)]]
        case .string(let time, let text):
            header = ["timestamp", "value"]
            rows = [[time.description, text]]
        case .vector(let elements):
            let names = Self.labelNames(elements.map(\.labels))
            header = names + ["timestamp", "value"]
            rows = elements.map { element in
                names.map { element.labels[$0] ?? "" }
                    + [element.timestamp.description, Self.text(element.value)]
            }
        case .matrix(let series):
            let names = Self.labelNames(series.map(\.labels))
            header = names + ["timestamp", "value"]
            rows = series.flatMap { series in
                let labels = names.map { series.labels[$0] ?? "" }
                return series.timestamps.indices.map { index in
                    labels + [series.timestamps[index].description, Self.text(series.samples[index])]
                }
            }
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

    /// Shortest digits that read back as the same number; a histogram as `{count:…, sum:…}`.
    private static func text(_ value: SampleValue) -> String {
        switch value {
        case .float(let number): GoFloat.format(number)
        case .histogram(let histogram):
            "{count:\(GoFloat.format(histogram.count)), sum:\(GoFloat.format(histogram.sum))}"
        }
    }

    /// Columns aligned by blanks: text to the left, the value to the right. The timestamp is left out when all rows
    /// share it. Control characters are shown as escapes: a label value cannot move the cursor.
    public func table(showsHeader: Bool = true) -> String {
        let times = Set(rows.compactMap { row in row.dropLast().last })
        let hidden = times.count <= 1 ? header.count - 2 : -1
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
                    text += blanks + cell + "\n"
                } else {
                    text += cell + blanks + "  "
                }
            }
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

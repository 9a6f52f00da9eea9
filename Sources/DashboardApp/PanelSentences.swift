// A panel in words: its value, where it was in the range, what it passed, and why there is nothing.
// For `--plain`, which screen readers read; comes after the same answers as the pictures.

import Dashboards
import MetricModel

struct PanelSentences {
    /// How much is said of a panel: among others, or alone.
    enum Length: Hashable {
        case brief, full

        var series: Int { self == .brief ? 6 : 200 }
        var rows: Int { self == .brief ? 5 : 200 }
    }

    var panel: Panel
    var data: PanelData
    var length = Length.brief
    var clock: DisplayClock

    /// The title and what there is to say of it: one line, or one and a line for each series.
    var lines: [String] {
        let title = panel.title.isEmpty ? "Panel without a title" : panel.title.spoken
        if panel.isRow { return ["Row \(title)."] }
        var lines = said(title)
        if let stale = data.staleFor { lines[0] += " Stale: nothing new for \(stale.inWords)." }
        if !data.isEmpty {
            if let failure = data.failure { lines.append("  Failed in part: \(failure.spoken)") }
            for notice in data.notices { lines.append("  Note: \(notice.spoken)") }
        }
        for mark in data.marks.prefix(5) where !mark.text.isEmpty {
            lines.append("  Marked \(mark.text.spoken) at \(ClockText.time(mark.time, offset: clock.offset)).")
        }
        return lines
    }

    private func said(_ title: String) -> [String] {
        if case .unsupported(let name) = panel.kind { return ["\(title): panels of the type \(name) are not read."] }
        if data.isEmpty {
            if let failure = data.failure { return ["\(title): failed: \(failure.spoken)"] }
            if data.isLoading { return ["\(title): no answer yet."] }
            let reasons = data.notices.map(\.spoken).joined(separator: "; ")
            return ["\(title): no data" + (reasons.isEmpty ? "." : ": \(reasons).")]
        }
        switch data.content {
        case .fields(let fields): return fieldLines(fields, title)
        case .table(let table): return tableLines(table, title)
        case .heatmap(let heatmap): return ["\(title): \(heatmapWords(heatmap))"]
        case .histogram(let histogram):
            let total = histogram.series.reduce(0) { $0 + $1.counts.reduce(0, +) }
            return [
                "\(title): histogram of \(Self.counted(histogram.series.count, "series")), \(number(total)) values."
            ]
        case .text(let text):
            let lines = text.split(whereSeparator: \.isNewline).map { "  " + String($0).spoken }
            return lines.count == 1 ? ["\(title): \(lines[0].dropFirst(2))"] : ["\(title):"] + lines.prefix(40)
        case .alerts(let listing):
            let head = "\(title): \(listing.firingCount) firing, \(listing.pendingCount) pending."
            return [head]
                + listing.alerts.prefix(length.rows).map { alert in
                    let since = alert.since.map { " for \(max(.zero, clock.now - $0).inWords)" } ?? ""
                    return "  \(alert.name.spoken) is \(alert.state)\(since)."
                }
        case .dashboards(let groups):
            return ["\(title):"] + groups.flatMap(\.choices).prefix(length.rows).map { "  " + $0.title.spoken }
        case .none: return ["\(title): no data."]
        }
    }

    // MARK: Series

    /// Of a graph's series whose newest value is older than another's by more than two steps: when that was. What has
    /// ended must not be told as if it went on.
    private func end(of field: DataField) -> Timestamp? {
        guard panel.kind.isGraph, case .fields(let fields) = data.content, let last = field.timeOfLast else {
            return nil
        }
        let newest = fields.compactMap(\.timeOfLast).max() ?? last
        let (gap, overflow) = max(field.step.count, 1000).multipliedReportingOverflow(by: 2)
        return !overflow && (newest - last).count > gap ? last : nil
    }

    private func fieldLines(_ fields: [DataField], _ title: String) -> [String] {
        if fields.count == 1 {
            // The name of a lone series says what the title does not.
            let name = fields[0].name.spoken
            let isTold = panel.kind.isGraph && name != title && !name.isEmpty
            return ["\(title): \(isTold ? name + " " : "")\(words(of: fields[0]))."]
        }
        var lines = ["\(title): \(Self.counted(fields.count, "series"))."]
        for (index, field) in fields.prefix(length.series).enumerated() {
            let name = field.name.isEmpty ? "series \(index + 1)" : field.name.spoken
            lines.append("  \(name): \(words(of: field)).")
        }
        if fields.count > length.series { lines.append("  and \(fields.count - length.series) more.") }
        return lines
    }

    /// `23.4 %; least 10 %, most 51 %, rising; above the threshold 20 %`
    private func words(of field: DataField) -> String {
        let numbers = field.values.filter { !$0.isNaN }
        let current = panel.kind.isGraph ? numbers.last : field.reduced.first.flatMap { $0 } ?? numbers.last
        guard let current, !current.isNaN else { return field.configuration.noValue?.spoken ?? "no value" }
        var words = [text(current, field.configuration)]
        if let end = end(of: field) {
            words = ["ended at \(ClockText.time(end, offset: clock.offset)) with \(words[0])"]
        }
        if let low = numbers.min(), let high = numbers.max(), numbers.count > 1 {
            let trend = Self.trend(of: numbers)
            words.append(
                low == high
                    ? "all the time"
                    : "least \(text(low, field.configuration)), most \(text(high, field.configuration)), \(trend)")
        }
        if let threshold = thresholdWords(field, current, numbers.max()) { words.append(threshold) }
        return words.joined(separator: "; ")
    }

    /// The last third against the first: rising, falling, or steady within a twentieth of the greatest value.
    static func trend(of numbers: [Double]) -> String {
        let count = numbers.count / 3
        guard count > 0 else {
            guard let first = numbers.first, let last = numbers.last, first != last else { return "steady" }
            return last > first ? "rising" : "falling"
        }
        let before = numbers.prefix(count).reduce(0, +) / Double(count)
        let after = numbers.suffix(count).reduce(0, +) / Double(count)
        let size = numbers.reduce(0) { max($0, $1.magnitude) }
        guard (after - before).magnitude > size / 20 else { return "steady" }
        return after > before ? "rising" : "falling"
    }

    private func thresholdWords(_ field: DataField, _ current: Double, _ most: Double?) -> String? {
        let configuration = field.configuration
        let shows = configuration.color == .thresholds || configuration.graph.thresholdStyle != .off
        guard shows else { return nil }
        let steps = configuration.thresholds.steps.dropFirst().map { step in
            (configuration.thresholds.limit(of: step, min: configuration.min, max: configuration.max), step.color)
        }
        func named(_ step: (Double, String)) -> String {
            let color = step.1.allSatisfy { $0.isLetter || $0 == "-" } ? ", " + step.1.replacing("-", with: " ") : ""
            return text(step.0, configuration) + color
        }
        if let passed = steps.last(where: { current >= $0.0 }) { return "at or above the threshold \(named(passed))" }
        guard panel.kind.isGraph, let most, let passed = steps.last(where: { most >= $0.0 }) else { return nil }
        return "was above the threshold \(named(passed))"
    }

    private func text(_ value: Double, _ configuration: FieldConfiguration) -> String {
        configuration.text(of: value, clock: clock).description.spoken
    }

    private func number(_ value: Double) -> String { JSONValue.text(of: value) }

    static func counted(_ count: Int, _ noun: String) -> String {
        count == 1 || noun == "series" ? "\(count) \(noun)" : "\(count) \(noun)s"
    }

    // MARK: Tables and heatmaps

    private func tableLines(_ table: DataTable, _ title: String) -> [String] {
        let columns = table.columns.filter { !$0.configuration.isHidden }
        let count = columns.map(\.cells.count).min() ?? 0
        var lines = ["\(title): table of \(Self.counted(count, "row"))."]
        for row in 0..<min(count, length.rows) {
            let cells = columns.compactMap { column -> String? in
                let text = column.configuration.display(column.cells[row], clock: clock).text.description.spoken
                return text.isEmpty ? nil : "\(column.name.spoken) \(text)"
            }
            lines.append("  " + cells.joined(separator: ", ") + ".")
        }
        if count > length.rows { lines.append("  and \(count - length.rows) more rows.") }
        return lines
    }

    private func heatmapWords(_ heatmap: HeatmapData) -> String {
        let columns = heatmap.columns.count
        let head = "heatmap of \(Self.counted(heatmap.buckets.count, "bucket"))"
        // The newest column that has any count.
        for column in (0..<columns).reversed() {
            let counts = heatmap.buckets.indices.map { heatmap.counts[$0 * columns + column] }
            guard let most = counts.filter({ !$0.isNaN }).max(), most > 0,
                let place = counts.firstIndex(of: most)
            else { continue }
            return "\(head); at \(ClockText.time(heatmap.columns[column], offset: clock.offset)) most were in "
                + "\(bucketWords(heatmap.buckets[place], heatmap.configuration)): \(text(most, FieldConfiguration()))."
        }
        return head + ", all of them empty."
    }

    private func bucketWords(_ bucket: HeatmapData.Bucket, _ configuration: FieldConfiguration) -> String {
        switch (bucket.lower.isFinite, bucket.upper.isFinite) {
        case (true, true): "\(text(bucket.lower, configuration)) to \(text(bucket.upper, configuration))"
        case (false, true): "up to \(text(bucket.upper, configuration))"
        case (true, false): "above \(text(bucket.lower, configuration))"
        case (false, false): bucket.name.spoken
        }
    }
}

extension DataField {
    fileprivate var timeOfLast: Timestamp? {
        let last = values.lastIndex { !$0.isNaN }
        return last.flatMap { timestamps.indices.contains($0) ? timestamps[$0] : nil }
    }
}

extension Milliseconds {
    /// `2 minutes 5 seconds`: the two longest units.
    var inWords: String {
        var rest = max(0, count) / 1000
        var words: [String] = []
        for (unit, seconds) in [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)] as [(String, Int64)] {
            let number = rest / seconds
            rest %= seconds
            if number > 0 { words.append("\(number) \(unit)\(number == 1 ? "" : "s")") }
        }
        return words.isEmpty ? "0 seconds" : words.prefix(2).joined(separator: " ")
    }
}

extension String {
    /// On one line, without what does something to a terminal.
    var spoken: String {
        var text = ""
        for character in self {
            if character.isNewline || character == "\t" {
                text.append(" ")
            } else if !character.isControl {
                text.append(character)
            }
        }
        return text
    }
}

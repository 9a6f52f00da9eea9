// A series as a small graph of plain ASCII, for the output of a test run.
// Drawn under a failed expectation by FailurePicture.

import MetricModel

/// One series between two times: a line that says what it has, and a graph when there are two samples or more.
struct SeriesGraph {
    let series: Series
    /// Samples after `start` and up to `end` are drawn.
    let start: Timestamp
    let end: Timestamp

    static let widthCells = 56
    static let heightCells = 5

    /// The samples that are drawn; a histogram stands for its count. Staleness markers are none.
    private var points: [(time: Timestamp, value: Double)] {
        series.timestamps.indices.compactMap { index in
            let time = series.timestamps[index]
            guard time > start, time <= end else { return nil }
            switch series.samples[index] {
            case .float(let value): return value.isStaleMarker ? nil : (time, value)
            case .histogram(let histogram): return histogram.isStaleMarker ? nil : (time, histogram.count)
            }
        }
    }

    /// Not indented; the first line is the heading.
    var lines: [String] {
        let points = points
        guard let first = points.first, let last = points.last else { return [heading + " " + absence] }
        var text = heading
        let hasHistograms = series.samples.floats == nil
        let noun = hasHistograms ? "histogram" : "sample"
        text += points.count == 1 ? " 1 \(noun)" : " \(points.count) \(noun)s"
        let newest = hasHistograms ? "count \(NumberInText.of(last.value))" : NumberInText.of(last.value)
        text += points.count == 1 ? ": " : ", the newest: "
        text += "\(newest) at \(NumberInText.of(last.time))"
        if let ended = endedAt { text += ", ended at \(NumberInText.of(ended))" }
        guard points.count > 1, first.time < last.time else { return [text] }
        return [text] + graph(points, from: first.time, to: last.time)
    }

    private var heading: String { "\(series.labels):" }

    /// When the newest sample up to `end` is a staleness marker, its time.
    private var endedAt: Timestamp? {
        guard let index = series.timestamps.lastIndex(where: { $0 <= end }), series.samples[index].isStaleMarker else {
            return nil
        }
        return series.timestamps[index]
    }

    private var absence: String {
        let window = "from \(NumberInText.of(start)) to \(NumberInText.of(end))"
        if let ended = endedAt { return "no sample \(window), ended at \(NumberInText.of(ended))" }
        if let before = series.timestamps.last(where: { $0 <= start }) {
            return "no sample \(window), the newest one is at \(NumberInText.of(before))"
        }
        if let after = series.timestamps.first(where: { $0 > end }) {
            return "no sample \(window), the first one is at \(NumberInText.of(after))"
        }
        return "no sample \(window)"
    }

    private func graph(_ points: [(time: Timestamp, value: Double)], from first: Timestamp, to last: Timestamp)
        -> [String]
    {
        let finite = points.filter { $0.value.isFinite }
        guard let low = finite.map(\.value).min(), let high = finite.map(\.value).max() else {
            return ["(no number is finite)"]
        }
        let height = low == high ? 1 : Self.heightCells
        var rows = [[UInt8]](repeating: [UInt8](repeating: 0x20, count: Self.widthCells), count: height)
        for point in finite {
            let across = part(Double((point.time - first).count), of: Double((last - first).count))
            // Halves, because a difference of the two greatest numbers is infinite.
            let up = low == high ? 0 : part(point.value / 2 - low / 2, of: high / 2 - low / 2)
            let column = Int((across * Double(Self.widthCells - 1)).rounded())
            let row = height - 1 - Int((up * Double(height - 1)).rounded())
            rows[row][column] = UInt8(ascii: "*")
        }
        let labels = [NumberInText.of(high), NumberInText.of(low)]
        let room = labels.map(\.utf8.count).max() ?? 0
        var lines: [String] = []
        for (index, row) in rows.enumerated() {
            let label = index == 0 ? labels[0] : index == height - 1 ? labels[1] : ""
            var cells = row[...]
            while cells.last == 0x20 { cells.removeLast() }
            let text = String(decoding: cells, as: UTF8.self)
            lines.append(String(repeating: " ", count: room - label.utf8.count) + label + " |" + text)
        }
        let margin = String(repeating: " ", count: room + 1)
        lines.append(margin + "+" + String(repeating: "-", count: Self.widthCells))
        let (from, to) = (NumberInText.of(first), NumberInText.of(last))
        let gap = max(Self.widthCells - from.utf8.count - to.utf8.count, 1)
        lines.append(margin + " " + from + String(repeating: " ", count: gap) + to)
        return lines
    }

    private func part(_ amount: Double, of whole: Double) -> Double {
        whole > 0 ? min(max(amount / whole, 0), 1) : 0
    }
}

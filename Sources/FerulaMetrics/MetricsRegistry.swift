// The metrics of one factory by name and labels, and the page that a scrape of them would bring.
// Owned by MonitorMetricsFactory under its lock.

import Exposition
import MetricModel

struct MetricsRegistry {
    private struct Family {
        let kind: Metadata.Kind
        var cells: [LabelSet: MetricCell] = [:]
    }
    private let metricsMax: Int
    private var families: [String: Family] = [:]
    private var count = 0
    private var refusedMetrics = 0
    private let notes = MisuseNotes()

    init(metricsMax: Int) { self.metricsMax = metricsMax }

    var misuses: [String] {
        notes.all + (refusedMetrics > 0 ? ["\(refusedMetrics) metrics were not kept: the limit is \(metricsMax)"] : [])
    }

    /// The one there is, or a new one. What may not be kept is given a cell that nobody reads.
    mutating func cell(
        _ name: String, _ labels: LabelSet, _ kind: Metadata.Kind, bounds: () -> [Double]
    ) -> MetricCell {
        let family = families[name] ?? Family(kind: kind)
        guard family.kind == kind else {
            notes.add("`\(name)` is a \(family.kind.rawValue) and was made again as a \(kind.rawValue)")
            return MetricCell(labels, kind, bounds: bounds(), notes)
        }
        if let known = family.cells[labels] { return known }
        let cell = MetricCell(labels, kind, bounds: bounds(), notes)
        guard count < metricsMax else {
            refusedMetrics += 1
            return cell
        }
        count += 1
        families[name, default: Family(kind: kind)].cells[labels] = cell
        return cell
    }

    mutating func remove(_ cell: MetricCell) {
        guard let name = cell.labels.metricName, families[name]?.cells[cell.labels] === cell else { return }
        families[name]?.cells[cell.labels] = nil
        count -= 1
        if families[name]?.cells.isEmpty == true { families[name] = nil }
    }

    func page(_ format: ExpositionFormat) -> [UInt8] {
        var writer = ExpositionWriter(format)
        for (name, family) in families.sorted(by: { $0.key.isBefore($1.key) }) {
            writer.family(name, Metadata(kind: family.kind))
            for (_, cell) in family.cells.sorted(by: { $0.key < $1.key }) { cell.write(to: &writer) }
        }
        writer.finish()
        return writer.bytes
    }
}

enum MetricName {
    /// Every character outside of `[a-zA-Z0-9_:]` as `_`, a digit at the beginning as well; `_` for an empty text.
    static func clean(_ text: String, allowsColon: Bool) -> String {
        var isFirst = true
        var clean = ""
        for character in text {
            let isGood: Bool
            switch character {
            case "a"..."z", "A"..."Z", "_": isGood = character.isASCII
            case "0"..."9": isGood = character.isASCII && !isFirst
            case ":": isGood = allowsColon
            default: isGood = false
            }
            clean.append(isGood ? character : "_")
            isFirst = false
        }
        return clean.isEmpty ? "_" : clean
    }
}

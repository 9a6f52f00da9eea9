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
    private var isOverLimit = false
    private let notes = MisuseNotes()

    init(metricsMax: Int) { self.metricsMax = metricsMax }

    var misuses: [String] {
        notes.all + (isOverLimit ? ["metrics were not kept: the limit is \(metricsMax)"] : [])
    }

    /// A dimension whose label the metric has already, as its name, of its buckets, or by another dimension.
    func note(label: String, takenIn name: String) {
        notes.add("a dimension of `\(name)` was left out: the label `\(label)` is taken")
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
        if let other = rival(of: name, kind) {
            notes.add("`\(name)` and `\(other)` would write the same series")
            return MetricCell(labels, kind, bounds: bounds(), notes)
        }
        let cell = MetricCell(labels, kind, bounds: bounds(), notes)
        guard count < metricsMax else {
            isOverLimit = true
            return cell
        }
        count += 1
        families[name, default: Family(kind: kind)].cells[labels] = cell
        return cell
    }

    private static let suffixes = ["_bucket", "_sum", "_count"]

    /// The histogram that writes series of this name, or whose series are of the names of another metric; nil: none.
    private func rival(of name: String, _ kind: Metadata.Kind) -> String? {
        if kind == .histogram { return Self.suffixes.map { name + $0 }.first { families[$0] != nil } }
        return Self.suffixes.lazy.filter { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
            .first { families[$0]?.kind == .histogram }
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

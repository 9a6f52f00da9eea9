// Bodies whose classic histograms come out as native ones with custom buckets.
// Between a body of either form and IngestionPass, when a job has convert_classic_histograms_to_nhcb.

import Exposition
import MetricModel

/// Text, entry by entry. Slower than reading lines that are known by comparison: every line is parsed.
final class TextBody: StructuredBody {
    private let body: UnsafeBufferPointer<UInt8>
    private var parser: ExpositionParser
    private(set) var failure: ExpositionError?

    /// The bytes must stay valid as long as entries are read.
    init(_ body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat) {
        self.body = body
        parser = ExpositionParser(body, format: format)
    }

    func next(_ entry: inout BodyEntry) throws(BodyError) -> Bool {
        do throws(ExpositionError) {
            while true {
                switch try parser.next() {
                case .end: return false
                case .comment: continue
                case .series:
                    take(&entry, parser.seriesRange, .float(parser.value))
                    entry.timestamp = parser.timestamp
                    if let exemplar = parser.exemplar() { entry.exemplars = [exemplar] }
                case .type: take(&entry, parser.lineRange, .kind(parser.kind), parser.metadataName)
                case .help: take(&entry, parser.lineRange, .help(parser.metadataText), parser.metadataName)
                case .unit: take(&entry, parser.lineRange, .unit(parser.metadataText), parser.metadataName)
                }
                return true
            }
        } catch {
            failure = error
            throw BodyError(offset: parser.position, family: "", problem: error.description)
        }
    }

    private func take(
        _ entry: inout BodyEntry, _ range: Range<Int>, _ content: BodyEntry.Content, _ family: String = ""
    ) {
        entry.key.removeAll(keepingCapacity: true)
        entry.key.append(contentsOf: body[range])
        entry.family = family
        entry.kind = parser.kind
        entry.content = content
        entry.timestamp = nil
        entry.exemplars = []
        entry.place = range.lowerBound
    }
}

/// The entries of another body. Series of a classic histogram that stand together make one entry, behind them; without
/// `keepsClassic` they themselves are left out. One that does not add up makes none.
///
/// Source: Prometheus model/textparse, NHCBParser.
struct ConvertedBody<Base: StructuredBody>: StructuredBody {
    private var base: Base
    private let keepsClassic: Bool
    /// Of the last `# TYPE` line, if it is a histogram's.
    private var family: String?
    /// Label sets of the family that have a native histogram of their own.
    private var natives: Set<LabelSet> = []
    private var classic: Classic?
    /// Read, and to come after a histogram.
    private var waiting: BodyEntry?
    private var hasEnded = false

    private struct Classic {
        /// Without `le`, under the name of the family.
        var labels: LabelSet
        var timestamp: Timestamp?
        var buckets = ClassicBuckets()
        var exemplars: [Exemplar] = []
        var place: Int
    }
    private enum Part {
        case bucket(Double)
        case sum, count
    }

    init(_ base: Base, keepsClassic: Bool) {
        self.base = base
        self.keepsClassic = keepsClassic
    }

    mutating func next(_ entry: inout BodyEntry) throws(BodyError) -> Bool {
        while true {
            if let waiting {
                entry = waiting
                self.waiting = nil
                return true
            }
            guard !hasEnded, try base.next(&entry) else {
                hasEnded = true
                return finishClassic(into: &entry)
            }
            if let (labels, part, value) = part(of: entry) {
                let isOther = classic.map { $0.labels != labels || $0.timestamp != entry.timestamp } ?? false
                let former = isOther ? takeClassic() : nil
                add(part, value, labels, entry)
                guard let former else {
                    if keepsClassic { return true }
                    continue
                }
                if keepsClassic { waiting = entry }
                entry = former
                return true
            }
            note(entry)
            guard let former = takeClassic() else { return true }
            waiting = entry
            entry = former
            return true
        }
    }

    /// What an entry that is no part of a classic histogram says of those that follow.
    private mutating func note(_ entry: BodyEntry) {
        switch entry.content {
        case .kind(let kind):
            family = kind == .histogram ? entry.family : nil
            natives = []
        case .histogram:
            guard family != nil, let labels = Self.labels(of: entry) else { return }
            natives.insert(labels)
        case .help, .unit, .float: return
        }
    }

    /// Nil for what belongs to no classic histogram.
    private func part(of entry: BodyEntry) -> (labels: LabelSet, part: Part, value: Double)? {
        guard let family, case .float(let value) = entry.content, let labels = Self.labels(of: entry),
            let name = labels.metricName, name.hasPrefix(family)
        else { return nil }
        let part: Part
        switch name.utf8.dropFirst(family.utf8.count) {
        case let suffix where suffix.elementsEqual("_bucket".utf8):
            guard let bound = labels["le"].flatMap(ClassicBuckets.bound) else { return nil }
            part = .bucket(bound)
        case let suffix where suffix.elementsEqual("_sum".utf8): part = .sum
        case let suffix where suffix.elementsEqual("_count".utf8): part = .count
        default: return nil
        }
        return (labels.without(["le"]).setting(LabelSet.metricNameLabel, to: family), part, value)
    }

    private static func labels(of entry: BodyEntry) -> LabelSet? {
        let line = entry.key + Array(" 0\n".utf8)
        return line.withUnsafeBufferPointer { line in
            var parser = ExpositionParser(line, format: .text)
            // What is malformed is refused where the entry itself is read.
            guard (try? parser.next()) == .series else { return nil }
            return try? parser.labels()
        }
    }

    private mutating func add(_ part: Part, _ value: Double, _ labels: LabelSet, _ entry: BodyEntry) {
        var current = classic ?? Classic(labels: labels, timestamp: entry.timestamp, place: entry.place)
        switch part {
        case .bucket(let upper): current.buckets.add(upTo: upper, value)
        case .sum: current.buckets.sum = value
        case .count: current.buckets.count = value
        }
        current.exemplars += entry.exemplars
        classic = current
    }

    /// The entry of what was collected; nil when that is nothing, does not add up, or is there in native form.
    private mutating func takeClassic() -> BodyEntry? {
        guard let collected = classic else { return nil }
        classic = nil
        guard !collected.buckets.isEmpty, !natives.contains(collected.labels),
            let histogram = collected.buckets.native()
        else { return nil }
        var entry = BodyEntry()
        entry.key = Array(collected.labels.description.utf8)
        entry.family = collected.labels.metricName ?? ""
        entry.content = .histogram(histogram)
        entry.timestamp = collected.timestamp
        entry.exemplars = collected.exemplars
        entry.place = collected.place
        return entry
    }

    private mutating func finishClassic(into entry: inout BodyEntry) -> Bool {
        guard let last = takeClassic() else { return false }
        entry = last
        return true
    }
}

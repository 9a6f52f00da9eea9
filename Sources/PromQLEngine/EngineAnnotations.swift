// Warnings and infos of one query, in Prometheus' words and with the place they are about.
// Filled while evaluating; EmbeddedBackend turns them into QueryAnnotation.

import MetricModel
import PromQLSyntax
import Querying

/// Collected once per text: of two with one text the later place is shown, as Prometheus keeps them by text.
struct EngineAnnotations {
    struct Entry {
        var severity: QueryAnnotation.Severity
        var text: String
        var range: SourceRange
        /// Follows the text before the place.
        var detail: Detail?
    }

    enum Detail {
        case monotonicity(Monotonicity)
        case occurrences(Int)
    }

    struct Monotonicity {
        var firstTime: Int64
        var lastTime: Int64
        var leastBucket: Double
        var greatestBucket: Double
        var greatestDifference: Double
        var count = 1
    }

    private(set) var entries: [Entry] = []
    private var indices: [String: Int] = [:]

    private mutating func add(
        _ severity: QueryAnnotation.Severity, _ text: String, _ range: SourceRange, _ detail: Detail? = nil
    ) {
        guard let index = indices[text] else {
            indices[text] = entries.count
            entries.append(Entry(severity: severity, text: text, range: range, detail: detail))
            return
        }
        entries[index].range = range
        switch (entries[index].detail, detail) {
        case (.monotonicity(var old), .monotonicity(let new)):
            old.firstTime = min(old.firstTime, new.firstTime)
            old.lastTime = max(old.lastTime, new.lastTime)
            old.leastBucket = min(old.leastBucket, new.leastBucket)
            old.greatestBucket = max(old.greatestBucket, new.greatestBucket)
            old.greatestDifference = max(old.greatestDifference, new.greatestDifference)
            old.count += new.count
            entries[index].detail = .monotonicity(old)
        case (.occurrences(let old), .occurrences(let new)):
            entries[index].detail = .occurrences(old + new)
        default:
            entries[index].detail = detail
        }
    }

    mutating func warn(_ text: String, _ range: SourceRange) { add(.warning, text, range) }
    mutating func inform(_ text: String, _ range: SourceRange) { add(.info, text, range) }

    mutating func startTimeOverlap(metric: String, _ range: SourceRange) {
        let text = "sample has start time that overlaps with previous sample timestamp for metric \(quoted(metric))"
        add(.warning, text, range, .occurrences(1))
    }

    mutating func forcedMonotonicity(metric: String, _ range: SourceRange, _ detail: Monotonicity) {
        let text =
            "input to histogram_quantile needed to be fixed for monotonicity "
            + "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
            + named(metric)
        add(.info, text, range, .monotonicity(detail))
    }

    /// As the API shows them: prefix, text, detail, `(line:column)` in bytes of `query`.
    func queryAnnotations(in query: String) -> [QueryAnnotation] {
        let bytes = Array(query.utf8)
        return entries.map { entry in
            var message = entry.severity == .warning ? "PromQL warning: " : "PromQL info: "
            message += entry.text
            switch entry.detail {
            case .monotonicity(let detail):
                message += ", from buckets \(goFloat(detail.leastBucket)) to \(goFloat(detail.greatestBucket))"
                message += ", with a max diff of \(goFloat(detail.greatestDifference, digits: 2))"
                message +=
                    ", over \(detail.count) samples from \(rfc3339(detail.firstTime)) to \(rfc3339(detail.lastTime))"
            case .occurrences(let count) where count > 1:
                message += " (\(count) occurrences)"
            default: break
            }
            let (line, column) = Self.place(of: entry.range.start, in: bytes)
            return QueryAnnotation(severity: entry.severity, message: "\(message) (\(line):\(column))")
        }
    }

    private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(max(offset, 0), bytes.count) where bytes[index] == 0x0a {
            line += 1
            lineStart = index + 1
        }
        return (line, offset - lineStart + 1)
    }
}

/// The texts, each named for what happened.
extension EngineAnnotations {
    mutating func invalidQuantile(_ value: Double, _ range: SourceRange) {
        warn("quantile value should be between 0 and 1, got \(goFloat(value))", range)
    }
    mutating func invalidRatio(_ value: Double, cappedTo cap: Double, _ range: SourceRange) {
        warn("ratio value should be between -1 and 1, got \(goFloat(value)), capping to \(goFloat(cap))", range)
    }
    mutating func badBucketLabel(metric: String, value: String, _ range: SourceRange) {
        warn("bucket label \"le\" is missing or has a malformed value of \(quoted(value))\(named(metric))", range)
    }
    mutating func mixedFloatsHistograms(metric: String, _ range: SourceRange) {
        warn("encountered a mix of histograms and floats for metric name \(quoted(metric))", range)
    }
    mutating func mixedFloatsHistogramsInAggregation(_ range: SourceRange) {
        warn("encountered a mix of histograms and floats for aggregation", range)
    }
    mutating func mixedClassicNative(metric: String, _ range: SourceRange) {
        warn("vector contains a mix of classic and native histograms\(named(metric))", range)
    }
    mutating func notCounter(metric: String, _ range: SourceRange) {
        warn("this native histogram metric is not a counter: \(quoted(metric))", range)
    }
    mutating func notGauge(metric: String, _ range: SourceRange) {
        warn("this native histogram metric is not a gauge: \(quoted(metric))", range)
    }
    mutating func mixedExponentialCustom(metric: String, _ range: SourceRange) {
        warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
                + quoted(metric), range)
    }
    mutating func incompatibleBucketLayout(_ operation: String, _ range: SourceRange) {
        warn("incompatible bucket layout encountered for binary operator \(operation)", range)
    }
    mutating func sortInRangeQuery(_ range: SourceRange) {
        warn("sort is ineffective for range queries since results are always ordered by labels", range)
    }
    mutating func counterResetCollision(_ operation: HistogramOperation, _ range: SourceRange) {
        warn("conflicting counter resets during histogram \(operation.rawValue)", range)
    }
    mutating func possibleNonCounter(metric: String, _ range: SourceRange) {
        inform(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(quoted(metric))", range)
    }
    mutating func possibleNonCounterLabel(metric: String, type: String, _ range: SourceRange) {
        inform(
            "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", "
                + "got \(quoted(type)): \(quoted(metric))", range)
    }
    mutating func incompatibleTypes(_ left: String, _ operation: String, _ right: String, _ range: SourceRange) {
        inform(
            "incompatible sample types encountered for binary operator \(quoted(operation)): "
                + "\(left) \(operation) \(right)", range)
    }
    mutating func histogramIgnored(in aggregation: String, _ range: SourceRange) {
        inform("ignored histogram in \(aggregation) aggregation", range)
    }
    mutating func histogramIgnoredInRange(metric: String, _ range: SourceRange) {
        inform(
            "ignored histograms in a range containing both floats and histograms for metric name \(quoted(metric))",
            range)
    }
    mutating func quantileNaNResult(metric: String, _ range: SourceRange) {
        inform("input to histogram_quantile has NaN observations, result is NaN\(named(metric))", range)
    }
    mutating func quantileNaNSkew(metric: String, _ range: SourceRange) {
        inform("input to histogram_quantile has NaN observations, result is skewed higher\(named(metric))", range)
    }
    mutating func fractionNaN(metric: String, _ range: SourceRange) {
        inform(
            "input to histogram_fraction has NaN observations, which are excluded from all fractions\(named(metric))",
            range)
    }
    mutating func mismatchedCustomBuckets(_ operation: HistogramOperation, _ range: SourceRange) {
        inform("mismatched custom buckets were reconciled during \(operation.rawValue)", range)
    }
}

enum HistogramOperation: String {
    case addition, subtraction, aggregation
}

private func quoted(_ text: String) -> String { text.quotedForPrometheus }
private func named(_ metric: String) -> String { metric.isEmpty ? "" : " for metric name \(quoted(metric))" }

// Carries out a load command: samples at multiples of the step, classic histograms converted when asked.
// Between PromQLScript and ScriptStorage; also how expected and actual samples are written and compared.

import MetricModel
import PromQLEngine
import PromQLSyntax

enum ScriptLoader {
    static func append(_ load: PromQLScript.Load, to storage: ScriptStorage) throws(ScriptStorage.Refusal) {
        for series in load.series {
            for (index, item) in series.items.enumerated() {
                guard let value = item.value else { continue }
                let time = time(of: index, load.step)
                let offset = index < series.starts.count ? series.starts[index] : nil
                let start = offset.map { time + $0 } ?? Timestamp(milliseconds: 0)
                try storage.append(series.labels, time, value, start: start)
            }
        }
        if load.convertsHistograms { try appendConverted(load, to: storage) }
    }

    /// Beyond the end of time everything is at its end.
    private static func time(of index: Int, _ step: Milliseconds) -> Timestamp {
        let (product, overflow) = Int64(index).multipliedReportingOverflow(by: step.count)
        return Timestamp(milliseconds: overflow ? .max : product)
    }

    /// Source: Prometheus util/convertnhcb.
    private static func appendConverted(
        _ load: PromQLScript.Load, to storage: ScriptStorage
    ) throws(ScriptStorage.Refusal) {
        var histograms: [LabelSet: [Int: ClassicBuckets]] = [:]
        for series in load.series {
            guard let metric = series.labels.metricName else { continue }
            guard let suffix = ["_bucket", "_sum", "_count"].first(where: metric.hasSuffix) else { continue }
            let name = String(metric.dropLast(suffix.count))
            let base = series.labels.without(["le"]).setting(LabelSet.metricNameLabel, to: name)
            var bound = 0.0
            if suffix == "_bucket" {
                guard let upper = series.labels["le"].flatMap(ClassicBuckets.bound) else { continue }
                bound = upper
            }
            for (index, item) in series.items.enumerated() {
                guard case .float(let value)? = item.value else { continue }
                var classic = histograms[base]?[index] ?? ClassicBuckets()
                switch suffix {
                case "_bucket": classic.add(upTo: bound, value)
                case "_sum": classic.sum = value
                default: classic.count = value
                }
                histograms[base, default: [:]][index] = classic
            }
        }
        for (labels, steps) in histograms.sorted(by: { $0.key < $1.key }) {
            for (index, classic) in steps.sorted(by: { $0.key < $1.key }) {
                guard let histogram = classic.native() else { continue }
                let time = time(of: index, load.step)
                try storage.append(labels, time, .histogram(histogram))
            }
        }
    }
}

enum SampleText {
    static func of(_ value: SampleValue) -> String {
        switch value {
        case .float(let float): return "\(float)"
        case .histogram(let histogram):
            func text(_ entries: [NativeHistogram.Entry]) -> String {
                entries.map { "\($0.index):\($0.count)" }.joined(separator: " ")
            }
            return "{{schema:\(histogram.schema) count:\(histogram.count) sum:\(histogram.sum) "
                + "zero:\(histogram.zeroCount)±\(histogram.zeroThreshold) +[\(text(histogram.positiveEntries))] "
                + "-[\(text(histogram.negativeEntries))] bounds:\(histogram.customValues) "
                + "hint:\(histogram.counterResetHint)}}"
        }
    }

    static func of(_ series: Series) -> String {
        series.timestamps.indices.prefix(50).map { "\(of(series.samples[$0]))@\(series.timestamps[$0])" }
            .joined(separator: " ")
    }
}

extension NativeHistogram {
    /// Within the suite's tolerance, empty buckets left out, hints not looked at.
    func isAlmostEqual(to other: NativeHistogram) -> Bool {
        func near(_ one: Double, _ two: Double) -> Bool { PromQLEngine.isAlmostEqual(one, two, 1e-6) }
        func same(_ one: [Entry], _ two: [Entry]) -> Bool {
            let (one, two) = (one.filter { $0.count != 0 }, two.filter { $0.count != 0 })
            return one.count == two.count
                && zip(one, two).allSatisfy { $0.index == $1.index && near($0.count, $1.count) }
        }
        return schema == other.schema && near(count, other.count) && near(sum, other.sum)
            && (!usesCustomBuckets || customValues == other.customValues) && zeroThreshold == other.zeroThreshold
            && near(zeroCount, other.zeroCount) && same(positiveEntries, other.positiveEntries)
            && same(negativeEntries, other.negativeEntries)
    }
}

extension Expression {
    /// Anything Prometheus has behind a feature flag, duration expressions included.
    var usesExperimentalFeatures: Bool {
        func isExpression(_ duration: DurationExpression?) -> Bool {
            switch duration {
            case nil, .literal?, .seconds?: false
            default: true
            }
        }
        switch self {
        case .number, .string: return false
        case .vectorSelector(let node): return node.isAnchored || node.isSmoothed || isExpression(node.offset)
        case .matrixSelector(let node):
            return isExpression(node.window) || Expression.vectorSelector(node.selector).usesExperimentalFeatures
        case .subquery(let node):
            return isExpression(node.window) || isExpression(node.step) || isExpression(node.offset)
                || node.expression.usesExperimentalFeatures
        case .call(let node):
            return node.function.isExperimental || node.arguments.contains(where: \.usesExperimentalFeatures)
        case .aggregation(let node):
            return node.operation == .limitk || node.operation == .limitRatio
                || node.expression.usesExperimentalFeatures || node.parameter?.usesExperimentalFeatures ?? false
        case .binary(let node):
            return node.matching?.fillLeft != nil || node.matching?.fillRight != nil
                || node.left.usesExperimentalFeatures || node.right.usesExperimentalFeatures
        case .unary(let node): return node.expression.usesExperimentalFeatures
        case .parenthesized(let node): return node.expression.usesExperimentalFeatures
        }
    }
}

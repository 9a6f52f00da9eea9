// Answers in two line forms of Prometheus' own tools: promtool's, and an exposition.
// Part of ResultPrinter.

import Exposition
import MetricModel
import Querying

/// As `promtool query` prints. Source: prometheus/common, model/value.go.
enum PromtoolLines {
    static func text(_ value: QueryValue) -> String {
        switch value {
        case .scalar(let time, let number): "scalar: \(GoFloat.plain(number)) @[\(time)]\n"
        case .string(_, let text): text + "\n"
        case .vector(let elements):
            elements.map { "\($0.labels) => \(sample($0.value)) @[\($0.timestamp)]\n" }.joined()
        case .matrix(let series):
            series.map { series in
                "\(series.labels) =>\n"
                    + series.timestamps.indices.map { index in
                        "\(sample(series.samples[index])) @[\(series.timestamps[index])]\n"
                    }.joined()
            }.joined()
        }
    }

    private static func sample(_ value: SampleValue) -> String {
        switch value {
        case .float(let number): return GoFloat.plain(number)
        case .histogram(let histogram):
            let buckets = histogram.buckets.filter { $0.count != 0 }.map { bucket in
                "\(bucket.lowerInclusive ? "[" : "(")\(GoFloat.standard(bucket.lower)),"
                    + "\(GoFloat.standard(bucket.upper))\(bucket.upperInclusive ? "]" : ")"):"
                    + GoFloat.plain(bucket.count)
            }
            return "Count: \(sixDecimals(histogram.count)), Sum: \(sixDecimals(histogram.sum)), "
                + "Buckets: [\(buckets.joined(separator: " "))]"
        }
    }

    /// Go's `%f`.
    private static func sixDecimals(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 9e9 else { return GoFloat.plain(value) }
        let millionths = (value.magnitude * 1e6).rounded()
        let (whole, fraction) = UInt64(millionths).quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(fraction)
        let zeros = String(repeating: "0", count: 6 - digits.utf8.count)
        return (value < 0 ? "-" : "") + "\(whole).\(zeros)\(digits)"
    }
}

/// Samples as a page of metrics, with timestamps: `ferula query --load` and `promtool tsdb` read it back.
enum ExpositionText {
    /// For results that lost their name, as a rate does, when the query has none either.
    static let nameDefault = "query_result"

    private struct Sample {
        var labels: LabelSet
        var time: Timestamp
        var value: SampleValue
    }

    static func text(
        _ answers: [Answer], format: ExpositionFormat
    ) throws(CommandFailure) -> [UInt8] {
        // Lines of one metric stand together, as both formats want them; those of one series too.
        var order: [String] = []
        var families: [String: [Sample]] = [:]
        for answer in answers {
            for sample in try samples(answer.result.value) {
                var sample = sample
                let metric = sample.labels.metricName ?? answer.name ?? nameDefault
                sample.labels = sample.labels.setting(LabelSet.metricNameLabel, to: metric)
                if families[metric] == nil { order.append(metric) }
                families[metric, default: []].append(sample)
            }
        }
        var writer = ExpositionWriter(format)
        for metric in order {
            let samples = families[metric] ?? []
            let hasOnlyHistograms = samples.allSatisfy { if case .histogram = $0.value { true } else { false } }
            if hasOnlyHistograms { writer.family(metric, Metadata(kind: .histogram)) }
            for sample in samples {
                switch sample.value {
                case .float(let number): writer.sample(sample.labels, number, timestamp: sample.time)
                case .histogram(let histogram): write(histogram, sample, to: &writer)
                }
            }
        }
        writer.finish()
        return writer.drain()
    }

    private static func samples(_ value: QueryValue) throws(CommandFailure) -> [Sample] {
        switch value {
        case .scalar(let time, let number): return [Sample(labels: .empty, time: time, value: .float(number))]
        case .string:
            throw CommandFailure("a string is no sample: it has no form in -o prom and -o openmetrics")
        case .vector(let elements):
            return elements.map { Sample(labels: $0.labels, time: $0.timestamp, value: $0.value) }
        case .matrix(let series):
            return series.flatMap { series in
                series.timestamps.indices.map {
                    Sample(labels: series.labels, time: series.timestamps[$0], value: series.samples[$0])
                }
            }
        }
    }

    /// As classic buckets, which both text formats have.
    private static func write(_ histogram: NativeHistogram, _ sample: Sample, to writer: inout ExpositionWriter) {
        func bound(_ number: Double) -> String {
            writer.format == .openMetrics ? GoFloat.openMetrics(number) : GoFloat.format(number)
        }
        var total = 0.0
        for bucket in histogram.buckets where bucket.count != 0 && bucket.upper < .infinity {
            total += bucket.count
            writer.sample(
                sample.labels, suffix: "_bucket", extra: Label("le", bound(bucket.upper)), total,
                timestamp: sample.time)
        }
        writer.sample(
            sample.labels, suffix: "_bucket", extra: Label("le", "+Inf"), histogram.count, timestamp: sample.time)
        writer.sample(sample.labels, suffix: "_sum", histogram.sum, timestamp: sample.time)
        writer.sample(sample.labels, suffix: "_count", histogram.count, timestamp: sample.time)
    }
}

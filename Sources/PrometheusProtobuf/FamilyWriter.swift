// The protobuf exposition, written: untyped values and native histograms, as /federate gives them.
// Filled by PrometheusAPI sample by sample; a server that scrapes the page reads it as ProtobufBody does.

import MetricModel
import SwiftProtobuf

/// Families, each behind its length. Samples of one name come together; the kind of a family is that of its samples.
package struct FamilyWriter {
    package static let contentType =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    private var bytes: [UInt8] = []
    private var family = Io_Prometheus_Client_MetricFamily()

    package init() {}

    /// Whether a client that sent this `Accept` prefers this form to text. Source: Prometheus common, expfmt, Negotiate.
    package static func isWanted(accept: String) -> Bool {
        var best: (isProtobuf: Bool, quality: Double)?
        for entry in accept.lowercased().split(separator: ",") {
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            var fields: [String: String] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
            }
            let isProtobuf =
                parts.first == "application/vnd.google.protobuf" && fields["encoding"] == "delimited"
                && fields["proto"] == "io.prometheus.client.metricfamily"
            let isText = parts.first == "text/plain" && ["0.0.4", nil].contains(fields["version"])
            let quality = fields["q"].flatMap { Double($0) } ?? 1
            guard isProtobuf || isText, quality > best?.quality ?? 0 else { continue }
            best = (isProtobuf, quality)
        }
        return best?.isProtobuf ?? false
    }

    /// - `labels`: without the name.
    ///
    /// A histogram with custom buckets is left out: this form has no place for their bounds.
    package mutating func add(_ name: String, _ labels: [Label], _ sample: SampleValue, at time: Timestamp) {
        var metric = Io_Prometheus_Client_Metric()
        let type: Io_Prometheus_Client_MetricType
        switch sample {
        case .float(let value):
            type = .untyped
            metric.untyped.value = value
            // Written also where it is zero, and with it the message.
            metric.untyped = metric.untyped
        case .histogram(let histogram):
            guard !histogram.usesCustomBuckets else { return }
            type = histogram.counterResetHint == .gauge ? .gaugeHistogram : .histogram
            metric.histogram = Io_Prometheus_Client_Histogram(histogram)
        }
        metric.label = labels.map { label in
            var pair = Io_Prometheus_Client_LabelPair()
            pair.name = label.name
            pair.value = label.value
            return pair
        }
        metric.timestampMs = time.milliseconds
        if !family.name.isSameBytes(as: name) || family.type != type || family.metric.isEmpty {
            flush()
            family.name = name
            family.type = type
        }
        family.metric.append(metric)
    }

    package mutating func drain() -> [UInt8] {
        flush()
        defer { bytes = [] }
        return bytes
    }

    private mutating func flush() {
        defer { family = Io_Prometheus_Client_MetricFamily() }
        // A message fails to be written for two gibibytes alone; such a family is left out.
        guard !family.metric.isEmpty, let message: [UInt8] = try? family.serializedBytes() else { return }
        var length = message.count
        while length > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes += message
    }
}

extension Io_Prometheus_Client_Histogram {
    /// Counts as floats, as they are kept.
    fileprivate init(_ histogram: NativeHistogram) {
        self.init()
        sampleCountFloat = histogram.count
        sampleSum = histogram.sum
        schema = histogram.schema
        zeroThreshold = histogram.zeroThreshold
        zeroCountFloat = histogram.zeroCount
        positiveSpan = Self.spans(histogram.positiveSpans)
        positiveCount = histogram.positiveBuckets
        negativeSpan = Self.spans(histogram.negativeSpans)
        negativeCount = histogram.negativeBuckets
        // Without any observation a span of no length says that it is a native one.
        if !isNative { positiveSpan = [Io_Prometheus_Client_BucketSpan()] }
    }

    private static func spans(_ spans: [NativeHistogram.Span]) -> [Io_Prometheus_Client_BucketSpan] {
        spans.map { span in
            var message = Io_Prometheus_Client_BucketSpan()
            message.offset = span.offset
            message.length = span.length
            return message
        }
    }
}

// Bodies made of messages, and what is in a store after they were ingested.

import Ingestion
import MetricModel
import SwiftProtobuf
import TimeSeriesStore

@testable import PrometheusProtobuf

typealias HistogramMessage = Io_Prometheus_Client_Histogram

/// Each message behind its length.
func delimited(_ families: [MetricFamily]) throws -> [UInt8] {
    var body: [UInt8] = []
    for family in families {
        let bytes: [UInt8] = try family.serializedBytes()
        var length = bytes.count
        while length > 0x7f {
            body.append(UInt8(length & 0x7f) | 0x80)
            length >>= 7
        }
        body.append(UInt8(length))
        body += bytes
    }
    return body
}

func family(
    _ name: String, _ type: Io_Prometheus_Client_MetricType, help: String = "", unit: String = "", _ metrics: [Metric]
) -> MetricFamily {
    MetricFamily.with {
        $0.name = name
        $0.help = help
        $0.type = type
        $0.unit = unit
        $0.metric = metrics
    }
}

func pairs(_ labels: [(String, String)]) -> [Io_Prometheus_Client_LabelPair] {
    labels.map { name, value in
        Io_Prometheus_Client_LabelPair.with {
            $0.name = name
            $0.value = value
        }
    }
}

func gauge(_ value: Double, _ labels: [(String, String)] = [], at time: Int64 = 0) -> Metric {
    Metric.with {
        $0.label = pairs(labels)
        $0.gauge.value = value
        $0.timestampMs = time
    }
}

func histogram(_ labels: [(String, String)] = [], _ fill: (inout HistogramMessage) -> Void) -> Metric {
    Metric.with {
        $0.label = pairs(labels)
        $0.histogram = HistogramMessage.with(fill)
    }
}

func bucket(_ upperBound: Double, _ count: UInt64) -> Io_Prometheus_Client_Bucket {
    Io_Prometheus_Client_Bucket.with {
        $0.upperBound = upperBound
        $0.cumulativeCount = count
    }
}

func span(_ offset: Int32, _ length: UInt32) -> Io_Prometheus_Client_BucketSpan {
    Io_Prometheus_Client_BucketSpan.with {
        $0.offset = offset
        $0.length = length
    }
}

/// Seven observations: one in the zero bucket, 1, 2 and 1 in the buckets 0, 1 and 3, and 2 in the negative bucket 0.
func fillNative(_ message: inout HistogramMessage) {
    message.sampleCount = 7
    message.sampleSum = 9.5
    message.schema = 1
    message.zeroThreshold = 0.001
    message.zeroCount = 1
    message.positiveSpan = [span(0, 2), span(1, 1)]
    message.positiveDelta = [1, 1, -1]
    message.negativeSpan = [span(0, 1)]
    message.negativeDelta = [2]
}

/// A store with one target.
struct Scraped {
    let store = TimeSeriesStore()
    var ingestor: TargetIngestor

    init(_ options: IngestionOptions = IngestionOptions()) { ingestor = TargetIngestor(sink: store, options: options) }

    @discardableResult
    mutating func ingest(_ body: [UInt8], at milliseconds: Int64 = 1000) throws -> IngestionReport {
        try ingestor.ingest(protobuf: body, at: Timestamp(milliseconds: milliseconds))
    }

    @discardableResult
    mutating func ingest(_ families: [MetricFamily], at milliseconds: Int64 = 1000) throws -> IngestionReport {
        try ingest(try delimited(families), at: milliseconds)
    }

    mutating func ingest(text: String, at milliseconds: Int64) throws -> IngestionReport {
        try ingestor.ingest(Array(text.utf8), format: .text, at: Timestamp(milliseconds: milliseconds))
    }

    func series() async throws -> [Series] {
        let all = Selection(
            matchers: [try Matcher(LabelSet.metricNameLabel, .regex, ".+")], start: .distantPast, end: .distantFuture)
        return try await store.select([all], limits: SelectionLimits()).first ?? []
    }

    /// `name{labels} value@milliseconds`, sorted; histograms as their count.
    func lines() async throws -> [String] {
        try await series().flatMap { series in
            series.timestamps.indices.map { index in
                let value =
                    switch series.samples[index] {
                    case let sample where sample.isStaleMarker: "stale"
                    case .float(let value): GoFloat.format(value)
                    case .histogram(let histogram): "histogram of \(GoFloat.format(histogram.count))"
                    }
                return "\(series.labels) \(value)@\(series.timestamps[index].milliseconds)"
            }
        }.sorted()
    }

    func histograms() async throws -> [NativeHistogram] {
        try await series().flatMap { series -> [NativeHistogram] in
            series.timestamps.indices.compactMap { index in
                if case .histogram(let histogram) = series.samples[index] { return histogram }
                return nil
            }
        }
    }
}

// A protobuf body, family by family, as the metadata lines and samples that it means.
// Between HTTPAccess' bytes and TargetIngestor; the messages are in metrics.pb.swift, made from metrics.proto.

import Exposition
import Ingestion
import MetricModel
import SwiftProtobuf

typealias MetricFamily = Io_Prometheus_Client_MetricFamily
typealias Metric = Io_Prometheus_Client_Metric

extension TargetIngestor {
    /// The samples of a body of `ProtobufBody.mediaType`, delimited.
    package mutating func ingest(
        protobuf body: [UInt8], at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        let histograms = options.histograms
        return try body.withUnsafeBufferPointer { bytes throws(IngestionFailure) in
            var reader = ProtobufBody(UnsafeRawBufferPointer(bytes), histograms: histograms)
            return try ingest(&reader, at: timestamp)
        }
    }
}

/// Reads a sequence of messages, each behind its length as a varint. One metric is decoded at a time: two bytes of a body
/// can make an element of 40 in memory.
///
/// What a message means is Prometheus' reading of it. Source: Prometheus model/textparse, ProtobufParser.
package struct ProtobufBody: StructuredBody {
    package static let mediaType = "application/vnd.google.protobuf"

    package struct Limits {
        /// Of one metric: all labels and buckets of one label set.
        package var metricBytes = 4 << 20
        /// Of the lines that text would have: a name that stands once in the body is in each of them.
        package var textBytes = 256 << 20

        package init() {}
    }

    private enum Step {
        case family
        case help, unit, kind
        case metric
        case sample(part: Int)
    }

    private let body: UnsafeRawBufferPointer
    private let histograms: NativeHistogramOptions
    private let limits: Limits
    private var cursor = 0
    private var textBytes = 0
    private var step = Step.family
    /// Without its metrics.
    private var family = MetricFamily()
    private var hasMetrics = false
    private var metric = Metric()
    /// Where the family's message begins, with its length, and where it ends.
    private var place = 0
    private var end = 0
    private var key = SeriesKey()
    private var plan = MetricPlan()

    /// The bytes must stay valid as long as entries are read.
    package init(
        _ body: UnsafeRawBufferPointer, histograms: NativeHistogramOptions = NativeHistogramOptions(),
        limits: Limits = Limits()
    ) {
        self.body = body
        self.histograms = histograms
        self.limits = limits
    }

    package mutating func next(_ entry: inout BodyEntry) throws(BodyError) -> Bool {
        guard try advance(&entry) else { return false }
        textBytes += entry.key.count
        guard textBytes <= limits.textBytes else {
            throw failure("names and labels of more than \(limits.textBytes) bytes, written as text")
        }
        return true
    }

    private mutating func advance(_ entry: inout BodyEntry) throws(BodyError) -> Bool {
        while true {
            switch step {
            case .family:
                guard try readFamily() else { return false }
                // Metadata of a family without metrics is no metadata.
                step = hasMetrics ? .help : .family
                entry.family = family.name
                entry.place = place
            case .help:
                step = .unit
                guard !family.help.isEmpty else { continue }
                state("HELP", family.help, .help(family.help), in: &entry)
                return true
            case .unit:
                step = .kind
                guard !family.unit.isEmpty else { continue }
                state("UNIT", family.unit, .unit(family.unit), in: &entry)
                return true
            case .kind:
                step = .metric
                let kind = try kind()
                state("TYPE", kind.rawValue, .kind(kind), in: &entry)
                return true
            case .metric:
                guard try readMetric() else {
                    step = .family
                    continue
                }
                plan = MetricPlan(metric, family.type, histograms)
                key.begin(family.name, metric.label)
                step = .sample(part: 0)
            case .sample(let part):
                guard try fill(&entry, metric, part) else {
                    step = .metric
                    continue
                }
                step = .sample(part: part + 1)
                return true
            }
        }
    }

    // MARK: Messages

    /// Everything of the next family but its metrics, which may stand before its name: the cursor goes back to the first
    /// field for them.
    private mutating func readFamily() throws(BodyError) -> Bool {
        place = cursor
        family = MetricFamily()
        hasMetrics = false
        guard cursor < body.count else { return false }
        let length: UInt64
        switch readVarint(before: body.count) {
        case .number(let number): length = number
        case .cutOff: throw failure("the length of a message is cut off")
        case .tooLong: throw failure("the length of a message has more than ten bytes")
        }
        let left = body.count - cursor
        guard length <= UInt64(left) else {
            throw failure("a message of \(length) bytes is announced, \(left) are left")
        }
        end = cursor + Int(length)
        let start = cursor
        while cursor < end {
            let fieldStart = cursor
            if try skipField() != nil {
                hasMetrics = true
            } else {
                try merge(fieldStart..<cursor, into: &family)
            }
        }
        if hasMetrics { cursor = start }
        guard !family.name.isEmpty else { throw failure("the family has no name") }
        try checkUnit()
        return true
    }

    /// The next metric of the family; false, and the cursor at its end, when there is none.
    private mutating func readMetric() throws(BodyError) -> Bool {
        while cursor < end {
            guard let range = try skipField() else { continue }
            guard range.count <= limits.metricBytes else {
                throw failure("a metric of \(range.count) bytes, more than \(limits.metricBytes)")
            }
            metric = Metric()
            try merge(range, into: &metric)
            return true
        }
        return false
    }

    private func merge(_ range: Range<Int>, into message: inout some Message) throws(BodyError) {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        // The messages nest four deep.
        options.messageDepthLimit = 8
        do {
            try message.merge(
                serializedBytes: UnsafeRawBufferPointer(rebasing: body[range]).bytes, options: options)
        } catch {
            throw failure(Self.words(error))
        }
    }

    /// Goes behind the family's field at the cursor. Returns the bytes of its content when it is a metric.
    private mutating func skipField() throws(BodyError) -> Range<Int>? {
        let tag = try readFieldNumber()
        guard tag >> 3 != 0 else { throw failure(Self.malformed) }
        let count: UInt64
        switch tag & 7 {
        case 0:
            _ = try readFieldNumber()
            return nil
        case 1: count = 8
        case 2: count = try readFieldNumber()
        case 5: count = 4
        // Groups: this format has none, and never had.
        default: throw failure(Self.malformed)
        }
        guard count <= UInt64(end - cursor) else { throw failure(Self.tooShort) }
        let content = cursor..<cursor + Int(count)
        cursor = content.upperBound
        return tag == Self.metricTag ? content : nil
    }

    private mutating func readFieldNumber() throws(BodyError) -> UInt64 {
        switch readVarint(before: end) {
        case .number(let number): return number
        case .cutOff: throw failure(Self.tooShort)
        case .tooLong: throw failure(Self.malformed)
        }
    }

    private enum Varint {
        case number(UInt64)
        case cutOff, tooLong
    }

    private mutating func readVarint(before stop: Int) -> Varint {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard cursor < stop else { return .cutOff }
            let byte = body[cursor]
            cursor += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return .number(number) }
        }
        return .tooLong
    }

    /// Field 4 of MetricFamily, with a length.
    private static let metricTag: UInt64 = 4 << 3 | 2
    private static let tooShort = "a field reaches past the end of its message"
    private static let malformed = "malformed message"

    private static func words(_ error: any Error) -> String {
        switch error as? BinaryDecodingError {
        case .truncated: tooShort
        case .invalidUTF8: "a text that is no UTF-8"
        case .messageDepthLimit: "messages nest too deep"
        default: malformed
        }
    }

    /// The unit must end the name, before `_total` of a counter.
    private func checkUnit() throws(BodyError) {
        guard !family.unit.isEmpty, hasMetrics else { return }
        var name = family.name[...]
        if family.type == .counter, name.hasSuffix("_total") { name = name.dropLast(6) }
        guard name.hasSuffix("_" + family.unit) else {
            throw failure("the unit \(BodyError.shown(family.unit)) does not end the name")
        }
    }

    private func kind() throws(BodyError) -> Metadata.Kind {
        switch family.type {
        case .counter: return .counter
        case .gauge: return .gauge
        case .summary: return .summary
        case .untyped: return .unknown
        case .histogram: return .histogram
        case .gaugeHistogram: return .gaugehistogram
        case .UNRECOGNIZED(let number): throw failure("there is no metric type \(number)")
        }
    }

    private func failure(_ problem: String) -> BodyError {
        BodyError(offset: place, family: family.name, problem: problem)
    }

    // MARK: Entries

    private func state(_ keyword: String, _ text: String, _ content: BodyEntry.Content, in entry: inout BodyEntry) {
        SeriesKey.statement(keyword, family.name, text, into: &entry.key)
        entry.content = content
        entry.timestamp = nil
        entry.exemplars.removeAll(keepingCapacity: true)
    }

    /// The sample at `part` of a metric; false after its last one.
    private func fill(_ entry: inout BodyEntry, _ metric: Metric, _ part: Int) throws(BodyError) -> Bool {
        guard let sample = plan.part(part) else { return false }
        entry.timestamp = metric.timestampMs == 0 ? nil : Timestamp(milliseconds: metric.timestampMs)
        entry.exemplars.removeAll(keepingCapacity: true)
        switch sample {
        case .plain:
            key.write(into: &entry.key)
            entry.content = .float(plan.plainValue(metric, family.type))
            if family.type == .counter, metric.counter.hasExemplar {
                entry.exemplars.append(Exemplar(metric.counter.exemplar))
            }
        case .count:
            key.write("_count", into: &entry.key)
            let isSummary = family.type == .summary
            entry.content = .float(isSummary ? Double(metric.summary.sampleCount) : metric.histogram.count)
        case .sum:
            key.write("_sum", into: &entry.key)
            entry.content = .float(family.type == .summary ? metric.summary.sampleSum : metric.histogram.sampleSum)
        case .quantile(let index):
            let quantile = metric.summary.quantile[index]
            key.write(extra: ("quantile", quantile.quantile), into: &entry.key)
            entry.content = .float(quantile.value)
        case .bucket(let index):
            let bucket = metric.histogram.bucket[index]
            key.write("_bucket", extra: ("le", bucket.upperBound), into: &entry.key)
            let count = bucket.cumulativeCountFloat
            entry.content = .float(count == 0 ? Double(bucket.cumulativeCount) : count)
            if bucket.hasExemplar { entry.exemplars.append(Exemplar(bucket.exemplar)) }
        case .infiniteBucket:
            key.write("_bucket", extra: ("le", .infinity), into: &entry.key)
            entry.content = .float(metric.histogram.count)
        case .native:
            key.write(into: &entry.key)
            do throws(HistogramProblem) {
                entry.content = .histogram(
                    try NativeHistogram(metric.histogram, isGauge: family.type == .gaugeHistogram))
            } catch {
                throw failure(error.description)
            }
            entry.exemplars = metric.histogram.nativeExemplars
        }
        return true
    }
}

/// Which samples a metric has, in Prometheus' order.
private struct MetricPlan {
    enum Part {
        case plain, count, sum, native, infiniteBucket
        case quantile(Int)
        case bucket(Int)
    }
    private var hasNative = false
    private var hasPlain = false
    private var quantiles = 0
    private var buckets = 0
    private var needsInfiniteBucket = false
    private var hasTotals = false

    init() {}

    init(_ metric: Metric, _ type: Io_Prometheus_Client_MetricType, _ options: NativeHistogramOptions) {
        switch type {
        case .summary:
            hasTotals = true
            quantiles = metric.summary.quantile.count
        case .histogram, .gaugeHistogram:
            hasNative = options.isRead && metric.histogram.isNative
            guard !hasNative || (options.keepsClassic && !metric.histogram.bucket.isEmpty) else { return }
            hasTotals = true
            // Buckets behind the one that holds everything do not count.
            let last = metric.histogram.bucket.firstIndex { $0.upperBound == .infinity }
            buckets = last.map { $0 + 1 } ?? metric.histogram.bucket.count
            needsInfiniteBucket = last == nil
        case .counter, .gauge, .untyped, .UNRECOGNIZED: hasPlain = true
        }
    }

    func part(_ index: Int) -> Part? {
        var index = index
        if hasPlain { return index == 0 ? .plain : nil }
        if hasNative {
            if index == 0 { return .native }
            index -= 1
        }
        guard hasTotals else { return nil }
        switch index {
        case 0: return .count
        case 1: return .sum
        default:
            index -= 2
            if index < quantiles { return .quantile(index) }
            if index < buckets { return .bucket(index) }
            return needsInfiniteBucket && index == buckets ? .infiniteBucket : nil
        }
    }

    func plainValue(_ metric: Metric, _ type: Io_Prometheus_Client_MetricType) -> Double {
        switch type {
        case .counter: metric.counter.value
        case .gauge: metric.gauge.value
        default: metric.untyped.value
        }
    }
}

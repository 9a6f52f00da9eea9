// The body of a remote write, series by series, as label sets, samples and what is said of families.
// Between Snappy and FerulaServer's receiver; the messages are in write.pb.swift, made from write.proto.

import Ingestion
import MetricModel
import SwiftProtobuf

/// Remote write 1.0 spells labels out; 2.0 keeps each text once and refers to it.
package enum WriteVersion: Hashable, Sendable { case one, two }

package struct WrittenSeries: Sendable {
    package var labels = LabelSet.empty
    package var samples: [(timestamp: Timestamp, value: Double)] = []
    package var histograms: [(timestamp: Timestamp, value: NativeHistogram)] = []
    package var exemplars: [Exemplar] = []
}

package enum WrittenItem: Sendable {
    case series(WrittenSeries)
    case metadata(family: String, Metadata)
    /// A series that no store could keep, and how many samples are lost with it.
    case refused(reason: String, samples: Int)
}

/// Why the body as a whole is none.
package struct WriteBodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte of the decompressed body, from 0, at which the field begins that could not be read.
    package var offset: Int
    package var problem: String
    package var description: String { "byte \(offset): \(problem)" }
}

/// One series is decoded at a time: two bytes of a body can make an element of a hundred in memory.
package struct WriteBodyReader {
    package struct Limits {
        /// Of one series.
        package var seriesBytes = 4 << 20
        /// References make much of little: names and values of one series, added up.
        package var labelBytes = 1 << 20
        package var labels = 1024
        /// Samples, histograms, exemplars and labels of one series: an empty one takes two bytes of a body and 150 here.
        package var elements = 100_000
        /// Of version two.
        package var symbols = 1 << 20
        /// Of a family's name, its help and its unit together; longer metadata are passed over.
        package var metadataBytes = 16 << 10
        /// Of the body: what its series would have if each spelled its labels out.
        package var textBytes = 256 << 20
        /// Of one exemplar, in Unicode scalars. Source: OpenMetrics 1.0, exemplars.
        package var exemplarScalars = 128

        package init() {}
    }

    private let body: [UInt8]
    private let version: WriteVersion
    private let limits: Limits
    private var cursor = 0
    /// Of version two.
    private var symbols: [String] = []
    private var textBytes = 0
    /// Where the fields end that are read now.
    private var end: Int
    /// Found beside a series, given out after it.
    private var waiting: WrittenItem?

    package init(_ body: [UInt8], _ version: WriteVersion, limits: Limits = Limits()) throws(WriteBodyError) {
        self.body = body
        self.version = version
        self.limits = limits
        end = body.count
        guard version == .two else { return }
        // They may stand behind what refers to them.
        while let field = try nextField() {
            guard field.number == 4 else { continue }
            guard let symbol = String(validating: body[field.content], as: UTF8.self) else {
                throw WriteBodyError(offset: field.place, problem: "a text that is no UTF-8")
            }
            guard symbols.count < limits.symbols else {
                throw WriteBodyError(offset: field.place, problem: "more than \(limits.symbols) symbols")
            }
            symbols.append(symbol)
        }
        cursor = 0
    }

    /// Nil at the end of the body.
    package mutating func next() throws(WriteBodyError) -> WrittenItem? {
        if let item = waiting {
            waiting = nil
            return item
        }
        while let field = try nextField() {
            switch (version, field.number) {
            case (.one, 1):
                let message: WriteSeries = try decode(field)
                let item = spelled(message)
                return try counted(item, field)
            case (.one, 3):
                let message: WriteFamilyMetadata = try decode(field)
                let metadata = Metadata(kind: Self.kind(message.type), help: message.help, unit: message.unit)
                guard fits(message.family, metadata) else { continue }
                return .metadata(family: message.family, metadata)
            case (.two, 5):
                let message: WriteSymbolSeries = try decode(field)
                let item = referring(message)
                return try counted(item, field)
            default: continue
            }
        }
        return nil
    }

    /// Refused ones count, too: looking at them costs the same.
    private func counted(_ item: WrittenItem, _ field: Field) throws(WriteBodyError) -> WrittenItem {
        guard textBytes <= limits.textBytes else {
            throw WriteBodyError(
                offset: field.place, problem: "labels of more than \(limits.textBytes) bytes, each spelled out")
        }
        return item
    }

    private static func bytes(_ labels: [Label]) -> Int {
        labels.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    // MARK: Fields

    private struct Field {
        var number: UInt64
        var place: Int
        var content: Range<Int>
    }

    /// The next field that has a length; others mean nothing here.
    private mutating func nextField() throws(WriteBodyError) -> Field? {
        while cursor < end {
            let place = cursor
            let tag = try varint(place)
            var count: UInt64 = 0
            switch tag & 7 {
            case 0: _ = try varint(place)
            case 1: count = 8
            case 2: count = try varint(place)
            case 5: count = 4
            default: throw WriteBodyError(offset: place, problem: "malformed message")
            }
            guard tag >> 3 != 0 else { throw WriteBodyError(offset: place, problem: "malformed message") }
            guard count <= UInt64(end - cursor) else {
                throw WriteBodyError(offset: place, problem: "a field reaches past the end of the body")
            }
            let content = cursor..<cursor + Int(count)
            cursor = content.upperBound
            if tag & 7 == 2 { return Field(number: tag >> 3, place: place, content: content) }
        }
        return nil
    }

    private mutating func varint(_ place: Int) throws(WriteBodyError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard cursor < end else {
                throw WriteBodyError(offset: place, problem: "a field reaches past the end of the body")
            }
            let byte = body[cursor]
            cursor += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        throw WriteBodyError(offset: place, problem: "malformed message")
    }

    private func decode<Value: Message>(_ field: Field) throws(WriteBodyError) -> Value {
        guard field.content.count <= limits.seriesBytes else {
            throw WriteBodyError(
                offset: field.place,
                problem: "a series of \(field.content.count) bytes, more than \(limits.seriesBytes)")
        }
        var fields = self
        (fields.cursor, fields.end) = (field.content.lowerBound, field.content.upperBound)
        var elements = 0
        do throws(WriteBodyError) {
            while try fields.nextField() != nil { elements += 1 }
        } catch {
            throw WriteBodyError(offset: field.place, problem: "malformed message")
        }
        guard elements <= limits.elements else {
            throw WriteBodyError(offset: field.place, problem: "a series of more than \(limits.elements) parts")
        }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = 8
        do {
            return try body[field.content].withUnsafeBytes { bytes in
                try Value(serializedBytes: bytes.bytes, options: options)
            }
        } catch {
            throw WriteBodyError(offset: field.place, problem: Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error as? BinaryDecodingError {
        case .truncated: "a field reaches past the end of its message"
        case .invalidUTF8: "a text that is no UTF-8"
        default: "malformed message"
        }
    }

    // MARK: Series

    private mutating func spelled(_ message: WriteSeries) -> WrittenItem {
        let count = message.samples.count + message.histograms.count
        do throws(SeriesProblem) {
            var series = WrittenSeries()
            series.labels = try labels(message.labels.map { Label($0.name, $0.value) })
            try Self.add(message.samples, message.histograms, to: &series)
            for exemplar in message.exemplars {
                let labels = exemplar.labels.map { Label($0.name, $0.value) }
                add(labels, exemplar.value, exemplar.timestamp, to: &series)
            }
            return .series(series)
        } catch {
            return .refused(reason: error.reason, samples: count)
        }
    }

    private mutating func referring(_ message: WriteSymbolSeries) -> WrittenItem {
        let count = message.samples.count + message.histograms.count
        do throws(SeriesProblem) {
            var series = WrittenSeries()
            series.labels = try labels(try pairs(message.labelRefs))
            try Self.add(message.samples, message.histograms, to: &series)
            for exemplar in message.exemplars {
                add(try pairs(exemplar.labelRefs), exemplar.value, exemplar.timestamp, to: &series)
            }
            if message.hasMetadata, let name = series.labels.metricName {
                let said = message.metadata
                let kind = Self.kind(said.type)
                let metadata = Metadata(kind: kind, help: try symbol(said.helpRef), unit: try symbol(said.unitRef))
                if metadata != Metadata(kind: .unknown), fits(name, metadata) {
                    waiting = .metadata(family: Self.family(name, kind), metadata)
                }
            }
            return .series(series)
        } catch {
            return .refused(reason: error.reason, samples: count)
        }
    }

    private struct SeriesProblem: Error { var reason: String }

    private func symbol(_ reference: UInt32) throws(SeriesProblem) -> String {
        if reference == 0, symbols.isEmpty { return "" }
        guard reference < symbols.count else {
            throw SeriesProblem(reason: "invalid labels: symbol \(reference) of \(symbols.count)")
        }
        return symbols[Int(reference)]
    }

    private func pairs(_ references: [UInt32]) throws(SeriesProblem) -> [Label] {
        guard references.count.isMultiple(of: 2) else {
            throw SeriesProblem(reason: "invalid labels: a name without a value")
        }
        guard references.count / 2 <= limits.labels else {
            throw SeriesProblem(reason: "invalid labels: more than \(limits.labels)")
        }
        var labels: [Label] = []
        for index in stride(from: 0, to: references.count, by: 2) {
            labels.append(Label(try symbol(references[index]), try symbol(references[index + 1])))
        }
        return labels
    }

    private func fits(_ family: String, _ metadata: Metadata) -> Bool {
        family.utf8.count + metadata.help.utf8.count + metadata.unit.utf8.count <= limits.metadataBytes
    }

    private mutating func labels(_ labels: [Label]) throws(SeriesProblem) -> LabelSet {
        textBytes += Self.bytes(labels)
        guard labels.count <= limits.labels else {
            throw SeriesProblem(reason: "invalid labels: more than \(limits.labels)")
        }
        guard Self.bytes(labels) <= limits.labelBytes else {
            throw SeriesProblem(reason: "invalid labels: more than \(limits.labelBytes) bytes")
        }
        let set = LabelSet(labels)
        guard !labels.contains(where: { $0.name.isEmpty }) else {
            throw SeriesProblem(reason: "invalid labels: an empty name in \(Self.shown(set))")
        }
        guard set.metricName != nil else {
            throw SeriesProblem(reason: "invalid labels: no __name__ in \(Self.shown(set))")
        }
        let names = labels.map(\.name).sorted { $0.isBefore($1) }
        for (left, right) in zip(names, names.dropFirst()) where left.isSameBytes(as: right) {
            throw SeriesProblem(reason: "invalid labels: \(left.quotedForPrometheus) twice in \(Self.shown(set))")
        }
        return set
    }

    /// What fits in a line of a log.
    private static func shown(_ labels: LabelSet) -> String {
        let count = bytes(labels.labels)
        return count <= 500 ? labels.description : "labels of \(count) bytes"
    }

    /// Longer exemplars are passed over, as in a scrape; their series is not refused for them.
    private func add(_ labels: [Label], _ value: Double, _ milliseconds: Int64, to series: inout WrittenSeries) {
        guard Self.bytes(labels) <= limits.exemplarScalars * 4 else { return }
        let scalars = labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard scalars <= limits.exemplarScalars else { return }
        let timestamp = milliseconds == 0 ? nil : Timestamp(milliseconds: milliseconds)
        series.exemplars.append(Exemplar(labels: LabelSet(labels), value: value, timestamp: timestamp))
    }

    private static func add(
        _ samples: [WriteSample], _ histograms: [WriteHistogram], to series: inout WrittenSeries
    ) throws(SeriesProblem) {
        series.samples = samples.map { (Timestamp(milliseconds: $0.timestamp), $0.value) }
        for message in histograms {
            do throws(HistogramProblem) {
                series.histograms.append((Timestamp(milliseconds: message.timestamp), try NativeHistogram(message)))
            } catch {
                throw SeriesProblem(reason: "\(error) in \(shown(series.labels))")
            }
        }
    }

    private static func kind(_ type: UInt32) -> Metadata.Kind {
        let kinds: [Metadata.Kind] = [
            .unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset,
        ]
        return Int(type) < kinds.count ? kinds[Int(type)] : .unknown
    }

    /// The family to which a series of that name belongs.
    private static func family(_ name: String, _ kind: Metadata.Kind) -> String {
        let suffixes: [String] =
            switch kind {
            case .histogram: ["_bucket", "_sum", "_count"]
            case .gaugehistogram: ["_bucket", "_gsum", "_gcount"]
            case .summary: ["_sum", "_count"]
            default: []
            }
        guard let suffix = suffixes.first(where: { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }) else {
            return name
        }
        return String(name.dropLast(suffix.utf8.count))
    }
}

extension NativeHistogram {
    init(_ message: WriteHistogram) throws(HistogramProblem) {
        self.init()
        schema = message.schema
        counterResetHint = CounterResetHint(rawValue: UInt8(clamping: message.resetHint)) ?? .unknown
        sum = message.sum
        zeroThreshold = message.zeroThreshold
        let isCustom = schema == Self.customBucketsSchema
        guard
            isCustom || Self.reservedSchemas.contains(schema)
                || (NativeHistogramOptions.schemaMin...NativeHistogramOptions.schemaMax).contains(schema)
        else { throw .schema(schema) }
        if case .countFloat(let total) = message.count {
            count = total
            if case .zeroCountFloat(let zero) = message.zeroCount { zeroCount = zero }
            guard !(count < 0), !(zeroCount < 0) else { throw .negativeCount }
            positiveBuckets = try Self.checked(message.positiveCounts)
            negativeBuckets = try Self.checked(message.negativeCounts)
        } else {
            count = Double(message.countInt)
            zeroCount = Double(message.zeroCountInt)
            var observations = message.zeroCountInt
            positiveBuckets = try Self.counts(message.positiveDeltas, &observations)
            negativeBuckets = try Self.counts(message.negativeDeltas, &observations)
            guard sum.isNaN ? observations <= message.countInt : observations == message.countInt else {
                throw .countMismatch(buckets: observations, count: message.countInt)
            }
        }
        let spans = (Self.spans(message.positiveSpans), Self.spans(message.negativeSpans))
        positiveSpans = try Self.checked(spans.0, buckets: positiveBuckets.count, schema: schema)
        negativeSpans = try Self.checked(spans.1, buckets: negativeBuckets.count, schema: schema)
        if isCustom { try takeBounds(message.customValues) }
        if schema > NativeHistogramOptions.schemaMax { self = reduced(toSchema: NativeHistogramOptions.schemaMax) }
        compact()
    }

    private static func spans(_ spans: [WriteSpan]) -> [Span] {
        spans.map { Span(offset: $0.offset, length: $0.length) }
    }

    /// Positive buckets lie between the bounds and behind the last; there are no others.
    private mutating func takeBounds(_ bounds: [Double]) throws(HistogramProblem) {
        for (index, bound) in bounds.enumerated() {
            guard bound.isFinite, index == 0 || bounds[index - 1] < bound else { throw .customBounds }
        }
        var place: Int64 = 0
        for span in positiveSpans {
            place += Int64(span.offset)
            guard place >= 0, place + Int64(span.length) <= Int64(bounds.count) + 1 else { throw .customBuckets }
            place += Int64(span.length)
        }
        guard negativeSpans.isEmpty, zeroCount == 0 else { throw .customBuckets }
        customValues = bounds
    }
}

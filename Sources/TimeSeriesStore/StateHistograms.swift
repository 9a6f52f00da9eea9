// Native histograms in the state: every field, bit for bit, and what is checked when they come back.
// StateWriter and StateReader use it.

import MetricModel

extension StateBytes {
    mutating func histograms(_ times: [Int64], _ histograms: [NativeHistogram]) {
        count(times.count)
        var previous: Int64 = 0
        for (time, histogram) in zip(times, histograms) {
            signed(time &- previous)
            previous = time
            signed(Int64(histogram.schema))
            bytes.append(histogram.counterResetHint.rawValue)
            double(histogram.zeroThreshold)
            double(histogram.zeroCount)
            double(histogram.count)
            double(histogram.sum)
            for spans in [histogram.positiveSpans, histogram.negativeSpans] {
                count(spans.count)
                for span in spans {
                    signed(Int64(span.offset))
                    varint(UInt64(span.length))
                }
            }
            for column in [histogram.positiveBuckets, histogram.negativeBuckets, histogram.customValues] {
                count(column.count)
                for value in column { double(value) }
            }
        }
    }
}

extension StateCursor {
    mutating func histograms() throws(StateFailure) -> (times: [Int64], histograms: [NativeHistogram]) {
        let number = try count(bytesEach: 38)
        guard number > 0 else { throw failure("a histogram chunk without samples") }
        var times: [Int64] = []
        var histograms: [NativeHistogram] = []
        var time: Int64 = 0
        for place in 0..<number {
            time = time &+ (try signed())
            if place > 0, time <= times[place - 1] { throw failure("times that do not ascend") }
            times.append(time)
            histograms.append(try histogram())
        }
        return (times, histograms)
    }

    private mutating func histogram() throws(StateFailure) -> NativeHistogram {
        var histogram = NativeHistogram()
        let schema = try signed()
        guard (-4...8).contains(schema) || schema == Int64(NativeHistogram.customBucketsSchema) else {
            throw failure("histogram schema \(schema)")
        }
        histogram.schema = Int32(schema)
        guard let hint = NativeHistogram.CounterResetHint(rawValue: try byte()) else {
            throw failure("no counter reset hint")
        }
        histogram.counterResetHint = hint
        histogram.zeroThreshold = try double()
        histogram.zeroCount = try double()
        histogram.count = try double()
        histogram.sum = try double()
        histogram.positiveSpans = try spans()
        histogram.negativeSpans = try spans()
        histogram.positiveBuckets = try column()
        histogram.negativeBuckets = try column()
        histogram.customValues = try column()
        guard Self.length(histogram.positiveSpans) == histogram.positiveBuckets.count,
            Self.length(histogram.negativeSpans) == histogram.negativeBuckets.count
        else { throw failure("a histogram whose spans and buckets differ") }
        return histogram
    }

    private static func length(_ spans: [NativeHistogram.Span]) -> Int { spans.reduce(0) { $0 + Int($1.length) } }

    /// Bucket indices stay far inside of Int32: whoever counts on from them cannot overflow.
    private mutating func spans() throws(StateFailure) -> [NativeHistogram.Span] {
        var spans: [NativeHistogram.Span] = []
        var end: Int64 = 0
        for place in 0..<(try count(bytesEach: 2)) {
            let offset = try signed()
            let length = try varint()
            guard abs(offset.clamped) < 1 << 24, length < 1 << 24, place == 0 || offset >= 0 else {
                throw failure("a span of \(length) buckets after \(offset)")
            }
            end += offset + Int64(length)
            guard abs(end) < 1 << 24 else { throw failure("a bucket index of \(end)") }
            spans.append(NativeHistogram.Span(offset: Int32(offset), length: UInt32(length)))
        }
        return spans
    }

    private mutating func column() throws(StateFailure) -> [Double] {
        var column: [Double] = []
        for _ in 0..<(try count(bytesEach: 8)) { column.append(try double()) }
        return column
    }
}

extension Int64 {
    /// Without the one number that has no magnitude.
    fileprivate var clamped: Int64 { Swift.max(self, -Int64.max) }
}

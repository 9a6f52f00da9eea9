// The buckets of a native histogram with their bounds, in order of value.
// Read by quantiles, fractions, trimming and printing.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension NativeHistogram {
    package struct Bucket: Hashable, Sendable {
        package var lower: Double
        package var upper: Double
        package var lowerInclusive: Bool
        package var upperInclusive: Bool
        package var count: Double
        /// Within its side; ascending away from zero.
        package var index: Int32

        package init(
            lower: Double, upper: Double, lowerInclusive: Bool, upperInclusive: Bool, count: Double, index: Int32
        ) {
            self.lower = lower
            self.upper = upper
            self.lowerInclusive = lowerInclusive
            self.upperInclusive = upperInclusive
            self.count = count
            self.index = index
        }
    }

    /// One bucket's place and count, and what a compensated sum still owes it.
    package struct Entry: Hashable, Sendable {
        package var index: Int32
        package var count: Double
        package var compensation: Double = 0

        package init(index: Int32, count: Double, compensation: Double = 0) {
            self.index = index
            self.count = count
            self.compensation = compensation
        }
    }

    /// Upper bound of the positive bucket at `index`.
    ///
    /// Exponential: the last bucket of finite numbers ends at the greatest of them, the next one at +Inf. Custom: -Inf for -1,
    /// +Inf for the bucket behind the last bound. Source: Prometheus model/histogram, getBound.
    package static func bound(_ index: Int32, schema: Int32, customValues: [Double]) -> Double {
        if schema == customBucketsSchema {
            if index < 0 { return -.infinity }
            return Int(index) < customValues.count ? customValues[Int(index)] : .infinity
        }
        if schema < 0 {
            let exponent = Int(index) << Int(-max(schema, -30))
            if exponent == 1024 { return .greatestFiniteMagnitude }
            return scalbn(1, Int32(clamping: exponent))
        }
        let perOctave = Int32(1) << min(schema, 30)
        let fraction = index & (perOctave - 1)
        let exponent = (index >> min(schema, 30)) &+ 1
        if fraction == 0 && exponent == 1025 { return .greatestFiniteMagnitude }
        return scalbn(0.5 * exp2(Double(fraction) / Double(perOctave)), exponent)
    }

    package static func entries(_ spans: [Span], _ buckets: [Double]) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(buckets.count)
        var index: Int32 = 0
        var position = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<min(Int(span.length), buckets.count - position) {
                entries.append(Entry(index: index, count: buckets[position]))
                index &+= 1
                position += 1
            }
        }
        return entries
    }

    /// Spans and counts of ascending entries; empty buckets are left out.
    package static func spans(of entries: [Entry]) -> (spans: [Span], buckets: [Double]) {
        var spans: [Span] = []
        var buckets: [Double] = []
        var next: Int32 = 0
        for entry in entries where entry.count != 0 {
            if spans.isEmpty || entry.index != next {
                spans.append(Span(offset: entry.index &- (spans.isEmpty ? 0 : next), length: 1))
            } else {
                spans[spans.count - 1].length += 1
            }
            buckets.append(entry.count)
            next = entry.index &+ 1
        }
        return (spans, buckets)
    }

    package var positiveEntries: [Entry] { Self.entries(positiveSpans, positiveBuckets) }
    package var negativeEntries: [Entry] { Self.entries(negativeSpans, negativeBuckets) }

    package func positiveBucket(at entry: Entry) -> Bucket {
        let upper = Self.bound(entry.index, schema: schema, customValues: customValues)
        let lower = Self.bound(entry.index &- 1, schema: schema, customValues: customValues)
        return Bucket(
            lower: lower, upper: upper, lowerInclusive: usesCustomBuckets ? entry.index == 0 : lower < 0,
            upperInclusive: usesCustomBuckets || upper > 0, count: entry.count, index: entry.index)
    }

    package func negativeBucket(at entry: Entry) -> Bucket {
        let lower = -Self.bound(entry.index, schema: schema, customValues: customValues)
        let upper = -Self.bound(entry.index &- 1, schema: schema, customValues: customValues)
        return Bucket(
            lower: lower, upper: upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count: entry.count,
            index: entry.index)
    }

    package var zeroBucket: Bucket {
        Bucket(
            lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true, count: zeroCount,
            index: 0)
    }

    /// All buckets in ascending order of value, the zero bucket (when it holds anything) between the sides.
    package var buckets: [Bucket] {
        var all: [Bucket] = negativeEntries.reversed().map(negativeBucket(at:))
        if zeroCount > 0 { all.append(zeroBucket) }
        all += positiveEntries.map(positiveBucket(at:))
        return all
    }

    /// Without empty buckets: the canonical spans of the same counts.
    package var compacted: NativeHistogram {
        var result = self
        result.compact()
        return result
    }

    package mutating func compact() {
        (positiveSpans, positiveBuckets) = Self.spans(of: positiveEntries)
        (negativeSpans, negativeBuckets) = Self.spans(of: negativeEntries)
    }
}

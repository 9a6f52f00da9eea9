// Native histograms as a heatmap: their own buckets, brought to one resolution.
// Part of PanelDataBuilder; HeatmapBuilder takes the series that are floats.

import MetricModel
import Querying

struct NativeHeatmap {
    private var samples: [(time: Timestamp, histogram: NativeHistogram)] = []
    private var step = Milliseconds.zero

    /// Buckets of the finest resolution that is kept: finer ones are joined, as powers of two.
    static let bucketsMax = 200

    /// Nil when no answer has a native histogram.
    init?(_ plan: PanelQueryPlan, _ results: [String: Result<QueryResult, QueryFailure>]) {
        for query in plan.queries {
            guard case .success(let result)? = results[query.refID] else { continue }
            let before = samples.count
            switch result.value {
            case .vector(let elements):
                for element in elements { append(element.timestamp, element.value) }
            case .matrix(let series):
                for one in series where one.samples.floats == nil {
                    for index in 0..<one.samples.count { append(one.timestamps[index], one.samples[index]) }
                }
            case .scalar, .string: break
            }
            if samples.count > before { step = max(step, query.step) }
        }
        if samples.isEmpty { return nil }
    }

    private mutating func append(_ time: Timestamp, _ value: SampleValue) {
        if case .histogram(let histogram) = value, !histogram.isStaleMarker { samples.append((time, histogram)) }
    }

    /// Where a bucket stands among the others.
    private struct Key: Hashable {
        var lower: Double
        var upper: Double
    }

    func build(_ configuration: FieldConfiguration) -> HeatmapData {
        let schema = commonSchema()
        var times = samples.map(\.time)
        times.sort()
        var columns: [Timestamp] = []
        for time in times where columns.last != time { columns.append(time) }
        var keys: Set<Key> = []
        var (positive, negative): (ClosedRange<Int32>?, ClosedRange<Int32>?)
        for (_, histogram) in samples {
            if histogram.usesCustomBuckets {
                Self.custom(histogram) { key, _ in keys.insert(key) }
            } else {
                let shift = histogram.schema - schema
                positive = Self.extent(positive, histogram.positiveEntries, shift)
                negative = Self.extent(negative, histogram.negativeEntries, shift)
                if histogram.zeroCount > 0 { keys.insert(Self.zero(histogram)) }
            }
        }
        // Empty buckets between two that hold something keep their place, so that the axis is even.
        if let positive { for index in positive { keys.insert(Self.key(index, schema)) } }
        if let negative { for index in negative { keys.insert(Self.negated(Self.key(index, schema))) } }
        let ordered = keys.sorted { ($0.upper, $0.lower) < ($1.upper, $1.lower) }.suffix(HeatmapData.bucketsMax)
        let rank = Dictionary(ordered.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        let place = Dictionary(columns.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        var counts = Array(repeating: 0.0, count: ordered.count * columns.count)
        for (time, histogram) in samples {
            guard let column = place[time] else { continue }
            func add(_ key: Key, _ count: Double) {
                guard let row = rank[key], count.isFinite else { return }
                counts[row * columns.count + column] += count
            }
            if histogram.usesCustomBuckets {
                Self.custom(histogram, add)
                continue
            }
            let shift = histogram.schema - schema
            for entry in histogram.positiveEntries {
                add(Self.key(Self.reduced(entry.index, shift), schema), entry.count)
            }
            for entry in histogram.negativeEntries {
                add(Self.negated(Self.key(Self.reduced(entry.index, shift), schema)), entry.count)
            }
            if histogram.zeroCount > 0 { add(Self.zero(histogram), histogram.zeroCount) }
        }
        let width = step.count > 0 ? step : .seconds(1)
        return HeatmapData(
            buckets: ordered.map { HeatmapData.Bucket(lower: $0.lower, upper: $0.upper, name: numberText($0.upper)) },
            naming: .upper, columns: columns.map { $0 - width }, width: width, counts: counts,
            configuration: configuration)
    }

    /// The coarsest of all samples, or coarser until the buckets are few enough.
    private func commonSchema() -> Int32 {
        var schema: Int32 = 8
        for (_, histogram) in samples where !histogram.usesCustomBuckets { schema = min(schema, histogram.schema) }
        while schema > -4 {
            var (positive, negative): (ClosedRange<Int32>?, ClosedRange<Int32>?)
            for (_, histogram) in samples where !histogram.usesCustomBuckets {
                positive = Self.extent(positive, histogram.positiveEntries, histogram.schema - schema)
                negative = Self.extent(negative, histogram.negativeEntries, histogram.schema - schema)
            }
            if Self.length(positive) + Self.length(negative) <= Self.bucketsMax { break }
            schema -= 1
        }
        return schema
    }

    private static func length(_ range: ClosedRange<Int32>?) -> Int {
        range.map { Int($0.upperBound) - Int($0.lowerBound) + 1 } ?? 0
    }

    private static func extent(
        _ range: ClosedRange<Int32>?, _ entries: [NativeHistogram.Entry], _ shift: Int32
    ) -> ClosedRange<Int32>? {
        var range = range
        for entry in entries where entry.count != 0 {
            let index = reduced(entry.index, shift)
            range = min(range?.lowerBound ?? index, index)...max(range?.upperBound ?? index, index)
        }
        return range
    }

    /// The bucket of a resolution coarser by `shift` that holds this one.
    private static func reduced(_ index: Int32, _ shift: Int32) -> Int32 {
        ((index &- 1) >> max(0, min(shift, 31))) &+ 1
    }

    private static func key(_ index: Int32, _ schema: Int32) -> Key {
        Key(
            lower: NativeHistogram.bound(index &- 1, schema: schema, customValues: []),
            upper: NativeHistogram.bound(index, schema: schema, customValues: []))
    }
    private static func negated(_ key: Key) -> Key { Key(lower: -key.upper, upper: -key.lower) }
    private static func zero(_ histogram: NativeHistogram) -> Key {
        Key(lower: histogram.negativeEntries.isEmpty ? 0 : -histogram.zeroThreshold, upper: histogram.zeroThreshold)
    }

    private static func custom(_ histogram: NativeHistogram, _ body: (Key, Double) -> Void) {
        for entry in histogram.positiveEntries {
            let bucket = histogram.positiveBucket(at: entry)
            body(Key(lower: bucket.lower, upper: bucket.upper), entry.count)
        }
    }
}

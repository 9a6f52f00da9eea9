// Values of fields, or the totals of a heatmap, to counts a range of values.
// Part of PanelDataBuilder. Source: grafana-data, transformations/transformers/histogram.ts.

import MetricModel

struct HistogramBuilder {
    let options: HistogramOptions

    /// One series a field, or one of all; no more ranges than BucketGrid makes.
    func build(_ fields: [DataField]) -> HistogramData {
        var (least, most) = (Double.infinity, -Double.infinity)
        for field in fields {
            for value in field.values where Self.isCounted(value) {
                least = min(least, value)
                most = max(most, value)
            }
        }
        guard least <= most, !fields.isEmpty else { return HistogramData(bounds: [], series: []) }
        let size = options.bucketSize.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
        let grid = BucketGrid(
            size: size ?? automaticSize(fields, least, most), offset: options.bucketOffset, low: least, high: most)
        var series: [HistogramData.Series] = []
        for field in fields where !field.configuration.graph.isHidden {
            if series.isEmpty || !options.combines {
                series.append(
                    HistogramData.Series(
                        name: options.combines && fields.count > 1 ? "all" : field.name, color: field.color,
                        counts: Array(repeating: 0, count: grid.count), configuration: field.configuration,
                        reduced: options.combines ? [] : field.reduced))
            }
            let last = series.count - 1
            for value in field.values where Self.isCounted(value) { series[last].counts[grid.place(of: value)] += 1 }
        }
        return HistogramData(bounds: (0...grid.count).map { grid.bound($0) }, series: series)
    }

    /// Counts of buckets as they are, over the whole range of time.
    func build(_ heatmap: HeatmapData, like field: DataField?) -> HistogramData {
        guard let first = heatmap.buckets.first, !heatmap.counts.isEmpty, !first.upper.isNaN else {
            return HistogramData(bounds: [], series: [])
        }
        var configuration = field?.configuration ?? heatmap.configuration
        configuration.unit = configuration.unit ?? heatmap.configuration.unit
        let series = HistogramData.Series(
            name: "count", color: field?.color ?? RGB.palette(0), counts: heatmap.totals, configuration: configuration)
        return HistogramData(bounds: [first.lower] + heatmap.buckets.map(\.upper), series: [series])
    }

    private static func isCounted(_ value: Double) -> Bool { value.isFinite && value.magnitude < 1e300 }

    /// The round number above a share of the range, not finer than values lie apart.
    private func automaticSize(_ fields: [DataField], _ least: Double, _ most: Double) -> Double {
        let share = (most - least) / Double(max(1, min(options.bucketCount, BucketGrid.countMax)))
        guard share > 0 else { return BucketGrid.niceSize(above: least == 0 ? 1 : least.magnitude / 20) }
        var all: [Double] = []
        for field in fields { all += field.values.filter(Self.isCounted) }
        all.sort()
        var apart = Double.infinity
        for (one, other) in zip(all, all.dropFirst()) where other > one { apart = min(apart, other - one) }
        var size = BucketGrid.niceSize(above: share)
        // Whole numbers are not split between two bars.
        while size < apart, apart.isFinite, size < most - least {
            let next = BucketGrid.niceSize(above: size)
            // Beside the smallest numbers there is no rounder one.
            guard next > size else { break }
            size = next
        }
        return size
    }
}

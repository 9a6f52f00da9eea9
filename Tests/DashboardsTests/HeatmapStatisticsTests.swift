// What a heatmap's counts come to: quantiles as histogram_quantile has them, and how much is counted a minute.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct HeatmapStatisticsTests {
    private func heatmap(_ bounds: [Double], _ counts: [Double], columns: Int = 1) -> HeatmapData {
        HeatmapData(
            buckets: bounds.indices.map { place in
                HeatmapData.Bucket(lower: place > 0 ? bounds[place - 1] : -.infinity, upper: bounds[place], name: "")
            }, naming: .upper, columns: (0..<columns).map { Timestamp(milliseconds: Int64($0) * 1000) },
            width: .seconds(1), counts: counts)
    }

    private func quantile(_ data: HeatmapData, _ share: Double) -> HeatmapData.Quantile? {
        data.quantiles([share])[0]
    }

    @Test("a quantile lies within its bucket as far as its share of it")
    func quantiles() {
        let data = heatmap([1, 2, 4, .infinity], [10, 10, 20, 0])
        #expect(quantile(data, 0.5) == HeatmapData.Quantile(value: 2, isBeyond: false))
        #expect(quantile(data, 0.125) == HeatmapData.Quantile(value: 0.5, isBeyond: false))
        #expect(quantile(data, 0.75) == HeatmapData.Quantile(value: 3, isBeyond: false))
        #expect(quantile(data, 1) == HeatmapData.Quantile(value: 4, isBeyond: false))
    }

    @Test("columns are counted together, and what is not known is left out")
    func columns() {
        let data = heatmap([1, 2], [1, .nan, 1, 2], columns: 2)
        #expect(quantile(data, 0.25) == HeatmapData.Quantile(value: 1, isBeyond: false))
        #expect(quantile(data, 1) == HeatmapData.Quantile(value: 2, isBeyond: false))
    }

    @Test("above the last bound a quantile is only known to be more")
    func beyond() {
        #expect(
            quantile(heatmap([1, .infinity], [1, 99]), 0.9) == HeatmapData.Quantile(value: 1, isBeyond: true))
        #expect(quantile(heatmap([.infinity], [5]), 0.5) == nil)
        #expect(quantile(heatmap([-1, 3], [4, 0]), 0.5) == HeatmapData.Quantile(value: -1, isBeyond: false))
    }

    @Test("without counts or bounds there is no quantile")
    func nothing() {
        #expect(quantile(heatmap([1, 2], [0, 0]), 0.5) == nil)
        #expect(quantile(heatmap([], []), 0.5) == nil)
        #expect(quantile(heatmap([.nan, .nan], [1, 2]), 0.5) == nil)
        #expect(quantile(heatmap([1, 2], [.nan, .nan]), 0.5) == nil)
    }

    @Test(
        "a count a minute is known of rates and increases alone",
        arguments: [
            (["sum by (le) (rate(a_bucket[5m]))"], 60), (["sum by (le) (irate(a_bucket{x=~\"a.*/b\"}[5m]))"], 60),
            (["increase(a_bucket[30s])"], 2), (["rate(a[1m])", "rate(b[1m])"], 60),
            (["rate(a[1m])", "increase(b[30s])"], nil), (["a_bucket"], nil), (["rate(a[1m]) * 60"], nil),
            (["rate(a[1m]) / 2"], nil), (["increase(a[$x])"], nil), ([], nil),
        ] as [([String], Double?)])
    func perMinute(queries: [String], factor: Double?) {
        #expect(HeatmapData.perMinute(queries) == factor)
    }

    @Test("the count a minute is the mean over the columns that are known")
    func counted() {
        var data = heatmap([1, 2], [1, .nan, 3, 2, .nan, 4], columns: 3)
        #expect(data.countPerMinute == nil)
        data.perMinute = 60
        #expect(data.countPerMinute == 300)
        data.counts = [.nan, .nan, .nan, .nan, .nan, .nan]
        #expect(data.countPerMinute == nil)
    }
}

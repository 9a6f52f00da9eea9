// A dashboard made from what a page of metrics says of itself: one panel a family, counters as rates.
// Used when a target is shown without a dashboard file.

import MetricModel

public enum AutomaticDashboard {
    /// Families shown; the rest is named in a notice.
    public static let panelsMax = 120
    private static let columnsMost = 3

    /// - `families`: `# TYPE` and `# HELP` by family name.
    /// - `metricNames`: names of series that exist; those without a family are shown as gauges.
    /// - `isOneTarget`: the series need not say which they come from.
    public static func make(
        title: String, families: [String: Metadata], metricNames: [String], isOneTarget: Bool = false
    ) -> Dashboard {
        var sources = sources(families, metricNames)
        if isOneTarget {
            for index in sources.indices where sources[index].target.legendFormat == "__auto" {
                sources[index].target.legendFormat = FieldNaming.briefPrefix + sources[index].family
            }
        }
        let columns = max(1, min(columnsMost, sources.count))
        var dashboard = Dashboard(
            uid: "automatic", title: title, timeFrom: "now-5m", timeTo: "now", refresh: .seconds(1))
        for (place, source) in sources.prefix(panelsMax).enumerated() {
            dashboard.panels.append(panel(source, place, columns))
        }
        if sources.count > panelsMax {
            dashboard.notices.append(
                ImportNotice(path: "", message: "\(sources.count - panelsMax) more metric families are not shown"))
        }
        return dashboard
    }

    private struct Source {
        var family: String
        var metadata: Metadata
        var target: PanelTarget
        var unit: String?
        var isRate = false
    }

    private static func sources(_ families: [String: Metadata], _ metricNames: [String]) -> [Source] {
        let present = Set(metricNames)
        var covered: Set<String> = []
        var found: [Source] = []
        for (family, metadata) in families {
            let parts = ["", "_total", "_created", "_bucket", "_sum", "_count", "_info"].map { family + $0 }
            guard parts.contains(where: present.contains) else { continue }
            covered.formUnion(parts)
            found.append(source(family, metadata, present))
        }
        for name in metricNames where !covered.contains(name) && !synthetic.contains(name) {
            let kind: Metadata.Kind = name.hasSuffix("_total") ? .counter : .gauge
            found.append(source(name, Metadata(kind: kind), present))
        }
        return found.sorted { $0.family.isBefore($1.family) }
    }

    /// What the scraper itself writes is on the screen already: who is up, how long a scrape takes.
    private static let synthetic: Set<String> = [
        "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    ]

    private static func source(_ family: String, _ metadata: Metadata, _ present: Set<String>) -> Source {
        func selected(_ name: String) -> String {
            name.isClassicMetricName ? name : "{\(name.quotedForPrometheus)}"
        }
        let unit = unit(family, metadata)
        switch metadata.kind {
        case .counter:
            let name = present.contains(family + "_total") ? family + "_total" : family
            let target = PanelTarget(
                refID: "A", expression: "topk(12, rate(\(selected(name))[$__rate_interval]))", legendFormat: "__auto")
            return Source(family: family, metadata: metadata, target: target, unit: rated(unit), isRate: true)
        case .histogram where present.contains(family + "_bucket"):
            let buckets = selected(family + "_bucket")
            let target = PanelTarget(
                refID: "A",
                expression: "histogram_quantile(0.95, sum by (le) (rate(\(buckets)[$__rate_interval])))",
                legendFormat: "p95")
            return Source(family: family, metadata: metadata, target: target, unit: unit)
        default:
            let name =
                present.contains(family) ? family : present.contains(family + "_info") ? family + "_info" : family
            let target = PanelTarget(refID: "A", expression: "topk(12, \(selected(name)))", legendFormat: "__auto")
            return Source(family: family, metadata: metadata, target: target, unit: unit)
        }
    }

    private static func unit(_ family: String, _ metadata: Metadata) -> String? {
        var name = family[...]
        if name.hasSuffix("_total") { name = name.dropLast(6) }
        let said = metadata.unit
        if said == "seconds" || name.hasSuffix("_seconds") {
            return name.hasSuffix("_time_seconds") || name.hasSuffix("timestamp_seconds") ? nil : "s"
        }
        if said == "bytes" || name.hasSuffix("_bytes") { return "bytes" }
        if said == "ratio" || name.hasSuffix("_ratio") { return "percentunit" }
        if said == "celsius" || name.hasSuffix("_celsius") { return "celsius" }
        return nil
    }

    private static func rated(_ unit: String?) -> String {
        switch unit {
        case "bytes": "binBps"
        case "s": "percentunit"
        default: "cps"
        }
    }

    private static func panel(_ source: Source, _ place: Int, _ columns: Int) -> Panel {
        let width = 24 / columns
        let position = GridPosition(x: place % columns * width, y: place / columns * 6, width: width, height: 6)
        var options = TimeSeriesOptions()
        options.legend.calculations = []
        let title = source.isRate ? "\(source.family) rate" : source.family
        var panel = Panel(id: place, kind: .timeSeries(options), title: title, position: position)
        panel.description = source.metadata.help
        panel.targets = [source.target]
        panel.fields.unit = source.unit
        return panel
    }
}

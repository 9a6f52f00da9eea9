// From the newest value of every series, and what TYPE and HELP say, to families.
// Comes before PanelDrafting. The series come from one instant query or, where only names are known, from a list.

import MetricModel
import Querying

package struct MetricSurvey: Sendable {
    /// Series that are looked at; of a larger page the rest has no part in the shape of labels.
    package static let seriesMax = 50_000
    /// Families that get a look at their labels; the rest is only counted.
    package static let familiesMax = 20_000

    /// Sorted by name.
    package private(set) var families: [MetricFamily] = []
    /// Series beyond `seriesMax`.
    package private(set) var seriesLeftOut = 0

    /// - `elements`: the newest sample of each series, its name among the labels.
    /// - `metadata`: by family.
    package init(_ elements: [VectorElement], metadata: [String: Metadata]) {
        var byName: [String: Rows] = [:]
        for element in elements.prefix(Self.seriesMax) {
            guard let name = element.labels[LabelSet.metricNameLabel], !Self.synthetic.contains(name) else { continue }
            byName[name, default: Rows()].add(element)
        }
        seriesLeftOut = max(0, elements.count - Self.seriesMax)
        assemble(byName, metadata)
    }

    /// Of names alone: a dashboard without splits.
    package init(names: [String], metadata: [String: Metadata]) {
        var byName: [String: Rows] = [:]
        for name in names.prefix(Self.seriesMax) where !Self.synthetic.contains(name) { byName[name] = Rows() }
        assemble(byName, metadata)
    }

    /// What the scraper itself writes is on the screen already: who is up, how long a scrape takes.
    static let synthetic: Set<String> = [
        "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
        "scrape_series_added", "scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes", "ALERTS",
        "ALERTS_FOR_STATE",
    ]

    /// Series of one name.
    private struct Rows {
        var labels: [LabelSet] = []
        var values: [Double] = []
        var histograms = 0
        var hasBounds = false
        var quantiles: Set<String> = []

        mutating func add(_ element: VectorElement) {
            switch element.value {
            case .float(let value): values.append(value)
            case .histogram(let histogram):
                values.append(histogram.count)
                histograms += 1
            }
            labels.append(element.labels)
            if element.labels["le"] != nil { hasBounds = true }
            if let quantile = element.labels["quantile"] { quantiles.insert(quantile) }
        }
    }

    // MARK: Families

    private enum Part: Hashable { case value, total, bucket, sum, count, created, info }

    private static let endings: [(String, Part)] = [
        ("_bucket", .bucket), ("_sum", .sum), ("_count", .count), ("_created", .created), ("_total", .total),
        ("_info", .info), ("_gcount", .count), ("_gsum", .sum),
    ]

    private mutating func assemble(_ byName: [String: Rows], _ metadata: [String: Metadata]) {
        var parts: [String: [Part: String]] = [:]
        for name in byName.keys {
            let (family, part) = Self.place(name, byName, metadata)
            parts[family, default: [:]][part] = name
        }
        for (family, names) in parts.sorted(by: { $0.key.isBefore($1.key) }).prefix(Self.familiesMax) {
            if let made = Self.family(family, names, byName, metadata[family]) { families.append(made) }
        }
    }

    /// The family a name belongs to: as the types say, else as its ending and its neighbours do.
    private static func place(
        _ name: String, _ byName: [String: Rows], _ metadata: [String: Metadata]
    ) -> (String, Part) {
        // Clients of the text format call it a gauge: when a counter began is no measure of anything.
        if name.hasSuffix("_created") {
            let base = String(name.dropLast("_created".count))
            if ["", "_total", "_count", "_bucket"].contains(where: { byName[base + $0] != nil }) {
                return (base, .created)
            }
        }
        if metadata[name] != nil { return (name, .value) }
        for (ending, part) in endings where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count {
            let base = String(name.dropLast(ending.count))
            if let kind = metadata[base]?.kind {
                if accepts(kind, part) { return (base, part) }
                continue
            }
            switch part {
            case .bucket where byName[name]?.hasBounds == true: return (base, part)
            case .sum, .count:
                if byName[base + "_bucket"]?.hasBounds == true { return (base, part) }
                if byName[base + "_sum"] != nil, byName[base + "_count"] != nil { return (base, part) }
            default: break
            }
        }
        return (name, .value)
    }

    private static func accepts(_ kind: Metadata.Kind, _ part: Part) -> Bool {
        switch (kind, part) {
        case (.histogram, .bucket), (.histogram, .sum), (.histogram, .count), (.histogram, .created): true
        case (.gaugehistogram, .bucket), (.gaugehistogram, .sum), (.gaugehistogram, .count): true
        case (.summary, .sum), (.summary, .count), (.summary, .created): true
        case (.counter, .total), (.counter, .created), (.unknown, .total): true
        case (.info, .info): true
        default: false
        }
    }

    private static func family(
        _ name: String, _ parts: [Part: String], _ byName: [String: Rows], _ metadata: Metadata?
    ) -> MetricFamily? {
        func rows(_ part: Part) -> Rows? { parts[part].flatMap { byName[$0] } }
        func make(_ metric: String?, _ kind: MetricFamily.Kind, _ rows: Rows?) -> MetricFamily {
            MetricFamily(
                name: name, metric: metric, kind: kind, help: metadata?.help ?? "", unit: metadata?.unit ?? "",
                series: rows.map(series) ?? [])
        }
        if let value = rows(.value), value.histograms > 0, value.histograms * 2 >= value.values.count {
            return make(parts[.value], .nativeHistogram, value)
        }
        if let bucket = rows(.bucket) {
            var family = make(name, .classicHistogram, rows(.count) ?? infinite(bucket))
            let bounds = Set(bucket.labels.compactMap { $0["le"] })
            family.bucketCount = bounds.count
            family.boundMost = bounds.compactMap(Double.init).filter(\.isFinite).max()
            return family
        }
        if metadata?.kind == .summary || metadata?.kind == .histogram || parts[.count] != nil && parts[.sum] != nil {
            // Parts of one alone, such as a quantile without a count, are drawn as they come.
            let quantiles = rows(.value)?.quantiles ?? []
            if parts[.count] != nil || !quantiles.isEmpty || byName[parts[.value] ?? ""]?.values.isEmpty == true {
                var family = make(
                    name, .summary(hasQuantiles: !quantiles.isEmpty), rows(.count) ?? rows(.value))
                family.quantiles = quantiles.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) }
                return family
            }
        }
        if let info = rows(.info) { return make(parts[.info], .info, info) }
        if parts.keys.allSatisfy({ $0 == .created }) { return nil }
        guard let part = parts[.total] ?? parts[.value], let found = byName[part] else { return nil }
        return make(part, kind(name, part, found, metadata), found)
    }

    private static func kind(
        _ name: String, _ metric: String, _ rows: Rows, _ metadata: Metadata?
    ) -> MetricFamily.Kind {
        let areOnes = !rows.values.isEmpty && rows.values.allSatisfy { $0 == 1 }
        if metadata?.kind == .info || metric.hasSuffix("_info") && (areOnes || rows.values.isEmpty) { return .info }
        if areOnes, saysVersion(name, rows) { return .info }
        if metadata?.kind == .stateset { return .states(label: name) }
        switch metadata?.kind {
        case .counter: return .counter
        case .gauge, .gaugehistogram: break
        default: if metric.hasSuffix("_total") || isKnownCounter(metric) { return .counter }
        }
        guard !rows.values.isEmpty, rows.values.allSatisfy({ $0 == 0 || $0 == 1 }) else { return .gauge }
        if let label = StateLabel.find(rows.labels, rows.values) { return .states(label: label) }
        return StateLabel.isFlag(name) ? .flags : .gauge
    }

    /// One series that is 1 whatever happens and says something by its label: `server_version{version="3.4"} 1`.
    private static func saysVersion(_ name: String, _ rows: Rows) -> Bool {
        guard rows.labels.count == 1, let last = Wording.words(of: name.lowercased()).last,
            ["version", "id", "build", "revision", "info", "features"].contains(last)
        else { return false }
        return rows.labels[0].labels.contains { !["__name__", "job", "instance"].contains($0.name) }
    }

    /// Counts that say no type and end in none: the kernel's, as node_exporter passes them on.
    private static func isKnownCounter(_ name: String) -> Bool {
        if name.hasPrefix("node_vmstat_") { return !name.hasPrefix("node_vmstat_nr_") }
        return name.hasPrefix("node_netstat_") && !name.hasSuffix("CurrEstab") && !name.hasSuffix("Forwarding")
    }

    private static func series(_ rows: Rows) -> [SurveyedSeries] {
        zip(rows.labels, rows.values).map { labels, value in
            SurveyedSeries(labels: labels.without(["__name__", "le", "quantile"]), value: value)
        }
    }

    /// Counts of a histogram that has none of its own.
    private static func infinite(_ bucket: Rows) -> Rows {
        var rows = Rows()
        for (labels, value) in zip(bucket.labels, bucket.values) where labels["le"] == "+Inf" {
            rows.labels.append(labels)
            rows.values.append(value)
        }
        return rows
    }
}

extension LabelSet {
    fileprivate func without(_ names: Set<String>) -> LabelSet {
        LabelSet(labels.filter { !names.contains($0.name) })
    }
}

/// Which label of 0 and 1 says what state something is in.
enum StateLabel {
    static let statesMax = 20

    /// The label by whose values exactly one series in each group of the others is 1. Of several such labels the one
    /// that is called so.
    static func find(_ labels: [LabelSet], _ values: [Double]) -> String? {
        var names: [String: Set<String>] = [:]
        for set in labels.prefix(MetricFamily.shapedSeriesMax) {
            for label in set.labels where label.name != "__name__" {
                names[label.name, default: []].insert(label.value)
            }
        }
        let candidates = names.filter { (2...statesMax).contains($0.value.count) && isNamedSo($0.key) }.keys.sorted()
        return candidates.first { name in
            var groups: [LabelSet: (ones: Int, count: Int)] = [:]
            for (set, value) in zip(labels, values).prefix(MetricFamily.shapedSeriesMax) {
                guard set[name] != nil else { return false }
                var group = groups[set.withoutLabel(name), default: (0, 0)]
                group.ones += value == 1 ? 1 : 0
                group.count += 1
                groups[set.withoutLabel(name)] = group
            }
            return groups.values.allSatisfy { $0.ones == 1 && $0.count > 1 }
        }
    }

    private static func isNamedSo(_ name: String) -> Bool {
        guard let last = Wording.words(of: name.lowercased()).last else { return false }
        return ["state", "status", "phase", "condition", "mode", "role", "health", "type", "result"].contains(last)
    }

    private static let flagWords: Set<String> = [
        "up", "healthy", "ready", "enabled", "success", "alive", "leader", "online", "loading", "successful", "ok",
        "loaded", "status",
    ]

    static func isFlag(_ name: String) -> Bool {
        let words = Wording.words(of: name.lowercased())
        if words.contains("is") || words.contains("has") { return true }
        return words.last { $0 != "state" }.map { flagWords.contains($0) } ?? false
    }
}

extension LabelSet {
    fileprivate func withoutLabel(_ name: String) -> LabelSet { LabelSet(labels.filter { $0.name != name }) }
}

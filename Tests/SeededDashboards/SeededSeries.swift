// Series for wishes: label sets that the selectors find, and samples that make a picture.
// Comes after SeriesWishes; SeededDashboard puts them into a store.

import MetricModel

struct SeededSeries {
    /// Series of one selector; more are not needed to see that it is drawn.
    private static let perSelectorMost = 40
    private static let buckets = [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
    ]
    /// What labels of these names hold in the world; any other has its own name with a number.
    private static let pools: [String: [String]] = [
        "instance": ["web-01:9100", "web-02:9100", "web-03:9100"], "namespace": ["shop", "monitoring"],
        "pod": ["api-7d9f5", "cart-5c8b2", "worker-64dc7"], "container": ["api", "cart"],
        "node": ["node-a", "node-b"], "job": ["shop", "node"], "cluster": ["prod"], "quantile": ["0.5", "0.9", "0.99"],
        "code": ["200", "404", "500"], "status": ["200", "404", "500"], "method": ["GET", "POST"],
        "cpu": ["0", "1"], "mode": ["user", "system", "idle"], "device": ["sda", "eth0"], "mountpoint": ["/", "/data"],
        "fstype": ["ext4"], "le": buckets, "alertstate": ["firing"], "severity": ["critical", "warning"],
        "alertname": ["HighLatency", "DiskFull"], "handler": ["/", "/api/v1/query"], "state": ["active", "idle"],
        "version": ["2.4.1"], "type": ["read", "write"], "phase": ["Running"], "condition": ["Ready"],
        "resource": ["cpu", "memory"], "unit": ["core", "byte"], "workload": ["api", "cart"],
        "workload_type": ["deployment"], "interface": ["eth0", "eth1"], "id": ["/", "/shop/api"],
        "image": ["shop/api:1"], "name": ["api", "cart"], "region": ["eu-west", "us-east", "ap-south"],
        "queue": ["mail", "images", "invoices"], "service": ["shop", "search", "login"],
    ]

    struct Metric {
        var labels: Set<String> = ["instance", "job"]
        /// By label: values that selectors of this metric name.
        var values: [String: [String]] = [:]
        var isCounter = false
        var hint: ValueHint?
        var shifts: Set<Int64> = []
        var unique: Set<String>?
        var wishes: [SelectorWish] = []
    }

    private(set) var metrics: [String: Metric] = [:]
    private let values: [String: [String]]

    init(_ wishes: SeriesWishes) {
        values = wishes.values
        for wish in wishes.selectors {
            var metric = metrics[wish.name] ?? Metric()
            metric.labels.formUnion(wish.labels)
            metric.labels.formUnion(wish.matchers.map(\.name))
            metric.isCounter = metric.isCounter || wish.isCounter
            if metric.hint == nil { metric.hint = wish.hint }
            if wish.shift.count > 0 { metric.shifts.insert(wish.shift.count) }
            if let unique = wish.unique { metric.unique = unique.union(metric.unique ?? []) }
            for matcher in wish.matchers where matcher.operation == .equal && !matcher.value.isEmpty {
                Self.add(matcher.value, to: &metric.values[matcher.name, default: []])
            }
            metric.wishes.append(wish)
            metrics[wish.name] = metric
        }
        for name in ["ALERTS", "ALERTS_FOR_STATE"] where metrics[name] != nil {
            metrics[name]?.labels.formUnion(["alertname", "severity"])
        }
        for name in metrics.keys where name.hasSuffix("_bucket") { metrics[name]?.labels.insert("le") }
        // Twice: a partner's partner is one as well.
        for _ in 0..<2 {
            for (one, other) in wishes.partners {
                guard let left = metrics[one], let right = metrics[other] else { continue }
                let isSummary = { (name: String) in name == "le" || name == "quantile" }
                metrics[one]?.labels.formUnion(right.labels.filter { !isSummary($0) })
                metrics[other]?.labels.formUnion(left.labels.filter { !isSummary($0) })
            }
        }
    }

    private static func add(_ value: String, to values: inout [String]) {
        if !values.contains(value), values.count < 40 { values.append(value) }
    }

    /// Label sets of a metric, each once; of the "one" side of a matching, one for each group.
    func labelSets(_ name: String) -> [LabelSet] {
        guard let metric = metrics[name] else { return [] }
        var seen: Set<LabelSet> = []
        return metric.wishes.flatMap { labelSets(name, metric, $0) }.filter { labels in
            seen.insert(metric.unique.map { labels.keeping($0) } ?? labels).inserted
        }
    }

    private func labelSets(_ name: String, _ metric: Metric, _ wish: SelectorWish) -> [LabelSet] {
        var choices = metric.labels.sorted().map { label in (label, candidates(label, metric, wish)) }
        while choices.reduce(1, { $0 * ($1.0 == "le" ? 1 : max(1, $1.1.count)) }) > Self.perSelectorMost {
            let longest = choices.indices.filter { choices[$0].0 != "le" }.max {
                choices[$0].1.count < choices[$1].1.count
            }
            guard let longest, choices[longest].1.count > 1 else { break }
            choices[longest].1.removeLast()
        }
        var sets: [[Label]] = [[Label(LabelSet.metricNameLabel, name)]]
        for (label, values) in choices where !values.isEmpty {
            sets = sets.flatMap { set in
                values.map { value in value.isEmpty ? set : set + [Label(label, value)] }
            }
        }
        return sets.map { LabelSet($0) }
    }

    /// Values of a label that the selector finds; the empty one is no label.
    private func candidates(_ label: String, _ metric: Metric, _ wish: SelectorWish) -> [String] {
        let own = wish.matchers.filter { $0.name == label }
        if let equal = own.first(where: { $0.operation == .equal }) { return [equal.value] }
        let known = (metric.values[label] ?? []) + (values[label] ?? [])
        let pool = Self.pool(label, wish.name)
        var all = known + pool
        for matcher in own where matcher.operation == .regex {
            let isOne = !matcher.value.contains("|")
            // What a pattern alone describes has no better names; alternatives are names themselves.
            if isOne, all.contains(where: matcher.matches) { continue }
            all += PatternSamples.of(matcher.value)
        }
        var seen: Set<String> = []
        let fitting = all.filter { value in
            !value.isEmpty && own.allSatisfy { $0.matches(value) } && seen.insert(value).inserted
        }
        if fitting.isEmpty { return own.allSatisfy(\.matchesEmpty) ? [""] : [] }
        if label == "le" {
            return fitting.filter { $0 == "+Inf" || Double($0) != nil }
        }
        let most = own.isEmpty ? 3 : 5
        return Array(fitting.prefix(wish.labels.contains(label) || !own.isEmpty ? most : 1))
    }

    private static func pool(_ label: String, _ name: String) -> [String] {
        if label == "device" {
            if name.contains("filesystem") { return ["/dev/vda1"] }
            if name.contains("network") { return ["eth0", "eth1"] }
            if name.contains("disk") { return ["vda", "vdb"] }
        }
        return pools[label] ?? ["\(label)-1", "\(label)-2"]
    }

    // MARK: Samples

    /// - `times`: ascending.
    func samples(_ name: String, _ labels: LabelSet, at times: [Timestamp], end: Timestamp) -> [Double] {
        guard let metric = metrics[name] else { return [] }
        let text = labels.description
        if let le = labels["le"].flatMap({ Double($0 == "+Inf" ? "inf" : $0) }) {
            return bucket(labels.without(["le"]).description, le, times.count)
        }
        switch metric.hint {
        case .equal(let value): return times.map { _ in value }
        case .moment: return times.map { _ in (end.seconds - 86_400 * 3 - Double(text.utf8.count) * 3600).rounded() }
        case .above(let value) where !metric.isCounter:
            return walked(text, value + 1, value + 10 + value.magnitude, times.count)
        case .below(let value) where !metric.isCounter:
            return walked(text, value - value.magnitude * 0.6, value - value.magnitude * 0.05, times.count)
        case .above, .below, nil: break
        }
        if metric.isCounter || Self.isCounter(name) { return counter(name, labels, times.count) }
        if let constant = Self.constant(name) { return times.map { _ in constant } }
        if name == "ALERTS_FOR_STATE" { return times.map { _ in (end.seconds - 1500).rounded() } }
        if name.contains("timestamp_seconds") || name.hasSuffix("_time_seconds") || name.hasSuffix("_time") {
            return times.map { _ in (end.seconds - 86_400 * 3).rounded() }
        }
        let (low, high) = Self.bounds(name)
        return walked(text, low, high, times.count)
    }

    private static func isCounter(_ name: String) -> Bool {
        ["_total", "_count", "_sum", "_bucket"].contains(where: name.hasSuffix)
    }

    private static func constant(_ name: String) -> Double? {
        if name == "up" || name == "ALERTS" || name.hasSuffix("_info") || name.hasSuffix("_up") { return 1 }
        let words = [
            "_status_phase", "_status_condition", "_healthy", "_successful", "_status_ready", "build_info", "_success",
        ]
        return words.contains(where: name.contains) ? 1 : nil
    }

    /// In the unit that the name tells.
    private static func bounds(_ name: String) -> (Double, Double) {
        let name = name.lowercased()
        let isWhole = ["total", "size", "limit", "max", "capacity", "allocatable"].contains(where: name.contains)
        if name.contains("ratio") || name.contains("percent_") { return (0.1, 0.9) }
        if name.contains("percent") { return (10, 90) }
        if name.contains("load") { return (0.2, 3) }
        if name.contains("bytes") { return isWhole ? (15e9, 16e9) : (2e9, 6e9) }
        if name.hasSuffix("_seconds") { return (0.01, 0.4) }
        if name.contains("series") { return (90_000, 120_000) }
        if name.hasSuffix("_files") { return (5_000_000, 5_000_001) }
        if name.hasSuffix("_files_free") { return (3_000_000, 4_000_000) }
        return isWhole ? (190, 200) : (10, 90)
    }

    private func walked(_ text: String, _ low: Double, _ high: Double, _ count: Int) -> [Double] {
        var walk = Walk(text, from: low, to: high)
        let places = high >= 10 ? 1.0 : 1000.0
        return (0..<count).map { _ in (walk.next() * places).rounded() / places }
    }

    /// What a counter grows by between two scrapes, at most.
    private static func growth(_ name: String, _ labels: LabelSet) -> Double {
        if name.contains("cpu_seconds") || name.contains("cpu_usage_seconds") {
            // A processor has a second in a second, most of it idle.
            switch labels["mode"] {
            case "idle": return 11
            case "user", nil: return 4
            case "system": return 2
            default: return 0.4
            }
        }
        if name.contains("bytes") { return 3e7 }
        if name.contains("seconds") { return 4 }
        // Most requests are answered well.
        let code = labels["code"] ?? labels["status"] ?? labels["status_code"] ?? ""
        if code.hasPrefix("5") { return 6 }
        return code.hasPrefix("4") ? 30 : 300
    }

    private func counter(_ name: String, _ labels: LabelSet, _ count: Int) -> [Double] {
        let high = Self.growth(name, labels)
        var walk = Walk(labels.description, from: labels["mode"] == "idle" ? high * 0.7 : 0, to: high)
        var sum = 0.0
        return (0..<count).map { _ in
            sum += walk.next()
            return name.contains("seconds") ? (sum * 1000).rounded() / 1000 : sum.rounded()
        }
    }

    /// Requests around a tenth of a second, slower at times. Buckets of one series count the same requests.
    private func bucket(_ text: String, _ le: Double, _ count: Int) -> [Double] {
        var arriving = Walk(text, from: 40, to: 400)
        var slowness = Walk(text + " slowness", from: 0.03, to: 0.3)
        var sum = 0.0
        return (0..<count).map { _ in
            let middle = slowness.next()
            let share = le.isInfinite ? 1 : le * le / (le * le + middle * middle)
            sum += (arriving.next() * share).rounded()
            return sum
        }
    }
}

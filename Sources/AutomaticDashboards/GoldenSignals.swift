// The four that one looks at first: traffic, errors, latency, saturation, as far as a page has them.
// Picks families by the words of their names; their panels are the top of the dashboard.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct GoldenSignals {
    var drafting: PanelDrafting

    /// At most four panels, in this order; fewer than two of them are no top row.
    func drafts(_ families: [MetricFamily]) -> [PanelDraft] {
        let considered = families.filter { !Grouping.isOfTheExporter($0.words) || $0.name.hasPrefix("prometheus_") }
        let traffic = best(considered) { trafficScore($0) }
        let space = traffic?.words.first
        let latency = best(considered) { latencyScore($0, traffic) }
        let panels = [
            traffic.map(trafficPanel), errorPanel(considered, traffic), latency.map(latencyPanel),
            best(considered) { saturationScore($0, space) }.flatMap(saturationPanel),
        ].compactMap(\.self)
        return panels.count >= 2 && (traffic != nil || latency != nil) ? panels : []
    }

    private func best(_ families: [MetricFamily], _ score: (MetricFamily) -> Double) -> MetricFamily? {
        var best: (family: MetricFamily, score: Double)?
        for family in families {
            let score = score(family)
            if score >= 10, score > (best?.score ?? 0) { best = (family, score) }
        }
        return best?.family
    }

    // MARK: Words

    private static let traffic: [String: Double] = [
        "requests": 10, "request": 9, "rq": 9, "queries": 9, "query": 7, "commands": 9, "rpc": 6, "rpcs": 8, "calls": 7,
        "handled": 7, "messages": 7, "operations": 6, "ops": 6, "jobs": 6, "tasks": 6, "sessions": 5, "connections": 4,
        "transactions": 8, "orders": 6, "samples": 4, "events": 4, "http": 2, "grpc": 2, "server": 2, "processed": 1,
    ]
    private static let trouble: Set<String> = [
        "errors", "error", "failed", "failures", "failure", "fail", "dropped", "drops", "rejected", "rejections",
        "timeout", "timeouts", "timedout", "aborted", "aborts", "denied", "exceptions", "panics", "invalid", "retries",
        "retry",
        "exceeded", "canceled", "cancelled", "overflow", "violations", "lost", "refused", "5xx", "redirect",
        "redirected", "redispatches", "warnings", "discarded", "evicted",
    ]
    private static let aside: Set<String> = [
        "client", "gc", "replication", "dns", "self", "internal", "admin", "heartbeat", "proposals", "max", "limit",
        "slow",
        "config", "reload", "cx", "completed", "watch", "webhook", "audit", "alloc", "frees", "aggregator",
        "registration",
        "promhttp", "membership", "health", "checks", "cache", "token",
    ]
    private static let saturation: [String: Double] = [
        "inflight": 10, "queue": 8, "queued": 9, "queues": 6, "pending": 9, "backlog": 9, "waiting": 5,
        "utilization": 9, "utilisation": 9, "saturation": 10, "load1": 11, "active": 6, "connected": 6, "current": 3,
        "connections": 5, "clients": 5, "sessions": 4, "workers": 4, "busy": 6, "used": 4, "resident": 5, "memory": 4,
        "goroutines": 3, "threads": 3, "heap": 3, "pressure": 5, "streams": 3, "series": 4, "head": 3,
    ]

    private func words(_ family: MetricFamily) -> [String] { family.words.map { $0.lowercased() } }

    private func sum(_ words: [String], _ table: [String: Double]) -> Double {
        // One word twice says no more, and a long name is no better for it.
        Set(words).compactMap { table[$0] }.sorted(by: >).prefix(2).reduce(0, +)
    }

    private func isTrouble(_ words: [String]) -> Bool { words.contains { Self.trouble.contains($0) } }

    /// Something happened, and how much: up to 6.
    private func activity(_ family: MetricFamily) -> Double {
        family.series.isEmpty ? 2 : family.isQuiet ? -4 : 3 + min(3, log10(1 + family.total) / 2)
    }

    private func asideness(_ words: [String]) -> Double {
        Double(words.count { Self.aside.contains($0) }) * 5
    }

    // MARK: Traffic

    private func trafficScore(_ family: MetricFamily) -> Double {
        let words = words(family)
        var score = 0.0
        switch family.kind {
        case .counter: score = 3
        case .classicHistogram, .nativeHistogram, .summary: score = 0
        default: return 0
        }
        if isTrouble(words) || Grouping.isRuntime(words) { return 0 }
        let named = sum(words, Self.traffic)
        guard named >= 4 else { return 0 }
        if words.contains("bytes") || words.contains("size") || words.contains("seconds") && family.kind == .counter {
            return 0
        }
        if family.labels.contains(where: { LabelSplit.isOutcome($0.name) }) { score += 2 }
        // What a program is there for it tells apart in many ways.
        score += min(2, log10(Double(max(1, family.series.count))))
        score += named + activity(family) - asideness(words) - Double(max(0, words.count - 5))
        return score
    }

    private func trafficPanel(_ family: MetricFamily) -> PanelDraft {
        var counted = family
        if family.kind != .counter {
            counted.kind = .counter
            counted.metric = family.kind == .nativeHistogram ? family.metric : family.metric + "_count"
            counted.unit = ""
        }
        let labels = drafting.split(counted)
        var made = drafting.counter(counted)
        if family.kind != .counter {
            let rate =
                family.kind == .nativeHistogram
                ? "histogram_count(\(drafting.writer.rate(counted.metric)))" : drafting.writer.rate(counted.metric)
            let sum = "sum\(drafting.writer.by(labels))(\(rate))"
            let isMany = drafting.lines(family, labels) > PanelDrafting.linesMax
            made.queries = [
                .init(
                    expression: isMany ? "topk(\(PanelDrafting.linesMax), \(sum))" : sum,
                    legend: drafting.writer.legend(labels, otherwise: "all"))
            ]
            made.unit = "reqps"
            made.words = family.words.filter { !["duration", "seconds", "latency", "time"].contains($0.lowercased()) }
            made.suffix = drafting.by(labels)
            made.families = []
        } else if made.unit == "short", words(family).contains(where: { Self.traffic[$0] ?? 0 >= 6 }) {
            made.unit = "ops"
        }
        made.mergeKey = nil
        return Self.shortened(made, family)
    }

    // MARK: Errors

    private func errorPanel(_ families: [MetricFamily], _ traffic: MetricFamily?) -> PanelDraft? {
        if let traffic, let panel = outcomes(of: traffic) { return panel }
        let space = traffic?.words.first
        // What came of the same thing may be a family of its own: requests here, responses by code there.
        if let traffic {
            let start = traffic.words.prefix(2)
            for family in families where family.kind == .counter && family.words.prefix(2) == start {
                guard family.words.contains(where: { $0.lowercased().hasPrefix("response") }) else { continue }
                if let panel = outcomes(of: family) { return panel }
            }
        }
        let ranked = families.compactMap { family -> (MetricFamily, Double)? in
            let score = errorScore(family, space)
            return score >= 6 ? (family, score) : nil
        }.sorted { ($1.1, $0.0.name) < ($0.1, $1.0.name) }
        guard let first = ranked.first?.0 else { return nil }
        // Beside the first those of its own kind, for the same thing goes wrong in several ways.
        let chosen = ranked.map(\.0).filter { $0.words.first == first.words.first }.prefix(4)
        let common = PanelMerging.commonPrefix(chosen.map(\.words))
        var made = drafting.draft(
            first, .graph,
            chosen.map { family in
                let rest = Array(family.words.dropFirst(chosen.count > 1 ? common : 1))
                return PanelDraft.Query(
                    expression: "sum(\(drafting.writer.rate(family.metric)))",
                    legend: Wording.title(rest.isEmpty ? family.words : rest))
            })
        made.families = chosen.map(\.name)
        made.words = ["errors"]
        made.suffix = " /s"
        made.unit = "short"
        made.help = chosen.map(\.help).filter { !$0.isEmpty }.joined(separator: " · ")
        return made
    }

    private func errorScore(_ family: MetricFamily, _ space: String?) -> Double {
        guard family.kind == .counter else { return 0 }
        let words = words(family)
        guard isTrouble(words), !Grouping.isRuntime(words), !words.contains("bytes") else { return 0 }
        var score = 2.0
        if words.contains("errors") || words.contains("error") { score += 4 }
        if words.contains("failed") || words.contains("failures") || words.contains("5xx") { score += 4 }
        if words.contains("rejected") || words.contains("timeouts") || words.contains("exceptions") { score += 2 }
        score += min(3, sum(words, Self.traffic) / 3)
        if words.first == space?.lowercased() { score += 3 }
        if !family.isQuiet, !family.series.isEmpty { score += 4 }
        return score - asideness(words) / 2
    }

    /// Of traffic that says how it ended: those that ended badly; a line at zero while there are none.
    private func outcomes(of traffic: MetricFamily) -> PanelDraft? {
        // 0 is the code of what has none: a watch that goes on, a client that was gone. Beside others it is none of HTTP's.
        func codes(_ label: LabelShape) -> [String] {
            let values = label.shares.keys.filter { !$0.isEmpty && $0 != "other" }
            let others = values.filter { $0 != "0" }
            return !others.isEmpty && others.allSatisfy(Self.isHTTPCode) ? others : values
        }
        func areHTTP(_ values: [String]) -> Bool { !values.isEmpty && values.allSatisfy(Self.isHTTPCode) }
        // A code says more than a word for it.
        func rank(_ label: LabelShape) -> Double { LabelSplit.score(label) + (areHTTP(codes(label)) ? 10 : 0) }
        guard let label = traffic.labels.filter({ LabelSplit.isOutcome($0.name) }).max(by: { rank($0) < rank($1) })
        else { return nil }
        let values = codes(label)
        let metric = traffic.kind == .counter ? traffic.metric : traffic.metric + "_count"
        if traffic.kind == .nativeHistogram { return nil }
        var patterns: [(pattern: String, legend: String)] = []
        if areHTTP(values) {
            patterns = [("5..", "5xx"), ("4..", "4xx")]
        } else if !values.isEmpty, values.allSatisfy({ ["1", "2", "3", "4", "5"].contains($0) }) {
            patterns = [("5", "5xx"), ("4", "4xx")]
        } else if values.contains("OK") {
            return others(than: "OK", traffic, metric, label.name)
        } else if values.count > 1, values.contains("0"), values.allSatisfy({ UInt8($0) != nil }) {
            // gRPC's numbers, exit codes.
            return others(than: "0", traffic, metric, label.name)
        } else {
            let bad = values.filter(Self.isBad).sorted { $0.isBefore($1) }.prefix(4)
            patterns = bad.map { (LabelPattern.literal($0), Wording.safe($0, most: 20)) }
        }
        guard !patterns.isEmpty else { return nil }
        let all = "sum(\(drafting.writer.rate(metric)))"
        var made = drafting.draft(
            traffic, .graph,
            patterns.map { pattern, legend in
                let matcher = "\(drafting.writer.label(label.name))=~\(pattern.quotedForPrometheus)"
                let some = "sum(\(drafting.writer.rate(metric, raw: matcher)))"
                return PanelDraft.Query(expression: "\(some) or 0 * \(all)", legend: legend)
            })
        made.words = ["errors"]
        made.unit = "reqps"
        made.families = []
        return made
    }

    /// Of codes of which one is good: all the others.
    private func others(than good: String, _ traffic: MetricFamily, _ metric: String, _ label: String) -> PanelDraft {
        let matcher = "\(drafting.writer.label(label))!=\(good.quotedForPrometheus)"
        let rate = drafting.writer.rate(metric, raw: matcher)
        var made = drafting.draft(
            traffic, .graph,
            [
                .init(
                    expression: "topk(5, sum\(drafting.writer.by([label]))(\(rate)))",
                    legend: drafting.writer.legend([label], otherwise: "errors"))
            ])
        made.words = ["errors"]
        made.suffix = drafting.by([label])
        made.unit = "reqps"
        made.families = []
        return made
    }

    /// Of four panels beside each other, each has room for a few words.
    private static func shortened(_ draft: PanelDraft, _ family: MetricFamily) -> PanelDraft {
        var made = draft
        if made.words.count > 2 { made.words.removeFirst() }
        if made.words.filter({ !Wording.isMute($0) }) == ["request"] { made.words = ["requests"] }
        // The legend names the labels.
        if made.suffix.hasPrefix(" by ") { made.suffix = "" }
        for index in made.queries.indices where made.queries[index].legend == Wording.title(family.words) {
            made.queries[index].legend = Wording.title(made.words)
        }
        return made
    }

    private static func isHTTPCode(_ value: String) -> Bool {
        let bytes = Array(value.utf8)
        return bytes.count == 3 && (UInt8(ascii: "1")...UInt8(ascii: "5")).contains(bytes[0])
            && bytes.dropFirst().allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "x")
            }
    }

    private static func isBad(_ value: String) -> Bool {
        Wording.words(of: value.lowercased()).contains {
            trouble.contains($0) || ["server", "unavailable", "aborted", "deadlineexceeded", "unknown"].contains($0)
        } && value.lowercased() != "none"
    }

    // MARK: Latency

    private func latencyScore(_ family: MetricFamily, _ traffic: MetricFamily?) -> Double {
        switch family.kind {
        case .classicHistogram, .nativeHistogram, .summary: break
        default: return 0
        }
        switch Measure(family) {
        case .seconds, .milliseconds, .microseconds, .nanoseconds: break
        default: return 0
        }
        let words = words(family)
        var score = 6.0 + activity(family)
        if words.contains("duration") || words.contains("latency") { score += 3 }
        score += min(8, sum(words, Self.traffic) / 2)
        if words.first == traffic?.words.first?.lowercased() { score += 4 }
        if let traffic, traffic.name == family.name { score += 6 }
        score += min(2, log10(Double(max(1, family.series.count))))
        // x_request_duration rather than x_request_filter_duration: the more words, the smaller the part.
        score -= 0.5 * Double(words.count { !Wording.isMute($0) })
        if Grouping.isRuntime(words) { score -= 12 }
        if case .summary(hasQuantiles: false) = family.kind { score -= 2 }
        return score - asideness(words) - (isTrouble(words) ? 4 : 0) - Double(max(0, words.count - 6))
    }

    private func latencyPanel(_ family: MetricFamily) -> PanelDraft {
        var made = drafting.drafts(family)[0]
        made.suffix = ""
        made.staysWithNext = false
        made.isQuiet = false
        let isNamedSo = words(family).contains { ["duration", "latency", "time", "handling"].contains($0) }
        if !isNamedSo { made.suffix = " latency" }
        return Self.shortened(made, family)
    }

    // MARK: Saturation

    private func saturationScore(_ family: MetricFamily, _ space: String?) -> Double {
        guard case .gauge = family.kind else { return 0 }
        if case .moment = Measure(family) { return 0 }
        let words = words(family)
        if words.contains("max") || words.contains("limit") || words.contains("capacity") || isTrouble(words) {
            return 0
        }
        var named = sum(words, Self.saturation)
        if words.contains("in"), words.contains("flight") || words.contains("progress") { named += 10 }
        guard named >= 5 else { return 0 }
        var score = 2 + named
        if words.first == space?.lowercased() { score += 4 }
        score += family.isQuiet ? -8 : 3
        if Grouping.isRuntime(words), words.first != "process" { score -= 4 }
        return score - asideness(words) - Double(max(0, words.count - 5))
    }

    private func saturationPanel(_ family: MetricFamily) -> PanelDraft? {
        guard var made = drafting.drafts(family).first else { return nil }
        made.mergeKey = nil
        return Self.shortened(made, family)
    }
}

extension QueryWriter {
    /// - `raw`: a matcher as it is written.
    func rate(_ metric: String, raw matcher: String) -> String {
        let all = dollarSafe((matchers.map(\.description) + [matcher]).joined(separator: ","))
        if metric.isClassicMetricName { return "rate(\(metric){\(all)}\(Self.window))" }
        return "rate({\(dollarSafe(metric.quotedForPrometheus)),\(all)}\(Self.window))"
    }
}

enum LabelPattern {
    /// A pattern that matches just this text.
    static func literal(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\.+*?()|[]{}^$".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

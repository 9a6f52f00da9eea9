// One family to its panels: rates of counters, lines of gauges, quantiles and heatmaps, tables of what is only said.
// Called by AutomaticDashboard for every family; the limits of one panel are here.

import MetricModel

struct PanelDrafting {
    /// Lines of one panel.
    static let linesMax = 10
    /// Counters of so few series are drawn series by series.
    static let plainSeriesMax = 6
    static let quantiles = ["0.5", "0.9", "0.99"]

    var writer = QueryWriter()

    func drafts(_ family: MetricFamily) -> [PanelDraft] {
        switch family.kind {
        case .counter: [counter(family)]
        case .gauge: gauge(family).map { [$0] } ?? []
        case .info: [info(family)]
        case .classicHistogram, .nativeHistogram: histogram(family)
        case .summary: summary(family)
        case .states(let label): [states(family, label)]
        case .flags: [flags(family)]
        }
    }

    func draft(_ family: MetricFamily, _ look: PanelDraft.Look, _ queries: [PanelDraft.Query]) -> PanelDraft {
        var draft = PanelDraft(
            look: look, words: family.words, queries: queries, help: family.help, families: [family.name])
        draft.isQuiet = family.isQuiet
        draft.magnitude = abs(family.total)
        return draft
    }

    // MARK: Counters

    /// By which labels the rate of a family is split.
    func split(_ family: MetricFamily) -> [String] {
        if family.series.count <= Self.plainSeriesMax, family.series.count > 1 {
            let telling = family.tellingLabels().filter { $0 != "job" }
            if telling.count == 1 || telling.count == 2 { return telling }
        }
        return LabelSplit.best(family.labels).map { [$0] } ?? []
    }

    /// The summed rate of what is counted, by labels; no more lines than fit.
    func rate(_ family: MetricFamily, _ metric: String, by labels: [String], divisor: String? = nil) -> String {
        let sum: String
        if family.series.isEmpty {
            sum = "topk(\(Self.linesMax), \(writer.rate(metric)))"
        } else {
            sum = limited("sum\(writer.by(labels))(\(writer.rate(metric)))", family, labels)
        }
        return divisor.map { "\(sum) / \($0)" } ?? sum
    }

    private func limited(_ expression: String, _ family: MetricFamily, _ labels: [String]) -> String {
        guard lines(family, labels) > Self.linesMax else { return expression }
        return "topk(\(Self.linesMax), \(expression))"
    }

    func lines(_ family: MetricFamily, _ labels: [String]) -> Int {
        if labels.isEmpty { return 1 }
        if labels.count > 1 { return family.series.count }
        return family.labels.first { $0.name == labels[0] }?.valueCount ?? 1
    }

    func counter(_ family: MetricFamily) -> PanelDraft {
        // What has been 0 so far shares a panel with its like.
        let labels = family.isQuiet && !family.labels.contains { LabelSplit.isOutcome($0.name) } ? [] : split(family)
        let measure = Measure(family)
        let (unit, divisor, saysSo) = measure.rate
        var legend = writer.legend(labels, otherwise: family.series.isEmpty ? "__auto" : Wording.title(family.words))
        if labels.count == 1, isClassOfCodes(family, labels[0]) { legend += "xx" }
        var made = draft(
            family, .graph,
            [.init(expression: rate(family, family.metric, by: labels, divisor: divisor), legend: legend)])
        made.unit = unit
        made.suffix = by(labels) + (saysSo ? " /s" : "")
        made.lineCount = min(Self.linesMax, lines(family, labels))
        made.sortsLegend = true
        if measure == .seconds, labels.count == 1, isOfTime(labels[0]) { made.look = .stacked }
        if labels.isEmpty, !family.series.isEmpty { made.mergeKey = "rate \(unit) \(divisor ?? "")" }
        return made
    }

    /// `5` of a label that says classes stands for 500 to 599.
    private func isClassOfCodes(_ family: MetricFamily, _ label: String) -> Bool {
        guard label.lowercased().hasSuffix("class"), let shape = family.labels.first(where: { $0.name == label }) else {
            return false
        }
        return label.isClassicLabelName && shape.shares.keys.allSatisfy { ["1", "2", "3", "4", "5"].contains($0) }
    }

    /// Time by mode or state adds up to all there is.
    private func isOfTime(_ label: String) -> Bool { ["mode", "state", "phase"].contains(label) }

    func by(_ labels: [String]) -> String {
        let words = labels.map { label in
            let words = Wording.words(of: label)
            let isVague = words.last.map { ["name", "class", "id", "code", "type"].contains($0.lowercased()) } ?? false
            return words.suffix(words.count > 2 && !isVague ? 1 : 2).joined(separator: " ")
        }
        return words.isEmpty ? "" : " by " + Wording.safe(words.joined(separator: ", "), most: 30)
    }

    // MARK: Gauges

    /// Nil: it says "no limit" and nothing else.
    private func gauge(_ family: MetricFamily) -> PanelDraft? {
        // What cannot be reached is no news: 2^63 and 2^64 stand for it.
        if !family.series.isEmpty, family.series.allSatisfy({ abs($0.value) >= 9e18 }) { return nil }
        let measure = Measure(family)
        if family.isQuiet, family.series.count > 1, measure.isAdditive {
            var made = draft(
                family, .graph,
                [.init(expression: "sum(\(writer.selector(family.metric)))", legend: Wording.title(family.words))])
            made.unit = measure.unit
            made.mergeKey = "value \(made.unit ?? "")"
            return made
        }
        let (expression, labels) = value(family, isAdditive: measure.isAdditive)
        let legend = writer.legend(labels, otherwise: family.series.isEmpty ? "__auto" : Wording.title(family.words))
        var made = draft(family, .graph, [.init(expression: expression, legend: legend)])
        made.unit = measure.unit
        made.lineCount = min(Self.linesMax, family.series.count)
        made.sortsLegend = true
        if labels.count > 0, family.series.count > Self.linesMax { made.suffix = by(labels) }
        if case .moment(let perSecond) = measure {
            let moment = perSecond == 1 ? expression : "\(expression) / \(Int(perSecond))"
            made.queries[0].expression = "time() - \(moment)"
            made.suffix = " ago"
            made.unit = family.series.count == 1 ? "dtdurations" : "s"
            if family.series.count == 1 {
                made.look = .stat
                made.mergeKey = "moment"
                made.magnitude = 0
            }
            // 0 stands for never.
            if family.isQuiet { return nil }
        } else if family.series.count == 1 {
            made.mergeKey = "value \(made.unit ?? "")"
        }
        return made
    }

    /// The lines of a gauge: each series, or of many the sums by the label that splits best, or else the largest.
    func value(_ family: MetricFamily, isAdditive: Bool) -> (expression: String, labels: [String]) {
        let plain = writer.selector(family.metric)
        if family.series.isEmpty { return ("topk(\(Self.linesMax), \(plain))", []) }
        let telling = family.tellingLabels()
        if family.series.count <= Self.linesMax { return (plain, telling) }
        if telling.count > 1, let label = LabelSplit.best(family.labels) {
            let fold = isAdditive ? "sum" : "max"
            return (limited("\(fold)\(writer.by([label]))(\(plain))", family, [label]), [label])
        }
        return ("topk(\(Self.linesMax), \(plain))", telling)
    }

    // MARK: Distributions

    private func histogram(_ family: MetricFamily) -> [PanelDraft] {
        let isNative = family.kind == .nativeHistogram
        let metric = isNative ? family.metric : family.metric + "_bucket"
        var curves = draft(family, .graph, quantiles(family, metric, isNative))
        let unit = Measure(family).unit
        curves.unit = unit
        curves.suffix = " quantiles"
        curves.lineCount = 3
        let sum = isNative ? "sum(\(writer.rate(metric)))" : "sum by (le) (\(writer.rate(metric)))"
        var map = draft(
            family, .heatmap(isNative: isNative), [.init(expression: sum, legend: isNative ? "" : "{{le}}")])
        map.unit = unit
        map.suffix = " heatmap"
        // Nothing to tell quantiles by.
        if !isNative, family.bucketCount > 0, family.bucketCount < 3 { return [mean(family)] }
        if family.isQuiet { return [curves] }
        curves.staysWithNext = true
        return [curves, map]
    }

    func quantiles(_ family: MetricFamily, _ metric: String, _ isNative: Bool) -> [PanelDraft.Query] {
        let sum = isNative ? "sum(\(writer.rate(metric)))" : "sum by (le) (\(writer.rate(metric)))"
        return Self.quantiles.reversed().map { quantile in
            PanelDraft.Query(
                expression: "histogram_quantile(\(quantile), \(sum))", legend: "p\(quantile.dropFirst(2))".p50)
        }
    }

    private func summary(_ family: MetricFamily) -> [PanelDraft] {
        guard case .summary(hasQuantiles: true) = family.kind else { return [mean(family)] }
        let selector = writer.selector(family.metric)
        let isOne = family.series.count <= 1
        let query =
            isOne
            ? PanelDraft.Query(expression: selector, legend: "{{quantile}}")
            : PanelDraft.Query(expression: "max by (quantile) (\(selector))", legend: "{{quantile}}")
        var made = draft(family, .graph, [query])
        made.unit = Measure(family).unit
        made.suffix = " by quantile"
        made.lineCount = max(1, family.quantiles.count)
        return [made]
    }

    /// Of what says only how many there were and how much in all.
    func mean(_ family: MetricFamily) -> PanelDraft {
        let labels = split(family)
        let sum = "sum\(writer.by(labels))(\(writer.rate(family.metric + "_sum")))"
        let count = "sum\(writer.by(labels))(\(writer.rate(family.metric + "_count")))"
        var made = draft(
            family, .graph,
            [
                .init(
                    expression: limited("\(sum) / \(count)", family, labels),
                    legend: writer.legend(labels, otherwise: "mean"))
            ])
        made.unit = Measure(family).unit
        made.suffix = " mean" + by(labels)
        made.lineCount = min(Self.linesMax, lines(family, labels))
        return made
    }

    // MARK: What is only said

    private func info(_ family: MetricFamily) -> PanelDraft {
        var made = draft(
            family, .table, [.init(expression: "topk(50, \(writer.selector(family.metric)))", legend: "")])
        made.isQuiet = false
        // Titles do without the word elsewhere: here it says what the table is.
        if family.words.last?.lowercased() == "info" { made.suffix = " info" }
        return made
    }

    private func states(_ family: MetricFamily, _ label: String) -> PanelDraft {
        let names = family.labels.first { $0.name == label }?.shares.keys.sorted { $0.isBefore($1) } ?? []
        let shown = names.prefix(StateLabel.statesMax)
        var alternatives: [String] = []
        for (place, name) in shown.enumerated() {
            let one = writer.selector(family.metric, [Matcher(label, equals: name)])
            alternatives.append(place == 0 ? one : "\(place + 1) * \(one)")
        }
        let rest = family.tellingLabels().filter { $0 != label }
        guard !alternatives.isEmpty else { return flags(family) }
        let number = "max without (\(writer.label(label))) (" + alternatives.joined(separator: " or ") + ")"
        let isMany = family.series.count > Self.linesMax * max(1, shown.count)
        var made = draft(
            family,
            .states(
                shown.enumerated().map { place, name in
                    PanelDraft.StateWord(
                        value: place + 1, text: Wording.safe(name, most: 20), color: StateColors.color(name, place))
                }),
            [
                .init(
                    expression: isMany ? "topk(\(Self.linesMax), \(number))" : number,
                    legend: writer.legend(rest, otherwise: Wording.title(family.words)))
            ])
        made.isQuiet = false
        made.lineCount = min(Self.linesMax, max(1, family.series.count / max(1, shown.count)))
        return made
    }

    private func flags(_ family: MetricFamily) -> PanelDraft {
        let selector = writer.selector(family.metric)
        let isMany = family.series.count > Self.linesMax || family.series.isEmpty
        var made = draft(
            family,
            .states([
                .init(value: 0, text: "0", color: "red"), .init(value: 1, text: "1", color: "green"),
            ]),
            [
                .init(
                    expression: isMany ? "bottomk(\(Self.linesMax), \(selector))" : selector,
                    legend: writer.legend(family.tellingLabels(), otherwise: Wording.title(family.words)))
            ])
        made.isQuiet = false
        made.lineCount = min(Self.linesMax, max(1, family.series.count))
        if family.series.count == 1 { made.mergeKey = "flag" }
        return made
    }
}

extension String {
    /// `p5` is the half, as people write it: `p50`; `p9` is `p90`.
    fileprivate var p50: String { utf8.count == 2 ? self + "0" : self }
}

/// Colours that states are usually painted with.
enum StateColors {
    private static let words: [(String, Set<String>)] = [
        (
            "green",
            [
                "up", "ok", "active", "running", "healthy", "ready", "open", "ready", "online", "leader", "true", "1",
                "good",
            ]
        ),
        (
            "red",
            ["down", "failed", "error", "critical", "unhealthy", "dead", "offline", "lost", "crash", "false", "nolb"]
        ),
        (
            "orange",
            ["pending", "starting", "warning", "activating", "deactivating", "unknown", "drain", "draining", "maint"]
        ),
    ]
    private static let others = ["blue", "purple", "yellow", "semi-dark-blue", "light-purple", "dark-yellow"]

    static func color(_ state: String, _ place: Int) -> String {
        let parts = Wording.words(of: state.lowercased())
        for (color, words) in words where parts.contains(where: words.contains) { return color }
        return others[place % others.count]
    }
}

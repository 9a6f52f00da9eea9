// A panel before it has a place: what it asks, how it looks, and what it may be merged with.
// Made by PanelDrafting and GoldenSignals, merged by PanelMerging, written by DocumentWriting.

import MetricModel

struct PanelDraft: Hashable {
    enum Look: Hashable {
        case graph
        /// Graphs of shares of a whole.
        case stacked
        case stat
        case table
        /// - `isNative`: the buckets come as one histogram a series.
        case heatmap(isNative: Bool)
        /// What each number means: text and colour.
        case states([StateWord])
    }

    struct Query: Hashable {
        var expression: String
        var legend: String
    }

    struct StateWord: Hashable {
        var value: Int
        var text: String
        var color: String
    }

    var look: Look
    /// Words of the family's name; the heading of its row takes some off.
    var words: [String]
    /// Put behind the words: ` by code`.
    var suffix = ""
    var queries: [Query]
    var unit: String?
    var help: String
    /// Families it shows.
    var families: [String]
    /// All that it shows has been 0 so far.
    var isQuiet = false
    /// Newest value, of a counter its total: lines of a kind share an axis.
    var magnitude = 0.0
    /// Panels with the same key may become one. Nil: stays alone.
    var mergeKey: String?
    /// At most as many lines.
    var lineCount = 1
    /// The legend begins with the largest.
    var sortsLegend = false
    /// Comes right before the one that follows, beside it.
    var staysWithNext = false
}

/// Texts of PromQL that any name fits into.
struct QueryWriter {
    /// In every selector, such as `job="api"`.
    var matchers: [Matcher] = []

    static let window = "[$__rate_interval]"

    func selector(_ metric: String, _ more: [Matcher] = []) -> String {
        let all = (matchers + more).map { dollarSafe($0.description) }
        if metric.isClassicMetricName { return all.isEmpty ? metric : "\(metric){\(all.joined(separator: ","))}" }
        return "{" + ([dollarSafe(metric.quotedForPrometheus)] + all).joined(separator: ",") + "}"
    }

    func rate(_ metric: String, _ more: [Matcher] = []) -> String {
        "rate(\(selector(metric, more))\(Self.window))"
    }

    /// `by (a, b) ` or nothing.
    func by(_ labels: [String]) -> String {
        if labels.isEmpty { return "" }
        return " by (" + labels.map(label).joined(separator: ", ") + ") "
    }

    func label(_ name: String) -> String {
        name.isClassicLabelName ? name : dollarSafe(name.quotedForPrometheus)
    }

    /// `{{a}} {{b}}`; labels whose names a legend cannot hold are left out.
    func legend(_ labels: [String], otherwise: String) -> String {
        let kept = labels.filter(\.isClassicLabelName)
        if kept.isEmpty { return labels.isEmpty ? otherwise : "__auto" }
        return kept.map { "{{\($0)}}" }.joined(separator: " ")
    }

    /// Within quotes: what a dashboard takes for a variable, written so that only PromQL understands it.
    func dollarSafe(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "[") }) else { return text }
        return text.replacing("$", by: #"\x24"#).replacing("[", by: #"\x5b"#)
    }
}

extension String {
    fileprivate func replacing(_ character: Character, by text: String) -> String {
        reduce(into: "") { $1 == character ? $0.append(text) : $0.append($1) }
    }
}

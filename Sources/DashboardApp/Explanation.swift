// Why a query found nothing: the metric does not exist, or which matcher excluded all of its series.
// Asked by QuestionQueue after an empty answer; PanelDataBuilder shows the words where the panel stays empty.

import MetricModel
import PromQLSyntax
import Querying

enum Explanation {
    /// Nil when the parts exist and only their combination is empty, when the query is not understood, or when the
    /// backend cannot say.
    ///
    /// - `start`, `end`: looked at with a margin: what lies just outside the range exists.
    static func of(
        _ query: String, backend: any QueryBackend, start: Timestamp, end: Timestamp
    ) async -> String? {
        // A syntax error is told by the query's own failure.
        guard let expression = try? Expression(parsing: query) else { return nil }
        let (start, end) = (start - .minutes(5), end + .minutes(1))
        let selectors = expression.selectors.prefix(8)
        // What cannot be asked is not explained.
        guard
            let names = try? await backend.labelValues(
                LabelSet.metricNameLabel, [], start: start, end: end, limit: 0)
        else { return nil }
        // Before the first scrape everything is missing, and that is no news about this query.
        guard !names.isEmpty else { return nil }
        let known = Set(names)
        for selector in selectors {
            guard let name = selector.metricName, !known.contains(name) else { continue }
            return "no metric \(name)" + (nearest(to: name, in: names).map { ", but \($0)" } ?? "")
        }
        for selector in selectors {
            guard let name = selector.metricName else { continue }
            for matcher in selector.matchers where !matcher.name.isSameBytes(as: LabelSet.metricNameLabel) {
                let alone = "{__name__=\(name.quotedForPrometheus),\(matcher)}"
                // As above: no answer is no proof.
                let found = try? await backend.series([alone], start: start, end: end, limit: 1)
                if let found, found.isEmpty { return "no \(name) with \(matcher)" }
            }
        }
        return nil
    }

    /// A longer form of the same name before one that differs by a few letters: `node_boot_time_seconds` for
    /// `node_boot_time`.
    static func nearest(to name: String, in names: [String]) -> String? {
        let longer = names.filter { $0.hasPrefix(name) || name.hasPrefix($0) && $0.utf8.count * 2 > name.utf8.count }
        let closest = longer.min { left, right in
            let (a, b) = (abs(left.utf8.count - name.utf8.count), abs(right.utf8.count - name.utf8.count))
            return a == b ? left.isBefore(right) : a < b
        }
        return closest ?? NearestName.of(name, among: names)
    }
}

extension Expression {
    /// From left to right.
    fileprivate var selectors: [VectorSelector] {
        switch self {
        case .number, .string: []
        case .vectorSelector(let node): [node]
        case .matrixSelector(let node): [node.selector]
        case .subquery(let node): node.expression.selectors
        case .call(let node): node.arguments.flatMap(\.selectors)
        case .aggregation(let node): (node.parameter?.selectors ?? []) + node.expression.selectors
        case .binary(let node): node.left.selectors + node.right.selectors
        case .unary(let node): node.expression.selectors
        case .parenthesized(let node): node.expression.selectors
        }
    }
}

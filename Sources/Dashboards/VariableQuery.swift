// The queries of variables as Grafana's Prometheus data source reads them: label_values, query_result and their kin.
// VariableResolver runs them.

import MetricModel
import Querying

/// One question for the options of a variable.
public enum VariableQuery: Hashable, Sendable {
    /// Selectors may be empty: the label's values everywhere.
    case labelValues(selector: String, label: String)
    case labelNames(pattern: String)
    case metrics(pattern: String)
    case queryResult(String)
    /// A bare selector: each series is an option.
    case series(String)

    /// Reads a query after interpolation. Nil for an empty one.
    public init?(parsing text: String) {
        let text = text.trimmingSpaces
        guard !text.isEmpty else { return nil }
        if let inner = Self.argument(of: "label_values", text) {
            let (selector, label) = Self.splitLast(inner)
            self = .labelValues(selector: selector, label: label)
        } else if let inner = Self.argument(of: "label_names", text) {
            self = .labelNames(pattern: inner)
        } else if let inner = Self.argument(of: "metrics", text) {
            self = .metrics(pattern: inner)
        } else if let inner = Self.argument(of: "query_result", text) {
            self = .queryResult(inner)
        } else {
            self = .series(text)
        }
    }

    /// The text between the parentheses of `name(...)`, which must end the query.
    private static func argument(of name: String, _ text: String) -> String? {
        guard text.hasPrefix(name) else { return nil }
        let rest = text.dropFirst(name.count).trimmingSpaces
        guard rest.hasPrefix("("), rest.hasSuffix(")") else { return nil }
        return rest.dropFirst().dropLast().trimmingSpaces
    }

    /// Splits at the last comma outside of braces, brackets and quotes: selectors hold commas of their own.
    private static func splitLast(_ text: String) -> (String, String) {
        var depth = 0
        var quote: UInt8?
        var last: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text.utf8[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") {
                    index = text.utf8.index(after: index)
                    if index == text.endIndex { break }
                } else if byte == open {
                    quote = nil
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): quote = byte
                case UInt8(ascii: "{"), UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: ",") where depth == 0: last = index
                default: break
                }
            }
            index = text.utf8.index(after: index)
        }
        guard let last else { return ("", text) }
        return (text[..<last].trimmingSpaces, text[text.index(after: last)...].trimmingSpaces)
    }
}

extension VariableQuery {
    /// The raw options, before filter and order.
    func options(
        _ backend: any QueryBackend, range: TimeRange
    ) async throws(QueryFailure) -> [String] {
        let limit = VariableResolver.optionsMax
        switch self {
        case .labelValues(let selector, let label):
            let selectors = selector.isEmpty ? [] : [selector]
            return try await backend.labelValues(label, selectors, start: range.start, end: range.end, limit: limit)
        case .labelNames(let pattern):
            let names = try await backend.labelNames([], start: range.start, end: range.end, limit: limit)
            let compiled = pattern.isEmpty ? nil : TextPattern(pattern)
            return names.filter { $0 != "__name__" && compiled?.matches($0) ?? true }
        case .metrics(let pattern):
            let names = try await backend.labelValues(
                LabelSet.metricNameLabel, [], start: range.start, end: range.end, limit: limit)
            let compiled = pattern.isEmpty ? nil : TextPattern(pattern)
            return names.filter { compiled?.matches($0) ?? true }
        case .queryResult(let expression):
            let result = try await backend.instant(InstantRequest(query: expression, time: range.end))
            return Self.texts(result.value)
        case .series(let selector):
            let series = try await backend.series([selector], start: range.start, end: range.end, limit: limit)
            return series.map { Self.text($0) }
        }
    }

    /// `name{k="v",k2="v2"} value milliseconds`, labels in order of name; a scalar is its value alone.
    static func texts(_ value: QueryValue) -> [String] {
        switch value {
        case .scalar(_, let number): return [prometheusText(number)]
        case .string(_, let text): return [text]
        case .vector(let elements):
            return elements.map { element in
                let number: Double = if case .float(let number) = element.value { number } else { .nan }
                return "\(text(element.labels)) \(prometheusText(number)) \(element.timestamp.milliseconds)"
            }
        case .matrix: return []
        }
    }

    private static func prometheusText(_ number: Double) -> String {
        number.isInfinite ? (number < 0 ? "-Inf" : "+Inf") : numberText(number)
    }

    static func text(_ labels: LabelSet) -> String {
        let pairs = labels.labels.filter { $0.name != LabelSet.metricNameLabel }.map { "\($0.name)=\"\($0.value)\"" }
        return "\(labels.metricName ?? ""){\(pairs.joined(separator: ","))}"
    }
}

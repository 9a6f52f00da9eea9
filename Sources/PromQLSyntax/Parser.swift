// Query text to a checked syntax tree, or one error with its place.

/// Why a query was refused. `range` is in bytes of the query.
public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public var range: SourceRange
    /// What was found and what was wanted, without place or hint.
    public var message: String
    /// "did you mean `rate`?"
    public var hint: String?

    public init(range: SourceRange, message: String, hint: String? = nil) {
        self.range = range
        self.message = message
        self.hint = hint
    }
    public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

extension Expression {
    /// Parses and type-checks.
    public init(parsing query: String) throws(SyntaxError) {
        throw SyntaxError(range: SourceRange(0, 0), message: "no expression found in input")
    }

    public var type: ValueType { .scalar }
}

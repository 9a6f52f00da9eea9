// What a failed expectation says: where it stands, what was asked, wanted and found, and a picture of the series.
// Thrown by everything in this module; any test library prints its description.

/// A failed expectation. `description` is the whole report, made to be read in the output of a test run.
///
/// It names the file and line of the call, because a test library knows only where the test begins. `fileID`,
/// `filePath`, `line` and `column` are apart as well, for those who hand them on as a source location.
public struct ExpectationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Hashable, Sendable {
        /// The answer is another one than wanted.
        case mismatch
        /// The query has no answer: it is no PromQL, or a limit was reached.
        case query
        /// What the test itself says cannot be read: series notation, an expected vector, a script, a page of metrics.
        case notation
        /// A sample was not stored.
        case refused
        /// What was waited for did not come before the deadline, or the closure that a wait calls threw.
        case deadline
    }

    /// What went wrong.
    public let kind: Kind
    /// One line: what failed, without the query and the picture.
    public let summary: String
    /// Lines below the summary, not indented.
    public let details: [String]
    /// `Module/File.swift` of the call.
    public let fileID: String
    /// The whole path of that file, as the compiler was given it.
    public let filePath: String
    /// Line of the call, from 1.
    public let line: Int
    /// Column of the call, from 1.
    public let column: Int

    init(_ kind: Kind, _ summary: String, _ details: [String] = [], at place: SourcePlace) {
        self.kind = kind
        self.summary = summary
        self.details = details
        fileID = place.fileID
        filePath = place.filePath
        line = place.line
        column = place.column
    }

    /// `Module/File.swift:12: summary`, then the details, indented by two blanks.
    public var description: String {
        ([head] + details.map { $0.isEmpty ? "" : "  " + $0 }).joined(separator: "\n")
    }

    private var head: String { "\(fileID):\(line): \(summary)" }

    var place: SourcePlace { SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column) }
}

/// Where a call stands in the test's source.
struct SourcePlace: Hashable, Sendable {
    var fileID: String
    var filePath: String
    var line: Int
    var column: Int
}

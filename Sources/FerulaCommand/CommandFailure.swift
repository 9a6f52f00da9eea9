// How a command ends badly: one clear message on standard error and an exit code.
// Thrown by subcommands, printed by Program.

/// Exit codes, the table of `ferula --help`.
enum ExitStatus {
    static let failure: Int32 = 1
    static let usage: Int32 = 2
    /// Findings of `--strict` and `--lint-fatal`.
    static let findings: Int32 = 3
    static let assertionFalse: Int32 = 4
    static let empty: Int32 = 5

    /// For the help of every command that has more than 0, 1 and 2.
    static let table = """
        Exit codes:
          0      answered (also with an empty answer)
          1      error: no connection, a query that is not understood, a damaged file
          2      wrong usage
          4      --assert: it does not hold
          5      --fail-on-empty: the answer is empty
          128+n  ended by signal n (130: Ctrl-C)
        """

    /// Of a picture, in which a panel may say by itself what is missing.
    static let pictureTable = """
        Exit codes:
          0      drawn; a panel without data, or whose query failed, says so
          1      error: no connection, a damaged file
          2      wrong usage
          3      --strict: a panel has no data, or its query failed
          128+n  ended by signal n (130: Ctrl-C)
        """

    /// The same without what only `ferula query` has.
    static let listingTable = """
        Exit codes:
          0      answered (also with an empty list)
          1      error: no connection, a selector that is not understood, a damaged file
          2      wrong usage
          5      --fail-on-empty: the list is empty
          128+n  ended by signal n (130: Ctrl-C)
        """
}

struct CommandFailure: Error, CustomStringConvertible {
    /// One line, or several when a place in the input is shown with a caret; empty when all was said already.
    var description: String
    var status: Int32
    /// The source did not answer, and may do so later.
    var mayPass = false

    init(_ description: String, status: Int32 = ExitStatus.failure) {
        self.description = description
        self.status = status
    }
}

// How a command ends badly: one clear message on standard error and an exit code.
// Thrown by subcommands, printed by Program.

/// Exit codes, the table of `ferula --help`.
enum ExitStatus {
    static let failure: Int32 = 1
    static let usage: Int32 = 2
}

struct CommandFailure: Error, CustomStringConvertible {
    /// One line, or several when a place in the input is shown with a caret.
    var description: String
    var status: Int32

    init(_ description: String, status: Int32 = ExitStatus.failure) {
        self.description = description
        self.status = status
    }
}

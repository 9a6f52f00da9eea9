// The log: one message is one line of logfmt on standard error, and what repeats within a minute is counted.
// The logger of `ferula serve`; a dashboard shows the same messages as notices.

import DashboardApp
import Logging
import MetricModel
import PrometheusAPI
import Synchronization

/// What is written of a message, apart from where it goes.
enum LogLine {
    /// `time=2026-11-26T08:00:00.000Z level=warn msg="..." job=app`
    static func text(
        _ level: Logger.Level, _ message: String, _ metadata: [(name: String, value: String)] = [], at time: Timestamp,
        repeated: Int = 0
    ) -> String {
        var line = "time=\(APITime.rfc3339(time)) level=\(name(of: level)) msg=\(value(message))"
        for field in metadata { line += " \(field.name)=\(value(field.value))" }
        if repeated > 0 { line += " repeated=\(repeated)" }
        return line
    }

    /// As Prometheus names them in `--log.level`.
    static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warn"
        case .error, .critical: "error"
        }
    }

    static let levels: KeyValuePairs<String, Logger.Level> = [
        "debug": .debug, "info": .info, "warn": .warning, "error": .error,
    ]

    /// Quoted where it must be. Messages quote what others sent: none of it moves the cursor or ends the line.
    static func value(_ text: String) -> String {
        var isPlain = !text.isEmpty
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                isPlain = false
                quoted += "\\\(scalar)"
            case "\n":
                isPlain = false
                quoted += "\\n"
            case "\t":
                isPlain = false
                quoted += "\\t"
            default:
                if scalar == " " || scalar == "=" { isPlain = false }
                guard
                    [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
                else {
                    quoted.unicodeScalars.append(scalar)
                    continue
                }
                isPlain = false
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            }
        }
        return isPlain ? text : quoted + "\""
    }
}

/// Which messages are new: one that was written within the last minute is only counted.
struct LogCollapse {
    static let window = Milliseconds.minutes(1)
    /// Messages remembered; who says more different things in a minute has them all written.
    static let messagesMax = 1024

    private var known: [String: (written: Timestamp, repeated: Int)] = [:]

    /// How often it was left out since it was last written; nil: it is left out now.
    mutating func admit(_ message: String, at now: Timestamp) -> Int? {
        if let last = known[message], now - last.written < Self.window, now >= last.written {
            known[message] = (last.written, last.repeated + 1)
            return nil
        }
        let repeated = known[message]?.repeated ?? 0
        if known.count >= Self.messagesMax, known[message] == nil {
            known = known.filter { now - $0.value.written < Self.window && now >= $0.value.written }
            if known.count >= Self.messagesMax { known = [:] }
        }
        known[message] = (now, 0)
        return repeated
    }
}

/// A logger whose messages go to `write`, one call a message.
struct MessageLog: LogHandler {
    /// Guards what was written in the last minute.
    private final class Collapse: Sendable {
        let state = Mutex(LogCollapse())
    }
    struct Message: Sendable {
        var level: Logger.Level
        var text: String
        var metadata: [(name: String, value: String)]
        var time: Timestamp
        var repeated: Int
    }

    /// Nil: every message is written.
    private let collapse: Collapse?
    private let write: @Sendable (Message) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(_ level: Logger.Level, collapses: Bool = true, write: @escaping @Sendable (Message) -> Void) {
        logLevel = level
        collapse = collapses ? Collapse() : nil
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let text = event.message.description
        let now = Clock.now()
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key.isBefore($1.key) }
            .map { (name: $0.key, value: "\($0.value)") }
        let key = ([event.level.rawValue, text] + fields.map(\.value)).joined(separator: "\u{0}")
        var repeated: Int? = 0
        if let collapse { repeated = collapse.state.withLock { $0.admit(key, at: now) } }
        guard let repeated else { return }
        write(Message(level: event.level, text: text, metadata: fields, time: now, repeated: repeated))
    }
}

extension Logger {
    /// Lines of logfmt, by way of a queue: whoever logs does not wait for whoever reads.
    ///
    /// - `collapses`: false for what somebody asked for, who waits for the answer.
    static func lines(_ level: Level, to queue: LogQueue, collapses: Bool = true) -> Logger {
        Logger(label: "ferula") { _ in
            MessageLog(level, collapses: collapses) { message in
                queue.add(
                    LogLine.text(
                        message.level, message.text, message.metadata, at: message.time, repeated: message.repeated))
            }
        }
    }

    /// What somebody who looks at a screen must know, as notices; nil for what is good to know.
    static func notices(_ tell: @escaping @Sendable (Notice) -> Void) -> Logger {
        Logger(label: "ferula") { _ in
            MessageLog(.info) { tell(Notice($0.text, isError: $0.level >= .warning)) }
        }
    }

    /// Warnings as plain lines on standard error, beside a picture on standard output.
    static func warnings() -> Logger {
        Logger(label: "ferula") { _ in
            MessageLog(.warning) { Program.write(line: LogLine.printable($0.text), to: 2) }
        }
    }
}

extension LogLine {
    /// For a terminal, unquoted.
    static func printable(_ text: String) -> String { DiscoveryText.printable(text) }
}

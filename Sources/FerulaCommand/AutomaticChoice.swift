// `-d auto`, `--auto job=api`: that a dashboard is to be made of the metrics there are, and of which of them.
// Used by DashCommand, RemoteDash and RenderCommand; DashboardApp asks and makes it.

import DashboardApp
import Dashboards
import Glibc
import MetricModel
import PromQLSyntax
import Querying

enum AutomaticChoice {
    /// The word that stands for one among the names of dashboards.
    static let name = "auto"

    /// `job=api`, `job="api",instance=~"a.*"`: what stands between the braces of a selector, or with them; one value needs
    /// no quotes.
    static func matchers(_ given: String) throws(CommandFailure) -> [Matcher] {
        let isBraced = given.hasPrefix("{") && given.hasSuffix("}") && given.utf8.count > 1
        let text = isBraced ? String(given.dropFirst().dropLast()) : given
        var inner = text
        if !text.contains("\""), let equals = text.firstIndex(of: "="), !text.contains(",") {
            let value = text[text.index(after: equals)...]
            if !value.hasPrefix("~"), text[..<equals].last != "!" {
                inner = text[..<equals] + "=" + String(value).quotedForPrometheus
            }
        }
        do {
            guard case .vectorSelector(let selector) = try Expression(parsing: "{\(inner)}"), !selector.matchers.isEmpty
            else { throw refusal(of: given, "") }
            return selector.matchers
        } catch let failure as SyntaxError {
            // Its place would be in a text that nobody typed.
            throw refusal(of: given, text.contains("\"") ? ": \(failure.message)" : "")
        } catch {
            throw error as? CommandFailure ?? refusal(of: given, "")
        }
    }

    private static func refusal(of text: String, _ reason: String) -> CommandFailure {
        CommandFailure(
            "--auto: `\(text)` is no list of matchers, such as job=api or job=\"api\",instance=~\"a.*\"\(reason)",
            status: ExitStatus.usage)
    }

    private static let valuesTold = 5

    /// What is said where no series matches, with values that there are.
    static func nothing(
        of matchers: [Matcher], in backend: any QueryBackend, _ source: String, now: Timestamp
    ) async -> CommandFailure {
        let wanted = matchers.map(\.description).joined(separator: ",")
        var hint = ""
        // What a series without the label satisfies, such as `env!="x"`, is not what is missing.
        for matcher in matchers where !matcher.matches("") {
            // `try?`: what cannot be asked is left out of the hint.
            let answered = try? await backend.labelValues(
                matcher.name, [], start: now - .hours(1), end: now, limit: 0)
            guard let values = answered, !values.contains(where: matcher.matches) else { continue }
            let told = values.prefix(valuesTold).map(\.quotedForPrometheus).joined(separator: ", ")
            let more = values.count > valuesTold ? " and \(values.count - valuesTold) more" : ""
            hint = values.isEmpty ? "; no series has the label \(matcher.name)" : "; \(matcher.name) is \(told)\(more)"
            break
        }
        return CommandFailure("--auto: \(source) has no series with \(wanted) now\(hint)")
    }

    static func dashboard(
        of backend: any QueryBackend, matchers: [Matcher] = [], title: String, now: Timestamp
    ) async throws(CommandFailure) -> Dashboard {
        switch await automaticDashboard(of: backend, matchers: matchers, title: title, now: now) {
        case .success(let made): return made
        case .failure(let failure): throw CommandFailure("\(failure)")
        }
    }
}

/// `:write`: a dashboard's file, whole or not at all.
enum DashboardSaving {
    static func save(_ text: String, _ path: String, _ replaces: Bool) -> Notice {
        do {
            let place = expanded(path)
            if replaces {
                try PictureFile.write(Array(text.utf8), to: place)
            } else {
                try create(Array(text.utf8), place)
            }
            return Notice("written to \(path); `-d \(path)` beside the same target or server opens it")
        } catch {
            return Notice("\(error)", isError: true)
        }
    }

    /// Only where there is nothing.
    private static func create(_ bytes: [UInt8], _ path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw CommandFailure("\(path) is there already; :write! \(path) replaces it") }
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        let failure = Program.write(bytes: bytes, to: descriptor)
        close(descriptor)
        if let failure {
            unlink(path)
            throw CommandFailure("\(path): \(String(cString: strerror(failure)))")
        }
    }

    static func expanded(_ path: String, home: String? = getenv("HOME").map { String(cString: $0) }) -> String {
        guard path.hasPrefix("~/"), let home else { return path }
        return home + path.dropFirst()
    }
}

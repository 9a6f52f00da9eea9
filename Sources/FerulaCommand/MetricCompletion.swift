// Proposals of a shell for the word that is an expression, a selector, a metric or a label.
// Asked by the scripts of CompletionCommand through ArgumentParser; names come from the server of the command line.

import ArgumentParser
import Ferula
import Glibc
import HTTPAccess
import PromQLSyntax
import PrometheusAPI
import Querying
import Synchronization

enum MetricCompletion {
    /// What the word is.
    enum Subject: Sendable { case expression, selector, metric, label }

    static let proposalsMax = 500
    /// A shell waits for its proposals, and so does the person before it.
    static let patienceMilliseconds: Int64 = 3000

    static func kind(_ subject: Subject) -> CompletionKind {
        .custom { words, index, typed in
            let isBash = CompletionShell.requesting == .bash
            return blocking { await complete(subject, words, index, typed, isBash: isBash) }
        }
    }

    /// For ArgumentParser, which asks synchronously unless every parse is asynchronous. The task runs on the pool while
    /// the main thread waits.
    private static func blocking(_ body: @escaping @Sendable () async -> [String]) -> [String] {
        let answer = Proposals()
        Task.detached { answer.finish(await body()) }
        return answer.wait(until: Clock.monotonicMilliseconds() + patienceMilliseconds)
    }

    /// Functions, and names of the server that the words or the environment name, when it answers at once.
    static func complete(
        _ subject: Subject, _ words: [String], _ index: Int, _ typed: String, isBash: Bool
    ) async -> [String] {
        let typed = index < words.count ? words[index] : typed
        // An option; an expression that begins with a minus is rare.
        if typed.hasPrefix("-") { return [] }
        let quote = String(typed.prefix { "'\"".contains($0) }.prefix(1))
        let query = String(typed.dropFirst(quote.count))
        let found = await proposals(subject, query, NameServer(words))
        guard isBash else { return found.map { quote + $0.text } }
        return quote.isEmpty ? inShell(found) : inQuotes(found)
    }

    /// The whole word with one proposal at its end, and what may follow it.
    struct Proposal: Hashable, Sendable {
        var text: String
        /// The text continued by what usually comes next.
        var continued: String
    }

    /// bash closes the quotes of a word that has one proposal alone: there are two, which begin alike.
    private static func inQuotes(_ found: [Proposal]) -> [String] {
        found.count == 1 ? found.flatMap { [$0.text, $0.continued] } : found.map(\.text)
    }

    /// Where anything else than a name is among them, the quote that the word needs is a part of it.
    private static func inShell(_ found: [Proposal]) -> [String] {
        let isPlain = found.allSatisfy { proposal in
            proposal.text.utf8.allSatisfy {
                $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a || $0 >= 0x30 && $0 <= 0x3a || $0 == 0x5f
            }
        }
        return found.map { isPlain ? $0.text : "'" + $0.text }
    }

    private static func proposals(_ subject: Subject, _ query: String, _ server: NameServer?) async -> [Proposal] {
        switch subject {
        case .metric: return listed(await server?.values(of: LabelSet.metricNameLabel, []) ?? [], query)
        case .label: return listed(await server?.labels([]) ?? [], query)
        case .expression, .selector: break
        }
        let place = Completion(of: query, at: query.utf8.count)
        let before = String(decoding: query.utf8.prefix(place.range.start), as: UTF8.self)
        var names: [Proposal] = []
        for expectation in place.expectations {
            switch expectation {
            case .function where subject == .expression:
                names += BuiltinFunction.allCases.map { Proposal(text: $0.rawValue + "(", continued: $0.usage) }
            case .aggregation where subject == .expression:
                names += AggregationOperator.allCases.map { Proposal(text: $0.rawValue, continued: $0.rawValue + " (") }
            case .metricName:
                names += (await server?.values(of: LabelSet.metricNameLabel, []) ?? [])
                    .map { Proposal(text: $0, continued: $0 + "{") }
            case .labelName(let context):
                names += (await server?.labels(context.map { [selector($0)] } ?? []) ?? [])
                    .map { Proposal(text: $0, continued: $0 + "=") }
            case .labelValue(let label, let context):
                let values = await server?.values(of: label, [selector(context)]) ?? []
                names += values.map { value in
                    let text = String(value.quotedForPrometheus.dropLast().dropFirst())
                    return Proposal(text: text, continued: text + "\"}")
                }
            case .function, .aggregation, .matchOperator, .keyword, .durationUnit, .duration: break
            }
        }
        let fitting = names.filter { $0.text.hasPrefix(place.typed) }.sorted { $0.text.isBefore($1.text) }
        return fitting.prefix(proposalsMax).map { Proposal(text: before + $0.text, continued: before + $0.continued) }
    }

    private static func listed(_ names: [String], _ typed: String) -> [Proposal] {
        let fitting = names.filter { $0.hasPrefix(typed) }.sorted { $0.isBefore($1) }
        return fitting.prefix(proposalsMax).map { Proposal(text: $0, continued: $0 + " ") }
    }

    private static func selector(_ context: Completion.SelectorContext) -> String {
        let name = context.metricName.map { ["__name__=\($0.quotedForPrometheus)"] } ?? []
        return "{" + (name + context.matchers.map(\.description)).joined(separator: ",") + "}"
    }
}

/// A server that is asked for names while someone types. What it does not answer within a moment is not offered.
private struct NameServer {
    private let backend: RemoteBackend
    private static let options: Set<String> = [
        "--server", "--header", "--bearer-token-file", "--username", "--password-file", "--tls-ca-file",
        "--tls-cert-file", "--tls-key-file", "--http.config.file",
    ]

    /// Nil when neither `--server` among the words nor the environment names one.
    init?(_ words: [String]) {
        var arguments = Array(words.filter { $0 == "--tls-skip-verify" }.prefix(1))
        for (name, value) in zip(words, words.dropFirst()) where Self.options.contains(name) {
            arguments += [name, value.trimmingQuotes]
        }
        // A shell that completes is no place for messages.
        guard let options = try? ServerOptions.parse(arguments), var server = try? options.remoteServer(warn: { _ in })
        else { return nil }
        server.timeout = .seconds(1)
        backend = RemoteBackend(server, client: OneShotClient.shared)
    }

    private var start: Timestamp { Clock.now() - .hours(1) }

    func values(of label: String, _ selectors: [String]) async -> [String] {
        // A server that does not answer completes nothing, silently: messages would land in the line that is typed.
        (try? await backend.labelValues(label, selectors, start: start, end: Clock.now(), limit: 10_000)) ?? []
    }

    func labels(_ selectors: [String]) async -> [String] {
        // As above.
        (try? await backend.labelNames(selectors, start: start, end: Clock.now(), limit: 10_000)) ?? []
    }
}

/// Handed from a task to a thread that waits for it.
private final class Proposals: Sendable {
    // Guards `found`, nil until the task has ended.
    private let found = Mutex<[String]?>(nil)

    func finish(_ names: [String]) { found.withLock { $0 = names } }

    /// Empty when the moment passes.
    func wait(until deadline: Int64) -> [String] {
        while Clock.monotonicMilliseconds() < deadline {
            if let names = found.withLock({ $0 }) { return names }
            usleep(1000)
        }
        return []
    }
}

extension String {
    /// As the shell would hand it on: without the quotes around it.
    fileprivate var trimmingQuotes: String {
        guard count > 1, let first, first == last, "'\"".contains(first) else { return self }
        return String(dropFirst().dropLast())
    }
}

// `ferula completion SHELL`, and the metric names that a shell offers while an expression is typed.
// The scripts are ArgumentParser's, made from the commands themselves.

import ArgumentParser
import Ferula
import Glibc
import HTTPAccess
import PrometheusAPI
import Synchronization

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script of a shell.",
        discussion: """
            bash  source <(ferula completion bash)
            zsh   ferula completion zsh > ~/.zsh/_ferula   (a folder of fpath)
            fish  ferula completion fish > ~/.config/fish/completions/ferula.fish

            make install puts them where the shells look. With PROMETHEUS_URL set, metric
            and label names of that server are offered inside of a query.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try Program.output(Array((FerulaCommand.completionScript(for: kind) + "\n").utf8))
    }
}

/// Proposals for the word that is an expression.
enum MetricCompletion {
    static let proposalsMax = 500

    /// As `complete`, for ArgumentParser, which asks synchronously unless every parse is asynchronous. The task runs on
    /// the pool while the main thread waits.
    static func blocking(_ words: [String], _ index: Int, _ typed: String) -> [String] {
        let answer = Proposals()
        Task.detached { answer.finish(await complete(words, index, typed)) }
        return answer.wait()
    }

    /// Functions, and names of the server in PROMETHEUS_URL when it answers at once; a shell waits for this.
    static func complete(_ words: [String], _ index: Int, _ typed: String) async -> [String] {
        let typed = index < words.count ? words[index] : typed
        let quote = typed.first.map { "'\"".contains($0) } == true ? 1 : 0
        let query = String(typed.dropFirst(quote))
        let place = Completion(of: query, at: query.utf8.count)
        let before = String(typed.prefix(quote)) + String(decoding: query.utf8.prefix(place.range.start), as: UTF8.self)
        let server = NameServer(words)
        var names: [String] = []
        for expectation in place.expectations {
            switch expectation {
            case .function: names += BuiltinFunction.allCases.map { $0.rawValue + "(" }
            case .aggregation: names += AggregationOperator.allCases.map(\.rawValue)
            case .metricName: names += await server?.values(of: LabelSet.metricNameLabel, []) ?? []
            case .labelName(let context): names += await server?.labels(context.map { [selector($0)] } ?? []) ?? []
            case .labelValue(let label, let context):
                let values = await server?.values(of: label, [selector(context)]) ?? []
                names += values.map { String($0.quotedForPrometheus.dropLast().dropFirst()) }
            case .matchOperator, .keyword, .durationUnit, .duration: break
            }
        }
        let found = names.filter { $0.hasPrefix(place.typed) }
        return found.sorted { $0.isBefore($1) }.prefix(proposalsMax).map { before + $0 }
    }

    private static func selector(_ context: Completion.SelectorContext) -> String {
        let name = context.metricName.map { ["__name__=\($0.quotedForPrometheus)"] } ?? []
        return "{" + (name + context.matchers.map(\.description)).joined(separator: ",") + "}"
    }
}

/// A server that is asked for names while someone types. What it does not answer within a moment is not offered.
private struct NameServer {
    private let backend: RemoteBackend

    /// Nil when neither `--server` among the words nor the environment names one.
    init?(_ words: [String]) {
        var arguments: [String] = []
        if let place = words.firstIndex(of: "--server"), place + 1 < words.count {
            arguments = ["--server", words[place + 1]]
        }
        // A shell that completes is no place for messages.
        guard let options = try? ServerOptions.parse(arguments), var server = try? options.remoteServer(warn: { _ in })
        else { return nil }
        server.timeout = .seconds(1)
        backend = RemoteBackend(server, client: OneShotClient.shared)
    }

    private var start: Timestamp { Clock.now() - .hours(1) }

    func values(of label: String, _ selectors: [String]) async -> [String] {
        // As above.
        // A server that does not answer completes nothing, silently: messages would land in the line that is typed.
        (try? await backend.labelValues(label, selectors, start: start, end: Clock.now(), limit: 10_000)) ?? []
    }

    func labels(_ selectors: [String]) async -> [String] {
        // As above.
        // As above.
        (try? await backend.labelNames(selectors, start: start, end: Clock.now(), limit: 10_000)) ?? []
    }
}

/// Handed from a task to a thread that waits for it.
private final class Proposals: Sendable {
    // Guards `found`, nil until the task has ended.
    private let found = Mutex<[String]?>(nil)

    func finish(_ names: [String]) { found.withLock { $0 = names } }

    func wait() -> [String] {
        while true {
            if let names = found.withLock({ $0 }) { return names }
            usleep(1000)
        }
    }
}

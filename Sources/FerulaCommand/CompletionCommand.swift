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
        let script = FerulaCommand.completionScript(for: kind)
        try Program.output(Array(((shell == .fish ? FishScript.mended(script) : script) + "\n").utf8))
    }
}

/// ArgumentParser 1.8's script for fish, made to work with flags that have a point in their name.
///
/// fish's `argparse` refuses a name with a point and changes nothing then, and the script's loop over the words that are
/// left goes on for ever. Here such names have `_` where the script talks about them, flags that argparse does not know
/// are passed over, and the loop ends when it is refused anything.
enum FishScript {
    static func mended(_ script: String) -> String {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.contains("__ferula_parse_subcommand ") {
                return String(line.replacing(".", with: "_"))
            }
            if line.contains("argparse -sn \"$commands\" $option_specs -- ") {
                return String(line.replacing("argparse -sn", with: "argparse -isn")) + "; or break"
            }
            // The condition of a proposal: from `-n '` to the next quote.
            let mark = "-n '__ferula_should_offer_completions_for_flags_or_options"
            guard line.hasPrefix("complete "), let start = line.firstRange(of: mark) else { return String(line) }
            let condition = line[start.upperBound...].prefix { $0 != "'" }
            return String(line[..<start.upperBound]) + String(condition).replacing(".", with: "_")
                + String(line[condition.endIndex...])
        }
        return lines.joined(separator: "\n")
    }
}

/// Proposals for the word that is an expression.
enum MetricCompletion {
    static let proposalsMax = 500
    /// A shell waits for its proposals, and so does the person before it.
    static let patienceMilliseconds: Int64 = 3000

    /// As `complete`, for ArgumentParser, which asks synchronously unless every parse is asynchronous. The task runs on
    /// the pool while the main thread waits.
    static func blocking(_ words: [String], _ index: Int, _ typed: String) -> [String] {
        let answer = Proposals()
        Task.detached { answer.finish(await complete(words, index, typed)) }
        return answer.wait(until: Clock.monotonicMilliseconds() + patienceMilliseconds)
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

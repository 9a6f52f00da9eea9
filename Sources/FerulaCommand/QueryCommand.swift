// `ferula query`: one expression, one answer, one exit code.
// Fills a store from a file or from scrapes, asks the engine once, prints the answer.

import ArgumentParser
import Dashboards
import Ferula
import FerulaServer
import Glibc
import HTTPAccess
import Scraping

enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, graph, json, csv, tsv
}

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Answer one PromQL expression and exit.",
        discussion: """
            ferula query --scrape localhost:9100 'sum by (mode) (rate(node_cpu_seconds_total[5s]))'
            ferula query --load saved.om 'topk(3, rate(http_requests_total[5m]))' -o json
            ferula query --load saved.om --start -1h --step 1m 'up' -o graph
            curl -s localhost:9100/metrics | ferula query 'node_load1'

            --scrape takes as long as the expression's windows are: [5s] needs five seconds of scrapes, every second.
            --load takes OpenMetrics text or the classic text format, with timestamps; the expression is evaluated at the
            newest sample unless --time says otherwise. Without either, a page is read from standard input.

            Times: now, now-1h, 1h (ago), RFC 3339, 2026-01-31, Unix seconds. Durations: 90s, 1h30m.
            """)

    @Argument(help: "The PromQL expression.")
    var expression: String

    @Option(help: ArgumentHelp("Scrape this URL or host:port as often as the expression needs.", valueName: "URL"))
    var scrape: String?

    @Option(help: ArgumentHelp("Read samples with timestamps from this file; - is standard input.", valueName: "FILE"))
    var load: String?

    @Option(help: ArgumentHelp("Distance of two scrapes; default 1s.", valueName: "duration"))
    var interval: String?

    // Unconditional: `-1h` is a time, not an option.
    @Option(parsing: .unconditional, help: ArgumentHelp("Evaluate at this time.", valueName: "time"))
    var time: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin of a range; asks a range query.", valueName: "time"))
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End of a range; default the newest sample, or now.", valueName: "time"))
    var end: String?

    @Option(help: ArgumentHelp("Step of a range; default a 250th of it.", valueName: "duration"))
    var step: String?

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: "How to print: table, graph, json (as the HTTP API answers), csv or tsv.")
    var output: OutputForm?

    @Flag(help: "Leave out the first line of table, csv and tsv.")
    var noHeaders = false

    func validate() throws {
        if scrape != nil && load != nil { throw ValidationError("--scrape and --load exclude each other") }
        if time != nil && (start != nil || end != nil || step != nil) {
            throw ValidationError("--time asks about one moment, --start, --end and --step about a range: choose one")
        }
        if start == nil && (end != nil || step != nil) { throw ValidationError("a range needs --start") }
        if scrape == nil && load == nil && isatty(0) == 1 {
            throw ValidationError("nothing to ask: give --scrape URL, --load FILE, or a page on standard input")
        }
    }

    func run() async throws {
        let parsed: Expression
        do {
            parsed = try Expression(parsing: expression)
        } catch {
            throw CommandFailure(error.rendered(in: expression))
        }
        let store = TimeSeriesStore()
        let newest = try await fill(store, parsed)
        let backend = EmbeddedBackend(source: store)
        do {
            let result = try await ask(backend, newest)
            for annotation in result.annotations { Program.write(line: annotation.message, to: 2) }
            try Program.output(ResultPrinter(form: form, showsHeader: !noHeaders).print(result))
            if isEmpty(result.value), form == .table || form == .graph {
                Program.write(line: await emptyReason(backend, parsed), to: 2)
            }
        } catch let failure as QueryFailure {
            throw CommandFailure(failure.rendered(in: expression))
        }
    }

    private var form: OutputForm { output ?? .table }

    // MARK: Data

    /// Brings samples into the store; returns the time that a question without `--time` is about.
    private func fill(_ store: TimeSeriesStore, _ parsed: Expression) async throws -> Timestamp {
        guard let scrape else {
            let report = try LoadFile.load(load ?? "-", into: store, defaultTime: Clock.now())
            if report.outcome.outOfOrder + report.outcome.tooOld + report.samplesRefused > 0 {
                let refusal = report.refusal.map { ", \(report.samplesRefused) refused (\($0))" } ?? ""
                Program.write(
                    line:
                        "not loaded: \(report.outcome.outOfOrder) samples out of order, \(report.outcome.tooOld) too old"
                        + refusal, to: 2)
            }
            return store.timeRange?.upperBound ?? Clock.now()
        }
        var wanted: Milliseconds?
        if let interval { wanted = try Self.duration(interval, "--interval") }
        let plan = ScrapePlan(for: parsed, interval: wanted)
        let client = Client(userAgent: "ferula/\(Program.version)")
        do throws(ScrapeFailure) {
            let url = try await findMetrics(scrape, client: client)
            let shot = OneShotScrape(url: url, times: plan.scrapes, interval: plan.interval)
            let showsProgress = isatty(2) == 1 && plan.scrapes > 1
            let last = try await shot.run(client: client, sink: store) { done in
                guard showsProgress else { return }
                let left = Milliseconds(plan.interval.count * Int64(plan.scrapes - done))
                Program.write(
                    bytes: Array("\r\u{1b}[Kscraped \(done) of \(plan.scrapes), \(left) left".utf8), to: 2)
            }
            if showsProgress { Program.write(bytes: Array("\r\u{1b}[K".utf8), to: 2) }
            await client.shutdown()
            return last
        } catch {
            await client.shutdown()
            throw CommandFailure(error.rendered)
        }
    }

    // MARK: Question

    private func ask(_ backend: EmbeddedBackend, _ newest: Timestamp) async throws -> QueryResult {
        guard let start else {
            let time = try time.map { try Self.time($0, "--time", relativeTo: newest) } ?? newest
            return try await backend.instant(InstantRequest(query: expression, time: time))
        }
        let from = try Self.time(start, "--start", relativeTo: newest)
        let to = try end.map { try Self.time($0, "--end", relativeTo: newest) } ?? newest
        guard from <= to else { throw CommandFailure("--start is after --end", status: ExitStatus.usage) }
        let width = try step.map { try Self.duration($0, "--step") } ?? Milliseconds(max(1000, (to - from).count / 250))
        guard (to - from).count / width.count < 1_000_000 else {
            throw CommandFailure("--step \(width) makes more than a million points", status: ExitStatus.usage)
        }
        return try await backend.range(
            RangeRequest(query: expression, grid: StepGrid(start: from, end: to, step: width)))
    }

    private static func time(_ text: String, _ option: String, relativeTo now: Timestamp) throws -> Timestamp {
        do {
            return try TimeExpression.parse(text, now: now, offset: Clock.localOffset(now))
        } catch {
            throw CommandFailure("\(option): \(error)", status: ExitStatus.usage)
        }
    }

    static func duration(_ text: String, _ option: String) throws -> Milliseconds {
        let seconds = Double(text).map { Milliseconds(seconds: $0) }
        guard let duration = Milliseconds(parsing: text) ?? seconds, duration.count > 0 else {
            throw CommandFailure(
                "\(option): `\(text)` is no duration; wanted something like 15s, 1h30m or 500ms",
                status: ExitStatus.usage)
        }
        return duration
    }

    // MARK: Empty answers

    private func isEmpty(_ value: QueryValue) -> Bool {
        switch value {
        case .vector(let elements): elements.isEmpty
        case .matrix(let series): series.isEmpty
        case .scalar, .string: false
        }
    }

    /// What is missing: a metric, or a rate's second sample.
    private func emptyReason(_ backend: EmbeddedBackend, _ parsed: Expression) async -> String {
        // Without the names the reason is the general one.
        let names =
            (try? await backend.labelValues(
                LabelSet.metricNameLabel, [], start: .distantPast, end: .distantFuture, limit: 0)) ?? []
        if names.isEmpty { return "no data: nothing was loaded" }
        for name in MetricNames.read(by: parsed) where !names.contains(where: { $0.isSameBytes(as: name) }) {
            let nearest = FirstArgument.nearest(to: name, in: names)
            return "no data: there is no metric `\(name)`" + (nearest.map { "; did you mean `\($0)`?" } ?? "")
        }
        return "no data: the metrics are there, but no series matches, or a window holds too few samples"
    }
}

/// The metric names that an expression reads.
enum MetricNames {
    static func read(by expression: Expression) -> [String] {
        switch expression {
        case .number, .string: []
        case .vectorSelector(let node): node.metricName.map { [$0] } ?? []
        case .matrixSelector(let node): node.selector.metricName.map { [$0] } ?? []
        case .subquery(let node): read(by: node.expression)
        case .call(let node): node.arguments.flatMap(read)
        case .aggregation(let node): read(by: node.expression) + (node.parameter.map(read) ?? [])
        case .binary(let node): read(by: node.left) + read(by: node.right)
        case .unary(let node): read(by: node.expression)
        case .parenthesized(let node): read(by: node.expression)
        }
    }
}

extension QueryFailure {
    /// With the place in the query and a caret, when there is one.
    func rendered(in query: String) -> String {
        guard let bytes else { return hint.map { "\(message)\n  \($0)" } ?? message }
        return SyntaxError(range: SourceRange(bytes.lowerBound, bytes.upperBound), message: message, hint: hint)
            .rendered(in: query)
    }
}

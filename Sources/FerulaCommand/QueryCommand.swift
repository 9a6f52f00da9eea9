// `ferula query`: one expression, one answer, one exit code.
// Opens a source, asks it once (or again and again for --watch and --assert), prints the answer.

import ArgumentParser
import DashboardApp
import Ferula
import Frames
import Glibc
import PromQLSyntax
import Querying

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Answer one PromQL expression and exit.",
        discussion: """
            ferula query --server localhost:9090 'up == 0'
            ferula query --scrape localhost:9100 'rate(node_cpu_seconds_total[5s])'
            ferula query --load saved.om 'topk(3, rate(requests_total[5m]))' -o json
            curl -s localhost:9100/metrics | ferula query node_load1
            ferula query --start 6h --step 1m 'sum(up)' -o graph
            ferula query -q 'count(up)'               # the number alone
            ferula query --assert 'up == 1' --timeout 1m && deploy

            Where from: --server (or PROMETHEUS_URL), --scrape, --load, or standard
            input. --scrape takes as long as the windows are: [5s] takes five seconds.
            --load takes OpenMetrics text or the classic format, plain or gzip; now is
            then its newest sample. Samples without a timestamp get the time of reading.

            Times: now, now-1h, now/d, 1h (ago), 2026-01-31 12:00, RFC 3339, Unix time.
            Durations: 90s, 1h30m, 1d, or seconds.

            Forms (-o): table, graph (default of a range), json (as the HTTP API
            answers), jsonl (an object a sample), csv, tsv, md (Markdown), prom and
            openmetrics (a page that --load reads again), promql (as promtool prints).

            --assert: a comparison must hold for every series it compares, and there
            must be one; and, or, unless must leave a series; of anything else no value
            may be 0 or NaN. Series that fail are printed. --for: it must hold so long.
            --timeout: wait until it holds. Both: it must hold so long within that time.

            A flag may stand in the environment: FERULA_OUTPUT=json, FERULA_NO_HEADERS=1.

            promtool's spellings work too: query instant URL EXPR, query range URL EXPR,
            query series URL --match SELECTOR, query labels URL NAME.

            \(ExitStatus.table)
            """)

    @Argument(
        help: ArgumentHelp("The PromQL expression.", valueName: "expression"),
        completion: MetricCompletion.kind(.expression))
    var words: [String] = []

    @OptionGroup(title: "Source") var source: SourceOptions
    @OptionGroup(title: "Time") var times: TimeOptions

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: ArgumentHelp("How to print.", valueName: "form"))
    var output: OutputForm?

    @Flag(help: "Leave out the first line of table, csv, tsv and md, and the names of --file's queries.")
    var noHeaders = false

    @Flag(name: [.customShort("q"), .customLong("raw")], help: "Print the values alone, one a line.")
    var isRaw = false

    @Option(help: "auto, always or never; NO_COLOR is honoured.")
    var color: ColorWish = .auto

    @Option(
        help: ArgumentHelp(
            "Ask the queries of this file: one a line or one a block; # comments, name = query.", valueName: "FILE"),
        completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp("Ask again and again; --watch alone: every 2s. Ctrl-C ends it.", valueName: "duration"))
    var watch: String?

    @Flag(help: "Exit with 4 unless the expression holds; print the series for which it does not.")
    var assert = false

    @Option(
        name: .customLong("for"), help: ArgumentHelp("--assert: it must hold for so long.", valueName: "duration"))
    var holdFor: String?

    @Option(help: ArgumentHelp("--assert: wait at most so long until it holds.", valueName: "duration"))
    var timeout: String?

    @Flag(help: "Exit with 5 when the answer is empty.")
    var failOnEmpty = false

    func validate() throws {
        if file != nil, !words.isEmpty { throw ValidationError("give either an expression or --file") }
        if file == nil, words.isEmpty { throw ValidationError("no expression; an example: ferula query 'up == 0'") }
        if words.count > 1 {
            throw ValidationError("one expression is wanted, found \(words.count) words: put it in quotes")
        }
        if !assert, holdFor != nil || timeout != nil {
            throw ValidationError("--for and --timeout say how long --assert looks: add --assert")
        }
        if let holdFor = holdFor.flatMap(DurationText.parse), let timeout = timeout.flatMap(DurationText.parse),
            holdFor >= timeout
        {
            throw ValidationError("--for \(holdFor) does not fit into --timeout \(timeout): it must be shorter")
        }
        if assert, times.isRange { throw ValidationError("--assert is about one moment: leave --start out") }
        if assert, file != nil || watch != nil {
            throw ValidationError("--assert is about one expression: leave --file and --watch out")
        }
        if watch != nil, times.time != nil || times.end != nil {
            throw ValidationError("--watch is about now: leave --time and --end out")
        }
    }

    func run() async throws {
        let queries = try readQueries()
        let expressions = try queries.map { try Self.parsed($0.text) }
        if assert, let expression = expressions.first { return try await check(expression) }
        try await source.with(expressions, times) { source in
            if let watch {
                try await self.watch(queries, source, every: try DurationText.read(watch, "--watch"))
            } else {
                let answers = try await ask(queries, source, tells: true)
                try Program.output(try printer.print(answers))
                try await tellOfEmpty(answers, source)
            }
        }
    }

    private func readQueries() throws -> [NamedQuery] {
        guard let file else { return words.map { NamedQuery(text: $0) } }
        let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
        return try QueryFile.parse(text, name: file)
    }

    static func parsed(_ text: String) throws(CommandFailure) -> Expression {
        do throws(SyntaxError) {
            return try Expression(parsing: text)
        } catch {
            throw CommandFailure(error.rendered(in: text))
        }
    }

    private var form: OutputForm { output ?? (times.isRange ? .graph : .table) }

    var printer: ResultPrinter {
        ResultPrinter(
            form: form, showsHeader: !noHeaders, isRaw: isRaw, zone: times.zone,
            output: OutputTerminal.detect(color: color))
    }

    // MARK: Asking

    /// - `tells`: warnings and infos go to standard error.
    private func ask(_ queries: [NamedQuery], _ source: QuestionSource, tells: Bool) async throws -> [Answer] {
        let moment = try times.moment(now: source.now)
        var answers: [Answer] = []
        for query in queries {
            let result = try await Self.ask(query.text, moment, source.backend)
            if tells {
                for annotation in result.annotations { Program.write(line: annotation.message, to: 2) }
            }
            answers.append(
                Answer(
                    name: query.name, query: (try Self.parsed(query.text)).description, isOneOfMany: file != nil,
                    result: result, start: moment.start, end: moment.end, step: moment.step))
        }
        return answers
    }

    static func ask(
        _ query: String, _ moment: TimeOptions.Moment, _ backend: any QueryBackend
    ) async throws(CommandFailure) -> QueryResult {
        do throws(QueryFailure) {
            switch moment {
            case .instant(let time): return try await backend.instant(InstantRequest(query: query, time: time))
            case .range(let grid): return try await backend.range(RangeRequest(query: query, grid: grid))
            }
        } catch {
            throw CommandFailure(error.rendered(in: query))
        }
    }

    // MARK: Empty answers

    private func tellOfEmpty(_ answers: [Answer], _ source: QuestionSource) async throws {
        let empty = answers.filter(\.result.value.isEmpty)
        for answer in empty {
            let span = Explanation.Span(
                start: answer.start, end: answer.end, step: answer.step, dataRange: source.dataRange)
            let reason = await EmptyAnswer.reason(answer.query, source, span, times.zone)
            let name = answer.isOneOfMany ? (answer.name ?? answer.query) + ": " : ""
            Program.write(line: name + reason, to: 2)
        }
        if failOnEmpty, !empty.isEmpty { throw CommandFailure("", status: ExitStatus.empty) }
    }

    // MARK: Watching

    private func watch(_ queries: [NamedQuery], _ source: QuestionSource, every: Milliseconds) async throws {
        guard source.kind != .fixed else {
            throw CommandFailure(
                "--watch needs a source that changes: --server or --scrape, not a file", status: ExitStatus.usage)
        }
        let isScreen = isatty(1) == 1 && !isRaw && (form == .table || form == .graph)
        var isFirst = true
        var lastReason = ""
        while true {
            let begun = Clock.monotonicMilliseconds()
            var printer = printer
            if !isFirst, !isScreen, form != .table, form != .graph { printer.showsHeader = false }
            do {
                if !isFirst { try await source.refresh() }
                let answers = try await ask(queries, source, tells: isFirst && !isScreen)
                let bytes = try printer.print(answers)
                try isScreen
                    ? show(bytes, queries, every, source, isFirst: isFirst)
                    : Program.output((!isFirst && printer.showsHeader && !isRaw ? [0x0a] : []) + bytes)
            } catch let failure as CommandFailure where !isFirst {
                // The source may come back; each trouble is told once.
                if isScreen {
                    show(Array(failure.description.utf8), queries, every, source, isFirst: false)
                } else if failure.description != lastReason {
                    Program.write(line: failure.description, to: 2)
                }
                lastReason = failure.description
            }
            isFirst = false
            let left = every.count - (Clock.monotonicMilliseconds() - begun)
            // A cancelled pause ends the loop.
            guard (try? await Task.sleep(for: .milliseconds(max(0, left)))) != nil else { return }
        }
    }

    /// Over the screen's beginning, line by line: nothing flickers.
    private func show(
        _ bytes: [UInt8], _ queries: [NamedQuery], _ every: Milliseconds, _ source: QuestionSource, isFirst: Bool
    ) {
        let title = queries.count == 1 ? queries.first?.text ?? "" : file ?? ""
        let width = OutputTerminal.detect().columns
        let head =
            "every \(every)  \(times.zone.text(Clock.now()).replacingFraction)  \(title.withoutControlCharacters)"
        var text = isFirst ? "\u{1b}[2J\u{1b}[H" : "\u{1b}[H"
        text += head.clipped(toCells: width) + "\u{1b}[K\n\u{1b}[K\n"
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            text += line + "\u{1b}[K\n"
        }
        text.removeLast()
        Program.write(bytes: Array((text + "\u{1b}[J").utf8), to: 1)
    }
}

/// Why there is nothing in an answer, on one line.
enum EmptyAnswer {
    static func reason(
        _ query: String, _ source: QuestionSource, _ span: Explanation.Span, _ zone: TimeZoneChoice
    ) async -> String {
        if source.kind != .live, source.dataRange == nil { return "no data: the source has no samples" }
        guard let reason = await Explanation.reason(query, backend: source.backend, span: span) else {
            return "no data: nothing matches"
        }
        var text = "no data: " + reason.text { zone.text($0) }
        if case .tooFewSamples = reason, source.kind == .fixed, let range = source.dataRange,
            range.lowerBound == range.upperBound
        {
            text += "; one page has one sample of each series: use --scrape URL"
        }
        return text
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

extension String {
    /// `12:00:00.5 +09:00` without what is below a second.
    fileprivate var replacingFraction: String {
        guard let point = firstIndex(of: "."), let blank = self[point...].firstIndex(of: " ") else { return self }
        return String(self[..<point] + self[blank...])
    }
}

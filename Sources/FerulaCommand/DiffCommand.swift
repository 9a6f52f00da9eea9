// `ferula diff A B`: what differs between two targets, two saved pages, or two times of one source.
// Reads both sides; SnapshotComparison compares, DiffText prints.

import ArgumentParser
import Dashboards
import Ferula
import Ingestion
import MetricModel
import PromQLEngine
import Querying
import TimeSeriesStore

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two targets, saved pages or times: metrics, labels, series, and what moved most.",
        discussion: """
            ferula diff staging:8080 production:8080       two targets, each scraped twice for rates
            ferula diff before.prom after.prom             two saved pages
            curl -s localhost:8080/metrics | ferula diff before.prom -
            ferula diff before.prom localhost:8080 --fail-on-change
            ferula diff --server URL 1d now --match '{job="api"}'
            ferula diff --load saved.om 30m now            two times of one file

            First what only one of them has: metrics, types and helps, label names, series. Then counters by how much
            their rate moved (by their total, where a side is one page), and gauges by their value; what moved most
            stands first: the difference as a share of the larger value. `instance` and `job` are left out of the
            comparison of two targets.

            Exit codes:
              0      compared
              1      error: no connection, a page that cannot be read
              2      wrong usage
              4      --fail-on-change: they differ
              128+n  ended by signal n (130: Ctrl-C)
            """)

    @Argument(
        help: ArgumentHelp(
            "URL, host:port or file (- is standard input); with --server and --load a time.", valueName: "A"),
        completion: .file())
    var before: String

    @Argument(help: ArgumentHelp("What it is compared with, in the same ways.", valueName: "B"), completion: .file())
    var after: String

    @Option(
        name: [.customLong("match"), .customLong("match[]")],
        help: ArgumentHelp("Only series that this selector matches; may be repeated.", valueName: "selector"),
        completion: MetricCompletion.kind(.selector))
    var match: [String] = []

    @Option(help: ArgumentHelp("Leave this label out of the comparison; may be repeated.", valueName: "label"))
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp("Moves of at most this share of the larger value are none.", valueName: "percent"))
    var tolerance: String?

    @Option(help: ArgumentHelp("Rates at a time are over so long before it; default 5m.", valueName: "duration"))
    var window: String?

    @Option(
        help: ArgumentHelp("Show so many of each kind; 0: all. Default 20 in a table, else all.", valueName: "count"))
    var top: Int?

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: "How to print: table, json or csv.")
    var output = DiffText.Form.table

    @Flag(
        help:
            "Exit with 4 when metrics, types, helps, labels or series differ; with --tolerance also when values moved.")
    var failOnChange = false

    @OptionGroup(title: "Source") var source: SourceOptions

    func validate() throws {
        if source.scrape != nil { throw ValidationError("--scrape: name both targets, `ferula diff A B`") }
        if before == "-", after == "-" { throw ValidationError("standard input can be one side only") }
        if let top, top < 0 { throw ValidationError("--top: a count from 0 (all) on is wanted") }
        if tolerance != nil, share == nil {
            throw ValidationError("--tolerance: a share such as 10% or 0.1 is wanted, found `\(tolerance ?? "")`")
        }
    }

    private var share: Double? {
        guard let tolerance else { return 0 }
        let isPercent = tolerance.hasSuffix("%")
        guard let number = Double(isPercent ? String(tolerance.dropLast()) : tolerance), number >= 0, number.isFinite
        else { return nil }
        return isPercent ? number / 100 : number
    }

    func run() async throws {
        for selector in match {
            guard case .vectorSelector = try QueryCommand.parsed(selector) else {
                throw CommandFailure(
                    "--match: `\(selector)` is no selector; wanted something like up or {job=\"api\"}",
                    status: ExitStatus.usage)
            }
        }
        let isOfTimes = source.server.isServerGiven || source.load != nil
        let (one, other) = isOfTimes ? try await times() : try await sources()
        var ignored = Set(ignore)
        if !isOfTimes { ignored.formUnion(["instance", "job"]) }
        let comparison = SnapshotComparison(one, other, .init(ignoredLabels: ignored, tolerance: share ?? 0))
        let text = DiffText(
            names: (Self.name(before), Self.name(after)), snapshots: (one, other), comparison: comparison,
            top: top ?? (output == .table ? 20 : 0))
        try Program.output(text.bytes(output, columns: OutputTerminal.detect().columns))
        let isChanged = comparison.isStructureChanged || (tolerance != nil && comparison.hasMoves)
        if failOnChange, isChanged { throw CommandFailure("", status: ExitStatus.assertionFalse) }
    }

    private static func name(_ side: String) -> String { side == "-" ? "standard input" : side }

    // MARK: Two sources

    private func sources() async throws -> (MetricSnapshot, MetricSnapshot) {
        (try await snapshot(of: before), try await snapshot(of: after))
    }

    private func snapshot(of side: String) async throws -> MetricSnapshot {
        let choice = try choice(side)
        let interval = try source.wantedInterval() ?? .seconds(1)
        let opened = try await source.open(choice) { ScrapePlan(over: interval, interval: interval) }
        let length = opened.dataRange.map { $0.upperBound - $0.lowerBound } ?? .zero
        var snapshot = try await Self.read(
            opened, at: opened.now, window: Milliseconds(length.count + 1000), match)
        if case .scrape = choice {
            // What the scraper says of itself is on no page.
            let own: Set = [
                "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
                "scrape_series_added",
            ]
            snapshot.entries.removeAll { own.contains($0.labels.metricName ?? "") }
        }
        return snapshot
    }

    private func choice(_ side: String) throws(CommandFailure) -> SourceOptions.Choice {
        if side == "-" { return .standardInput }
        if side.hasPrefix("http://") || side.hasPrefix("https://") { return .scrape(side) }
        if FileSystem.exists(side) { return .load(side) }
        if FirstArgument.isHostAndPort(side) { return .scrape(side) }
        throw CommandFailure(
            "`\(side)` is neither a URL, host:port nor a file; two times need --server URL or --load FILE",
            status: ExitStatus.usage)
    }

    // MARK: Two times

    private func times() async throws -> (MetricSnapshot, MetricSnapshot) {
        let opened = try await source.open(try source.choice()) { ScrapePlan(over: .seconds(1), interval: .seconds(1)) }
        var length = Milliseconds.minutes(5)
        if let window { length = try DurationText.read(window, "--window") }
        let zone = TimeZoneChoice(isUTC: false)
        var snapshots: [MetricSnapshot] = []
        for side in [before, after] {
            let time: Timestamp
            do throws(TimeExpressionError) {
                time = try TimeExpression.parse(side, now: opened.now, offset: zone.offset(opened.now))
            } catch {
                throw CommandFailure("\(error)", status: ExitStatus.usage)
            }
            snapshots.append(try await Self.read(opened, at: time, window: length, match))
        }
        return (snapshots[0], snapshots[1])
    }

    /// The series that are there at a time, with what they did in the window before it.
    private static func read(
        _ source: QuestionSource, at time: Timestamp, window: Milliseconds, _ selectors: [String]
    ) async throws -> MetricSnapshot {
        let metadata = try await ask("{}") { () async throws(QueryFailure) in
            try await source.backend.metadata(metric: nil).compactMapValues(\.first)
        }
        var series: [Series] = []
        var seen: Set<LabelSet> = []
        for selector in selectors.isEmpty ? [#"{__name__=~".+"}"#] : selectors {
            let present = try await answer(source, selector, time)
            guard case .vector(let elements) = present else { continue }
            let labels = Set(elements.map(\.labels))
            guard case .matrix(let found) = try await answer(source, "\(selector)[\(window)]", time) else { continue }
            series += found.filter { labels.contains($0.labels) && seen.insert($0.labels).inserted }
        }
        return MetricSnapshot(series, metadata: metadata)
    }

    private static func answer(
        _ source: QuestionSource, _ query: String, _ time: Timestamp
    ) async throws -> QueryValue {
        try await ask(query) { () async throws(QueryFailure) in
            try await source.backend.instant(InstantRequest(query: query, time: time)).value
        }
    }

    private static func ask<Answer>(
        _ query: String, _ body: () async throws(QueryFailure) -> Answer
    ) async throws -> Answer {
        do throws(QueryFailure) {
            return try await body()
        } catch {
            let hint = error.kind == .execution ? "\n  --match names a part of the series" : ""
            throw CommandFailure(error.rendered(in: query) + hint)
        }
    }
}

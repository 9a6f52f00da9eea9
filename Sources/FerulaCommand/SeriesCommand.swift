// `ferula series`, `ferula labels`, `ferula metadata`: what a source has, without a query.
// Over the same sources as `ferula query`.

import ArgumentParser
import DashboardApp
import Ferula
import Querying

/// How a listing is printed.
enum ListingForm: String, ExpressibleByArgument, CaseIterable {
    case table, json, jsonl, csv, tsv, md, promql
}

/// Of series and labels: those that have data then.
struct ListingTime: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only what has data since this time; default 1h ago at a server.", valueName: "time"))
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only what has data before this time; default now.", valueName: "time"))
    var end: String?

    func range(_ source: QuestionSource) throws(CommandFailure) -> (start: Timestamp, end: Timestamp) {
        let wish = TimeWish(start: start ?? (source.kind == .live ? "1h" : nil), end: end)
        guard wish.start != nil else {
            guard end != nil else { return (.distantPast, .distantFuture) }
            return (.distantPast, try TimeWish(time: end).moment(now: source.now).end)
        }
        let moment = try wish.moment(now: source.now)
        return (moment.start, moment.end)
    }
}

/// What the listings have in common.
struct ListingOptions: ParsableArguments {
    @Option(name: .customLong("limit"), help: ArgumentHelp("List at most so many; default all.", valueName: "count"))
    var limitGiven: Int?

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: ArgumentHelp("How to print; json is as the HTTP API answers.", valueName: "form"))
    var output = ListingForm.table

    @Flag(help: "Leave out the first line of table, csv, tsv and md.")
    var noHeaders = false

    @Flag(help: "Exit with 5 when there is nothing to list.")
    var failOnEmpty = false

    /// 0: all.
    var limit: Int { limitGiven ?? 0 }

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit: a count from 0 (all) on is wanted") }
    }

    func print(_ rows: ResultRows, json: (inout [UInt8]) -> Void, lines: [String]) throws {
        let bytes: [UInt8] =
            switch output {
            case .table: rows.rows.isEmpty ? [] : Array(table(rows, lines).utf8)
            case .csv: Array(rows.csv(showsHeader: !noHeaders).utf8)
            case .tsv: Array(rows.tsv(showsHeader: !noHeaders).utf8)
            case .md: Array(rows.markdown(showsHeader: !noHeaders).utf8)
            case .json: APIJSON.success(json) + [0x0a]
            case .jsonl: rows.rows.flatMap { Self.object(rows.header, $0) }
            case .promql: Array(Self.text(lines).utf8)
            }
        try Program.output(bytes)
    }

    /// A table whose lines would be broken is no table: then each entry is written as PromQL writes it.
    private func table(_ rows: ResultRows, _ lines: [String]) -> String {
        let table = rows.table(showsHeader: !noHeaders)
        let columns = OutputTerminal.detect().columns
        let isWide = rows.header.count > 2 && table.split(separator: "\n").contains { $0.count > columns }
        return isWide ? Self.text(lines) : table
    }

    private static func text(_ lines: [String]) -> String {
        lines.map { $0.withoutControlCharacters + "\n" }.joined()
    }

    func tellEmpty(_ reason: String) throws(CommandFailure) {
        Program.write(line: reason, to: 2)
        if failOnEmpty { throw CommandFailure("", status: ExitStatus.empty) }
    }

    /// Cells that are empty say that the label is absent.
    private static func object(_ header: [String], _ row: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        let cells = zip(header, row).filter { !$0.1.isEmpty }
        JSONText.list(cells, open: "{", close: "}\n", to: &bytes) { cell, bytes in
            JSONText.append(cell.0, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONText.append(cell.1, to: &bytes)
        }
        return bytes
    }
}

struct SeriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "series",
        abstract: "List the series that a selector matches.",
        discussion: """
            ferula series --server localhost:9090 'up' '{job="node"}'
            ferula series --load saved.om 'http_requests_total{code=~"5.."}' -o csv
            ferula series --scrape localhost:9100 -o promql

            Without a selector: every series.

            \(ExitStatus.listingTable)
            """)

    @Argument(
        help: ArgumentHelp(
            "Selectors such as up or {job=\"node\"}; a series is listed that one matches.", valueName: "selector"),
        completion: MetricCompletion.kind(.selector))
    var selectors: [String] = []

    @Option(
        name: [.customLong("match"), .customLong("match[]")],
        help: ArgumentHelp("As a selector argument; may be repeated.", valueName: "selector"),
        completion: MetricCompletion.kind(.selector))
    var match: [String] = []

    @OptionGroup(title: "Source") var source: SourceOptions
    @OptionGroup(title: "Listing") var listing: ListingOptions
    @OptionGroup(title: "Listing") var time: ListingTime

    func run() async throws {
        let selectors = selectors + match
        let expressions = try selectors.map { try QueryCommand.parsed($0) }
        try await source.with(expressions) { source in
            let range = try time.range(source)
            let found = try await Listing.ask(selectors) { () async throws(QueryFailure) in
                try await source.backend.series(selectors, start: range.start, end: range.end, limit: listing.limit)
            }
            let names = Listing.columns(found)
            let rows = found.map { set in names.map { set[$0] ?? "" } }
            try listing.print(
                ResultRows(header: names, rows: rows), json: { JSONText.list(found, to: &$0, JSONText.append) },
                lines: found.map(\.description))
            guard found.isEmpty else { return }
            let reason = await Listing.reason(selectors.first ?? "", source, range)
            try listing.tellEmpty(reason)
        }
    }
}

struct LabelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels",
        abstract: "List the label names, or the values of one label.",
        discussion: """
            ferula labels --server localhost:9090
            ferula labels --server localhost:9090 job
            ferula labels --load saved.om code --match http_requests_total

            \(ExitStatus.listingTable)
            """)

    @Argument(
        help: "The label whose values are listed; default: the names of all labels.",
        completion: MetricCompletion.kind(.label))
    var name: String?

    @Option(
        name: [.customLong("match"), .customLong("match[]")],
        help: ArgumentHelp("Only of series that this selector matches; may be repeated.", valueName: "selector"),
        completion: MetricCompletion.kind(.selector))
    var match: [String] = []

    @OptionGroup(title: "Source") var source: SourceOptions
    @OptionGroup(title: "Listing") var listing: ListingOptions
    @OptionGroup(title: "Listing") var time: ListingTime

    func run() async throws {
        let expressions = try match.map { try QueryCommand.parsed($0) }
        try await source.with(expressions) { source in
            let range = try time.range(source)
            let found = try await Listing.ask(match) { () async throws(QueryFailure) -> [String] in
                guard let name else {
                    return try await source.backend.labelNames(
                        match, start: range.start, end: range.end, limit: listing.limit)
                }
                return try await source.backend.labelValues(
                    name, match, start: range.start, end: range.end, limit: listing.limit)
            }
            try listing.print(
                ResultRows(header: [name ?? "label"], rows: found.map { [$0] }),
                json: { JSONText.strings(found, to: &$0) }, lines: found)
            guard found.isEmpty else { return }
            try listing.tellEmpty(await reason(source, range))
        }
    }
}

extension LabelsCommand {
    /// A selector that matches nothing is to blame before the label is.
    private func reason(
        _ source: QuestionSource, _ range: (start: Timestamp, end: Timestamp)
    ) async -> String {
        var matches = false
        for selector in match where !matches {
            let found = await Explanation.unlessItFails { () async throws(QueryFailure) in
                try await source.backend.series([selector], start: range.start, end: range.end, limit: 1)
            }
            matches = found?.isEmpty != true
        }
        if let first = match.first, !matches { return await Listing.reason(first, source, range) }
        guard let name else { return "no data: no series" }
        return "no data: no series\(match.isEmpty ? "" : " that matches") has the label \(name)"
    }
}

struct MetadataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "List metrics with their type, unit and help.",
        discussion: """
            ferula metadata --scrape localhost:9100
            ferula metadata --server localhost:9090 http_requests_total

            \(ExitStatus.listingTable)
            """)

    @Argument(help: "One metric; default: all.", completion: MetricCompletion.kind(.metric))
    var metric: String?

    @OptionGroup(title: "Source") var source: SourceOptions
    @OptionGroup(title: "Listing") var listing: ListingOptions

    func run() async throws {
        try await source.with([]) { source in
            let found = try await Listing.ask([]) { () async throws(QueryFailure) in
                try await source.backend.metadata(metric: metric)
            }
            var entries = found.sorted { $0.key.isBefore($1.key) }
            if listing.limit > 0 { entries = Array(entries.prefix(listing.limit)) }
            let rows = entries.flatMap { name, list in list.map { [name, $0.kind.rawValue, $0.unit, $0.help] } }
            try listing.print(
                ResultRows(header: ["metric", "type", "unit", "help"], rows: rows),
                json: { bytes in
                    JSONText.list(entries, open: "{", close: "}", to: &bytes) { entry, bytes in
                        JSONText.append(entry.key, to: &bytes)
                        bytes.append(UInt8(ascii: ":"))
                        JSONText.list(entry.value, to: &bytes) { metadata, bytes in
                            let fields = [
                                ("type", metadata.kind.rawValue), ("help", metadata.help), ("unit", metadata.unit),
                            ]
                            JSONText.list(fields, open: "{", close: "}", to: &bytes) { field, bytes in
                                JSONText.append(field.0, to: &bytes)
                                bytes.append(UInt8(ascii: ":"))
                                JSONText.append(field.1, to: &bytes)
                            }
                        }
                    }
                }, lines: rows.map { "\($0[0]) \($0[1]): \($0[3])" })
            guard rows.isEmpty else { return }
            try listing.tellEmpty(try await Self.emptyReason(metric, source))
        }
    }

    private static func emptyReason(_ metric: String?, _ source: QuestionSource) async throws -> String {
        guard let metric else { return "no data: the source says nothing of its metrics" }
        let known = try await Listing.ask([]) { () async throws(QueryFailure) in
            try await source.backend.metadata(metric: nil)
        }
        let nearest = Explanation.nearest(to: metric, in: known.keys.sorted())
        return "no data: nothing is said of \(metric)" + (nearest.map { ", but of \($0)" } ?? "")
    }
}

enum Listing {
    /// Why no series of the range matches.
    static func reason(
        _ selector: String, _ source: QuestionSource, _ range: (start: Timestamp, end: Timestamp)
    ) async -> String {
        let span = Explanation.Span(
            start: max(range.start, source.dataRange?.lowerBound ?? range.start),
            end: min(range.end, source.dataRange?.upperBound ?? source.now), dataRange: source.dataRange)
        return await EmptyAnswer.reason(selector, source, span, TimeZoneChoice())
    }

    /// A failure is shown within the selector it is about, when there is just one.
    static func ask<Value>(
        _ selectors: [String], _ body: () async throws(QueryFailure) -> Value
    ) async throws(CommandFailure) -> Value {
        do throws(QueryFailure) {
            return try await body()
        } catch {
            throw CommandFailure(selectors.count == 1 ? error.rendered(in: selectors[0]) : error.description)
        }
    }

    /// `__name__` first, then by name.
    static func columns(_ sets: [LabelSet]) -> [String] {
        var names = Set(sets.flatMap { $0.labels.map(\.name) })
        let hasMetric = names.remove(LabelSet.metricNameLabel) != nil
        return (hasMetric ? [LabelSet.metricNameLabel] : []) + names.sorted { $0.isBefore($1) }
    }
}

// A comparison as a table for people, as JSON and as CSV.
// Part of DiffCommand; pure.

import ArgumentParser
import Exposition
import Ferula
import Ingestion
import MetricModel
import PromQLEngine
import Querying
import TimeSeriesStore

struct DiffText {
    enum Form: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    var names: (String, String)
    var snapshots: (MetricSnapshot, MetricSnapshot)
    var comparison: SnapshotComparison
    /// Entries of each kind; 0: all.
    var top: Int

    func bytes(_ form: Form, columns: Int) -> [UInt8] {
        switch form {
        case .table: Array(table(columns).utf8)
        case .json: json() + [0x0a]
        case .csv: Array(rows().csv().utf8)
        }
    }

    private func shown<Entry>(_ entries: [Entry]) -> ArraySlice<Entry> {
        top == 0 ? entries[...] : entries.prefix(top)
    }

    /// `+233%`, `new`, `gone`; of a change of sign the difference too.
    static func change(_ before: Double, _ after: Double) -> String {
        guard before.isFinite, after.isFinite else { return "changed" }
        if before == 0 { return "from 0" }
        let percent = (after / before - 1) * 100
        guard percent.isFinite, percent.magnitude < 1e6, before.sign == after.sign || after == 0 else {
            return (after > before ? "+" : "") + ReadableNumber.text(after - before)
        }
        let rounded = percent.magnitude < 10 ? (percent * 10).rounded() / 10 : percent.rounded()
        return (percent > 0 ? "+" : "") + GoFloat.format(rounded) + "%"
    }

    // MARK: Table

    private func table(_ columns: Int) -> String {
        var text = ""
        for (letter, name, snapshot) in [("A", names.0, snapshots.0), ("B", names.1, snapshots.1)] {
            let metrics = Set(snapshot.entries.map { $0.labels.metricName ?? "" }).count
            text += "\(letter)  \(name.withoutControlCharacters)  "
            text += "\(Self.count(metrics, "metric", "metrics")), \(snapshot.entries.count) series\n"
        }
        text += section("only in A", comparison.missing) { [$0.name, $0.kind.rawValue, "\($0.seriesCount) series"] }
        text += section("only in B", comparison.new) { [$0.name, $0.kind.rawValue, "\($0.seriesCount) series"] }
        text += section("described otherwise", comparison.descriptions) {
            [$0.metric, $0.part, Self.quoted($0.before), "->", Self.quoted($0.after)]
        }
        text += section("labels", comparison.labelNames) { names in
            [names.metric, (names.removed.map { "-" + $0 } + names.added.map { "+" + $0 }).joined(separator: " ")]
        }
        text += section("series", comparison.series) {
            [$0.metric, "\($0.before) -> \($0.after)", "+\($0.new) -\($0.gone)"]
        }
        let what = comparison.comparesRates ? "counters, per second" : "counters, totals"
        text += moves(what, comparison.counters, of: comparison.counterCount, columns)
        text += moves("gauges", comparison.gauges, of: comparison.gaugeCount, columns)
        if !comparison.isStructureChanged, !comparison.hasMoves { text += "\nno difference\n" }
        return text
    }

    private func section<Entry>(_ title: String, _ entries: [Entry], _ cells: (Entry) -> [String]) -> String {
        guard !entries.isEmpty else { return "" }
        let rows = shown(entries).map(cells)
        let table = ResultRows(header: [], rows: rows).table(showsHeader: false)
        return "\n\(title): \(entries.count)\n" + Self.indented(table) + rest(entries.count)
    }

    private func moves(
        _ title: String, _ entries: [SnapshotComparison.Move], of count: Int, _ columns: Int
    ) -> String {
        guard !entries.isEmpty else { return "" }
        let rows = shown(entries).map { move in
            [
                ReadableNumber.text(move.before), ReadableNumber.text(move.after), Self.change(move.before, move.after),
                move.labels.description,
            ]
        }
        let table = ResultRows(header: ["A", "B", "change", "series"], rows: rows).table()
        return "\n\(title): \(entries.count) of \(count) moved\n" + Self.indented(table) + rest(entries.count)
    }

    private func rest(_ count: Int) -> String { top > 0 && count > top ? "  and \(count - top) more: --top 0\n" : "" }

    private static func indented(_ table: String) -> String {
        table.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    private static func quoted(_ text: String) -> String {
        let short = text.withoutControlCharacters.prefix(60)
        return "\"\(short)\(short.count < text.count ? "…" : "")\""
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    // MARK: CSV

    /// One row a difference; columns that a kind of difference has no use for are empty.
    private func rows() -> ResultRows {
        var rows: [[String]] = []
        func add(
            _ kind: String, _ metric: String, _ series: String, _ before: String, _ after: String, _ share: String = ""
        ) {
            rows.append([kind, metric, series, before, after, share])
        }
        for metric in shown(comparison.missing) { add("only_in_a", metric.name, "", "\(metric.seriesCount)", "0") }
        for metric in shown(comparison.new) { add("only_in_b", metric.name, "", "0", "\(metric.seriesCount)") }
        for entry in shown(comparison.descriptions) { add(entry.part, entry.metric, "", entry.before, entry.after) }
        for entry in shown(comparison.labelNames) {
            add(
                "labels", entry.metric, "", entry.removed.joined(separator: " "), entry.added.joined(separator: " "))
        }
        for entry in shown(comparison.series) { add("series", entry.metric, "", "\(entry.before)", "\(entry.after)") }
        let kind = comparison.comparesRates ? "rate" : "total"
        for (kind, moves) in [(kind, comparison.counters), ("gauge", comparison.gauges)] {
            for move in shown(moves) {
                add(
                    kind, move.labels.metricName ?? "", move.labels.description, GoFloat.format(move.before),
                    GoFloat.format(move.after), GoFloat.format(move.share))
            }
        }
        return ResultRows(header: ["difference", "metric", "series", "a", "b", "share"], rows: rows)
    }

    // MARK: JSON

    private func json() -> [UInt8] {
        var bytes: [UInt8] = []
        object(
            &bytes,
            [
                ("a", { side(names.0, snapshots.0, &$0) }), ("b", { side(names.1, snapshots.1, &$0) }),
                ("onlyInA", { metrics(comparison.missing, &$0) }), ("onlyInB", { metrics(comparison.new, &$0) }),
                (
                    "descriptions",
                    { bytes in
                        JSONText.list(shown(comparison.descriptions), to: &bytes) { entry, bytes in
                            object(
                                &bytes,
                                [
                                    ("metric", text(entry.metric)), ("part", text(entry.part)),
                                    ("a", text(entry.before)),
                                    ("b", text(entry.after)),
                                ])
                        }
                    }
                ),
                (
                    "labels",
                    { bytes in
                        JSONText.list(shown(comparison.labelNames), to: &bytes) { entry, bytes in
                            object(
                                &bytes,
                                [
                                    ("metric", text(entry.metric)),
                                    ("removed", { JSONText.strings(entry.removed, to: &$0) }),
                                    ("added", { JSONText.strings(entry.added, to: &$0) }),
                                ])
                        }
                    }
                ),
                (
                    "series",
                    { bytes in
                        JSONText.list(shown(comparison.series), to: &bytes) { entry, bytes in
                            object(
                                &bytes,
                                [
                                    ("metric", text(entry.metric)), ("a", number(entry.before)),
                                    ("b", number(entry.after)),
                                    ("new", number(entry.new)), ("gone", number(entry.gone)),
                                ])
                        }
                    }
                ),
                (
                    "counters",
                    {
                        moves(
                            comparison.counters, comparison.counterCount, comparison.comparesRates ? "rate" : "total",
                            &$0)
                    }
                ),
                ("gauges", { moves(comparison.gauges, comparison.gaugeCount, "value", &$0) }),
            ])
        return bytes
    }

    private typealias Writer = (inout [UInt8]) -> Void

    private func object(_ bytes: inout [UInt8], _ fields: [(String, Writer)]) {
        JSONText.list(fields, open: "{", close: "}", to: &bytes) { field, bytes in
            JSONText.append(field.0, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            field.1(&bytes)
        }
    }

    private func text(_ text: String) -> Writer { { JSONText.append(text, to: &$0) } }
    private func number(_ number: Int) -> Writer { { $0 += Array("\(number)".utf8) } }
    /// What JSON has no number for is a string, as in the API.
    private func number(_ number: Double) -> Writer {
        { bytes in
            let text = GoFloat.format(number)
            if number.isFinite { bytes += Array(text.utf8) } else { JSONText.append(text, to: &bytes) }
        }
    }

    private func side(_ name: String, _ snapshot: MetricSnapshot, _ bytes: inout [UInt8]) {
        let metrics = Set(snapshot.entries.map { $0.labels.metricName ?? "" }).count
        object(
            &bytes,
            [
                ("name", text(name)), ("metrics", number(metrics)), ("series", number(snapshot.entries.count)),
            ])
    }

    private func metrics(_ metrics: [SnapshotComparison.Metric], _ bytes: inout [UInt8]) {
        JSONText.list(shown(metrics), to: &bytes) { metric, bytes in
            object(
                &bytes,
                [
                    ("metric", text(metric.name)), ("type", text(metric.kind.rawValue)),
                    ("series", number(metric.seriesCount)),
                ])
        }
    }

    private func moves(_ moves: [SnapshotComparison.Move], _ count: Int, _ compared: String, _ bytes: inout [UInt8]) {
        object(
            &bytes,
            [
                ("compared", text(compared)), ("series", number(count)), ("moved", number(moves.count)),
                (
                    "moves",
                    { bytes in
                        JSONText.list(shown(moves), to: &bytes) { move, bytes in
                            object(
                                &bytes,
                                [
                                    ("metric", { JSONText.append(move.labels, to: &$0) }), ("a", number(move.before)),
                                    ("b", number(move.after)), ("share", number(move.share)),
                                ])
                        }
                    }
                ),
            ])
    }
}

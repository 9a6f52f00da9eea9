// A query's answer in the form that `-o` asks for.
// The last step of QueryCommand; rows and lines come from Querying, charts from ResultChart.

import ArgumentParser
import Dashboards
import Exposition
import MetricModel
import Querying

enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, graph, json, jsonl, csv, tsv, md, prom, openmetrics, promql
}

/// One question's answer with what the printed form says about it.
struct Answer {
    /// Written before the query in a file.
    var name: String?
    /// On one line, without comments.
    var query: String
    /// One of a file's: shown with its name or its text.
    var isOneOfMany = false
    var result: QueryResult
    /// What a graph shows; equal for an instant.
    var start: Timestamp
    var end: Timestamp
    var step: Milliseconds?
}

struct ResultPrinter {
    var form: OutputForm
    var showsHeader = true
    /// Only the values, one a line.
    var isRaw = false
    var zone = TimeZoneChoice()
    var output = OutputTerminal.detect()

    func print(_ answers: [Answer]) throws(CommandFailure) -> [UInt8] {
        let named = answers.map { (name: $0.isOneOfMany ? $0.name ?? $0.query : nil, value: $0.result.value) }
        if isRaw {
            return Array(ResultRows(named, style: .exact).values.map { $0 + "\n" }.joined().utf8)
        }
        switch form {
        case .table: return headed(answers) { table($0) }
        case .graph: return headed(answers) { ResultChart(printer: self).text($0) }
        case .json: return try json(answers)
        case .jsonl:
            var bytes: [UInt8] = []
            for (name, value) in named { JSONLines.append(value, name: name, to: &bytes) }
            return bytes
        case .csv: return Array(ResultRows(named, style: .exact).csv(showsHeader: showsHeader).utf8)
        case .tsv: return Array(ResultRows(named, style: .exact).tsv(showsHeader: showsHeader).utf8)
        case .md: return Array(ResultRows(named, style: .exact).markdown(showsHeader: showsHeader).utf8)
        case .prom: return try ExpositionText.text(answers, format: .text)
        case .openmetrics: return try ExpositionText.text(answers, format: .openMetrics)
        case .promql:
            return Array(headed(answers.map { ($0, PromtoolLines.text($0.result.value)) }, mark: "# ").utf8)
        }
    }

    /// The API's envelope, a line an answer.
    private func json(_ answers: [Answer]) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        for answer in answers {
            do throws(QueryFailure) {
                bytes += try APIJSON.answer(answer.result) + [0x0a]
            } catch {
                throw CommandFailure(error.rendered(in: answer.query))
            }
        }
        return bytes
    }

    /// Nothing for an empty answer: a header without rows says nothing.
    func table(_ answer: Answer) -> String {
        if answer.result.value.isEmpty { return "" }
        return ResultRows([(nil, answer.result.value)], style: readable(answer)).table(showsHeader: showsHeader)
    }

    /// Answers of several questions under their names, apart by an empty line.
    private func headed(_ answers: [Answer], _ text: (Answer) -> String) -> [UInt8] {
        Array(headed(answers.map { ($0, text($0)) }, mark: "").utf8)
    }

    private func headed(_ answers: [(Answer, String)], mark: String) -> String {
        answers.map { answer, text in
            guard showsHeader, answer.isOneOfMany else { return text }
            let title = (answer.name.map { $0 + ": " } ?? "") + answer.query.withoutControlCharacters
            return "\(mark)\(title)\n\(text)"
        }.joined(separator: showsHeader ? "\n" : "")
    }

    private func readable(_ answer: Answer) -> ResultRows.Style {
        let zone = zone
        return ResultRows.Style(
            number: ReadableNumber.text, time: { zone.text($0) },
            timeHeader: "time")
    }
}

/// Numbers for people: whole ones as they are, others with six digits that matter, at least three decimals.
enum ReadableNumber {
    static func text(_ value: Double) -> String {
        guard value.isFinite, value != value.rounded() else { return GoFloat.format(value) }
        let exponent = value.magnitude.exponentOfTen
        let decimals = max(3, 5 - exponent)
        guard decimals < 18 else { return GoFloat.format(value) }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return GoFloat.format(rounded.isFinite ? rounded : value)
    }
}

extension Double {
    /// Of a positive number: 2 for 123, -2 for 0.0123.
    fileprivate var exponentOfTen: Int {
        var exponent = 0
        var rest = self
        while rest >= 10, exponent < 308 {
            rest /= 10
            exponent += 1
        }
        while rest < 1, rest > 0, exponent > -320 {
            rest *= 10
            exponent -= 1
        }
        return exponent
    }
}

/// The zone in which times are shown, always with its offset.
struct TimeZoneChoice: Sendable {
    var isUTC = false

    func offset(_ time: Timestamp) -> Milliseconds { isUTC ? .zero : Clock.localOffset(time) }

    /// `2026-01-31 12:00:00.5 +09:00`
    func text(_ time: Timestamp) -> String {
        let offset = offset(time)
        var text = DateText.iso(time, offset: offset)
        let fraction = time.milliseconds % 1000
        if fraction != 0 {
            text += Timestamp(milliseconds: Int64(fraction.magnitude)).description.dropFirst()
        }
        let minutes = Int64(clamping: offset.count.magnitude / 60_000)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return text + " \(offset.count < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}

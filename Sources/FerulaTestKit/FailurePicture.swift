// Looks in the store for what a failed query has read: graphs of its series, or the nearest one when there is none.
// Asked by Monitor's expectations once something has failed.

import LinearRegex
import MetricModel
import PromQLSyntax
import Querying
import TimeSeriesStore

struct FailurePicture {
    let store: TimeSeriesStore
    let query: String
    let time: Timestamp

    /// Graphs for each selector of a query.
    static let graphsMax = 3
    /// Selectors of a query that are looked at.
    static let selectorsMax = 4
    /// What to look for when the store is empty; nil: nothing is known.
    var emptyStoreHint: String?
    /// Samples that are fetched for the graphs of one selector.
    var samplesMax = 1_000_000

    private struct Read {
        var selector: VectorSelector
        /// Between which times before the query's it may have looked; nil when that depends on the query's own step.
        var reach: Reach?
    }

    /// Lengths before the time of the query, negative after it: the newest and the oldest that is read.
    private struct Reach {
        var newest = Milliseconds.zero
        var oldest = Milliseconds.zero

        /// Moved back by an offset, then reaching further back by a window; nil when one is unknown or out of range.
        func moved(by offset: Milliseconds?, window: Milliseconds?) -> Reach? {
            guard let offset, let window else { return nil }
            let (newest, one) = newest.count.addingReportingOverflow(offset.count)
            let (moved, two) = oldest.count.addingReportingOverflow(offset.count)
            let (oldest, three) = moved.addingReportingOverflow(max(window.count, 0))
            return one || two || three ? nil : Reach(newest: Milliseconds(newest), oldest: Milliseconds(oldest))
        }
    }

    /// Called for each picture that is made: tests count them.
    @TaskLocal static var onMade: (@Sendable () -> Void)?

    /// Lines, not indented, a blank one before each part; empty when the query is no PromQL or reads no series.
    func lines() async -> [String] {
        Self.onMade?()
        guard let expression = try? Expression(parsing: query) else { return [] }  // Said by the failure itself.
        var reads: [Read] = []
        collect(expression, Reach(), into: &reads)
        var seen: Set<[Matcher]> = []
        var lines: [String] = []
        for read in reads where seen.count < Self.selectorsMax && seen.insert(read.selector.matchers).inserted {
            lines.append("")
            lines += await picture(of: read)
        }
        return lines
    }

    private func picture(of read: Read) async -> [String] {
        let text = Expression.vectorSelector(bare(read.selector)).description
        let everything = Selection(matchers: read.selector.matchers, start: .distantPast, end: .distantFuture)
        let found: [Series]
        do throws(SourceFailure) {
            found =
                try await store.select([everything], limits: SelectionLimits(samplesMax: samplesMax)).first ?? []
        } catch {
            return ["\(text): no graph, \(error)"]
        }
        guard !found.isEmpty else {
            let hints = emptyStoreHint.map { ["  " + $0] } ?? []
            return await NearestSeries(store: store, selector: read.selector, emptyStoreHints: hints).lines(text)
        }
        // Twice what was looked at: what came before explains a rate.
        var start = Timestamp.distantPast
        var end = Timestamp.distantFuture
        if let reach = read.reach, read.selector.at == nil {
            // Both ends saturate.
            end = max(time, time - reach.newest)
            start = time - reach.oldest - (time - reach.newest - (time - reach.oldest))
        }
        var lines: [String] = []
        let shown = found.count <= Self.graphsMax + 1 ? found.count : Self.graphsMax
        for series in found.prefix(shown) {
            let first = series.timestamps.first.map { $0 - Milliseconds(1) } ?? start
            let begin = start == .distantPast ? first : start
            let stop = end == .distantFuture ? max(series.timestamps.last ?? time, time) : end
            lines += SeriesGraph(series: series, start: begin, end: stop).lines
        }
        if found.count > shown { lines.append("... and \(found.count - shown) more series of \(text)") }
        return lines
    }

    /// As it is written, without what moves it in time.
    private func bare(_ selector: VectorSelector) -> VectorSelector {
        var selector = selector
        selector.offset = nil
        selector.at = nil
        return selector
    }

    // MARK: Selectors of a query

    private func length(_ duration: DurationExpression?) -> Milliseconds? {
        switch duration {
        case nil: return .zero
        case .literal(let length)?: return length
        case .seconds(let seconds)?: return Milliseconds(seconds: seconds)
        case .parenthesized(let inner)?, .positive(let inner)?: return length(inner)
        case .negated(let inner)?:
            guard let length = length(inner), length.count != .min else { return nil }
            return Milliseconds(-length.count)
        default: return nil
        }
    }

    private func collect(_ expression: Expression, _ reach: Reach?, into reads: inout [Read]) {
        switch expression {
        case .number, .string: break
        case .vectorSelector(let selector):
            let reach = reach?.moved(by: length(selector.offset), window: .minutes(5))
            reads.append(Read(selector: selector, reach: reach))
        case .matrixSelector(let matrix):
            let reach = reach?.moved(by: length(matrix.selector.offset), window: length(matrix.window))
            reads.append(Read(selector: matrix.selector, reach: reach))
        case .subquery(let subquery):
            let inner = reach?.moved(by: length(subquery.offset), window: length(subquery.window))
            collect(subquery.expression, subquery.at == nil ? inner : nil, into: &reads)
        case .call(let call): for argument in call.arguments { collect(argument, reach, into: &reads) }
        case .aggregation(let aggregation):
            collect(aggregation.expression, reach, into: &reads)
            if let parameter = aggregation.parameter { collect(parameter, reach, into: &reads) }
        case .binary(let binary):
            collect(binary.left, reach, into: &reads)
            collect(binary.right, reach, into: &reads)
        case .unary(let unary): collect(unary.expression, reach, into: &reads)
        case .parenthesized(let inner): collect(inner.expression, reach, into: &reads)
        }
    }
}

/// Why a selector finds no series at all, and which series it nearly found.
struct NearestSeries {
    let store: TimeSeriesStore
    let selector: VectorSelector
    /// Lines below "the store is empty".
    var emptyStoreHints: [String] = []

    /// Names that are listed when none is near.
    private static let namesMax = 8

    func lines(_ text: String) async -> [String] {
        do throws(SourceFailure) {
            let names = try await store.labelValues(
                LabelSet.metricNameLabel, [], start: .distantPast, end: .distantFuture, limit: 0)
            guard !names.isEmpty else { return ["\(text): no series, the store is empty"] + emptyStoreHints }
            guard let name = wantedName else { return try await nearest(text, among: [[]]) }
            if names.contains(where: { $0.isSameBytes(as: name) }) {
                return try await nearest(text, among: [[Matcher(LabelSet.metricNameLabel, equals: name)]])
            }
            if let near = NearestName.of(name, among: names) {
                return ["\(text): no metric has this name; did you mean `\(near)`?"]
            }
            let more = names.count > Self.namesMax ? " and \(names.count - Self.namesMax) more" : ""
            return [
                "\(text): no metric has this name; there are: "
                    + names.prefix(Self.namesMax).joined(separator: ", ") + more
            ]
        } catch {
            return ["\(text): no series (\(error))"]
        }
    }

    private var wantedName: String? {
        for matcher in selector.matchers where matcher.name == LabelSet.metricNameLabel && matcher.operation == .equal {
            return matcher.value
        }
        return nil
    }

    /// The series with the fewest matchers that refuse it.
    private func nearest(_ text: String, among sets: [[Matcher]]) async throws(SourceFailure) -> [String] {
        let candidates = try await store.series(
            sets == [[]] ? [] : sets, start: .distantPast, end: .distantFuture, limit: 0)
        var least = Int.max
        var near: [(labels: LabelSet, refusing: [Matcher])] = []
        for candidate in candidates {
            let refusing = selector.matchers.filter { !$0.matches(candidate) }
            if refusing.count < least { (least, near) = (refusing.count, []) }
            if refusing.count == least { near.append((candidate, refusing)) }
        }
        // Of those that as many refuse the one whose values are most alike.
        let ranked = near.prefix(LabelDifference.comparedMax).map { one in
            let wanted = LabelSet(one.refusing.filter { $0.operation == .equal }.map { Label($0.name, $0.value) })
            return (edits: LabelDifference.edits(from: one.labels, to: wanted), one.labels, one.refusing)
        }
        let best = ranked.min { ($0.edits, $0.1) < ($1.edits, $1.1) }.map { (labels: $0.1, refusing: $0.2) }
        guard let best else { return ["\(text): no series"] }
        let of = candidates.count == 1 ? "the only series" : "the nearest of \(candidates.count) series"
        let reasons = best.refusing.map { matcher in
            let found = best.labels[matcher.name].map { "is " + $0.quotedForPrometheus } ?? "is absent"
            return "  \(matcher.name) \(found), the query has \(matcher)"
        }
        return ["\(text): no series; \(of):", "  \(best.labels)"] + reasons
    }
}

// Asks a monitor and holds the answer against what a test wants.
// The front door of this module; what is thrown explains itself.

import Ferula
import MetricModel
import PromQLSyntax
import Querying

extension Monitor {
    /// Throws unless the query's answer is as wanted.
    ///
    /// ```swift
    /// try await monitor.expect("sum(rate(http_requests_total[1m]))", .equals(5))
    /// ```
    ///
    /// - Parameters:
    ///   - query: PromQL, evaluated as an instant query.
    ///   - expectation: a number, a vector, emptiness or a bound.
    ///   - time: when the query is evaluated; nil: at the newest sample of this monitor, at 0 when it has none.
    /// - Throws: `ExpectationFailure` with the query, what was wanted and found, a graph of each series that the query
    ///   reads, and the nearest series where it reads none.
    public func expect(
        _ query: String, _ expectation: Expected, at time: Timestamp? = nil, fileID: String = #fileID,
        filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) async throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        guard let verdict = await judge(query, expectation, at: time ?? newestTime) else { return }
        throw await report(verdict, at: place)
    }

    /// The same as a value, for those who record a failure and go on: nil when the answer is as wanted.
    public func failure(
        of query: String, _ expectation: Expected, at time: Timestamp? = nil, fileID: String = #fileID,
        filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) async -> ExpectationFailure? {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        guard let verdict = await judge(query, expectation, at: time ?? newestTime) else { return nil }
        return await report(verdict, at: place)
    }

    /// Time of the newest sample, 0 when there is none.
    var newestTime: Timestamp { timeRange?.upperBound ?? Timestamp(milliseconds: 0) }

    /// Nil when the answer is as wanted. Costs little more than the query: waits ask at each try.
    func judge(_ query: String, _ expectation: Expected, at time: Timestamp) async -> Verdict? {
        var verdict = Verdict(query: query, expectation: expectation, time: time, kind: .query)
        do throws(QueryFailure) {
            let result = try await self.query(query, at: time)
            let comparison = ExpectationComparison(expectation: expectation, value: result.value, isBrief: true)
            guard let mismatch = comparison.mismatch() else { return nil }
            verdict.result = result
            verdict.kind = mismatch.kind
        } catch {
            verdict.failure = error
        }
        return verdict
    }

    /// What a verdict says to a test author. Reads all series of the query, and looks for the nearest ones: once a failure.
    func report(_ verdict: Verdict, at place: SourcePlace) async -> ExpectationFailure {
        let query = verdict.query
        if let failure = verdict.failure {
            return ExpectationFailure(.query, "the query has no answer", QueryText.lines(failure, in: query), at: place)
        }
        let result = verdict.result
        let comparison = result.map { ExpectationComparison(expectation: verdict.expectation, value: $0.value) }
        let mismatch = comparison?.mismatch() ?? Mismatch("none")
        if mismatch.kind == .notation {
            return ExpectationFailure(.notation, "what is expected cannot be read", mismatch.lines, at: place)
        }
        var details = [
            "query   \(QueryText.oneLine(query))", "at      \(NumberInText.of(verdict.time))",
            "wanted  \(mismatch.wanted ?? verdict.expectation.description)", "found   \(mismatch.found)",
        ]
        details += mismatch.lines.map { "  " + $0 }
        details += (result?.annotations ?? []).map { "note    \($0.message)" }
        details += await FailurePicture(
            store: store, query: query, time: verdict.time, emptyStoreHint: emptyStoreHint.withLock { $0 }
        ).lines()
        return ExpectationFailure(.mismatch, "another answer than expected", details, at: place)
    }
}

/// An answer that is not as wanted, before anything is written about it.
struct Verdict: Sendable {
    let query: String
    let expectation: Expected
    let time: Timestamp
    /// `mismatch`, which may pass with time, or `query` or `notation`, which will not.
    var kind: ExpectationFailure.Kind
    /// Nil when there is a failure.
    var result: QueryResult?
    var failure: QueryFailure?
}

enum QueryText {
    /// Line feeds and runs of blanks as one blank.
    static func oneLine(_ query: String) -> String {
        query.split(whereSeparator: { $0 == "\n" || $0 == "\t" || $0 == " " }).joined(separator: " ")
    }

    /// Message, source line and underline where the failure has a place in the query.
    static func lines(_ failure: QueryFailure, in query: String) -> [String] {
        guard let bytes = failure.bytes else { return [failure.description, oneLine(query)] }
        let error = SyntaxError(
            range: SourceRange(bytes.lowerBound, bytes.upperBound), message: failure.message, hint: failure.hint)
        return error.rendered(in: query).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

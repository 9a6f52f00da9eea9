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
        if let failure = await judge(query, expectation, at: time ?? newestTime, place) { throw failure }
    }

    /// The same as a value, for those who record a failure and go on: nil when the answer is as wanted.
    public func failure(
        of query: String, _ expectation: Expected, at time: Timestamp? = nil, fileID: String = #fileID,
        filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) async -> ExpectationFailure? {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        return await judge(query, expectation, at: time ?? newestTime, place)
    }

    /// Time of the newest sample, 0 when there is none.
    var newestTime: Timestamp { timeRange?.upperBound ?? Timestamp(milliseconds: 0) }

    func judge(
        _ query: String, _ expectation: Expected, at time: Timestamp, _ place: SourcePlace
    ) async -> ExpectationFailure? {
        let result: QueryResult
        do throws(QueryFailure) {
            result = try await self.query(query, at: time)
        } catch {
            return ExpectationFailure(.query, "the query has no answer", QueryText.lines(error, in: query), at: place)
        }
        guard let mismatch = ExpectationComparison(expectation: expectation, value: result.value).mismatch() else {
            return nil
        }
        if mismatch.kind == .notation {
            return ExpectationFailure(.notation, "what is expected cannot be read", mismatch.lines, at: place)
        }
        var details = [
            "query   \(QueryText.oneLine(query))", "at      \(NumberInText.of(time))",
            "wanted  \(mismatch.wanted ?? expectation.description)", "found   \(mismatch.found)",
        ]
        details += mismatch.lines.map { "  " + $0 }
        details += result.annotations.map { "note    \($0.message)" }
        details += await FailurePicture(store: store, query: query, time: time).lines()
        return ExpectationFailure(.mismatch, "another answer than expected", details, at: place)
    }
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

// A promqltest script as one expectation of a test.
// PromQLTestRunner runs it; this throws what it reports.

import MetricModel

/// Runs a script in the language of Prometheus' own tests, from an empty store, and throws when an eval does not hold.
///
/// ```swift
/// try await expectPromQLTest(
///     """
///     load 15s
///       http_requests_total{job="a"} 0+5x20
///
///     eval instant at 1m rate(http_requests_total[1m])
///       {job="a"} 0.3333333
///     """)
/// ```
///
/// Commands are `clear`, `load STEP`, `eval instant at TIME QUERY` and `eval range from TIME to TIME step STEP QUERY`,
/// with what belongs to them below, indented or not. A blank line ends each.
///
/// - Throws: `ExpectationFailure` with the line in the script, the query and the reason, for each eval that does not
///   hold and each command that cannot be read.
public func expectPromQLTest(
    _ script: String, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
) async throws(ExpectationFailure) {
    let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
    let report = await PromQLTestRunner().run(script, name: "script")
    var lines = report.problems
    let failed = report.outcomes.filter { $0.failure != nil }
    for outcome in failed where !outcome.isUnreadable {
        lines.append("script:\(outcome.line): \(outcome.expression)")
        lines.append("  \(outcome.failure ?? "")")
    }
    if lines.isEmpty, report.total == 0 { lines.append("the script has no eval") }
    if lines.isEmpty { return }
    throw ExpectationFailure(
        failed.allSatisfy(\.isUnreadable) ? .notation : .mismatch, "\(report.passed) of \(report.total) evals hold",
        Mismatch("", lines).lines, at: place)
}

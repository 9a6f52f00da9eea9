// What docs/tutorial.md shows of a test, as a file of its own.
// SnippetTests holds the part between the marks against the document.

// begin snippet
import Ferula
import FerulaTestKit
import Testing

@Test func errorsStayRare() async throws {
    let monitor = Monitor()
    try monitor.load(#"http_requests_total{code="200"}"#, "0+80x20", every: .seconds(15))
    try await monitor.expect(#"rate(http_requests_total{code="200"}[1m])"#, .between(5...6), at: .minute(3))
}
// end snippet

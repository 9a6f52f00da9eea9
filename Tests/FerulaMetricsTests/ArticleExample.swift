// The first step of the article TestingMetrics and what docs/tutorial.md shows: whole files.
// SnippetTests holds each part between the marks against the documents.

// begin snippet
import Ferula
import FerulaTestKit
import Testing

@Test func errorsStayRare() async throws {
    let monitor = Monitor()
    try await monitor.expect("http_requests_total", .empty)
}
// end snippet

// The first example of README.md, word for word: ReadmeTests holds one against the other.
// What a test author pastes first, so it must compile and pass.

import Ferula
import FerulaTestKit
import Testing

@Test func errorsStayRare() async throws {
    let monitor = Monitor()
    try monitor.load(#"http_requests_total{code="200"}"#, "0+80x20", every: .seconds(15))
    try monitor.ingest(#"http_requests_total{code="500"} 7"#, at: .minute(5))
    try await monitor.expect("sum(http_requests_total)", .equals(1607))
    try await monitor.expect(#"rate(http_requests_total{code="200"}[1m])"#, .between(5...6), at: .minute(3))
}

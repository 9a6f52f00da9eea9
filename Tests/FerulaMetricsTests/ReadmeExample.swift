// The example of FerulaMetrics in README.md, word for word: ReadmeTests holds one against the other.
// What a test author pastes first, so it must compile and pass.

import Ferula
import FerulaMetrics
import FerulaTestKit
import Metrics
import Testing

@Test func everySaleIsCounted() async throws {
    let monitor = Monitor()
    let metrics = MonitorMetricsFactory(monitor)
    try withMetricsFactory(metrics) {
        let sold = Counter(label: "sold_total")
        try metrics.record(at: .second(0))
        sold.increment(by: 3)
        try metrics.record(at: .second(15))
    }
    try await monitor.expect("increase(sold_total[1m])", .equals(3))
}

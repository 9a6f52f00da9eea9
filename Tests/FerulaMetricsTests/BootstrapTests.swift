// One factory for a whole process, as a service has it. A process can be given one once, so this is a process of its own.

import Ferula
import FerulaMetrics
import FerulaTestKit
import Metrics
import Testing

@Suite("The factory of a process", .timeLimit(.minutes(2)))
struct BootstrapTests {
    @Test("what detached tasks count is recorded, beside a task with a factory of its own")
    func bootstrap() async {
        await #expect(processExitsWith: .success) {
            let monitor = Monitor()
            let metrics = MonitorMetricsFactory(monitor)
            MetricsSystem.bootstrap(metrics)
            let own = Monitor()
            let ownMetrics = MonitorMetricsFactory(own)
            for second in [0.0, 15] {
                await Task.detached {
                    Counter(label: "requests_total").increment(by: 30)
                    Timer(label: "latency").recordMilliseconds(20)
                }.value
                withMetricsFactory(ownMetrics) { Counter(label: "requests_total").increment() }
                try metrics.record(at: .second(second))
                try ownMetrics.record(at: .second(second))
            }
            try await monitor.expect("increase(requests_total[30s])", .above(29))
            try await monitor.expect("requests_total", .equals(60))
            try await monitor.expect("latency_sum", .equals(0.04))
            try await own.expect("requests_total", .equals(2))
            try await own.expect("latency_sum", .empty)
        }
    }

    @Test("an expectation that fails in such a process fails its test")
    func failure() async {
        await #expect(processExitsWith: .failure) {
            let monitor = Monitor()
            MetricsSystem.bootstrap(MonitorMetricsFactory(monitor))
            Counter(label: "requests_total").increment()
            try await monitor.expect("requests_total", .equals(1))
        }
    }
}

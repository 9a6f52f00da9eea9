// A swift-metrics backend that keeps what code under test records, and puts it into a monitor as a scrape would.
// The one door to swift-metrics; a monitor's queries then see what the code has counted.

import CoreMetrics
import Exposition
import Ferula
import Ingestion
import MetricModel
import Synchronization

/// How labels and values of swift-metrics become series. The names are those of swift-prometheus' factory.
public struct MonitorMetricsOptions: Sendable {
    /// Upper bounds of a timer's buckets; the series have them in seconds.
    public var defaultDurationHistogramBuckets: [Duration] = Self.durations
    /// The same for timers of one name, as the sanitizer leaves it.
    public var durationHistogramBuckets: [String: [Duration]] = [:]
    /// Upper bounds of the buckets of a recorder that aggregates.
    public var defaultValueHistogramBuckets: [Double] = Self.values
    /// The same for recorders of one name, as the sanitizer leaves it.
    public var valueHistogramBuckets: [String: [Double]] = [:]
    /// Changes a metric's label and dimensions before they become a name and labels. What is still outside of
    /// Prometheus' classic alphabet afterwards becomes `_`, character by character.
    public var nameAndLabelSanitizer:
        @Sendable (_ name: String, _ labels: [(String, String)]) -> (String, [(String, String)]) = { ($0, $1) }
    /// Added to every series, as a scrape adds `job` and `instance`.
    public var labels: LabelSet = .empty
    /// Metrics, each with its dimensions, that are kept. More are not, and `record` says so.
    public var metricsMax = 100_000

    private static let values: [Double] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000]
    private static let durations: [Duration] = values.map { .milliseconds($0) }

    /// Timers with buckets from 5 ms to 10 s, recorders from 5 to 10,000, names as they are.
    public init() {}
}

/// Why a record failed. Nothing of it is in the monitor, unless `refusal` says that some samples were dropped: the
/// others are in it then.
public struct MetricsFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Wrong uses since the factory was made: a name that is a counter and a gauge, a counter that was decreased, more
    /// metrics than the limit. At most twenty; empty when the monitor refused the samples.
    public let misuses: [String]
    /// Why the monitor refused the samples.
    public let refusal: IngestionFailure?

    /// One line for each.
    public var description: String {
        guard let refusal else { return misuses.joined(separator: "\n") }
        if case .dropped = refusal.reason { return "\(refusal)" }
        return "the samples were refused: \(refusal)"
    }
}

/// Records counters, gauges and the like into a monitor.
///
/// ```swift
/// let monitor = Monitor()
/// let metrics = MonitorMetricsFactory(monitor)
/// try await withMetricsFactory(metrics) {
///     let shop = Shop()  // makes its metrics here, or later within
///     try metrics.record(at: .second(0))
///     await shop.sell()
///     try metrics.record(at: .second(15))
/// }
/// try await monitor.expect("increase(sold_total[1m])", .equals(1))
/// ```
///
/// Each test has a factory of its own: within `withMetricsFactory` it is that of the task and of its child tasks, so
/// tests that run at the same time do not mix. `MetricsSystem.bootstrap` makes one the factory of the whole process.
///
/// | swift-metrics | series |
/// |---|---|
/// | `Counter`, `FloatingPointCounter` | a counter, named as it is labelled: nothing adds `_total` |
/// | `Gauge`, `Meter`, `Recorder(aggregate: false)` | a gauge, 0 until it is set |
/// | `Timer` | a histogram in seconds: `_bucket`, `_sum`, `_count` |
/// | `Recorder(aggregate: true)` | a histogram of the recorded values |
///
/// Dimensions become labels. Two metrics with one label and the same dimensions are one series. A destroyed metric ends
/// with the next record. Values are doubles: counts are exact up to 2^53.
public final class MonitorMetricsFactory: MetricsFactory, Sendable {
    /// How labels and values become series.
    public let options: MonitorMetricsOptions
    private let monitor: Monitor
    private let registry: Mutex<MetricsRegistry>
    // Guards the memory of the record before, by which the next one ends what is gone.
    private let ingestor: Mutex<TargetIngestor>

    /// - Parameters:
    ///   - monitor: where `record` puts samples. Several factories may have one monitor; series with the same labels are
    ///     then the same series.
    ///   - options: how labels and values become series.
    public init(_ monitor: Monitor, options: MonitorMetricsOptions = MonitorMetricsOptions()) {
        self.options = options
        self.monitor = monitor
        registry = Mutex(MetricsRegistry(metricsMax: options.metricsMax))
        ingestor = Mutex(
            TargetIngestor(
                sink: monitor.store,
                options: IngestionOptions(targetLabels: LabelSet(monitor.labels.labels + options.labels.labels))))
        monitor.emptyStoreHint.withLock { $0 = Self.emptyStoreHint }
    }

    private static let emptyStoreHint =
        "nothing was recorded: call record(at:) once metrics are there; those made outside of withMetricsFactory, or in "
        + "a detached task, go to another factory"

    /// Puts the present value of every metric into the monitor, as one scrape at `time` would. Times must ascend from
    /// call to call.
    ///
    /// - Returns: what was stored.
    /// - Throws: when metrics were used wrongly; when samples were not stored, because the monitor is full or has newer
    ///   ones of these series, unless it is one that counts them: `Monitor(drops: .counted)`.
    @discardableResult
    public func record(at time: Timestamp) throws(MetricsFailure) -> IngestionReport {
        let (page, misuses) = registry.withLock { ($0.page(.text), $0.misuses) }
        guard misuses.isEmpty else { throw MetricsFailure(misuses: misuses, refusal: nil) }
        let result = ingestor.withLock { ingestor -> Result<IngestionReport, IngestionFailure> in
            do throws(IngestionFailure) {
                return .success(try monitor.complete(ingestor.ingest(page, format: .text, at: time), at: time))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let report): return report
        case .failure(let refusal): throw MetricsFailure(misuses: [], refusal: refusal)
        }
    }

    /// The present values as a page of metrics, as a service answers at `/metrics`; families sorted by name.
    public func exposition(_ format: ExpositionFormat = .text) -> String {
        String(decoding: registry.withLock { $0.page(format) }, as: UTF8.self)
    }

    // MARK: MetricsFactory

    private func cell(
        _ label: String, _ dimensions: [(String, String)], _ kind: Metadata.Kind,
        _ bounds: (String) -> [Double] = { _ in [] }
    ) -> MetricCell {
        let (name, labels) = options.nameAndLabelSanitizer(label, dimensions)
        let clean = MetricName.clean(name, allowsColon: true)
        // Names that are taken already; what comes second is left out and told.
        var taken: Set = [LabelSet.metricNameLabel]
        if kind == .histogram { taken.insert("le") }
        var kept = [Label(LabelSet.metricNameLabel, clean)]
        var left: [String] = []
        for (dimension, value) in labels {
            let label = MetricName.clean(dimension, allowsColon: false)
            if taken.insert(label).inserted { kept.append(Label(label, value)) } else { left.append(label) }
        }
        return registry.withLock { registry in
            for label in left { registry.note(label: label, takenIn: clean) }
            return registry.cell(clean, LabelSet(kept), kind, bounds: { bounds(name) })
        }
    }

    /// The counter of this label and these dimensions, a new one or the one there is.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions, .counter)
    }

    /// The same counter as `makeCounter` gives.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(label, dimensions, .counter)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, dimensions, .gauge)
    }

    /// A histogram when it aggregates, else a gauge.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return cell(label, dimensions, .gauge) }
        return cell(label, dimensions, .histogram) {
            options.valueHistogramBuckets[$0] ?? options.defaultValueHistogramBuckets
        }
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(label, dimensions, .histogram) {
            (options.durationHistogramBuckets[$0] ?? options.defaultDurationHistogramBuckets).map { $0 / .seconds(1) }
        }
    }

    private func destroy(_ handler: AnyObject) {
        guard let cell = handler as? MetricCell else { return }
        registry.withLock { $0.remove(cell) }
    }

    /// Its series end with the next record.
    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    /// Its series end with the next record.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    /// Its series end with the next record.
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    /// Its series end with the next record.
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    /// Its series end with the next record.
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }
}

// A log of one definition, read line by line: what the tests of LogMetrics share.

import LinearRegex
import LogMetrics
import MetricModel

struct Log {
    var store = LogStore()
    var reader: LineReader

    init(_ format: LogFormat = .none, _ metrics: [LogMetric], _ change: (inout LogDefinition) -> Void = { _ in }) {
        var log = LogDefinition(name: "test", paths: ["test.log"])
        log.format = format
        log.metrics = metrics
        change(&log)
        reader = LineReader(log, store: &store)
    }

    @discardableResult
    mutating func read(_ lines: String..., file: String = "test.log") -> [LineOutcome] {
        lines.map { reader.read($0, file: file, into: &store) }
    }

    /// The page without comments and without the exporter's own metrics.
    var page: [String] {
        String(decoding: store.snapshot().text(), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") && !$0.hasPrefix(LogStore.ownPrefix) }
    }

    func own(_ name: String, _ metric: String) -> Double? {
        store.snapshot().first { $0.name == LogStore.ownPrefix + name }?.samples
            .first { $0.labels == [Label("metric", metric)] }?.value
    }
}

func counter() -> LogMetric { LogMetric(name: "lines_total", kind: .counter) }

func counter(_ name: String = "lines_total", _ change: (inout LogMetric) throws -> Void) rethrows -> LogMetric {
    var metric = LogMetric(name: name, kind: .counter)
    try change(&metric)
    return metric
}

func label(_ name: String, _ field: String? = nil) -> LogMetric.LabelSource {
    LogMetric.LabelSource(label: name, field: field ?? name)
}

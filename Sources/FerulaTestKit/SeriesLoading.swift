// Series in the notation of Prometheus' own tests, into a monitor.
// The short way to samples in a test; the long ones are Monitor.ingest and Monitor.append.

import Ferula
import MetricModel
import PromQLSyntax

extension Monitor {
    /// Appends a series written in Prometheus' series notation.
    ///
    /// ```swift
    /// try monitor.load(#"http_requests_total{job="a"}"#, "0+5x20", every: .seconds(15))
    /// ```
    ///
    /// - `values`: one item a step, with blanks between. `3` is a sample; `0+5x20` are 21 of them, 0, 5, ... 100;
    ///   `7x3` are four times 7; `_` and `_x5` leave steps out; `stale` ends the series;
    ///   `{{schema:0 sum:4 count:3 buckets:[1 2]}}` is a native histogram, which may be repeated as well.
    /// - `step`: between two items. `start`: time of the first item.
    /// - Throws: when the notation cannot be read, with the place in it, and when the store does not take a sample:
    ///   older than another one of its series, too old for the retention, or over a limit. Samples before it are kept.
    public func load(
        _ series: String, _ values: String, every step: Milliseconds,
        from start: Timestamp = Timestamp(milliseconds: 0),
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        let labels: LabelSet
        do throws(SyntaxError) {
            labels = try SeriesNotation.parseLabels(series)
        } catch {
            throw unreadable(series, error, place)
        }
        let items: [SeriesNotation.Item]
        do throws(SyntaxError) {
            items = try SeriesNotation.parse("{} " + values).items
        } catch {
            throw unreadable(values, error.moved(by: -3), place)
        }
        try load(labels, items, every: step, from: start, place)
    }

    /// Appends several series, one a line: labels, then values. Blank lines and those that begin with `#` say nothing.
    ///
    /// ```swift
    /// try monitor.load(
    ///     every: .seconds(15),
    ///     """
    ///     http_requests_total{code="200"} 0+5x20
    ///     http_requests_total{code="500"} 0x10 1x10
    ///     """)
    /// ```
    ///
    /// - Throws: as for one series, naming the line.
    public func load(
        every step: Milliseconds, from start: Timestamp = Timestamp(milliseconds: 0), _ lines: String,
        fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        for line in Expected.split(lines) {
            let labels: LabelSet
            let items: [SeriesNotation.Item]
            do throws(SyntaxError) {
                (labels, items) = try SeriesNotation.parse(line.text)
            } catch {
                throw unreadable(lines, error.moved(by: line.start), place)
            }
            try load(labels, items, every: step, from: start, place)
        }
    }

    private func unreadable(_ text: String, _ error: SyntaxError, _ place: SourcePlace) -> ExpectationFailure {
        let lines = error.rendered(in: text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return ExpectationFailure(.notation, "the series notation cannot be read", lines, at: place)
    }

    private func load(
        _ labels: LabelSet, _ items: [SeriesNotation.Item], every step: Milliseconds, from start: Timestamp,
        _ place: SourcePlace
    ) throws(ExpectationFailure) {
        func refused(_ reason: String, _ hint: String) -> ExpectationFailure {
            ExpectationFailure(.refused, "samples were not stored", ["\(labels): \(reason)", hint], at: place)
        }
        guard step.count > 0 else {
            throw refused("the step is \(step)", "a step is positive, such as .seconds(15)")
        }
        guard labels.metricName != nil else {
            throw refused("the series has no name", "write it before the braces: up\(labels)")
        }
        var batch = AppendBatch()
        batch.reserveCapacity(items.count)
        do throws(RegistrationRefusal) {
            let ref = try store.register(labels)
            for (index, item) in items.enumerated() {
                let time = start + Milliseconds(Int64(index).multipliedReportingOverflow(by: step.count).partialValue)
                switch item.value {
                case nil: continue
                case .float(let value)?: batch.append(ref, time, value)
                case .histogram(let histogram)?: batch.append(ref, time, histogram)
                }
            }
        } catch {
            throw refused("\(error)", "Monitor(limits:) raises it")
        }
        let outcome = store.append(batch)
        // Those that the later ones of the batch have pushed out are not in the outcome.
        let cutoff = newestTime - store.limits.retention
        let tooOld = max(outcome.tooOld, batch.timestamps.count { $0 < cutoff })
        if tooOld > 0 {
            throw refused(
                "\(tooOld) of \(batch.count) samples are older than the retention of \(store.limits.retention)",
                "Monitor(limits: StoreLimits(retention: ...)) lengthens it")
        }
        let early = outcome.outOfOrder + outcome.duplicates
        if early > 0 {
            throw refused(
                "\(early) of \(batch.count) samples are not newer than what the series has",
                "the first one is at \(NumberInText.of(start)): load one series at once, or give `from:`")
        }
    }
}

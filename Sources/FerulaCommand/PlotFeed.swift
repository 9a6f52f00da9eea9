// Lines of standard input on their way into a store: each with the time it came, or evenly apart when all came at once.
// One thread reads; the session asks the store, and this for its one target.

import DashboardApp
import Ferula
import Glibc
import Ingestion
import LogMetrics
import MetricModel
import Panels
import PromQLEngine
import Querying
import Synchronization
import TimeSeriesStore

final class PlotFeed: StatusSource {
    enum Limits {
        static let lineBytesMax = 64 << 10
        /// Input that ends within this has no times of its own.
        static let haste = Milliseconds(500)
        /// For that to be known, before the screen comes.
        static let patience = Milliseconds(600)
        /// Of input that came all at once; the newest are kept.
        static let linesMax = 1_000_000
        /// Lines that came within the same millisecond stand one apart, up to this; more of them are left out.
        static let aheadMax = Milliseconds(1000)
        /// Of a chart of text: the newest are kept.
        static let samplesMax = 1_000_000
    }

    let monitor = Monitor()
    private let distance: Milliseconds
    private let start: Timestamp
    private let elapsed: @Sendable () -> Int64
    private let elapsedAtStart: Int64

    private struct State {
        var series: NumberSeries
        /// Lines of the first moments, until it is known whether the input ends with them.
        var waiting: [(line: String, time: Timestamp)]? = []
        var begin: Timestamp?
        var isEnded = false
        var hasTimes = true
        var lineCount = 0
        var sampleCount = 0
        var tooLongCount = 0
        /// Numbers for which there was no millisecond left.
        var crowdedCount = 0
        var last: Timestamp?
        /// Of each series in the store.
        var newest: [String: Timestamp] = [:]
        var columns: [String: (times: [Timestamp], values: [Double])] = [:]
    }
    /// Guards everything that the reading thread changes. Held for a line, or for the first ones together.
    private let state: Mutex<State>

    /// - `distance`: of lines that came all at once.
    /// - `start`: by the wall clock.
    /// - `elapsed`: milliseconds of a clock that nobody sets.
    init(
        _ series: NumberSeries, distance: Milliseconds, start: Timestamp = Clock.now(),
        elapsed: @escaping @Sendable () -> Int64 = { Clock.elapsedMilliseconds() }
    ) {
        self.distance = distance
        self.start = start
        self.elapsed = elapsed
        elapsedAtStart = elapsed()
        state = Mutex(State(series: series))
    }

    /// What it is by the wall clock of the start: one that is set back would have every line come before those that are
    /// there. The screen goes by this clock, too.
    func now() -> Timestamp { start + Milliseconds(elapsed() - elapsedAtStart) }

    // MARK: Reading

    /// Blocks until the input ends.
    func readAll() {
        var splitter = LineSplitter(bytesMax: Limits.lineBytesMax)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, 1000)
                continue
            }
            guard count > 0 else { break }
            let now = self.now()
            let tooLong = buffer.withUnsafeBytes { bytes in
                splitter.read(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { take($0, now) }
            }
            if tooLong > 0 { state.withLock { $0.tooLongCount += tooLong } }
        }
        let now = self.now()
        _ = splitter.flush { take($0, now) }
        state.withLock { state in
            settle(&state, isEnded: true)
            state.isEnded = true
            endSeries(state)
        }
    }

    /// After the last line nothing goes on: means and least values are of what there was. A chart has a point each second at
    /// best: the last value must be seen at one.
    private func endSeries(_ state: State) {
        guard isatty(1) == 1, let last = state.last else { return }
        for name in state.series.names {
            // `try?`: as in `add`.
            _ = try? monitor.append(
                .staleMarker, to: LabelSet(metric: PlotDashboard.metric, ["series": name]), at: last + .seconds(1))
        }
    }

    private func take(_ line: String, _ time: Timestamp) {
        state.withLock { state in
            state.lineCount += 1
            guard state.waiting != nil else { return add(line, time, &state) }
            state.waiting?.append((line, time))
            if let count = state.waiting?.count, count > Limits.linesMax + Limits.linesMax / 10 {
                state.waiting?.removeFirst(count - Limits.linesMax)
            }
            if time - start >= Limits.haste, !Self.isFile { settle(&state, isEnded: false) }
        }
    }

    /// A file has been there before: the time of its reading is not that of its lines.
    private static var isFile: Bool {
        var status = stat()
        return fstat(0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Takes in what has waited.
    private func settle(_ state: inout State, isEnded: Bool) {
        guard let waiting = state.waiting else { return }
        state.waiting = nil
        state.hasTimes = !isEnded
        let count = Int64(waiting.count)
        // On a screen they end now, as text they begin at zero; the screen asks for `begin`.
        let first =
            isatty(1) == 1
            ? now() - Milliseconds(distance.count * Swift.max(0, count - 1)) : Timestamp(milliseconds: 0)
        for (index, entry) in waiting.enumerated() {
            let time = isEnded ? first + Milliseconds(distance.count * Int64(index)) : entry.time
            add(entry.line, time, &state)
        }
    }

    private func add(_ line: String, _ time: Timestamp, _ state: inout State) {
        for value in state.series.read(line, at: time.milliseconds) {
            state.sampleCount += 1
            state.last = time
            if state.begin == nil { state.begin = time }
            guard isatty(1) == 1 else {
                keep(value, time, &state)
                continue
            }
            // Of one millisecond a series has one sample.
            let free = state.newest[value.name].map { Swift.max(time, $0 + Milliseconds(1)) } ?? time
            guard free - time <= Limits.aheadMax else {
                state.crowdedCount += 1
                continue
            }
            state.newest[value.name] = free
            // A store that is full says so by what it does not show; its limits are far beyond a screen.
            _ = try? monitor.append(
                value.number, to: LabelSet(metric: PlotDashboard.metric, ["series": value.name]), at: free)
        }
    }

    private func keep(_ value: NumberLine.Value, _ time: Timestamp, _ state: inout State) {
        var column = state.columns.removeValue(forKey: value.name) ?? ([], [])
        if column.times.last == time {
            column.values[column.values.count - 1] = value.number
        } else {
            column.times.append(time)
            column.values.append(value.number)
        }
        let most = Limits.samplesMax / NumberSeries.seriesMax
        if column.times.count > most + most / 10 {
            column.times.removeFirst(column.times.count - most)
            column.values.removeFirst(column.values.count - most)
        }
        state.columns[value.name] = column
    }

    // MARK: Asking

    /// Until the first lines are taken in: then it is known whether they have times.
    func waitForBegin() async {
        while !state.withLock({ $0.waiting == nil }), now() - start < Limits.patience {
            // A cancelled wait ends with whatever is there.
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { return }
        }
        state.withLock { if !Self.isFile { settle(&$0, isEnded: $0.isEnded) } }
    }

    /// Of the first sample, or of the program.
    var begin: Timestamp { state.withLock { $0.begin ?? start } }
    var hasTimes: Bool { state.withLock { $0.hasTimes } }
    var isEmpty: Bool { state.withLock { $0.sampleCount == 0 } }

    func series() -> [ChartSeries] {
        state.withLock { state in
            state.series.names.compactMap { name in
                state.columns[name].map { ChartSeries(name: name, timestamps: $0.times, values: $0.values) }
            }
        }
    }

    /// Neighbours are joined however far apart they came: nothing is known to lie between them.
    func longestGap(_ series: [ChartSeries]) -> Milliseconds {
        let gaps = series.map { series in
            zip(series.timestamps.dropFirst(), series.timestamps).map { $0 - $1 }.max() ?? .zero
        }
        return Swift.max(Milliseconds(1), gaps.max() ?? .zero)
    }

    /// What was not drawn, on standard error.
    func tell() {
        let state = state.withLock { $0 }
        func say(_ count: Int, _ one: String, _ many: String, _ more: String = "") {
            if count > 0 { Program.write(line: "plot: \(count) \(count == 1 ? one : many)\(more)", to: 2) }
        }
        let first =
            state.series.firstUnreadable.map { "; the first: `\($0.withoutControlCharacters.prefix(80))`" } ?? ""
        say(state.series.unreadableCount, "line without a number", "lines without a number", first)
        say(
            state.series.refusedCount, "number", "numbers", " of more than \(NumberSeries.seriesMax) series left out")
        say(state.crowdedCount, "number", "numbers", " of more than 1000 a second of one series left out")
        say(state.tooLongCount, "line", "lines", " of more than \(Limits.lineBytesMax) bytes left out")
        guard state.sampleCount == 0 else { return }
        let others = state.series.passedOver
        guard !others.isEmpty else { return Program.write(line: "plot: no line had a number", to: 2) }
        let wanted = state.series.only.sorted().map { "`\($0.withoutControlCharacters)`" }.joined(separator: ", ")
        let there = others.prefix(20).map(\.withoutControlCharacters).joined(separator: ", ")
        Program.write(line: "plot: no series \(wanted); there are \(there)\(others.count > 20 ? ", ..." : "")", to: 2)
    }

    func targets() async -> [TargetStatus] {
        state.withLock { state in
            [
                TargetStatus(
                    scrapePool: "plot", url: "standard input", labels: ["job": "plot"], discoveredLabels: .empty,
                    health: .up, lastError: state.isEnded ? "the input has ended" : "", lastScrape: state.last,
                    samplesScraped: state.sampleCount, interval: .seconds(1), timeout: .seconds(1))
            ]
        }
    }
}

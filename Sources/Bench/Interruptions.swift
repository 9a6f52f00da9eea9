// `Bench --interruptions`: how long after the reason a query ends that was cancelled, ran out of time or over a limit.
// Each query is one that runs for long when left alone; it is stopped at many moments of its run.

import MetricModel
import PromQLEngine
import Querying
import Synchronization
import TimeSeriesStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct Interruptions {
    private let large: InterruptionStores.Sizes
    private let stores: InterruptionStores
    private let isSmoke: Bool

    init(isSmoke: Bool) throws {
        self.isSmoke = isSmoke
        large = isSmoke ? .smoke : .large
        stores = try InterruptionStores(large)
    }

    private struct Row {
        var name: String
        var whole = 0.0
        var cancelled = 0.0
        var cancelledCPU = 0.0
        var timedOut = 0.0
        var refused = 0.0
        var refusedBytes = 0
        var isRefused = false
        var stretch = 0.0
        var kinds: Set<String> = []
    }

    func run(only part: String?) async {
        print("milliseconds. alone: the whole run; stretch: CPU between two looks whether to end, the longest;")
        print("cancel, timeout: from the reason to the end (cancel: the longest of four moments, and its CPU)")
        print(Measure.column("query", 44), "   alone  stretch  cancel     CPU  timeout  10,000 samples: ms, MB")
        var worst = 0.0
        for work in selected(part) {
            let row = await measure(work)
            worst = max(worst, row.cancelled, row.timedOut)
            print(
                Measure.column(row.name, 44), Measure.right("\(Int(row.whole))", 7),
                Measure.right("\(Int(row.stretch.rounded(.up)))", 8),
                Measure.right("\(Int(row.cancelled.rounded(.up)))", 7),
                Measure.right("\(Int(row.cancelledCPU.rounded(.up)))", 7),
                Measure.right("\(Int(row.timedOut.rounded(.up)))", 8),
                Measure.right(row.isRefused ? "\(Int(row.refused)), \(row.refusedBytes >> 20)" : "answered", 20),
                row.kinds.sorted().joined(separator: " "))
            // A run that is stopped has shown what it measured.
            fflush(nil)
        }
        print("greatest: \(Int(worst.rounded(.up))) ms")
    }

    /// `12-20`: rows of the table by number, from one; anything else: those whose query contains it.
    private func selected(_ part: String?) -> [InterruptionStores.Work] {
        guard let part else { return stores.works }
        let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        if bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last {
            return stores.works.enumerated().filter { (first...last).contains($0.offset + 1) }.map(\.element)
        }
        return stores.works.filter { $0.name.contains(part) }
    }

    private func measure(_ work: InterruptionStores.Work) async -> Row {
        var row = Row(name: work.name)
        var options = EngineOptions.user
        options.timeout = nil
        options.now = { Self.nanoseconds() / 1_000_000 }
        let looks = Looks()
        options.timeout = Milliseconds(1 << 40)
        options.now = { looks.read() }
        let start = Self.nanoseconds()
        var ended = start
        let failure = await work.run(options) { ended = Self.nanoseconds() }
        row.whole = Double(ended - start) / 1e6
        if work.keepsTime {
            row.stretch = Double(looks.longest.load(ordering: .relaxed)) / 1e6
        }
        options.timeout = nil
        options.now = { Self.nanoseconds() / 1_000_000 }
        if let failure { row.kinds.insert("alone: \(failure.message.prefix(60))") }

        let moments = isSmoke ? [0.3] : [0.0, 0.3, 0.6, 0.9]
        for moment in moments {
            let wait = max(moment * row.whole, isSmoke ? 1 : 50)
            guard let (late, cpu) = await cancelled(work, options, after: wait) else { continue }
            row.cancelled = max(row.cancelled, late)
            row.cancelledCPU = max(row.cancelledCPU, cpu)
        }
        for moment in [0.5] where work.keepsTime {
            let wait = Int64(max(moment * row.whole, isSmoke ? 1 : 50))
            options.timeout = Milliseconds(wait)
            let start = Self.nanoseconds()
            var ended = start
            let failure = await work.run(options) { ended = Self.nanoseconds() }
            if failure?.kind == .timeout {
                row.timedOut = max(row.timedOut, Double(ended - start) / 1e6 - Double(wait))
            }
        }
        options.timeout = nil
        options.samplesMax = 10_000
        Self.resetPeak()
        let before = Measure.residentBytes()
        let refusalStart = Self.nanoseconds()
        var refused = refusalStart
        let refusal = await work.run(options) { refused = Self.nanoseconds() }
        row.refused = Double(refused - refusalStart) / 1e6
        row.refusedBytes = max(0, Self.peakBytes() - before)
        row.isRefused = refusal?.kind == .execution
        return row
    }

    /// Milliseconds from the cancellation to the end, nil when the query had ended before it.
    private func cancelled(
        _ work: InterruptionStores.Work, _ options: EngineOptions, after wait: Double
    ) async -> (wall: Double, cpu: Double)? {
        let box = EndTime()
        let task = Task.detached {
            await work.run(options) {
                box.time.store(Self.nanoseconds(), ordering: .sequentiallyConsistent)
                box.cpu.store(Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID), ordering: .sequentiallyConsistent)
            }
        }
        usleep(UInt32(wait * 1000))
        let reason = Self.nanoseconds()
        let cpu = Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
        task.cancel()
        let failure = await task.value
        let cpuEnd = box.cpu.load(ordering: .sequentiallyConsistent)
        let end = box.time.load(ordering: .sequentiallyConsistent)
        guard end > reason, failure?.kind == .canceled || failure == nil else { return nil }
        // A query that ends by itself after the cancellation counts too: it did not look.
        return (Double(end - reason) / 1e6, Double(cpuEnd - cpu) / 1e6)
    }

    /// A clock that stands still and remembers the longest time of its thread between two readings.
    private final class Looks: Sendable {
        private let last = Mutex<(thread: Int, time: Int64)>((0, 0))
        let longest = Atomic<Int64>(0)

        func read() -> Int64 {
            let now = Interruptions.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
            let thread = pthread_self().hashValue
            let before = last.withLock { last in
                defer { last = (thread, now) }
                return last
            }
            // Two threads' clocks have nothing to do with each other.
            if before.thread == thread, now - before.time > longest.load(ordering: .relaxed) {
                longest.store(now - before.time, ordering: .relaxed)
            }
            return 0
        }
    }

    private final class EndTime: Sendable {
        let time = Atomic<Int64>(0)
        let cpu = Atomic<Int64>(0)
    }

    static func nanoseconds(_ clock: clockid_t = CLOCK_MONOTONIC) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func milliseconds(since start: Int64) -> Double { Double(nanoseconds() - start) / 1e6 }

    /// Linux: the peak of resident memory starts again from what is resident now.
    private static func resetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    private static func peakBytes() -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return (text.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0) * 1024
        }
        return 0
    }
}

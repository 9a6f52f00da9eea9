// The exporter as one value: what is followed, what is counted, and the page over HTTP.
// Used by the program, and by tests without one.

import ExporterKit
import FerulaConfiguration
import HTTPService
import LinearRegex
import LogMetrics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package struct LogExporter: Sendable {
    package struct Options: Sendable {
        /// Rotated files are read once, compressed ones too, and then everything from its first line.
        package var readsHistory = false
        package var readsFromStart = false
        package init() {}
    }

    /// Between two looks at the files. A person or a scrape does not see the difference to an event, and a look at
    /// 500 files costs less than a millisecond.
    package static let interval = Duration.milliseconds(250)

    private let shared: Lock<LogState>
    private let follower: Lock<LogFollower>
    private let options: Options

    package init(
        _ configuration: LogConfiguration, _ options: Options = Options(),
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        shared = Lock(LogState(configuration))
        follower = Lock(
            LogFollower(shared, readsFromStart: options.readsFromStart || options.readsHistory, tell: tell))
        self.options = options
    }

    /// One look at the files, for tests with a clock of their own, in milliseconds.
    package func round(now: Int) { while follower.withLock({ $0.round(now: now) }) {} }

    package func families() -> [LogFamily] { shared.withLock { $0.families() } }

    package var collector: any Collector { LogCollector(shared: shared) }

    /// Reads what there is, to the end of the standard input where that is followed, and returns.
    package func readOnce() {
        follower.withLock { follower in
            if options.readsHistory { follower.readHistory() }
            follower.finish(now: Self.now())
        }
        guard let log = configuration.logs.firstIndex(where: { $0.paths.contains("-") }) else { return }
        var input = StandardInput(shared, log: log)
        while !input.isAtEnd { input.read(waitMilliseconds: 1000) }
    }

    /// Serves `/metrics` and follows the files until the task is cancelled.
    package func run(
        listen address: String, ready: @escaping @Sendable (String) async -> Void
    ) async throws {
        let server = ExporterServer(title: "Ferula log exporter", registry: Registry([collector]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run(listen: address, ready: ready) }
            group.addTask { try await follow() }
            if let log = configuration.logs.firstIndex(where: { $0.paths.contains("-") }) {
                group.addTask { try await followInput(log) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private var configuration: LogConfiguration { shared.withLock { $0.configuration } }

    private func follow() async throws {
        let follower = follower
        if options.readsHistory { try await onBlockingThread { follower.withLock { $0.readHistory() } } }
        while !Task.isCancelled {
            let hasMore = try await onBlockingThread { follower.withLock { $0.round(now: Self.now()) } }
            if !hasMore { try await Task.sleep(for: Self.interval) }
        }
    }

    private func followInput(_ log: Int) async throws {
        let input = Lock(StandardInput(shared, log: log))
        while !Task.isCancelled {
            let isAtEnd = try await onBlockingThread {
                input.withLock { input in
                    input.read(waitMilliseconds: 250)
                    return input.isAtEnd
                }
            }
            // What was counted is served on.
            if isAtEnd { try await Task.sleep(for: .seconds(1 << 30)) }
        }
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// The families of each scrape.
struct LogCollector: Collector {
    let name = "log"
    let shared: Lock<LogState>

    func collect(into families: inout MetricFamilies) {
        for family in shared.withLock({ $0.families() }) {
            families.add(
                family.name, family.kind, help: family.help, unit: family.unit,
                samples: family.samples.map { ($0.suffix, $0.labels, $0.value) })
        }
    }
}

/// Lines of a pipe, as they come.
struct StandardInput: Sendable {
    /// Of one call: a writer that never stops must not keep a thread.
    static let bytesMax = 16 << 20

    private let shared: Lock<LogState>
    private let name: FileName
    private var splitter: LineSplitter
    private let descriptor: Int32
    private(set) var isAtEnd = false

    init(_ shared: Lock<LogState>, log: Int, descriptor: Int32 = 0) {
        self.shared = shared
        self.descriptor = descriptor
        name = FileName(log: log, path: "-")
        splitter = LineSplitter(bytesMax: shared.withLock { $0.configuration.lineBytesMax })
    }

    /// Waits for the first byte at most so long, then reads while there is something.
    mutating func read(waitMilliseconds: Int32) {
        var total = 0
        var wait = waitMilliseconds
        while total < Self.bytesMax {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, wait) > 0 else { return }
            wait = 0
            let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                #if canImport(Glibc)
                    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                #else
                    let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
                #endif
                if count > 0 { take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                return count
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else { return end(failed: count < 0) }
            total += count
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        shared.withLock { state in
            let tooLong = splitter.read(bytes) { state.read($0, of: name) }
            state.count(name) { counts in
                counts.bytes += bytes.count
                counts.tooLong += tooLong
            }
        }
    }

    private mutating func end(failed: Bool) {
        isAtEnd = true
        shared.withLock { state in
            let tooLong = splitter.flush { state.read($0, of: name) }
            state.count(name) { counts in
                counts.tooLong += tooLong
                if failed { counts.errors += 1 }
            }
        }
    }
}

// What ScrapeManager and one loop share: how the target is doing, when to end, why not to ask.
// Written from both sides; each is a lock around one small value.

import MetricModel
import Querying
import Synchronization

/// How one target is doing: written by its loop once a scrape, read by whoever asks.
final class TargetRecord: Sendable {
    private let state: Mutex<TargetStatus>

    init(_ status: TargetStatus) { state = Mutex(status) }

    var status: TargetStatus { state.withLock { $0 } }

    /// The same target, found with other labels that relabelling does not keep.
    func rediscovered(_ labels: LabelSet) {
        state.withLock { status in
            if status.discoveredLabels != labels { status.discoveredLabels = labels }
        }
    }

    /// True when the target fails and did not before.
    func note(_ timestamp: Timestamp, _ outcome: Scrape.Outcome) -> Bool {
        state.withLock { status in
            let wasUp = status.health != .down
            status.health = outcome.failure == nil ? .up : .down
            status.lastError = outcome.failure?.reason ?? ""
            status.lastScrape = timestamp
            status.lastScrapeDuration = outcome.duration
            status.samplesScraped = outcome.report.samplesScraped
            return wasUp && outcome.failure != nil
        }
    }
}

/// Why no target of a pool is asked: too many of them. Nil: they are.
final class PoolRefusal: Sendable {
    private let state = Mutex<String?>(nil)

    var reason: String? { state.withLock { $0 } }
    func set(_ reason: String?) { state.withLock { $0 = reason } }
}

/// Ends one task from outside, and tells when it has ended.
final class StopSignal: Sendable {
    private let stop = Signal()
    private let end = Signal()
    private let removed = Atomic(false)

    /// What the task is for is no longer wanted.
    func remove() {
        removed.store(true, ordering: .releasing)
        stop.fire()
    }
    var isRemoved: Bool { removed.load(ordering: .acquiring) }

    /// Called by the task, last.
    func ended() { end.fire() }

    func waitForEnd() async { await end.wait() }

    /// Runs `body` until it returns or `remove` is called, which cancels it.
    func race<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value? {
        await withTaskGroup(of: Value?.self) { race in
            race.addTask { await body() }
            race.addTask { [stop] in
                await stop.wait()
                return nil
            }
            var last: Value?
            for await ended in race {
                if let ended { last = ended }
                race.cancelAll()
            }
            return last
        }
    }
}

/// Fires once; one task waits for it.
private final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func fire() { continuation.finish() }

    /// Returns when it has fired or the task is cancelled.
    func wait() async {
        for await _ in stream {}
    }
}

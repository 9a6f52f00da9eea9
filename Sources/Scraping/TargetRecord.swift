// What ScrapeManager and one loop share: how the target is doing, when to end, why not to ask.
// Written from both sides; each is a lock around one small value.

import Logging
import MetricModel
import Querying
import Synchronization

/// How one target is doing: written by its loop once a scrape, read by whoever asks.
final class TargetRecord: Sendable {
    private struct State {
        var status: TargetStatus
        var log = TargetLog()
    }
    private let state: Mutex<State>

    init(_ status: TargetStatus) { state = Mutex(State(status: status)) }

    var status: TargetStatus { state.withLock { $0.status } }

    /// The same target, found with other labels that relabelling does not keep.
    func rediscovered(_ labels: LabelSet) {
        state.withLock { state in
            if state.status.discoveredLabels != labels { state.status.discoveredLabels = labels }
        }
    }

    /// Returns what is to be logged of it.
    func note(_ timestamp: Timestamp, _ outcome: Scrape.Outcome) -> TargetLog.Message? {
        state.withLock { state in
            state.status.health = outcome.failure == nil ? .up : .down
            state.status.lastError = outcome.failure?.reason ?? ""
            state.status.lastScrape = timestamp
            state.status.lastScrapeDuration = outcome.duration
            state.status.samplesScraped = outcome.report.samplesScraped
            return state.log.note(state.status.url, outcome.failure?.reason, at: timestamp)
        }
    }
}

/// Which scrapes of one target are worth a line: the first that fails, one that fails for another reason, the first
/// that succeeds again; and of all failures one a minute, however the target flaps.
struct TargetLog {
    struct Message: Hashable {
        var level: Logger.Level
        var text: String
    }
    static let pause = Milliseconds.minutes(1)

    /// The reason that was logged last; nil: that it answers, or nothing.
    private var said: String?
    private var saidAt: Timestamp?
    /// Failed scrapes since then.
    private var unsaid = 0

    /// `reason`: why the scrape failed; nil when it did not.
    mutating func note(_ url: String, _ reason: String?, at timestamp: Timestamp) -> Message? {
        guard let reason else {
            guard said != nil else { return nil }
            said = nil
            return Message(level: .info, text: "\(url): answers again")
        }
        guard reason != said else { return nil }
        if let saidAt, timestamp - saidAt < Self.pause, timestamp >= saidAt {
            unsaid += 1
            return nil
        }
        defer { (said, saidAt, unsaid) = (reason, timestamp, 0) }
        let more = unsaid == 0 ? "" : " (and \(unsaid) \(unsaid == 1 ? "failure" : "failures") that were not logged)"
        return Message(level: .warning, text: "\(url): \(reason)\(more)")
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
    private struct State {
        var isRemoved = false
        var isReplaced = false
        var isScraping = false
        /// What the loop leaves to the one that follows it.
        var legacy: Legacy?
    }
    /// Where a loop ended.
    struct Legacy: Sendable {
        var scrape: Scrape
        var interval: Milliseconds
    }

    private let stop = Signal()
    private let end = Signal()
    private let state = Mutex(State())

    /// What the task is for is no longer wanted.
    func remove() {
        state.withLock { $0.isRemoved = true }
        stop.fire()
    }
    var isRemoved: Bool { state.withLock { $0.isRemoved } }

    /// Another loop takes the place of this one: a scrape under way is finished, and its series go on.
    func replace() {
        let isScraping = state.withLock { state in
            state.isReplaced = true
            return state.isScraping
        }
        if !isScraping { stop.fire() }
    }
    var isReplaced: Bool { state.withLock { $0.isReplaced } }

    /// False: no more scrapes are wanted.
    func beginScrape() -> Bool {
        state.withLock { state in
            state.isScraping = !state.isReplaced
            return state.isScraping
        }
    }

    /// False: that was the last one.
    func endScrape() -> Bool {
        state.withLock { state in
            state.isScraping = false
            return !state.isReplaced
        }
    }

    func leave(_ legacy: Legacy) { state.withLock { $0.legacy = legacy } }

    /// After `waitForEnd`; nil when there is none, or it was taken.
    func takeLegacy() -> Legacy? {
        state.withLock { state in
            defer { state.legacy = nil }
            return state.legacy
        }
    }

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

// A clock that stands still until a test moves it.
// Given to the code under test as its clock, and to `eventually`; its time is that of Monitor's samples.

import MetricModel
import Synchronization

extension Timestamp: InstantProtocol {
    /// The time so much later. Parts of a millisecond are rounded away from zero, so that no wait is cut short.
    public func advanced(by duration: Swift.Duration) -> Timestamp { self + Milliseconds(roundingUp: duration) }
    /// How much later the other time is; negative when it is earlier.
    public func duration(to other: Timestamp) -> Swift.Duration { .milliseconds((other - self).count) }
}

extension Milliseconds {
    /// Parts of a millisecond are rounded away from zero; saturates.
    init(roundingUp duration: Swift.Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, carry) = product.addingReportingOverflow(whole + rest.signum())
        self.init(overflow || carry ? (seconds > 0 ? .max : .min) : sum)
    }
}

/// A clock that stands still until `advance` moves it. In whole milliseconds, safe to use from several tasks.
///
/// Code that takes `any Clock<Duration>` sleeps on it, and wakes when a test advances it past the end of its sleep:
///
/// ```swift
/// let clock = ManualClock()
/// let worker = Task { try await pollForever(every: .seconds(10), clock: clock) }
/// try await clock.untilSleeping()
/// clock.advance(by: .seconds(10))
/// ```
public final class ManualClock: Clock, Sendable {
    private struct Sleeper {
        var deadline: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }
    private struct Ticker {
        var period: Milliseconds
        var next: Timestamp
        var action: @Sendable (Timestamp) -> Void
    }
    private enum WatchEnd {
        case asleep, late, cancelled
    }
    private struct Watcher {
        var count: Int
        var continuation: CheckedContinuation<WatchEnd, Never>
        var timer: Task<Void, Never>

        func end(_ end: WatchEnd) {
            timer.cancel()
            continuation.resume(returning: end)
        }
    }
    private struct State {
        var now: Timestamp
        var lastID = 0
        var sleepers: [Int: Sleeper] = [:]
        var tickers: [Ticker] = []
        var watchers: [Int: Watcher] = [:]

        mutating func newID() -> Int {
            lastID += 1
            return lastID
        }

        mutating func satisfiedWatchers() -> [Watcher] {
            let done = watchers.filter { $0.value.count <= sleepers.count }
            for id in done.keys { watchers[id] = nil }
            return Array(done.values)
        }
    }
    // Guards everything; continuations are resumed and actions are called outside.
    private let state: Mutex<State>

    /// Begins at `start`: the epoch, unless the test needs another time.
    public init(at start: Timestamp = Timestamp(milliseconds: 0)) { state = Mutex(State(now: start)) }

    /// The time it shows: what samples and queries of a test are given as theirs.
    public var now: Timestamp { state.withLock { $0.now } }

    /// A millisecond.
    public var minimumResolution: Swift.Duration { .milliseconds(1) }

    // MARK: Moving

    /// Moves on by `length`; a negative one does nothing.
    ///
    /// Stops on the way at every time at which somebody wakes or an action of `every` is due, in order. Actions have
    /// returned when this returns; tasks that woke may only be about to run: wait for what they do with `eventually`,
    /// or for their next sleep with `untilSleeping`. A loop that sleeps again and again wakes once a call, since it has to
    /// run to sleep anew: move it round by round, with `untilSleeping` between.
    public func advance(by length: Milliseconds) { advance(to: now + length) }

    /// Moves on to `time`; does nothing when it is not later than now.
    public func advance(to time: Timestamp) {
        while true {
            let step = state.withLock { state in Self.step(&state, to: time) }
            for continuation in step.woken { continuation.resume() }
            for action in step.actions { action(step.now) }
            if step.isLast { return }
        }
    }

    private struct Step {
        var now: Timestamp
        var woken: [CheckedContinuation<Void, any Error>] = []
        var actions: [@Sendable (Timestamp) -> Void] = []
        var isLast = false
    }

    /// To the next time at which something happens, at most to `time`.
    private static func step(_ state: inout State, to time: Timestamp) -> Step {
        let due = state.sleepers.values.map(\.deadline) + state.tickers.map(\.next)
        guard let next = due.min(), next <= time else {
            state.now = max(state.now, time)
            return Step(now: state.now, isLast: true)
        }
        state.now = max(state.now, next)
        var step = Step(now: state.now)
        for (id, sleeper) in state.sleepers.sorted(by: { $0.key < $1.key }) where sleeper.deadline <= state.now {
            state.sleepers[id] = nil
            step.woken.append(sleeper.continuation)
        }
        for index in state.tickers.indices where state.tickers[index].next <= state.now {
            step.actions.append(state.tickers[index].action)
            state.tickers[index].next = state.tickers[index].next + state.tickers[index].period
        }
        return step
    }

    /// Calls `action` with the time, now and after each `period` that the clock moves on, in the call to `advance`.
    /// Such as a scrape:
    /// `try clock.every(.seconds(15)) { now in do { try metrics.record(at: now) } catch { Issue.record(error) } }`.
    ///
    /// - Throws: `ExpectationFailure` when `period` is not positive.
    public func every(
        _ period: Milliseconds, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
        column: Int = #column, _ action: @escaping @Sendable (Timestamp) -> Void
    ) throws(ExpectationFailure) {
        guard period.count > 0 else {
            let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
            throw ExpectationFailure(
                .notation, "the period of `every` is \(period)", ["a period is positive, such as .seconds(15)"],
                at: place)
        }
        let now = state.withLock { state in
            state.tickers.append(Ticker(period: period, next: state.now + period, action: action))
            return state.now
        }
        action(now)
    }

    // MARK: Sleeping

    private enum SleepStart {
        case over, cancelled
        case asleep([Watcher])
    }

    /// Suspends until the clock has been moved to `deadline` or past it; returns at once when it is there already.
    /// `tolerance` has no effect.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Timestamp, tolerance: Swift.Duration? = nil) async throws {
        try Task.checkCancellation()
        let id = state.withLock { $0.newID() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let start: SleepStart = state.withLock { state in
                    if deadline <= state.now { return .over }
                    // A handler that ran before this has found nobody to wake.
                    if Task.isCancelled { return .cancelled }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return .asleep(state.satisfiedWatchers())
                }
                switch start {
                case .over: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .asleep(let watchers): for watcher in watchers { watcher.end(.asleep) }
                }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Suspends until at least `count` tasks sleep on this clock, so that the next `advance` is not lost on them.
    ///
    /// - Parameters:
    ///   - count: of tasks.
    ///   - limit: of real time. It only bounds a test that would hang: nothing else depends on it.
    /// - Throws: `ExpectationFailure` when fewer tasks sleep by then, and when its own task is cancelled.
    public func untilSleeping(
        _ count: Int = 1, within limit: Milliseconds = .seconds(30), fileID: String = #fileID,
        filePath: String = #filePath, line: Int = #line, column: Int = #column
    ) async throws(ExpectationFailure) {
        let id = state.withLock { $0.newID() }
        let end = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<WatchEnd, Never>) in
                let early: WatchEnd? = state.withLock { state in
                    if state.sleepers.count >= count { return .asleep }
                    if Task.isCancelled { return .cancelled }
                    let timer = Task { [self] in
                        // `try?`: a timer that is cancelled has nothing to end.
                        let isOver = (try? await Task.sleep(for: .milliseconds(max(limit.count, 0)))) != nil
                        if isOver { self.end(watcher: id, .late) }
                    }
                    state.watchers[id] = Watcher(count: count, continuation: continuation, timer: timer)
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            self.end(watcher: id, .cancelled)
        }
        guard end != .asleep else { return }
        let sleeping = state.withLock { $0.sleepers.count }
        let asleep = sleeping == 0 ? "no task sleeps" : "only \(sleeping) of \(count) tasks sleep"
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        throw ExpectationFailure(
            .deadline,
            end == .late ? "\(asleep) on the clock after \(limit)" : "cancelled while \(asleep) on the clock",
            [
                "clock   at \(NumberInText.of(now))",
                "a task that has ended, waits for something else or has another clock does not sleep on this one",
            ], at: place)
    }

    private func end(watcher id: Int, _ end: WatchEnd) {
        let watcher = state.withLock { $0.watchers.removeValue(forKey: id) }
        watcher?.end(end)
    }
}

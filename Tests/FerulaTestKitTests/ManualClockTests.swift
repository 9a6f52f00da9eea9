// The clock that tests move, and waits on it.

import Ferula
import FerulaTestKit
import Synchronization
import Testing

/// A list that several tasks append to.
private final class List<Element: Sendable>: Sendable {
    private let list = Mutex<[Element]>([])
    var all: [Element] { list.withLock { $0 } }
    func append(_ element: Element) { list.withLock { $0.append(element) } }
}

/// Runs its tasks one by one, in the order in which they were made ready, and only when it is told to.
private final class SteppedExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let isRunning = Mutex(true)
    private let whenReady: @Sendable () -> Void

    /// `whenReady` is called for each task that becomes ready while none runs, but for the first time.
    init(_ whenReady: @escaping @Sendable () -> Void) { self.whenReady = whenReady }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        if !isRunning.withLock({ $0 }) { whenReady() }
    }

    func run() {
        isRunning.withLock { $0 = true }
        while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        isRunning.withLock { $0 = false }
    }
}

@Suite("Manual clock")
struct ManualClockTests {
    @Test("it stands still until it is moved, and never goes back")
    func moves() {
        let clock = ManualClock(at: .second(5))
        #expect(clock.now == .second(5))
        clock.advance(by: .seconds(2))
        #expect(clock.now == .second(7))
        clock.advance(to: .second(6))
        #expect(clock.now == .second(7))
    }

    @Test("sleepers do not wake before their deadlines, and see the time of their deadline or later")
    func sleepers() async throws {
        let clock = ManualClock()
        let woken = List<Int>()
        try await withThrowingTaskGroup { group in
            for second in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(until: .second(Double(second)))
                    #expect(clock.now >= .second(Double(second)))
                    woken.append(second)
                }
            }
            try await clock.untilSleeping(3)
            clock.advance(by: Milliseconds(999))
            #expect(woken.all == [])
            clock.advance(by: Milliseconds(1))
            while woken.all.isEmpty { await Task.yield() }
            #expect(woken.all == [1])
            clock.advance(by: .minutes(1))
            try await group.waitForAll()
        }
        #expect(woken.all.sorted() == [1, 2, 3])
    }

    @Test(
        "one long advance wakes sleepers in the order of their deadlines, then of their sleep, and calls actions in between"
    )
    func order() throws {
        let clock = ManualClock()
        let list = List<String>()
        let executor = SteppedExecutor { list.append("a task wakes") }
        for (name, second) in [("c", 3.0), ("a", 1), ("b", 2), ("a later", 1)] {
            Task(executorPreference: executor) {
                try await clock.sleep(until: .second(second))
                list.append(name)
            }
        }
        executor.run()
        try clock.every(.seconds(2)) { list.append("action at \($0)") }
        #expect(list.all == ["action at 0"])
        clock.advance(by: .seconds(5))
        executor.run()
        #expect(
            list.all == [
                "action at 0", "a task wakes", "a task wakes", "a task wakes", "action at 2", "a task wakes",
                "action at 4", "a", "a later", "b", "c",
            ])
    }

    @Test("a sleep of the past returns at once, parts of a millisecond are rounded up")
    func roundings() async throws {
        let clock = ManualClock(at: .second(1))
        try await clock.sleep(until: .second(1))
        #expect(clock.now.advanced(by: .nanoseconds(1)) == Timestamp(milliseconds: 1001))
        #expect(clock.now.advanced(by: .nanoseconds(-1)) == Timestamp(milliseconds: 999))
        #expect(clock.now.advanced(by: .milliseconds(5)) == Timestamp(milliseconds: 1005))
        #expect(clock.now.advanced(by: .seconds(Int64.max)) == .distantFuture)
        #expect(clock.now.duration(to: .second(3)) == .seconds(2))
    }

    @Test("a cancelled sleeper throws, and so does a cancelled watcher")
    func cancellation() async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
        try await clock.untilSleeping()
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        let watcher = Task { try await clock.untilSleeping(5) }
        watcher.cancel()
        let failure = await #expect(throws: ExpectationFailure.self) { try await watcher.value }
        #expect(failure?.summary == "cancelled while no task sleeps on the clock")
    }

    @Test("a wait for sleepers ends at its limit, and needs none of it when they sleep already")
    func sleepersLimit() async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
        try await clock.untilSleeping()
        try await clock.untilSleeping(within: .zero)
        let failure = await #expect(throws: ExpectationFailure.self) {
            try await clock.untilSleeping(2, within: .milliseconds(1))
        }
        #expect(failure?.kind == .deadline)
        #expect(failure?.line == #line - 4)
        #expect(failure?.summary == "only 1 of 2 tasks sleep on the clock after 1ms")
        // Who waited in vain is forgotten: this sleeper would wake it a second time.
        let second = Task { try await clock.sleep(for: .seconds(1)) }
        try await clock.untilSleeping(2)
        clock.advance(by: .seconds(1))
        _ = try await (sleeper.value, second.value)
    }

    @Test("an action is called now and at each period, however far the clock is moved at once")
    func periods() throws {
        let clock = ManualClock()
        let times = List<Timestamp>()
        try clock.every(.seconds(15)) { now in times.append(now) }
        clock.advance(by: .seconds(14))
        clock.advance(by: .seconds(31))
        #expect(times.all == [.second(0), .second(15), .second(30), .second(45)])
    }

    @Test("a wait moves the clock until the answer is there")
    func eventually() async throws {
        let monitor = Monitor()
        let clock = ManualClock()
        var jobs = 0.0
        try await monitor.eventually("jobs_total", .equals(3), on: clock) { now in
            try monitor.append(jobs, to: ["__name__": "jobs_total"], at: now)
            jobs += 1
        }
        #expect(clock.now == .second(3))
    }

    @Test("a wait looks at its very end, and not past it")
    func lastLook() async throws {
        let monitor = Monitor()
        try monitor.load("x", "0x59 1", every: .seconds(1))
        try await monitor.eventually("x", .equals(1), on: ManualClock(), within: .minutes(1))
        let clock = ManualClock()
        await #expect(throws: ExpectationFailure.self) {
            try await monitor.eventually("x", .equals(1), on: clock, within: .milliseconds(59_999))
        }
        #expect(clock.now == Timestamp(milliseconds: 59_999))
    }

    @Test("a wait on a real clock asks until the answer is there, at times that move with the clock")
    func realClock() async throws {
        let monitor = Monitor()
        var tries = 0
        var last = Timestamp.second(100)
        try await monitor.eventually(
            "x", .atLeast(3), on: ContinuousClock(), every: .milliseconds(2), within: .hours(1), from: .second(100)
        ) { now in
            tries += 1
            #expect(now >= last)
            last = now
            try monitor.append(Double(tries), to: ["__name__": "x"], at: now)
        }
        #expect(tries >= 3)
    }
}

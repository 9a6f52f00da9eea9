// Waits for an answer: on a clock that the test moves, or on a real one up to a deadline.
// Judges as MonitorExpectations do, again and again.

import Ferula
import MetricModel

extension Monitor {
    /// Moves `clock` on step by step until the query's answer is as wanted; throws when it is not within `limit`.
    ///
    /// ```swift
    /// try await monitor.eventually("sum(jobs_done_total)", .equals(3), on: clock) { now in
    ///     try metrics.record(at: now)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - query: PromQL, evaluated at the clock's time.
    ///   - expectation: what is wanted.
    ///   - clock: asked first where it stands, then after each step.
    ///   - step: of the clock between two looks. Positive.
    ///   - limit: how far the clock is moved at most.
    ///   - each: called with the clock's time before each evaluation: to scrape or to ingest.
    /// - Throws: `ExpectationFailure` with the last answer, and when the query has none or `each` throws: these are not
    ///   waited out. At once when `step` is not positive.
    public nonisolated(nonsending) func eventually(
        _ query: String, _ expectation: Expected, on clock: ManualClock, step: Milliseconds = .seconds(1),
        within limit: Milliseconds = .minutes(1), fileID: String = #fileID, filePath: String = #filePath,
        line: Int = #line, column: Int = #column,
        before each: nonisolated(nonsending) (Timestamp) async throws -> Void = { _ in }
    ) async throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        guard step.count > 0 else {
            throw ExpectationFailure(
                .notation, "the step of `eventually` is \(step)", ["a step is positive, such as .seconds(1)"], at: place
            )
        }
        let start = clock.now
        var tries = 0
        while true {
            let now = clock.now
            try await call(each, at: now, place)
            tries += 1
            guard let verdict = await judge(query, expectation, at: now) else { return }
            guard verdict.kind == .mismatch else { throw await report(verdict, at: place) }
            guard now - start < limit else {
                throw await report(verdict, at: place).late(tries, "\(now - start) of the clock")
            }
            clock.advance(to: min(now + step, start + limit))
            // Tasks that the step has woken get a chance to run before the next look.
            await Task.yield()
        }
    }

    /// Asks again and again until the query's answer is as wanted; throws when it is not within `limit` of real time.
    ///
    /// ```swift
    /// try await monitor.eventually("http_requests_total", .atLeast(1), on: ContinuousClock()) { now in
    ///     try await monitor.scrape(url, at: now)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - query: PromQL, evaluated at `start` and the time that has passed on the clock.
    ///   - expectation: what is wanted.
    ///   - clock: `ContinuousClock()` or another that moves by itself.
    ///   - period: of rest between two tries.
    ///   - limit: the last try begins then, or as soon after as the clock wakes; one that has begun is waited for.
    ///   - start: time of the first try as samples have it; nil: that of the newest sample, 0 when there is none: on an
    ///     empty store the times of samples count from zero, not from 1970.
    ///   - each: called with the time before each evaluation: to scrape or to ingest. What it throws is waited out as
    ///     another answer is: a server may not listen yet.
    /// - Throws: `ExpectationFailure` with the last answer, or with what the closure threw last; when the query has no
    ///   answer; when the task is cancelled.
    public nonisolated(nonsending) func eventually<C: Clock<Swift.Duration>>(
        _ query: String, _ expectation: Expected, on clock: C, every period: Milliseconds = Milliseconds(50),
        within limit: Milliseconds = .seconds(10), from start: Timestamp? = nil, fileID: String = #fileID,
        filePath: String = #filePath, line: Int = #line, column: Int = #column,
        before each: nonisolated(nonsending) (Timestamp) async throws -> Void = { _ in }
    ) async throws(ExpectationFailure) {
        let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
        let start = start ?? newestTime
        let begin = clock.now
        var tries = 0
        while true {
            let passed = Milliseconds(roundingUp: begin.duration(to: clock.now))
            let now = start + passed
            guard let miss = try await attempt(query, expectation, at: now, place, each) else { return }
            tries += 1
            guard passed < limit else { throw await failure(miss, place).late(tries, "\(passed)") }
            let rest = Milliseconds(min(period.count, max(1, limit.count - passed.count)))
            do {
                try await clock.sleep(until: clock.now.advanced(by: .milliseconds(rest.count)), tolerance: nil)
            } catch {
                let last = await failure(miss, place)
                throw ExpectationFailure(
                    .deadline, "cancelled after \(passed), \(last.summary)", last.details, at: place)
            }
        }
    }

    /// A try that may be repeated.
    private enum Miss {
        case threw(ExpectationFailure)
        case answered(Verdict)
    }

    /// Nil when the answer is as wanted. Throws what no wait changes.
    private nonisolated(nonsending) func attempt(
        _ query: String, _ expectation: Expected, at now: Timestamp, _ place: SourcePlace,
        _ each: nonisolated(nonsending) (Timestamp) async throws -> Void
    ) async throws(ExpectationFailure) -> Miss? {
        do throws(ExpectationFailure) {
            try await call(each, at: now, place)
        } catch {
            guard error.kind == .deadline else { throw error }
            return .threw(error)
        }
        guard let verdict = await judge(query, expectation, at: now) else { return nil }
        guard verdict.kind == .mismatch else { throw await report(verdict, at: place) }
        return .answered(verdict)
    }

    /// The report of the last try: those before it need none.
    private func failure(_ miss: Miss, _ place: SourcePlace) async -> ExpectationFailure {
        switch miss {
        case .threw(let failure): failure
        case .answered(let verdict): await report(verdict, at: place)
        }
    }

    private nonisolated(nonsending) func call(
        _ each: nonisolated(nonsending) (Timestamp) async throws -> Void, at now: Timestamp, _ place: SourcePlace
    ) async throws(ExpectationFailure) {
        do {
            try await each(now)
        } catch let failure as ExpectationFailure {
            throw failure
        } catch {
            throw ExpectationFailure(
                .deadline, "the closure of `eventually` threw", ["at      \(NumberInText.of(now))", "\(error)"],
                at: place)
        }
    }
}

extension Milliseconds {
    static func + (one: Milliseconds, other: Milliseconds) -> Milliseconds {
        let (sum, overflow) = one.count.addingReportingOverflow(other.count)
        return overflow ? Milliseconds(.max) : Milliseconds(sum)
    }
}

extension ExpectationFailure {
    fileprivate func late(_ tries: Int, _ passed: String) -> ExpectationFailure {
        let looks = tries == 1 ? "1 try" : "\(tries) tries"
        if kind == .deadline {
            return ExpectationFailure(.deadline, "\(summary), the last of \(looks) in \(passed)", details, at: place)
        }
        return ExpectationFailure(
            .deadline, "still another answer than expected after \(passed) and \(looks)", details, at: place)
    }
}

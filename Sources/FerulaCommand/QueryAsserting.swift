// `ferula query --assert`: looks, waits and ends with the verdict.
// Part of QueryCommand; Assertion judges, AssertionWait says when to look again.

import ArgumentParser
import DashboardApp
import Ferula
import PromQLSyntax
import Querying

extension QueryCommand {
    func check(_ expression: Expression) async throws {
        var wait = AssertionWait(
            holdFor: try holdFor.map { try DurationText.read($0, "--for") },
            timeout: try timeout.map { try DurationText.read($0, "--timeout") })
        let every = try self.source.wantedInterval() ?? .seconds(1)
        let (source, waited) = try await opened(expression, wait, every)
        let assertion = Assertion(expression)
        guard source.kind != .fixed else { return try await checkPast(assertion, source, wait, every) }
        guard times.time == nil || wait.holdFor == nil && wait.timeout == nil else {
            throw CommandFailure("--for and --timeout look from now on: leave --time out", status: ExitStatus.usage)
        }
        var isFirst = true
        wait.begin(at: Self.steadyNow - waited)
        while true {
            let looked = try await look(assertion, source, refreshes: !isFirst, wait.timeLeft(at: Self.steadyNow))
            isFirst = false
            let now = Self.steadyNow
            switch wait.look(looked.verdict.holds, at: now) {
            case .passed: return
            case .failed:
                if let failure = looked.failure { throw failure }
                if let held = wait.heldFor(at: now), let holdFor = wait.holdFor {
                    let seconds = Milliseconds(held.count / 1000 * 1000)
                    throw CommandFailure(
                        "holds for \(seconds) only, not for \(holdFor): \(assertion.text)",
                        status: ExitStatus.assertionFalse)
                }
                return try await fail(assertion, looked.verdict, source, looked.time)
            case .lookAgain: break
            }
            try await Task.sleep(for: .milliseconds(every.count))
        }
    }

    /// The source, and how long nobody was there who could be scraped: with `--timeout` a target may be starting still.
    private func opened(
        _ expression: Expression, _ wait: AssertionWait, _ every: Milliseconds
    ) async throws -> (QuestionSource, waited: Milliseconds) {
        let begun = Self.steadyNow
        while true {
            let tried = Self.steadyNow
            do {
                return (try await source.open(for: [expression], times), tried - begun)
            } catch let failure as CommandFailure {
                guard failure.mayPass, let timeout = wait.timeout, Self.steadyNow - begun < timeout else {
                    throw failure
                }
            }
            try await Task.sleep(for: .milliseconds(every.count))
        }
    }

    private static var steadyNow: Timestamp { Timestamp(milliseconds: Clock.monotonicMilliseconds()) }

    /// What one look saw; with `--timeout` a source that fails meanwhile is one where nothing holds, and may come back.
    private struct Look {
        var verdict = Assertion.Verdict(holds: false)
        var time: Timestamp
        var failure: CommandFailure?
    }

    /// - `timeLeft`: nil without `--timeout`; the source is told to answer within it.
    private func look(
        _ assertion: Assertion, _ source: QuestionSource, refreshes: Bool, _ timeLeft: Milliseconds?
    ) async throws(CommandFailure) -> Look {
        do throws(CommandFailure) {
            if refreshes { try await source.refresh() }
            let moment = try times.moment(now: source.now)
            let verdict = try await judged(assertion, source, moment.end, within: timeLeft)
            return Look(verdict: verdict, time: moment.end)
        } catch {
            // A query that is wrong stays wrong.
            guard timeLeft != nil, error.mayPass else { throw error }
            return Look(time: source.now, failure: error)
        }
    }

    /// A file does not change: `--for` looks back from its newest sample, `--timeout` has nothing to wait for.
    private func checkPast(
        _ assertion: Assertion, _ source: QuestionSource, _ wait: AssertionWait, _ every: Milliseconds
    ) async throws {
        let end = try times.moment(now: source.now).end
        let begin = wait.holdFor.map { end - $0 } ?? end
        guard (end - begin).count / every.count < TimeOptions.pointsMax else {
            throw CommandFailure("--for: more than a million looks; use a longer --interval", status: ExitStatus.usage)
        }
        var time = begin
        while true {
            let verdict = try await judged(assertion, source, time)
            if !verdict.holds { return try await fail(assertion, verdict, source, time) }
            if time >= end { return }
            time = min(end, time + every)
        }
    }

    private func judged(
        _ assertion: Assertion, _ source: QuestionSource, _ time: Timestamp, within limit: Milliseconds? = nil
    ) async throws(CommandFailure) -> Assertion.Verdict {
        do throws(QueryFailure) {
            let options = QueryOptions(timeout: limit.map { max(Milliseconds(1), $0) })
            return try await assertion.verdict(source.backend, at: time, options)
        } catch {
            var failure = CommandFailure(error.rendered(in: assertion.text))
            failure.mayPass = [.unavailable, .timeout].contains(error.kind)
            throw failure
        }
    }

    /// The series that fail are the data: standard output. What they fail is said on standard error.
    private func fail(
        _ assertion: Assertion, _ verdict: Assertion.Verdict, _ source: QuestionSource, _ time: Timestamp
    ) async throws {
        for annotation in verdict.annotations { Program.write(line: annotation.message, to: 2) }
        let isPast = source.kind == .fixed && holdFor != nil
        let when = isPast ? " at \(times.zone.text(time))" : ""
        guard let offenders = verdict.offenders else {
            let span = Explanation.Span(start: time, end: time, dataRange: source.dataRange)
            let reason = await EmptyAnswer.reason(assertion.text, source, span, times.zone)
            throw CommandFailure(
                "does not hold\(when): \(assertion.text)\n  \(reason)", status: ExitStatus.assertionFalse)
        }
        try Program.output(
            try printer.print([Answer(query: assertion.text, result: offenders, start: time, end: time)]))
        throw CommandFailure("does not hold\(when): \(assertion.text)", status: ExitStatus.assertionFalse)
    }
}

// Runs the panels' questions as tasks: a bounded number at a time, one a panel, the newest winning.
// Comes between effects and the backend; answers go to the mailbox.

import Dashboards
import MetricModel
import Querying
import Synchronization

final class QuestionQueue: Sendable {
    /// Waiting questions in order, and the running task of each panel. One lock: a few calls a second.
    private struct State {
        var waiting: [PanelQuestion] = []
        var running: [Int: (generation: Int, task: Task<Void, Never>)] = [:]
        var isEnded = false
        /// By panel: what was found out about its empty answers, for which queries and over which range.
        var explained: [Int: (texts: [String], over: TimeRange, found: Found)] = [:]
    }
    /// Words by refID, and how far behind the range the first samples lie, where that is the reason.
    private struct Found {
        var words: [String: String] = [:]
        var laterBy: Milliseconds?
    }
    private let state = Mutex(State())
    private let backend: any QueryBackend
    private let status: any StatusSource
    private let mailbox: Mailbox
    private let runningMax: Int
    private let explanationAge: Milliseconds

    /// Why a panel is empty is a question about all metric names: cheap in this process, not at a big installation.
    static let explanationAgeEmbedded = Milliseconds.seconds(3)
    static let explanationAgeRemote = Milliseconds.seconds(60)

    /// - `explanationAge`: so long, in the time of the ranges that are asked about, an explanation stands for the same
    ///   queries over a range of the same length.
    init(
        backend: any QueryBackend, status: any StatusSource, mailbox: Mailbox, runningMax: Int,
        explanationAge: Milliseconds = explanationAgeEmbedded
    ) {
        self.backend = backend
        self.status = status
        self.mailbox = mailbox
        self.runningMax = max(1, runningMax)
        self.explanationAge = explanationAge
    }

    func ask(_ question: PanelQuestion) {
        state.withLock { state in
            guard !state.isEnded else { return }
            state.waiting.removeAll { $0.panel == question.panel }
            // Its answer would be dropped; the place it takes is free at once.
            state.running.removeValue(forKey: question.panel)?.task.cancel()
            state.waiting.append(question)
            startWaiting(&state)
        }
    }

    /// Their answers would be looked at by nobody; the places they take are free at once.
    func cancel(_ panels: [Int]) {
        let left = Set(panels)
        state.withLock { state in
            state.waiting.removeAll { left.contains($0.panel) }
            for panel in panels { state.running.removeValue(forKey: panel)?.task.cancel() }
            startWaiting(&state)
        }
    }

    func cancelAll() {
        state.withLock { state in
            state.isEnded = true
            state.waiting = []
            for (_, running) in state.running { running.task.cancel() }
            state.running = [:]
        }
    }

    private func startWaiting(_ state: inout State) {
        while state.running.count < runningMax, !state.waiting.isEmpty {
            let question = state.waiting.removeFirst()
            let task = Task.detached { [self] in
                var took: [String: Milliseconds] = [:]
                let answers = await answer(question.queries, backend: backend, took: &took)
                let found = await explain(question, answers)
                if !Task.isCancelled {
                    mailbox.post(
                        .answered(
                            panel: question.panel, generation: question.generation, answers: answers,
                            explanations: found.words, laterBy: found.laterBy, took: took))
                }
                finished(question)
            }
            state.running[question.panel] = (question.generation, task)
        }
    }

    /// Only where nothing at all was found, and not each second anew.
    private func explain(_ question: PanelQuestion, _ answers: PanelAnswers) async -> Found {
        func isEmpty(_ answer: Result<QueryResult, QueryFailure>?) -> Bool {
            guard case .success(let result)? = answer else { return false }
            return result.value.isEmpty
        }
        let isEmpty =
            question.alerts == nil
            ? answers.values.allSatisfy(isEmpty) : isEmpty(answers[AlertListOptions.alertsID])
        guard isEmpty, question.wantsReasons, let range = question.queries.first?.range else {
            return Found()
        }
        let texts = question.queries.map(\.expression)
        let before = state.withLock { $0.explained[question.panel] }
        if let before, before.texts == texts, stands(before.over, for: range) { return before.found }
        var explained = Found()
        if let alerts = question.alerts {
            explained.words[AlertListOptions.alertsID] = alerts.emptyWords(rules: await ruleCount(at: range.end))
        }
        for query in question.queries where question.alerts == nil {
            if Task.isCancelled { return Found() }
            let span = Explanation.Span(start: range.start, end: range.end)
            guard let reason = await Explanation.reason(query.expression, backend: backend, span: span) else {
                continue
            }
            explained.words[query.refID] = reason.text()
            if let later = reason.laterBy { explained.laterBy = min(later, explained.laterBy ?? later) }
        }
        let found = explained
        state.withLock { $0.explained[question.panel] = (texts, range, found) }
        return found
    }

    /// At least one where there are alerts that the panel does not choose: they have their rules, wherever those are.
    private func ruleCount(at time: Timestamp) async -> Int? {
        let count = await status.alertingRuleCount()
        guard count == 0 else { return count }
        // A failure leaves it at what the status source says.
        let all = try? await backend.instant(InstantRequest(query: AlertListOptions.alertsID, time: time))
        return all?.value.isEmpty == false ? 1 : 0
    }

    private func stands(_ before: TimeRange, for range: TimeRange) -> Bool {
        let moved = (range.end - before.end).count
        return range.end - range.start == before.end - before.start && abs(moved) < explanationAge.count
    }

    private func finished(_ question: PanelQuestion) {
        state.withLock { state in
            if state.running[question.panel]?.generation == question.generation {
                state.running[question.panel] = nil
            }
            startWaiting(&state)
        }
    }
}

/// One after the other: a panel's queries share their selectors, and other panels wait beside it.
func answer(_ queries: [PlannedQuery], backend: any QueryBackend) async -> PanelAnswers {
    var took: [String: Milliseconds] = [:]
    return await answer(queries, backend: backend, took: &took)
}

/// - `took`: wall time of each answer.
private func answer(
    _ queries: [PlannedQuery], backend: any QueryBackend, took: inout [String: Milliseconds]
) async -> PanelAnswers {
    var answers: PanelAnswers = [:]
    let clock = ContinuousClock()
    for query in queries {
        if Task.isCancelled { break }
        let begun = clock.now
        defer {
            let (seconds, attoseconds) = (clock.now - begun).components
            took[query.refID] = Milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        }
        do throws(QueryFailure) {
            let result =
                switch query.request {
                case .instant(let request): try await backend.instant(request)
                case .range(let request): try await backend.range(request)
                }
            answers[query.refID] = .success(result)
        } catch {
            answers[query.refID] = .failure(error)
        }
    }
    return answers
}

extension PlannedQuery {
    fileprivate var range: TimeRange {
        switch request {
        case .instant(let request): TimeRange(start: request.time - .minutes(5), end: request.time)
        case .range(let request): TimeRange(start: request.grid.start, end: request.grid.end)
        }
    }
}

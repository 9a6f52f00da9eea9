// One frame of a dashboard without a terminal: for pipes, `ferula render`, and tests of whole dashboards.
// Stands beside SessionLoop: the same update and render, one question a panel, no second look.

import Dashboards
import Frames
import MetricModel
import Querying

/// Asks every panel once and returns the picture; a panel that has no answer when `limit` returns says so.
///
/// - `height`: nil fits the whole dashboard, at least `Still.heightLeast` rows.
/// - `limit`: returns when the waiting is to end, such as after some seconds of sleep.
package func renderOnce(
    dashboard: Dashboard, backend: any QueryBackend, status: any StatusSource, width: Int, height: Int? = nil,
    capabilities: TerminalCapabilities, now: Timestamp, utcOffset: Milliseconds = .zero, range: Milliseconds? = nil,
    source: SessionLoop.Source? = nil, limit: @escaping @Sendable () async -> Void
) async -> Frame {
    var state = AppState(
        dashboard: dashboard, size: Size(width: width, height: height ?? Still.heightLeast),
        capabilities: capabilities, now: now, utcOffset: utcOffset, range: range)
    state.isStill = true
    if let source { state.take(source) }
    state.relayout()
    if height == nil { state.fitHeight() }

    let (wakes, continuation) = AsyncStream.makeStream(of: Still.Wake.self)
    let mailbox = Mailbox(wake: { continuation.yield(.mail) })
    let queue = QuestionQueue(backend: backend, mailbox: mailbox, runningMax: 8)
    var tasks = [
        Task.detached {
            await limit()
            continuation.yield(.timeUp)
        }
    ]
    var effects = update(&state, .tick(now, utcOffset: utcOffset))
    /// By panel: the generation of the newest question. An older one that was cancelled for it has no answer.
    var asked: [Int: Int] = [:]
    var waitingFor = 0
    var wake = wakes.makeAsyncIterator()
    while true {
        for effect in effects {
            switch effect {
            case .query(let question):
                queue.ask(question)
                asked[question.panel] = question.generation
            case .fetchTargets:
                waitingFor += 1
                tasks.append(Task.detached { mailbox.post(.targets(await status.targets())) })
            case .resolveVariables(let question):
                waitingFor += 1
                tasks.append(Task.detached { mailbox.post(await question.answer(by: backend)) })
            case .redraw, .suspend, .quit: continue
            }
        }
        effects = []
        guard waitingFor > 0 || !asked.isEmpty, await wake.next() == .mail else { break }
        for event in mailbox.drain() {
            if case .answered(let panel, let generation, _, _) = event {
                if asked[panel] == generation { asked[panel] = nil }
            } else {
                waitingFor -= 1
            }
            effects += update(&state, event)
            if height == nil, state.fitHeight() { effects += state.questions() }
        }
    }
    queue.cancelAll()
    for task in tasks { task.cancel() }
    return render(state)
}

package enum Still {
    package static let heightLeast = 10
    enum Wake: Hashable, Sendable { case mail, timeUp }
}

extension AppState {
    /// As many rows as the dashboard takes. True when that changed the size.
    @discardableResult
    mutating func fitHeight() -> Bool {
        let chrome = size.height - body.height
        let fitted = Size(width: size.width, height: max(Still.heightLeast, contentHeight + chrome))
        guard fitted != size else { return false }
        size = fitted
        relayout()
        return true
    }
}

// The loop over a scripted terminal and a scripted backend: what is asked, drawn and ended.
// No clock: time stands where the test put it.

import Dashboards
import Frames
import MetricModel
import Querying
import Synchronization
import Testing

@testable import DashboardApp

/// A clock the test sets.
final class Clock: Sendable {
    private let time = Mutex(moment)
    var now: Timestamp { time.withLock { $0 } }
    func advance(_ length: Milliseconds) { time.withLock { $0 = $0 + length } }
}

@Suite("Session loop")
struct SessionLoopTests {
    /// Rounds until `condition`, each giving tasks time; the bound is there for a failing test.
    private func turn(
        _ loop: SessionLoop, _ clock: Clock, advancing step: Milliseconds = Milliseconds(40),
        until condition: () -> Bool
    ) async -> Bool {
        for _ in 0..<20_000 {
            loop.turn()
            if condition() { return true }
            clock.advance(step)
            await Task.yield()
        }
        return false
    }

    @Test("answers reach the screen, and keys end the session")
    func session() async throws {
        let clock = Clock()
        let terminal = ScriptedTerminal(size: Size(width: 80, height: 20))
        let backend = ScriptedBackend()
        let loop = SessionLoop(
            dashboard: Scene.dashboard, terminal: terminal, backend: backend, status: ScriptedStatus(),
            now: { clock.now })
        #expect(
            await turn(loop, clock) {
                loop.state.panels[1]?.data != nil && loop.state.panels[3]?.data != nil && loop.state.targetsUp == 1
            })
        #expect(terminal.frames.count > 0)
        #expect(terminal.wakeCount > 0)
        #expect(!backend.asked.contains("far"))
        terminal.append([.key(.control("z"))])
        loop.turn()
        #expect(terminal.suspensions == 1)
        terminal.append([.key(.character("q"))])
        loop.run()
        #expect(!terminal.isClosed)
    }

    @Test("a failure is shown by its panel and ends nothing")
    func failure() async {
        let clock = Clock()
        let terminal = ScriptedTerminal(size: Size(width: 80, height: 30))
        let backend = ScriptedBackend(
            failure: QueryFailure(.badData, "unknown function `rat`", hint: "did you mean `rate`?"))
        let loop = SessionLoop(
            dashboard: Scene.dashboard, terminal: terminal, backend: backend, status: ScriptedStatus(),
            now: { clock.now })
        #expect(await turn(loop, clock) { loop.state.panels[3]?.data?.failure != nil })
        #expect(
            await turn(loop, clock) { terminal.lastFrame?.plainText.contains("unknown function `rat`") ?? false })
    }

    @Test("nothing is drawn while nothing changes")
    func quiet() async {
        let clock = Clock()
        let terminal = ScriptedTerminal(size: Size(width: 80, height: 20))
        let loop = SessionLoop(
            dashboard: Scene.dashboard, terminal: terminal, backend: ScriptedBackend(), status: ScriptedStatus(),
            now: { clock.now })
        #expect(
            await turn(loop, clock) {
                loop.state.panels.values.allSatisfy { !$0.isInFlight } && loop.state.targetsUp == 1
            })
        terminal.append([.key(.character(" "))])
        #expect(await turn(loop, clock, advancing: .zero) { loop.state.panels.values.allSatisfy { !$0.isInFlight } })
        clock.advance(Milliseconds(100))
        loop.turn()
        let count = terminal.frames.count
        for _ in 0..<20 { loop.turn() }
        #expect(terminal.frames.count == count)
        #expect(terminal.waits.suffix(5).allSatisfy { ($0 ?? 0) > 100 })
    }

    @Test("frames of data come at most 30 a second")
    func frameRate() async {
        let clock = Clock()
        let terminal = ScriptedTerminal(size: Size(width: 80, height: 20))
        let loop = SessionLoop(
            dashboard: Scene.dashboard, terminal: terminal, backend: ScriptedBackend(), status: ScriptedStatus(),
            settings: .init(refresh: Milliseconds(50)), now: { clock.now })
        let start = clock.now
        _ = await turn(loop, clock, advancing: Milliseconds(1)) { clock.now - start >= .seconds(3) }
        #expect(terminal.frames.count <= 91)
    }

    @Test("at most so many panels are asked at one time, and a newer question replaces an older one")
    func bounds() async throws {
        let gate = GatedBackend()
        let mailbox = Mailbox(wake: {})
        let queue = QuestionQueue(backend: gate, status: ScriptedStatus(), mailbox: mailbox, runningMax: 2)
        let query = try #require(Scene.query)
        for panel in 1...5 { queue.ask(PanelQuestion(panel: panel, generation: 1, queries: [query])) }
        while gate.waiting < 2 { await Task.yield() }
        for _ in 0..<100 { await Task.yield() }
        #expect(gate.waiting == 2)
        queue.ask(PanelQuestion(panel: 5, generation: 2, queries: [query]))
        gate.open()
        var generations: [Int: [Int]] = [:]
        while generations.count < 5 {
            for case .answered(let panel, let generation, _, _, _, _) in mailbox.drain() {
                generations[panel, default: []].append(generation)
            }
            await Task.yield()
        }
        #expect(generations == [1: [1], 2: [1], 3: [1], 4: [1], 5: [2]])
        #expect(gate.most == 2)
    }

    @Test(
        "an explanation stands for its age over ranges of one length, so long is no server asked for all its names",
        arguments: [
            // Moves of the range in seconds, its length in minutes; how often the names were asked for.
            ([(0, 15), (59, 15), (-59, 15)], 1), ([(0, 15), (60, 15)], 2), ([(0, 15), (-60, 15)], 2),
            ([(0, 15), (1, 30)], 2),
        ])
    func explanationAge(questions: [(move: Int64, minutes: Int64)], asked: Int) async throws {
        let backend = EmptyBackend()
        let (wakes, continuation) = AsyncStream.makeStream(of: Void.self)
        var wake = wakes.makeAsyncIterator()
        let queue = QuestionQueue(
            backend: backend, status: ScriptedStatus(), mailbox: Mailbox(wake: { continuation.yield() }), runningMax: 1,
            explanationAge: QuestionQueue.explanationAgeRemote)
        for question in questions {
            let end = moment + .seconds(question.move)
            let range = TimeRange(start: end - .minutes(question.minutes), end: end)
            let plan = PanelQueryPlan(
                panel: Scene.panel(1, .stat(StatOptions()), "One", 0, 0, 4, 4, "nothing"), range: range,
                widthColumns: 10, scrapeInterval: .seconds(1), variables: VariableContext(range: range))
            queue.ask(PanelQuestion(panel: 1, generation: 1, queries: [try #require(plan.queries.first)]))
            await wake.next()
        }
        #expect(backend.namesAsked == asked)
    }
}

/// A server that has one metric, and no answers; counts how often all names were asked for.
final class EmptyBackend: QueryBackend {
    private let count = Mutex(0)
    var namesAsked: Int { count.withLock { $0 } }

    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult {
        QueryResult(value: .vector([]))
    }
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult { QueryResult(value: .matrix([])) }
    func series(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [LabelSet] { [] }
    func labelNames(
        _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] { [] }
    func labelValues(
        _ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int
    ) async throws(QueryFailure) -> [String] {
        count.withLock { $0 += 1 }
        return ["something"]
    }
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] { [:] }
}

/// Answers once opened; counts who waits.
final class GatedBackend: QueryBackend {
    private let opensWhenCancelled: Bool
    init(opensWhenCancelled: Bool = false) { self.opensWhenCancelled = opensWhenCancelled }

    private struct State {
        var isOpen = false
        var waiting = 0
        var most = 0
    }
    private let state = Mutex(State())
    var waiting: Int { state.withLock { $0.waiting } }
    var most: Int { state.withLock { $0.most } }
    func open() { state.withLock { $0.isOpen = true } }

    func instant(_ request: InstantRequest) async throws(QueryFailure) -> QueryResult { await pass() }
    func range(_ request: RangeRequest) async throws(QueryFailure) -> QueryResult { await pass() }
    private func pass() async -> QueryResult {
        state.withLock { state in
            state.waiting += 1
            state.most = max(state.most, state.waiting)
        }
        while !state.withLock({ $0.isOpen }), !Task.isCancelled { await Task.yield() }
        state.withLock { state in
            state.waiting -= 1
            if opensWhenCancelled, Task.isCancelled { state.isOpen = true }
        }
        return QueryResult(value: .matrix([]))
    }
    func series(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [LabelSet]
    { [] }
    func labelNames(_ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    { [] }
    func labelValues(_ name: String, _ selectors: [String], start: Timestamp, end: Timestamp, limit: Int)
        async throws(QueryFailure) -> [String]
    { [] }
    func metadata(metric: String?) async throws(QueryFailure) -> [String: [Metadata]] { [:] }
}

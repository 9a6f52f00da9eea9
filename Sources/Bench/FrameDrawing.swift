// What a frame costs: a whole screen of a dashboard drawn anew, and one in which the values of two panels moved.
// `Bench --frames FILE` asks this of a real dashboard, with made-up answers to the questions its panels put.

import DashboardApp
import Dashboards
import Frames
import MetricModel
import Querying

struct FrameDrawing {
    let rounds: Int
    private static let size = Size(width: 240, height: 70)
    private static let moment = Timestamp(milliseconds: 1_795_555_500_000)
    private static let seriesPerQuery = 2

    func run(file: [UInt8], name: String) {
        let dashboard: Dashboard
        do {
            dashboard = try Dashboard(grafanaJSON: file, fileName: name)
        } catch {
            print("\(name): \(error)")
            return
        }
        var state = AppState(dashboard: dashboard, size: Self.size, now: Self.moment)
        var asked = Self.answer(update(&state, .tick(Self.moment, utcOffset: .zero)), in: &state, turn: 0)
        asked += Self.answer(
            update(&state, .variables(state.document.variables, notices: [])), in: &state, turn: 0)
        let panels = asked.filter { question in !question.queries.isEmpty }
        guard panels.count >= 2 else {
            print("\(name): fewer than two panels ask anything")
            return
        }

        let full = measure { round in
            var renderer = Renderer()
            return Self.work(renderer.render(state), round)
        }
        report("a full frame, \(panels.count) panels", full)

        var renderer = Renderer()
        var shown = renderer.render(state)
        var turn = 0
        var runs = 0
        let changed = measure(prepare: {
            turn += 1
            for question in panels.prefix(2) {
                var next = question
                next.generation = state.panels[question.panel]?.generation ?? 0
                _ = Self.answer([.query(next)], in: &state, turn: turn)
            }
        }) { round in
            let frame = renderer.render(state)
            runs = FrameDiff(from: shown, to: frame).runs.count
            shown = frame
            return Self.work(frame, round)
        }
        report("values of two panels moved, \(runs) runs of cells", changed)
    }

    private func report(_ name: String, _ nanoseconds: [UInt64]) {
        let sorted = nanoseconds.sorted()
        func text(_ value: UInt64) -> String { "\(Double(value / 10_000) / 100) ms" }
        let median = sorted[sorted.count / 2]
        print("  \(name): \(text(sorted[0])) at best, \(text(median)) at the median")
    }

    private func measure(prepare: () -> Void = {}, _ body: (Int) -> Int) -> [UInt64] {
        (0..<max(1, rounds)).map { round in
            prepare()
            let start = Measure.cpuNanoseconds()
            let work = body(round)
            let spent = Measure.cpuNanoseconds() - start
            return work == 0 ? spent + 1 : spent
        }
    }

    /// Something of the frame, so that none of it can be left out.
    private static func work(_ frame: Frame, _ round: Int) -> Int {
        let cells = frame.cells
        return cells.isEmpty ? 0 : cells[round % cells.count].text?.utf8.count ?? 0
    }

    private static func answer(_ effects: [Effect], in state: inout AppState, turn: Int) -> [PanelQuestion] {
        var questions: [PanelQuestion] = []
        var waiting = effects
        while let effect = waiting.popLast() {
            guard case .query(let question) = effect else { continue }
            questions.append(question)
            var answers: PanelAnswers = [:]
            for query in question.queries { answers[query.refID] = .success(result(query, turn: turn)) }
            waiting += update(
                &state,
                .answered(panel: question.panel, generation: question.generation, answers: answers))
        }
        return questions
    }

    private static func result(_ query: PlannedQuery, turn: Int) -> QueryResult {
        var walk = Walk(seed: UInt64(truncatingIfNeeded: query.refID.utf8.reduce(turn &* 31) { $0 &* 31 &+ Int($1) }))
        func labels(_ index: Int) -> LabelSet { ["instance": "web-\(index)", "device": "eth\(index)"] }
        switch query.request {
        case .instant(let request):
            return QueryResult(
                value: .vector(
                    (0..<seriesPerQuery).map {
                        VectorElement(labels: labels($0), timestamp: request.time, value: .float(walk.next() * 100))
                    }))
        case .range(let request):
            let times = (0..<request.grid.count).map { request.grid.timestamp($0) }
            return QueryResult(
                value: .matrix(
                    (0..<seriesPerQuery).map { index in
                        Series(
                            labels: labels(index), timestamps: times,
                            samples: .floats(times.map { _ in walk.next() * 100 }))
                    }))
        }
    }

    /// A curve that wanders within 0...1.
    private struct Walk {
        private var state: UInt64
        private var level = 0.5
        init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
        mutating func next() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            level += (Double(state >> 11) / Double(1 << 53) - 0.5) * 0.2
            level = max(0, min(1, level))
            return level
        }
    }
}

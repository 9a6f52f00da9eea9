// The answer of a query that ends comes before the memory it held is given back.

import LinearRegex
import MetricModel
import PromQLSyntax
import Querying
import Testing

@testable import PromQLEngine

@Suite("early answers")
struct EarlyAnswerTests {
    private static let late = QueryFailure(.internalError, "late")
    private static let early = QueryFailure(.timeout, "early")

    private static func failure(_ work: @escaping @Sendable (EarlyAnswer<QueryResult>) async -> Void) async
        -> QueryFailure?
    {
        do throws(QueryFailure) {
            _ = try await EarlyAnswer<QueryResult>.first(of: work)
            return nil
        } catch {
            return error
        }
    }

    @Test("the first answer is passed on while the work still goes on")
    func first() async {
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let failure = await Self.failure { answer in
            answer.give(.failure(Self.early))
            // Were the work waited for, this would never end.
            for await _ in gate {}
            answer.give(.failure(Self.late))
        }
        #expect(failure == Self.early)
        opening.finish()
    }

    @Test("a cancelled caller cancels the work, and gets the work's own answer")
    func cancelled() async {
        let task = Task {
            await Self.failure { answer in
                while !Task.isCancelled { await Task.yield() }
                answer.give(.failure(Self.early))
            }
        }
        task.cancel()
        #expect(await task.value == Self.early)
    }

    @Test("an answer to the cancellation itself does not wait for work that does not look")
    func atOnce() async {
        let held = Lock<CheckedContinuation<Void, Never>?>(nil)
        let task = Task {
            do throws(QueryFailure) {
                _ = try await EarlyAnswer<QueryResult>.first(whenCancelled: Self.early) { answer in
                    await withCheckedContinuation { continuation in held.withLock { $0 = continuation } }
                    answer.give(.failure(Self.late))
                }
                return nil as QueryFailure?
            } catch {
                return error
            }
        }
        task.cancel()
        #expect(await task.value == Self.early)
        while held.withLock({ $0 == nil }) { await Task.yield() }
        held.withLock { $0 }?.resume()
    }

    /// Why the query ends is said once, by the evaluator, before its error has left the frames that hold columns.
    @Test(
        "an evaluator that is refused or out of time says so before its frames are gone",
        arguments: [("count_values(\"v\", g)", 10, nil), ("g", nil, 0)] as [(String, Int?, Int64?)])
    func said(query: String, cells: Int?, milliseconds: Int64?) async throws {
        var options = EngineOptions.user
        if let cells { options.cellsMax = cells }
        let grid = EvaluationGrid(start: 0, step: 1, count: 1)
        let plan = try Planner.plan(
            try Expression(parsing: query), grid: grid, step: 0, end: 0, lookback: 300_000, isInstant: true,
            options: options)
        let series = (0..<3).map { number in
            Series(
                labels: LabelSet(metric: "g", ["x": "\(number)"]), timestamps: [Timestamp(milliseconds: 0)],
                samples: .floats([Double(number)]))
        }
        let deadline = milliseconds.map { Deadline(milliseconds: $0, now: { 1 }) }
        let said = Lock<[QueryFailure]>([])
        let evaluator = Evaluator(plan: plan, data: [series], options: options, deadline: deadline) { failure in
            said.withLock { $0.append(failure) }
        }
        var thrown: QueryFailure?
        do throws(QueryFailure) {
            _ = try evaluator.result(of: plan)
        } catch {
            thrown = error
        }
        #expect(thrown != nil)
        #expect(said.withLock { $0.first } == thrown)
    }
}

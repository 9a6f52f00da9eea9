// Random expressions over random series: the engine's range answers against the oracle's, step by step.
// FUZZ_SEED and FUZZ_ROUNDS choose what is tried.

import MetricModel
import PromQLSyntax
import Querying
import Testing

@testable import PromQLEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

private func setting(_ name: String, _ fallback: UInt64) -> UInt64 {
    getenv(name).flatMap { UInt64(String(cString: $0)) } ?? fallback
}

private struct Generator {
    var random: SeededGenerator

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }

    mutating func selector() -> String {
        let name = pick(["a", "b_total"])
        let matchers = pick(["", "", "{x=\"1\"}", "{x!=\"1\"}", "{y=~\"p|q\"}", "{y!~\"p.*\"}", "{z=\"\"}"])
        return name + matchers
    }

    mutating func vector(_ depth: Int) -> String {
        if depth == 0 { return selector() + pick(["", "", "", " offset 90s", " offset -1m"]) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return selector()
        case 1:
            let function = pick([
                "rate", "increase", "delta", "idelta", "sum_over_time", "avg_over_time", "min_over_time",
                "max_over_time", "count_over_time", "last_over_time", "changes", "resets",
            ])
            return "\(function)(\(selector())[\(pick(["45s", "2m", "5m", "11m"]))]\(pick(["", "", " offset 1m"])))"
        case 2: return "quantile_over_time(\(pick(["0", "0.3", "0.5", "1"])), \(selector())[4m])"
        case 3: return "\(pick(["abs", "floor", "sgn"]))(\(vector(depth - 1)))"
        case 4:
            let operation = pick(["sum", "avg", "min", "max", "count", "group", "stdvar"])
            return "\(operation) \(pick(["", "by (x)", "by (y, x)", "without (y)"])) (\(vector(depth - 1)))"
        case 5:
            return
                "(\(vector(depth - 1)) \(pick(["+", "-", "*", "/", ">", "<", "==", "!="])) \(pick(["2", "0.5", "-7"])))"
        case 6: return "(\(pick(["2", "100"])) \(pick(["-", "/", ">", "<"])) \(vector(depth - 1)))"
        case 7:
            let matching = pick(["", "", "on (x)", "ignoring (y)"])
            let operation = pick(["+", "-", "*", ">", "and", "or", "unless"])
            return "(\(vector(depth - 1)) \(operation) \(matching) \(vector(depth - 1)))"
        default:
            return
                "\(pick(["sum", "max", "count", "last"]))_over_time((\(vector(depth - 1)))[3m:\(pick(["30s", "70s"]))])"
        }
    }

    mutating func series() -> [LabelSet: [Oracle.Point]] {
        var all: [LabelSet: [Oracle.Point]] = [:]
        for name in ["a", "b_total"] {
            for x in ["1", "2"] {
                for y in ["p", "q", "r"] where !Int.random(in: 0..<5, using: &random).isMultiple(of: 5) {
                    var points: [Oracle.Point] = []
                    var value = Double(Int.random(in: 0..<10, using: &random))
                    var time: Int64 = Int64.random(in: 0..<120_000, using: &random)
                    while time < 3_600_000 {
                        let chance = Int.random(in: 0..<20, using: &random)
                        if chance == 0 {
                            points.append(Oracle.Point(time: time, value: .staleMarker))
                            time += 400_000
                        } else if chance == 1 {
                            time += 200_000
                        } else {
                            points.append(Oracle.Point(time: time, value: value))
                        }
                        let change = Double(Int.random(in: 0..<30, using: &random))
                        value = name == "a" ? change - 15 : chance == 2 ? 0 : value + change
                        time += 15_000 + Int64.random(in: 0..<3, using: &random)
                    }
                    all[LabelSet(metric: name, ["x": x, "y": y])] = points
                }
            }
        }
        return all
    }
}

@Suite("engine against oracle")
struct OracleTests {
    @Test("random expressions over random series have the oracle's answer at every step")
    func randomExpressions() async throws {
        let seed = setting("FUZZ_SEED", 20_261_124)
        let rounds = setting("FUZZ_ROUNDS", 400)
        print("oracle: FUZZ_SEED=\(seed) FUZZ_ROUNDS=\(rounds)")
        var generator = Generator(random: SeededGenerator(state: seed))
        var compared = 0
        var data: [LabelSet: [Oracle.Point]] = [:]
        for round in 0..<rounds {
            if round.isMultiple(of: 20) { data = generator.series() }
            let query = generator.vector(3)
            let source = MemorySource(
                data.map { labels, points in
                    Series(
                        labels: labels, timestamps: points.map { Timestamp(milliseconds: $0.time) },
                        samples: .floats(points.map(\.value)))
                })
            if try await compare(query, Oracle(series: data), EmbeddedBackend(source: source)) { compared += 1 }
        }
        #expect(compared > Int(rounds) / 3)
    }

    /// False when the oracle cannot say, or both fail.
    private func compare(_ query: String, _ oracle: Oracle, _ backend: EmbeddedBackend) async throws -> Bool {
        let grid = StepGrid(
            start: Timestamp(milliseconds: 600_000), end: Timestamp(milliseconds: 3_000_000),
            step: Milliseconds(137_000))
        let expression = try Expression(parsing: query)
        var wanted: [LabelSet: [Int64: Double]] = [:]
        do {
            for step in 0..<grid.count {
                let time = grid.timestamp(step).milliseconds
                guard case .vector(let elements) = try oracle.value(expression, at: time) else { return false }
                for (labels, value) in elements { wanted[labels, default: [:]][time] = value }
            }
        } catch is Oracle.Unsupported {
            // Collisions: whether they fail the query depends on times; it must only come to an end.
            _ = try? await backend.range(RangeRequest(query: query, grid: grid))
            return false
        }
        let result: QueryResult
        do throws(QueryFailure) {
            result = try await backend.range(RangeRequest(query: query, grid: grid))
        } catch {
            let wanted = oracle.hasCollision ? "vector cannot contain metrics with the same labelset" : "an answer"
            #expect(error.message == wanted, "\(query)")
            return true
        }
        #expect(!oracle.hasCollision, "\(query): two series of one label set were answered")
        guard case .matrix(let matrix) = result.value else {
            Issue.record("no matrix: \(query)")
            return true
        }
        var actual: [LabelSet: [Int64: Double]] = [:]
        for series in matrix {
            for (index, time) in series.timestamps.enumerated() {
                if case .float(let value) = series.samples[index] {
                    actual[series.labels, default: [:]][time.milliseconds] = value
                }
            }
        }
        #expect(Set(actual.keys) == Set(wanted.keys), "\(query)")
        for (labels, points) in wanted {
            for (time, value) in points {
                let found = actual[labels]?[time]
                let isNear = found.map { near($0, value) } ?? false
                if !isNear {
                    Issue.record("\(query): \(labels) at \(time): \(String(describing: found)), not \(value)")
                }
            }
            #expect(actual[labels]?.count == points.count, "\(query): \(labels)")
        }
        return true
    }

    private func near(_ one: Double, _ other: Double) -> Bool {
        if one.isNaN && other.isNaN || one == other { return true }
        return (one - other).magnitude <= 1e-9 * max(one.magnitude, other.magnitude, 1e-3)
    }

    @Test(
        "a function of a range refuses two series of one label set even when they never meet in time",
        arguments: [
            ("sum_over_time({__name__=~\"a|b\"}[1m])", true), ("sum_over_time((a or b)[1m:30s])", true),
            ("last_over_time((a or b)[1m:30s])", false), ("abs(a or b)", false),
        ])
    func collisions(query: String, isRefused: Bool) async throws {
        func series(_ name: String, _ times: [Int64]) -> Series {
            Series(
                labels: LabelSet(metric: name, ["x": "1"]), timestamps: times.map { Timestamp(milliseconds: $0) },
                samples: .floats(times.map { _ in 1 }))
        }
        let source = MemorySource([series("a", [0, 30_000]), series("b", [1_200_000, 1_230_000])])
        let grid = StepGrid(
            start: Timestamp(milliseconds: 30_000), end: Timestamp(milliseconds: 1_230_000),
            step: Milliseconds(30_000))
        var message: String?
        do throws(QueryFailure) {
            _ = try await EmbeddedBackend(source: source).range(RangeRequest(query: query, grid: grid))
        } catch {
            message = error.message
        }
        #expect(message == (isRefused ? "vector cannot contain metrics with the same labelset" : nil))
    }
}

// Random text, and random arrangements of the language's words, into the engine: an answer or an error, never a trap.
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

@Suite("engine fuzz")
struct EngineFuzzTests {
    private static func setting(_ name: String, _ fallback: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? fallback
    }

    private static let words =
        BuiltinFunction.allCases.map(\.rawValue) + [
            "sum", "avg", "topk", "count_values", "quantile", "limit_ratio", "by", "without", "on", "ignoring",
            "group_left", "group_right", "bool", "offset", "@", "start()", "end()", "and", "or", "unless", "fill",
            "anchored", "smoothed", "(", "(", ")", ")", "[5m]", "[5m:1m]", "[", "]", "{", "}", ",", "+", "-", "*", "/",
            "%", "^", "==", "!=", ">", "</", ">/", "atan2", "a_total", "b_total", "h", "x", "\"v\"", "'\\xff'", "1",
            "0",
            "-1", "1e308", "Inf", "NaN", "5m", "1000y", "9223372036854775807", "0x7fffffffffffffff", "é", "\u{0}",
        ]

    private static let source: MemorySource = {
        var histogram = NativeHistogram()
        histogram.count = 3
        histogram.sum = -7
        histogram.positiveSpans = [NativeHistogram.Span(offset: -3, length: 2)]
        histogram.positiveBuckets = [1, 2]
        let times = (0..<20).map { Timestamp(milliseconds: Int64($0) * 60_000) }
        let wild: [Double] = [0, -0.0, .nan, .infinity, -.infinity, 1e308, -1e308, .staleMarker, 5, 3]
        return MemorySource([
            Series(
                labels: LabelSet(metric: "a_total", ["x": "1", "le": "0.5"]), timestamps: times,
                samples: .floats(times.indices.map { wild[$0 % wild.count] })),
            Series(
                labels: LabelSet(metric: "a_total", ["x": "2", "le": "+Inf"]), timestamps: times,
                samples: .floats(times.indices.map { Double($0) })),
            Series(
                labels: LabelSet(metric: "b_total", ["x": "1"]), timestamps: times,
                samples: .floats(times.indices.map { Double($0 % 7) })),
            Series(
                labels: LabelSet(metric: "h", ["x": "1"]), timestamps: times,
                samples: .mixed(times.indices.map { $0 % 5 == 0 ? .float(1) : .histogram(histogram) })),
        ])
    }()

    private func ask(_ query: String) async {
        let backend = EmbeddedBackend(source: Self.source)
        _ = try? await backend.instant(InstantRequest(query: query, time: Timestamp(milliseconds: 600_000)))
        let grid = StepGrid(
            start: Timestamp(milliseconds: -60_000), end: Timestamp(milliseconds: 1_300_000), step: Milliseconds(97_000)
        )
        _ = try? await backend.range(RangeRequest(query: query, grid: grid))
    }

    @Test("random bytes and random words never trap")
    func randomText() async {
        let seed = Self.setting("FUZZ_SEED", 20_261_124)
        let rounds = Self.setting("FUZZ_ROUNDS", 2000)
        print("engine fuzz: FUZZ_SEED=\(seed) FUZZ_ROUNDS=\(rounds)")
        var random = SeededGenerator(state: UInt64(bitPattern: Int64(seed)))
        for round in 0..<rounds {
            let length = Int.random(in: 1..<25, using: &random)
            if round % 4 == 0 {
                let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                await ask(String(decoding: bytes, as: UTF8.self))
            } else {
                let text = (0..<length).map { _ in Self.words.randomElement(using: &random) ?? "" }
                await ask(text.joined(separator: round % 2 == 0 ? " " : ""))
            }
        }
    }

    @Test("every function over every kind of argument never traps")
    func everyFunction() async {
        let arguments = [
            "a_total", "h", "a_total[5m]", "h[5m]", "b_total[10m:1m]", "1", "NaN", "-1e300", "\"x\"", "\"\"",
            "vector(0)",
            "a_total[5m] anchored", "a_total[5m] smoothed", "h[5m] anchored",
        ]
        for function in BuiltinFunction.allCases {
            await ask("\(function.rawValue)()")
            for one in arguments {
                await ask("\(function.rawValue)(\(one))")
                for other in arguments {
                    await ask("\(function.rawValue)(\(one), \(other))")
                    await ask("\(function.rawValue)(\(one), \(other), \"y\")")
                    await ask("\(function.rawValue)(\(one), \(other), 0.5)")
                }
            }
        }
    }
}

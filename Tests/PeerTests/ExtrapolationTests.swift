// The one difference of rate() and increase() between 2.42 and 3.14, traced: each server's numbers, from the samples by hand.
// 2.42 limits the way to the left at a counter's zero first and to half an interval then; 3.14 the other way round (2.51).

import Foundation
import Testing

@Suite(
    "rate near zero beside a real Prometheus", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct ExtrapolationTests {
    private struct Counter {
        /// Milliseconds and values.
        var samples: [(time: Int, value: Double)] = []

        /// Increase of the left-open window, as the two versions extrapolate it; nil for fewer than two samples.
        func increase(after start: Int, through end: Int) -> (zeroFirst: Double, halfFirst: Double)? {
            let inside = samples.filter { $0.time > start && $0.time <= end }
            guard inside.count > 1, let first = inside.first, let last = inside.last else { return nil }
            var increase = last.value - first.value
            for (before, after) in zip(inside, inside.dropFirst()) where after.value < before.value {
                increase += before.value
            }
            let sampled = Double(last.time - first.time) / 1000
            let between = sampled / Double(inside.count - 1)
            let toStart = Double(first.time - start) / 1000
            let toEnd = Double(end - last.time) / 1000
            let toZero = increase > 0 && first.value >= 0 ? sampled * first.value / increase : .infinity
            func half(_ length: Double) -> Double { length < between * 1.1 ? length : between / 2 }
            let right = half(toEnd)
            return (
                increase * (sampled + half(min(toStart, toZero)) + right) / sampled,
                increase * (sampled + min(half(toStart), toZero) + right) / sampled
            )
        }
    }

    /// Counters that start near zero, fall back to it, and miss samples: what the limits are about.
    private static func counters(start: Int) -> [String: Counter] {
        var state: UInt64 = 0x5eed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var counters: [String: Counter] = [:]
        for number in 0..<12 {
            var counter = Counter()
            var value = Double(random(40)) / 8
            var time = start * 1000 + 137 + random(60) * 1000
            while time < (start + 3600) * 1000 {
                counter.samples.append((time, value))
                time += 15_000 * (random(8) == 0 ? 1 + random(4) : 1)
                value = random(9) == 0 ? Double(random(16)) / 8 : value + Double(random(80)) / 8
            }
            counters["n=\(number)"] = counter
        }
        return counters
    }

    @Test("every rate is 2.42's with the limit at zero first, ours with the half interval first, to 1e-9")
    func traced() async throws {
        let start = (Int(Date().timeIntervalSince1970) / 7200 - 3) * 7200
        let counters = Self.counters(start: start)
        var text = "# TYPE c counter\n"
        for (name, counter) in counters.sorted(by: { $0.key < $1.key }) {
            let label = name.replacingOccurrences(of: "=", with: "=\"") + "\""
            for sample in counter.samples {
                text += "c_total{\(label)} \(sample.value) \(sample.time / 1000).137\n"
            }
        }
        let pair = try await ServerPair.start(with: text + "# EOF\n")
        defer { pair.end() }
        var compared = 0, different = 0
        for (window, seconds) in [("46s", 46), ("1m2s", 62), ("2m", 120), ("5m", 300), ("11m7s", 667)] {
            for (function, divisor) in [("rate", Double(seconds)), ("increase", 1)] {
                let query = "\(function)(c_total[\(window)])"
                let (from, to) = ("\(start + 100).5", "\(start + 3500).5")
                let theirs = try await PrometheusAnswer.range(pair.theirs, query, start: from, end: to, step: "17")
                let ours = try await PrometheusAnswer.range(pair.ours, query, start: from, end: to, step: "17")
                var zeroFirst: Answer = [:], halfFirst: Answer = [:]
                for (name, counter) in counters {
                    for step in 0...200 {
                        let time = (start + 100 + step * 17) * 1000 + 500
                        guard let value = counter.increase(after: time - seconds * 1000, through: time) else {
                            continue
                        }
                        let shown = Double(time) / 1000
                        zeroFirst[name, default: []].append((shown, value.zeroFirst / divisor))
                        halfFirst[name, default: []].append((shown, value.halfFirst / divisor))
                        compared += 1
                        if abs(value.zeroFirst - value.halfFirst) > 1e-9 { different += 1 }
                    }
                }
                #expect(PrometheusAnswer.difference(theirs, zeroFirst, tolerance: 1e-9, zero: 1e-12) == nil, "\(query)")
                #expect(PrometheusAnswer.difference(ours, halfFirst, tolerance: 1e-9, zero: 1e-12) == nil, "\(query)")
            }
        }
        print("extrapolation: \(compared) rates traced, \(different) of them differ between the versions")
        #expect(different > 100)
    }
}

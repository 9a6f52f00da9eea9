// Sliding forms of window functions against the functions of one window: the same bits.

import MetricModel
import Testing

@testable import PromQLEngine

@Suite("sliding windows")
struct SlidingKernelTests {
    private enum Kind: CaseIterable { case whole, fractions, wild, equal }

    private static func values(_ kind: Kind, _ random: inout SeededGenerator) -> [Double] {
        (0..<200).map { _ in
            switch kind {
            case .whole: Double(Int.random(in: -1_000_000_000...1_000_000_000, using: &random))
            case .fractions: Double.random(in: -10...10, using: &random)
            case .wild:
                [.nan, .infinity, -.infinity, 0, -0.0, 1e300, -1e300, Double.leastNonzeroMagnitude, 1].randomElement(
                    using: &random) ?? 0
            case .equal: Int.random(in: 0..<9, using: &random) == 0 ? 2 : 1
            }
        }
    }

    private static func same(_ one: Double, _ other: Double) -> Bool {
        one.bitPattern == other.bitPattern || (one.isNaN && other.isNaN)
    }

    @Test("extremes, order, sums and regressions have the bits of the plain functions")
    func equality() {
        var random = SeededGenerator(state: 7)
        for round in 0..<200 {
            let kind = Kind.allCases[round % Kind.allCases.count]
            let numbers = Self.values(kind, &random)
            let jitter: Int64 = round % 3 == 0 ? 1 : 1000
            var time: Int64 = 1_700_000_000_000
            let stamps = numbers.map { _ in
                time += 15_000 + jitter * Int64.random(in: 0..<3, using: &random)
                return Timestamp(milliseconds: time)
            }
            let advance = [1, 3, 40][round % 3]
            numbers.withUnsafeBufferPointer { values in
                stamps.withUnsafeBufferPointer { times in
                    compare(times, values, advance, kind == .wild)
                }
            }
        }
    }

    private func compare(
        _ times: FloatKernels.Times, _ values: FloatKernels.Values, _ advance: Int, _ isWild: Bool
    ) {
        var greatest = SlidingExtreme(isGreatest: true)
        var least = SlidingExtreme(isGreatest: false)
        var order = SlidingOrder()
        var scratch: [Double] = []
        let exact = ExactSums(values)
        let regression = SlidingRegression(times, values)
        for low in stride(from: 0, to: values.count - 1, by: advance) {
            let high = min(values.count, low + 30)
            #expect(Self.same(greatest.value(values, low, high), FloatKernels.maximum(values, low, high)))
            #expect(Self.same(least.value(values, low, high), FloatKernels.minimum(values, low, high)))
            order.move(values, low, high)
            let quantile = FloatKernels.quantile(0.7, values, low, high, &scratch)
            // Zeros of either sign are one number to an order.
            #expect(Self.same(Quantile.ofSorted(0.7, order.sorted) + 0, quantile + 0))
            if let exact {
                #expect(Self.same(exact.sum(low, high), FloatKernels.sum(values, low, high)))
                let mean = exact.sum(low, high) / Double(high - low)
                #expect(Self.same(mean, FloatKernels.average(values, low, high)))
            }
            for origin in [times[low].milliseconds, times[high - 1].milliseconds + 7000] {
                let line = regression.line(low, high, origin: origin)
                let plain = FloatKernels.regression(times, values, low, high, origin: origin)
                #expect(Self.same(line.slope, plain.slope))
                #expect(Self.same(line.intercept, plain.intercept))
            }
        }
        if isWild { #expect(exact == nil) }
    }
}

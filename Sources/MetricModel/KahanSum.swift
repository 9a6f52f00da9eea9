// A compensated sum, as Prometheus adds up samples: small terms are not lost beside large ones.
// Used by aggregations, range functions and histogram sums.

/// Neumaier's variant. Read `sum + compensation` for the result; after an overflow the compensation is zero.
///
/// Source: Prometheus util/kahansum; results agree bit for bit, so the order of additions matters.
package struct KahanSum: Hashable, Sendable {
    package var sum: Double
    package var compensation: Double

    @inline(__always)
    package init(_ sum: Double = 0, compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    @inline(__always)
    package mutating func add(_ value: Double) {
        let total = sum + value
        if total.isInfinite {
            compensation = 0
        } else if sum.magnitude >= value.magnitude {
            compensation += (sum - total) + value
        } else {
            compensation += (value - total) + sum
        }
        sum = total
    }

    @inline(__always)
    package var value: Double { sum + compensation }
}

// What a window's value can take over from the window before it, where that changes no bit of the result.
// Called by RangeFunctions; FloatKernels has the same functions for one window alone.

import MetricModel

/// Greatest or least value of windows that only move forward. Of equal values the first counts, as in FloatKernels.
struct SlidingExtreme {
    private let isGreatest: Bool
    /// Positions of candidates, best first; only `head...` is alive.
    private var queue: [Int32] = []
    private var head = 0
    private var next = 0

    init(isGreatest: Bool) { self.isGreatest = isGreatest }

    @inline(__always)
    mutating func value(_ values: FloatKernels.Values, _ low: Int, _ high: Int) -> Double {
        if next < low {
            queue.removeAll(keepingCapacity: true)
            head = 0
            next = low
        }
        while next < high {
            let value = values[next]
            if !value.isNaN {
                while queue.count > head, isWorse(values[Int(queue[queue.count - 1])], value) { queue.removeLast() }
                queue.append(Int32(truncatingIfNeeded: next))
            }
            next &+= 1
        }
        while head < queue.count, Int(queue[head]) < low { head &+= 1 }
        return head < queue.count ? values[Int(queue[head])] : values[low]
    }

    @inline(__always)
    private func isWorse(_ one: Double, _ other: Double) -> Bool { isGreatest ? one < other : one > other }
}

/// The values of a window in order, kept while it moves forward. NaN first.
struct SlidingOrder {
    private(set) var sorted: [Double] = []
    private var low = 0
    private var high = 0

    /// Makes `sorted` the values of `low..<high`.
    mutating func move(_ values: FloatKernels.Values, _ newLow: Int, _ newHigh: Int) {
        let overlap = high - newLow
        // Shifting in an ordered array beats sorting while few values come and go.
        guard overlap > 0, newLow - low + newHigh - high <= overlap / 4 else {
            sorted.removeAll(keepingCapacity: true)
            sorted.append(contentsOf: values[newLow..<newHigh])
            sorted.sort { Self.isBefore($0, $1) }
            (low, high) = (newLow, newHigh)
            return
        }
        while high < newHigh {
            let value = values[high]
            high += 1
            sorted.insert(value, at: position(value))
        }
        while low < newLow {
            // Of equal values any may go: they are the same number.
            sorted.remove(at: position(values[low]))
            low += 1
        }
    }

    @inline(__always)
    private static func isBefore(_ one: Double, _ other: Double) -> Bool {
        one < other || (one.isNaN && !other.isNaN)
    }

    /// Where the first value that is not before `value` stands.
    private func position(_ value: Double) -> Int {
        sorted.withUnsafeBufferPointer { sorted in
            var first = 0
            var end = sorted.count
            while first < end {
                let middle = (first &+ end) >> 1
                if Self.isBefore(sorted[middle], value) { first = middle &+ 1 } else { end = middle }
            }
            return first
        }
    }
}

/// Running sums of a series of whole numbers so small that no addition rounds: any order of additions gives the same bits,
/// and what a compensated sum owes is always zero. Bytes, counts and most counters are like that.
struct ExactSums {
    /// Sum of the first n values at n.
    private let sums: [Double]

    /// Nil when an addition of some window could round.
    init?(_ values: FloatKernels.Values) {
        var magnitude = 0.0
        for value in values {
            guard value.rounded(.towardZero) == value else { return nil }
            magnitude += value.magnitude
        }
        // 2^53: whole numbers up to there are exact. An infinite value fails the test, too.
        guard magnitude < 9_007_199_254_740_992 else { return nil }
        sums = [Double](unsafeUninitializedCapacity: values.count + 1) { sums, count in
            var total = 0.0
            sums[0] = 0
            for index in values.indices {
                total += values[index]
                sums[index + 1] = total
            }
            count = values.count + 1
        }
    }

    @inline(__always)
    func sum(_ low: Int, _ high: Int) -> Double { sums[high] - sums[low] }
}

/// Least squares over windows that move forward.
///
/// Source: Prometheus linearRegression: four compensated sums of x, y, xy and xx with x in seconds from `origin`. Where the
/// times are whole seconds from it and the values whole numbers, three of those come from running sums; the additions of
/// xy stay as they are, since they round.
struct SlidingRegression {
    private let times: FloatKernels.Times
    private let values: FloatKernels.Values
    private let sums: ExactSums?
    /// Where the run of equal values that holds a position begins.
    private var runStarts: [Int32]
    /// Whole seconds from the first sample.
    private var distances: [Double] = []
    /// Running sums of seconds from the first sample, and of their squares; empty when a distance is no whole second.
    private var seconds: [Int64] = []
    private var squares: [Int64] = []

    init(_ times: FloatKernels.Times, _ values: FloatKernels.Values) {
        self.times = times
        self.values = values
        sums = ExactSums(values)
        runStarts = [Int32](repeating: 0, count: values.count)
        for index in 1..<max(values.count, 1) {
            runStarts[index] = values[index] == values[index - 1] ? runStarts[index - 1] : Int32(index)
        }
        guard let first = times.first?.milliseconds, let last = times.last?.milliseconds,
            (0..<1_000_000_000_000).contains(last &- first)
        else { return }
        var each: [Double] = []
        var all: [Int64] = [0]
        var allSquares: [Int64] = [0]
        each.reserveCapacity(times.count)
        all.reserveCapacity(times.count + 1)
        allSquares.reserveCapacity(times.count + 1)
        for time in times {
            let (whole, part) = (time.milliseconds &- first).quotientAndRemainder(dividingBy: 1000)
            guard part == 0 else { return }
            each.append(Double(whole))
            all.append(all[all.count - 1] &+ whole)
            let (square, isTooMuch) = allSquares[allSquares.count - 1].addingReportingOverflow(whole &* whole)
            if isTooMuch { return }
            allSquares.append(square)
        }
        distances = each
        seconds = all
        squares = allSquares
    }

    /// The intercept is at `origin`; at least two samples.
    func line(_ low: Int, _ high: Int, origin: Int64) -> (slope: Double, intercept: Double) {
        if Int(runStarts[high - 1]) <= low {
            let first = values[low]
            return first.isInfinite ? (.nan, .nan) : (0, first)
        }
        guard let sums, !seconds.isEmpty, let (sumX, sumXX) = timeSums(low, high, origin) else {
            return FloatKernels.regression(times, values, low, high, origin: origin)
        }
        let shift = Double((times[0].milliseconds &- origin) / 1000)
        var product = KahanSum()
        distances.withUnsafeBufferPointer { distances in
            for index in low..<high { product.add((distances[index] + shift) * values[index]) }
        }
        return FloatKernels.line(high - low, x: sumX, y: sums.sum(low, high), xy: product.value, xx: sumXX)
    }

    /// Nil when a distance is no whole second, or a sum is too large to be exact.
    private func timeSums(_ low: Int, _ high: Int, _ origin: Int64) -> (Double, Double)? {
        let (shift, part) = (times[0].milliseconds &- origin).quotientAndRemainder(dividingBy: 1000)
        guard part == 0, shift.magnitude < 1_000_000_000 else { return nil }
        let count = Int64(high &- low)
        let sum = seconds[high] &- seconds[low]
        let x = sum &+ count &* shift
        let (twice, one) = (2 &* shift).multipliedReportingOverflow(by: sum)
        let (even, two) = (shift &* shift).multipliedReportingOverflow(by: count)
        let (both, three) = twice.addingReportingOverflow(even)
        let (xx, four) = both.addingReportingOverflow(squares[high] &- squares[low])
        // Whole numbers: no part of either sum is greater than the sum of the squares.
        guard !one, !two, !three, !four, xx < 1 << 53 else { return nil }
        return (Double(x), Double(xx))
    }
}

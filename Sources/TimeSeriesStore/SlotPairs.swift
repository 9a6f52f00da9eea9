// The order of series by their labels, found without comparing the same two texts again and again.
// TimeSeriesStore.sortedSeries fills it from the index, part by part, and asks once.

import MetricModel

/// The pair numbers of many series, one after the other. Equal numbers mean equal labels.
///
/// Series of one metric share most of their pairs: ten thousand have some two hundred. So the distinct pairs are sorted
/// by text, and the series by the places of their pairs in that order.
struct SlotPairs {
    private var numbers: [UInt32] = []
    private var starts = [0]
    private var largest: UInt32 = 0

    mutating func reserve(_ series: Int) { starts.reserveCapacity(series + 1) }

    mutating func append(_ pairs: ArraySlice<UInt32>) {
        for number in pairs { largest = max(largest, number) }
        numbers.append(contentsOf: pairs)
        starts.append(numbers.count)
    }

    /// The series' places in the order of their labels; `found` has those of each series.
    func order(
        _ found: UnsafeBufferPointer<SlotLabels>, _ pace: inout WorkPace
    ) throws(SourceFailure) -> [Int32] {
        // Numbers are sorted, not the series themselves: moving those would retain and release at every step.
        let series = found.indices.map { Int32(truncatingIfNeeded: $0) }
        guard let ranked = try ranked(found, &pace) else {
            return try pace.sorted(series, cost: 16) { isBefore(Int($0), Int($1), found) }
        }
        return try ranked.withUnsafeBufferPointer { ranks throws(SourceFailure) in
            try pace.sorted(series, cost: 4) { isBefore(Int($0), Int($1), ranks) }
        }
    }

    /// For each number in `numbers` the place of its label among the distinct ones; nil where ranking would cost more than
    /// it saves.
    private func ranked(
        _ found: UnsafeBufferPointer<SlotLabels>, _ pace: inout WorkPace
    ) throws(SourceFailure) -> [UInt32]? {
        // A table by number: not for a few series of a large store.
        guard found.count > 16, Int(largest) / 8 <= numbers.count else { return nil }
        let distinctMax = numbers.count / 4
        var ranks = [UInt32](repeating: .max, count: Int(largest) + 1)
        /// Where each distinct pair was seen first: the series, and the place in it.
        var distinct: [(number: UInt32, series: Int32, place: Int32)] = []
        for series in found.indices {
            let start = starts[series]
            for position in start..<starts[series + 1] where ranks[Int(numbers[position])] == .max {
                guard distinct.count < distinctMax else { return nil }
                ranks[Int(numbers[position])] = 0
                distinct.append((numbers[position], Int32(truncatingIfNeeded: series), Int32(position - start)))
            }
        }
        try pace.work(numbers.count * 2)
        func label(_ one: (number: UInt32, series: Int32, place: Int32)) -> Label {
            found[Int(one.series)].labels[Int(one.place)]
        }
        let sorted = try pace.sorted(distinct, cost: 16) { label($0) < label($1) }
        var rank: UInt32 = 0
        for (index, one) in sorted.enumerated() {
            // The numbers may differ for equal labels when a pair was dropped and made anew in between.
            if index > 0, label(sorted[index - 1]) != label(one) { rank += 1 }
            ranks[Int(one.number)] = rank
        }
        return numbers.map { ranks[Int($0)] }
    }

    private func isBefore(_ one: Int, _ other: Int, _ ranks: UnsafeBufferPointer<UInt32>) -> Bool {
        let (left, right) = (starts[one], starts[other])
        let (leftCount, rightCount) = (starts[one + 1] - left, starts[other + 1] - right)
        for place in 0..<min(leftCount, rightCount) where ranks[left + place] != ranks[right + place] {
            return ranks[left + place] < ranks[right + place]
        }
        return leftCount < rightCount
    }

    private func isBefore(_ one: Int, _ other: Int, _ found: UnsafeBufferPointer<SlotLabels>) -> Bool {
        let (left, right) = (starts[one], starts[other])
        let (leftCount, rightCount) = (starts[one + 1] - left, starts[other + 1] - right)
        for place in 0..<min(leftCount, rightCount) where numbers[left + place] != numbers[right + place] {
            let (leftLabel, rightLabel) = (found[one].labels[place], found[other].labels[place])
            // Equal labels under two numbers, as above.
            if leftLabel == rightLabel { continue }
            return leftLabel < rightLabel
        }
        return leftCount < rightCount
    }
}

// Series come in the order of their label sets, whether their pairs are few and shared or many and their own.

import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite("Order of series")
struct SlotPairsTests {
    /// Sets of one to four labels, `values` values each; bytes above ASCII among them, and names of which one begins another.
    private static func sets(_ count: Int, values: Int, _ random: inout SeededGenerator) -> [LabelSet] {
        let names = ["a", "a_b", "ab", "é", "z"]
        return (0..<count).map { _ in
            var labels = [Label(LabelSet.metricNameLabel, "m\(Int.random(in: 0..<3, using: &random))")]
            for name in names.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)) {
                let number = Int.random(in: 0..<values, using: &random)
                labels.append(Label(name, number % 7 == 0 ? "\u{e9}\(number)" : "\(number)"))
            }
            return LabelSet(labels)
        }
    }

    @Test(
        "the order is that of the label sets",
        arguments: [(1, 3), (16, 3), (17, 3), (400, 3), (400, 20), (400, 1000), (3000, 5), (3000, 2000)])
    func order(count: Int, values: Int) async throws {
        var random = SeededGenerator(seed: UInt64(count * 10_007 + values))
        let store = TimeSeriesStore()
        let sets = Set(Self.sets(count, values: values, &random))
        for labels in sets { try store.add(labels, [(1000, 1)]) }
        let found = try await store.read([Matcher(LabelSet.metricNameLabel, .regex, ".+")])
        #expect(found.map(\.labels) == sets.sorted())
    }

    @Test("a few series of a large store are in order too")
    func fewOfMany() async throws {
        let store = TimeSeriesStore()
        for number in 0..<5000 {
            try store.add(["__name__": "many", "id": "\(number)"], [(1000, 1)])
        }
        let few = (0..<40).map { LabelSet(["__name__": "few", "id": "late\($0 * 37 % 40)"].map { Label($0, $1) }) }
        for labels in few { try store.add(labels, [(1000, 1)]) }
        let found = try await store.read([Matcher(LabelSet.metricNameLabel, equals: "few")])
        #expect(found.map(\.labels) == few.sorted())
    }

    /// What the index may do between two parts of a reading: a pair is dropped and made anew under another number.
    @Test("equal labels under two numbers are equal in the order")
    func twoNumbersForOneLabel() throws {
        var pairs = SlotPairs()
        var found: [SlotLabels] = []
        for series in 0..<40 {
            let (x, y) = (series % 2, series % 5)
            // The later half has other numbers, and those of x the other way round.
            let isLate = series >= 20
            pairs.append([isLate ? 10 : 0, UInt32(isLate ? 12 - x : 1 + x), UInt32(20 + y)])
            let labels = [Label("__name__", "m"), Label("x", "\(x)"), Label("y", "\(y)")]
            found.append(SlotLabels(ref: SeriesRef(slot: UInt32(series), generation: 1), labels: labels))
        }
        var pace = WorkPace(deadline: nil)
        let order = try found.withUnsafeBufferPointer { found throws(SourceFailure) in try pairs.order(found, &pace) }
        let sets = found.map { LabelSet(sorted: $0.labels) }
        #expect(order.map { sets[Int($0)] } == sets.sorted())
        #expect(Set(order).count == 40)
    }
}

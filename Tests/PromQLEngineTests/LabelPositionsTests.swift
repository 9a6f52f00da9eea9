// Positions by label set, when they are few and when they are many.
// Beside WideStretchTests, which measures them.

import MetricModel
import Querying
import Testing

@testable import PromQLEngine

@Suite("positions by label set")
struct LabelPositionsTests {
    @Test("each label set keeps its position, in one table or in many", arguments: [0, 1, 4095, 4096, 4097, 20_000])
    func positions(count: Int) {
        var positions = LabelPositions(expecting: count)
        for number in 0..<count { positions.insert(LabelSet(metric: "m", ["id": "\(number)"]), number) }
        for number in 0..<count {
            let position = positions[LabelSet(metric: "m", ["id": "\(number)"])]
            #expect(position == number)
        }
        #expect(positions[LabelSet(metric: "m", ["id": "\(count)"])] == nil)
    }
}

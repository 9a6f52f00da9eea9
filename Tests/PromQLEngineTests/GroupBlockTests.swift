// Aggregations make their accumulators for one group and a block of steps: groups and blocks do not touch each other.
// The oracle's grids are shorter than a block.

import MetricModel
import Querying
import Testing

@testable import PromQLEngine

@Suite("aggregation in blocks of steps")
struct GroupBlockTests {
    /// Series of two groups in turns, a sample each second: `up` is the time in seconds and, of the second one, two more;
    /// `down` the same with a hundred added, and of its second series every other sample is missing.
    private static func source(_ count: Int) -> MemorySource {
        func series(_ group: String, _ id: Int, _ added: Double, step: Int) -> Series {
            let seconds = Array(stride(from: 0, to: count, by: step))
            return Series(
                labels: LabelSet(metric: "a", ["group": group, "id": "\(id)"]),
                timestamps: seconds.map { Timestamp(milliseconds: Int64($0) * 1000) },
                samples: .floats(seconds.map { Double($0) + added }))
        }
        return MemorySource([
            series("up", 1, 0, step: 1), series("down", 2, 100, step: 1), series("up", 3, 2, step: 1),
            series("down", 4, 102, step: 2),
        ])
    }

    private static func values(_ query: String, _ count: Int) async throws -> [String: [Double]] {
        var options = EngineOptions.user
        options.lookback = Milliseconds(1000)
        let grid = StepGrid(
            start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: Int64(count - 1) * 1000),
            step: Milliseconds(1000))
        let result = try await EmbeddedBackend(source: source(count), options: options)
            .range(RangeRequest(query: query, grid: grid))
        guard case .matrix(let series) = result.value else { return [:] }
        var values: [String: [Double]] = [:]
        for one in series {
            guard case .floats(let floats) = one.samples else { continue }
            values[one.labels["group"] ?? ""] = floats
        }
        return values
    }

    @Test("each step of each group has its own accumulator", arguments: [1, 1023, 1024, 1025, 2049, 5000])
    func blocks(count: Int) async throws {
        var up: [Double] = []
        var down: (mean: [Double], variance: [Double], sum: [Double]) = ([], [], [])
        for second in 0..<count {
            let time = Double(second)
            up.append(time + 1)
            let hasBoth = second % 2 == 0
            down.mean.append(time + (hasBoth ? 101 : 100))
            down.variance.append(hasBoth ? 1 : 0)
            down.sum.append(hasBoth ? 2 * time + 202 : time + 100)
        }
        let one = [Double](repeating: 1, count: count)
        #expect(try await Self.values("avg by (group) (a)", count) == ["up": up, "down": down.mean])
        #expect(try await Self.values("stdvar by (group) (a)", count) == ["up": one, "down": down.variance])
        #expect(try await Self.values("sum by (group) (a)", count) == ["up": up.map { 2 * $0 }, "down": down.sum])
    }
}

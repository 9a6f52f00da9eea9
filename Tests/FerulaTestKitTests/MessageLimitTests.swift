// What a report shows at most: each limit at it and one past it.
// A report is read in the output of a test run, where ten thousand lines hide the one that matters.

import Ferula
import Testing

@testable import FerulaTestKit

@Suite("Limits of reports")
struct MessageLimitTests {
    /// `x{n="10"} 1` and so on, two digits so that they are sorted as they are counted.
    private static func vector(_ count: Int) throws -> Monitor {
        let monitor = Monitor()
        for number in 0..<count {
            try monitor.append(1, to: LabelSet(metric: "x", ["n": "\(number + 10)"]), at: .second(0))
        }
        return monitor
    }

    private static func lines(_ monitor: Monitor, _ query: String, _ expected: Expected) async throws -> [String] {
        try #require(await monitor.failure(of: query, expected)).details
    }

    @Test("elements of an answer: as many as there is room for, one more is counted")
    func elements() async throws {
        #expect(Mismatch.linesMax == 20)
        for query in ["x", "x + 1"] {
            let full = try await Self.lines(Self.vector(20), query, .empty).filter { $0.hasPrefix("    ") }
            #expect(full.count == 20)
            #expect(full.last?.contains(#"n="29""#) == true)
            let over = try await Self.lines(Self.vector(21), query, .empty).filter { $0.hasPrefix("    ") }
            #expect(over.count == 20)
            #expect(try await Self.lines(Self.vector(21), query, .empty).contains("  ... and 1 more"))
        }
    }

    @Test("the nearest element is looked for as often as lines are shown, and every missing one is counted")
    func nearest() async throws {
        func missing(_ count: Int) async throws -> [String] {
            let wanted = (0..<count).map { "{n=\"\($0 + 60)\"} 1" }.joined(separator: "\n")
            return try await Self.lines(Self.vector(1), "x + 0", .vector(wanted)).filter { $0.hasPrefix("  - ") }
        }
        #expect(try await missing(20).count { $0.contains("the nearest one found") } == 20)
        #expect(try await missing(21).count { $0.contains("the nearest one found") } == 20)
        let comparison = ExpectationComparison(
            expectation: .vector((0..<22).map { "{n=\"\($0)\"} 1" }.joined(separator: "\n")), value: .vector([]))
        #expect(comparison.mismatch()?.lines.last == "... and 2 more")
    }

    @Test("graphs of one selector: three and one more in place of saying that there is one")
    func graphs() async throws {
        #expect(FailurePicture.graphsMax == 3)
        func headings(_ count: Int) async throws -> [String] {
            try await Self.lines(Self.vector(count), "x + 1 == 5", .present).filter { $0.hasPrefix("x{") }
        }
        #expect(try await headings(3).count == 3)
        #expect(try await headings(4).count == 4)
        #expect(try await headings(5).count == 3)
        #expect(
            try await Self.lines(Self.vector(5), "x + 1 == 5", .present).last == "... and 2 more series of x")
    }

    @Test("selectors of one query: four, of which one that is written twice is shown once")
    func selectors() async throws {
        #expect(FailurePicture.selectorsMax == 4)
        let monitor = Monitor()
        for name in ["a", "b", "c", "d", "e"] { try monitor.load(name, "1", every: .seconds(1)) }
        func shown(_ query: String) async throws -> [String] {
            try await Self.lines(monitor, query, .equals(0)).filter { $0.contains("1 sample") }.map {
                String($0.prefix(1))
            }
        }
        #expect(try await shown("a + b + c + d") == ["a", "b", "c", "d"])
        #expect(try await shown("a + b + c + d + e") == ["a", "b", "c", "d"])
        #expect(try await shown("a + a + b + b offset 1s + c + d + e") == ["a", "b", "c", "d"])
    }

    @Test("samples that are read for a graph: at the limit it is drawn, one past it the reason is said")
    func samples() async throws {
        let monitor = Monitor()
        try monitor.load("x", "1x9", every: .seconds(1))
        var picture = FailurePicture(store: monitor.store, query: "x", time: .second(9), samplesMax: 10)
        #expect(await picture.lines().first { !$0.isEmpty } == "x: 10 samples, the newest: 1 at 9s")
        picture.samplesMax = 9
        #expect(await picture.lines() == ["", "x: no graph, query selects more than 9 samples"])
    }

    @Test("names of metrics where none is near: eight, the others are counted")
    func names() async throws {
        func line(_ count: Int) async throws -> String? {
            let monitor = Monitor()
            for number in 0..<count { try monitor.load("metric_\(number)", "1", every: .seconds(1)) }
            return try await Self.lines(monitor, "up", .present).last
        }
        let names = (0..<8).map { "metric_\($0)" }.joined(separator: ", ")
        #expect(try await line(8) == "up: no metric has this name; there are: " + names)
        #expect(try await line(9) == "up: no metric has this name; there are: " + names + " and 1 more")
    }

    @Test("buckets of a histogram in notation: a thousand, wider ones are left out")
    func buckets() throws {
        func notation(_ last: Int32) -> String {
            var histogram = NativeHistogram()
            histogram.positiveSpans = [.init(offset: 0, length: 1), .init(offset: last - 1, length: 1)]
            histogram.positiveBuckets = [1, 1]
            return histogram.testNotation
        }
        #expect(notation(999).contains("buckets:[1 0 "))
        #expect(!notation(1000).contains("buckets"))
    }

    @Test("guards: metrics, series of each, labels of each and values of each")
    func guards() async throws {
        let monitor = Monitor()
        func failure(_ law: CardinalityGuard) async -> [String] {
            let failure = await #expect(throws: ExpectationFailure.self) { try await monitor.expect(law) }
            return failure.map { [$0.summary] + $0.details } ?? []
        }
        for number in 0..<5 {
            for user in 0..<3 {
                try monitor.append(1, to: LabelSet(metric: "m\(number)", ["user": "\(user)"]), at: .second(0))
            }
        }
        let five = (0..<5).flatMap { number in
            ["m\(number): 3 series"] + (0..<3).map { "  m\(number){user=\"\($0)\"}" }
        }
        #expect(await failure(.neverLabel("user")) == ["the label `user` is on 15 series"] + five)
        let laws = (0..<5).flatMap { ["m\($0): 3 series", #"  user: 3 values: "0", "1", "2""#] }
        #expect(await failure(.noMetricOver(series: 2)) == ["5 metrics have more than 2 series"] + laws)
        for labels in [["user": "3"], ["user": "3", "b": "", "c": "1"], ["user": "0", "d": "1", "e": "1"]] {
            try monitor.append(1, to: LabelSet(metric: "m0", labels), at: .second(0))
        }
        for user in 0..<3 { try monitor.append(1, to: ["user": "\(user)"], at: .second(0)) }
        let some = await failure(.neverLabel("user"))
        #expect(some.prefix(6).last == "  ... and 3 more")
        #expect(some.last == "... and 1 more metric")
        #expect(some.contains("(no name): 3 series"))
        let more = await failure(.noMetricOver(series: 2))
        #expect(
            more.prefix(5) == [
                "6 metrics have more than 2 series", "m0: 6 series", #"  user: 4 values: "0", "1", "2", ..."#,
                #"  c: 1 value: "1""#, #"  d: 1 value: "1""#,
            ])
        #expect(more.last == "... and 1 more metric")
    }
}

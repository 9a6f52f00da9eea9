// What label sets that a query makes cost it: each operation at its limit and one past it.
// The cells in the rows are counted by hand from LabelRoom: (128 + 32 a label + a long text with 32 more) / 9.

import MetricModel
import Querying
import Testing

@testable import PromQLEngine

@Suite("room of label sets")
struct LabelRoomTests {
    private static func series(_ name: String, _ labels: [String: String], _ value: Double) -> Series {
        Series(
            labels: LabelSet(metric: name, labels), timestamps: [Timestamp(milliseconds: 0)],
            samples: .floats([value]))
    }

    private static let source = MemorySource([
        series("g", ["x": "1"], 1), series("g", ["x": "2"], 2), series("g", ["x": "3"], 3),
        series("one", ["job": "j", "instance": "i", "x": "1"], 1),
        series("target_info", ["job": "j", "instance": "i", "version": "v1"], 1),
        series("long", ["x": "0123456789"], 1),
        series("b", ["le": "1"], 1), series("b", ["le": "+Inf"], 2),
    ])

    private func failure(_ query: String, _ change: (inout EngineOptions) -> Void) async -> QueryFailure? {
        var options = EngineOptions.user
        change(&options)
        do throws(QueryFailure) {
            _ = try await EmbeddedBackend(source: Self.source, options: options)
                .instant(InstantRequest(query: query, time: Timestamp(milliseconds: 1000)))
            return nil
        } catch {
            return error
        }
    }

    /// A set of one label takes 17 cells, of two 21, of three 24, of four 28, an empty one 14.
    @Test(
        "a query may make as many label sets as there is room for, not one more",
        arguments: [
            // Three sets of one label, three columns.
            ("count_values(\"v\", g)", 3 * 17 + 3),
            // The input's columns are the result's.
            ("label_join(g, \"y\", \"-\", \"x\")", 3 + 3 * 24),
            ("label_replace(g, \"y\", \"$1\", \"x\", \"(.*)\")", 3 + 3 * 24),
            // The text is longer than what lies within a label: 16 bytes and 32.
            ("label_join(g, \"y\", \"0123456789abcd\", \"x\", \"x\")", 3 + 3 * 30),
            // Groups of one label each, of which the columns are made at once.
            ("sum by (x) (g)", 3 + 3 * 17 + 3),
        ])
    func atTheLimit(query: String, cells: Int) async {
        #expect(await failure(query) { $0.cellsMax = cells } == nil)
        let refused = await failure(query) { $0.cellsMax = cells - 1 }
        #expect(refused?.kind == .execution)
        #expect(
            refused?.message == "query processing would load too many samples into memory in query execution")
    }

    /// Queries of which one cell less than they take is too little; without their labels they would take a few.
    @Test(
        "every operation that makes labels counts them",
        arguments: [
            ("count without (x) (g)", 3 + 14),
            ("-g", 3 * 17), ("g + on (x) g", 3 * 17), ("g * on (x) group_left (job) one", 3 * 17),
            ("g and on (x) one", 3 * 17), ("g or on (x) one", 3 * 17), ("g unless on (x) one", 3 * 17),
            ("info(one)", 30), ("histogram_quantile(0.5, b)", 17),
            ("histogram_quantiles(b, \"q\", 0.5, 0.9)", 2 * 17), ("rate(g[5m]) or g * 2", 3 * 17),
        ])
    func counted(query: String, least: Int) async {
        #expect(await failure(query) { $0.cellsMax = least } != nil)
        #expect(await failure(query) { $0.cellsMax = 400 } == nil)
    }

    @Test("a label's value may be as long as allowed, not a byte longer")
    func valueBytes() async {
        let join = "label_join(long, \"y\", \"-\", \"x\", \"x\")"
        #expect(await failure(join) { $0.labelValueBytesMax = 21 } == nil)
        let joined = await failure(join) { $0.labelValueBytesMax = 20 }
        #expect(joined?.kind == .execution)
        #expect(joined?.message == "label_join() makes a label value of 21 bytes, more than 20")
        #expect(joined?.bytes == 0..<36)

        let replace = "label_replace(long, \"y\", \"$1-${1}\", \"x\", \"(.*)\")"
        #expect(await failure(replace) { $0.labelValueBytesMax = 21 } == nil)
        let replaced = await failure(replace) { $0.labelValueBytesMax = 20 }
        #expect(replaced?.message == "label_replace() makes a label value of 21 bytes, more than 20")
        #expect(replaced?.bytes == 0..<48)
    }

    @Test("texts that double at each of forty calls are refused, not made")
    func doubling() async {
        var query = "long"
        for _ in 0..<40 { query = "label_join(\(query), \"x\", \"\", \"x\", \"x\")" }
        // 10 bytes doubled 17 times are more than a million.
        #expect(
            await failure(query) { _ in }?.message
                == "label_join() makes a label value of 1310720 bytes, more than 1048576")
        query = "long"
        for _ in 0..<40 { query = "label_replace(\(query), \"x\", \"$1$1\", \"x\", \"(.*)\")" }
        #expect(
            await failure(query) { _ in }?.message
                == "label_replace() makes a label value of 1310720 bytes, more than 1048576")
    }
}

// Heatmaps and histograms from a document and answers to counts: bounds, differences, buckets of our own.

import MetricModel
import Querying
import Testing

@testable import Dashboards

@Suite struct HeatmapTests {
    typealias Answer = Result<QueryResult, QueryFailure>

    static func build(_ json: String, _ answer: Answer, columns: Int = 60) throws -> PanelData {
        let panel = try PanelDataTests.panel(json)
        return PanelDataBuilder.build(
            panel: panel, plan: PanelDataTests.plan(panel, columns: columns), results: ["A": answer])
    }

    static func heatmap(_ json: String, _ answer: Answer) throws -> HeatmapData {
        guard case .heatmap(let data) = try build(json, answer).content else {
            Issue.record("no heatmap")
            return HeatmapData(buckets: [], naming: .name, columns: [], width: .zero, counts: [])
        }
        return data
    }

    static func histogram(_ json: String, _ answer: Answer) throws -> HistogramData {
        guard case .histogram(let data) = try build(json, answer).content else {
            Issue.record("no histogram")
            return HistogramData(bounds: [], series: [])
        }
        return data
    }

    /// The counts of each bucket, in words; `-` where nothing is known.
    static func rows(_ data: HeatmapData) -> [String] {
        data.buckets.enumerated().map { place, bucket in
            let counts = data.columns.indices.map { column -> String in
                let count = data.counts[place * data.columns.count + column]
                return count.isNaN ? "-" : numberText(count)
            }
            return "\(numberText(bucket.lower)) \(numberText(bucket.upper)): " + counts.joined(separator: " ")
        }
    }

    static let target = #""targets": [{"refId": "A", "expr": "x", "format": "heatmap", "legendFormat": "{{le}}"}]"#

    // MARK: Buckets of the queries

    @Test("cumulative buckets become counts between bounds, sorted as numbers, +Inf last")
    func bounds() throws {
        let data = try Self.heatmap(
            #"{"type": "heatmap", \#(Self.target)}"#,
            PanelDataTests.matrix([
                (["le": "+Inf"], [9, 20]), (["le": "10"], [7, 20]), (["le": "0.5"], [1, 2]), (["le": "2.5"], [4, 1]),
            ]))
        // A count below that of a lower bound is of another moment: nothing, and no less.
        #expect(Self.rows(data) == ["-∞ 0.5: 1 2", "0.5 2.5: 3 0", "2.5 10: 3 19", "10 ∞: 2 0"])
        #expect(data.naming == .upper)
        #expect(data.columns.map(\.milliseconds) == [-1000, 0])
        #expect(data.width == .seconds(1))
    }

    @Test("several histograms are told apart by their other labels, and summed by bound")
    func instances() throws {
        let data = try Self.heatmap(
            #"{"type": "heatmap", \#(Self.target)}"#,
            PanelDataTests.matrix([
                (["le": "1", "i": "a"], [1]), (["le": "2", "i": "a"], [5]), (["le": "1", "i": "b"], [10]),
                (["le": "2", "i": "b"], [30]),
            ]))
        #expect(Self.rows(data) == ["-∞ 1: 11", "1 2: 24"])
    }

    @Test("a bound without a sample is passed over: the difference is to the next lower one that has one")
    func missing() throws {
        func series(_ le: String, _ samples: [(Int64, Double)]) -> Series {
            Series(
                labels: ["le": le], timestamps: samples.map { Timestamp(milliseconds: $0.0) },
                samples: .floats(samples.map(\.1)))
        }
        let answer = Answer.success(
            QueryResult(
                value: .matrix([
                    series("1", [(0, 1), (1000, 2)]), series("2", [(1000, 5), (2000, .nan)]),
                    series("4", [(0, 10), (1000, 20), (2000, 30)]),
                ])))
        let data = try Self.heatmap(#"{"type": "heatmap", \#(Self.target)}"#, answer)
        #expect(Self.rows(data) == ["-∞ 1: 1 2 -", "1 2: - 3 -", "2 4: 9 15 30"])
    }

    @Test("without the format, series are rows as they are; the bound is their name, or the label")
    func plainRows() throws {
        let target = #""targets": [{"refId": "A", "expr": "x", "legendFormat": "LEGEND"}]"#
        func rows(_ legend: String) throws -> [String] {
            Self.rows(
                try Self.heatmap(
                    #"{"type": "heatmap", \#(target.replacing("LEGEND", with: legend))}"#,
                    PanelDataTests.matrix([(["le": "10"], [7]), (["le": "2"], [3])])))
        }
        #expect(try rows("{{le}}") == ["-∞ 2: 3", "2 10: 7"])
        #expect(try rows("up to {{le}}") == ["-∞ 2: 3", "2 10: 7"])
        let data = try Self.heatmap(
            #"{"type": "heatmap", \#(target.replacing("LEGEND", with: "{{zone}}"))}"#,
            PanelDataTests.matrix([(["zone": "b"], [7]), (["zone": "a"], [3]), (["zone": "b"], [1])]))
        #expect(data.naming == .name)
        #expect(data.buckets.map(\.name) == ["b", "a"])
        #expect(data.counts == [8, 3])
    }

    @Test(
        "rowsFrame.layout says which bound the name is",
        arguments: [
            ("auto", HeatmapData.Naming.upper, ["-∞ 1: 5", "1 2: 6"]), ("le", .upper, ["-∞ 1: 5", "1 2: 6"]),
            ("ge", .lower, ["1 2: 5", "2 ∞: 6"]), ("unknown", .name, ["1 1: 5", "2 2: 6"]),
        ])
    func layouts(layout: String, naming: HeatmapData.Naming, rows: [String]) throws {
        let data = try Self.heatmap(
            """
            {"type": "heatmap", "options": {"rowsFrame": {"layout": "\(layout)"}},
             "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{le}}"}]}
            """, PanelDataTests.matrix([(["le": "1"], [5]), (["le": "2"], [6])]))
        #expect(data.naming == naming)
        #expect(Self.rows(data) == rows)
    }

    @Test("a thousand buckets stand for themselves, one more joins neighbours")
    func bucketsMost() throws {
        func data(_ count: Int) throws -> HeatmapData {
            try Self.heatmap(
                #"{"type": "heatmap", "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{le}}"}]}"#,
                PanelDataTests.matrix((1...count).map { (["le": "\($0)"], [Double($0)]) }))
        }
        #expect(try data(1000).buckets.count == 1000)
        let joined = try data(1001)
        #expect(joined.buckets.count == 501)
        #expect(joined.buckets[1] == HeatmapData.Bucket(lower: 2, upper: 4, name: "4"))
        #expect(joined.counts[1] == 7)
        #expect(joined.counts[500] == 1001)
    }

    @Test("other panels get the counts between bounds too, as Grafana's data source makes them")
    func barGauge() throws {
        let data = try Self.build(
            #"{"type": "bargauge", \#(Self.target.replacing("\"format\"", with: "\"instant\": true, \"format\""))}"#,
            PanelDataTests.vector([(["le": "+Inf"], 10), (["le": "2"], 6), (["le": "1"], 4)]))
        #expect(PanelDataTests.fields(data).map(\.name) == ["1", "2", "+Inf"])
        #expect(PanelDataTests.fields(data).map(\.reduced) == [[4], [2], [4]])
    }

    // MARK: Native histograms

    static func native(_ schema: Int32, offset: Int32, _ buckets: [Double], zero: Double = 0) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = schema
        histogram.zeroThreshold = 0.001
        histogram.zeroCount = zero
        histogram.positiveSpans = [.init(offset: offset, length: UInt32(buckets.count))]
        histogram.positiveBuckets = buckets
        histogram.count = buckets.reduce(zero, +)
        return histogram
    }

    static func natives(_ histograms: [NativeHistogram]) -> Answer {
        .success(
            QueryResult(
                value: .matrix([
                    Series(
                        labels: .empty,
                        timestamps: histograms.indices.map { Timestamp(milliseconds: Int64($0) * 1000) },
                        samples: .histograms(histograms))
                ])))
    }

    @Test("a native histogram has its own buckets, empty ones between them too")
    func nativeBuckets() throws {
        let data = try Self.heatmap(
            #"{"type": "heatmap", "targets": [{"refId": "A", "expr": "x"}]}"#,
            Self.natives([Self.native(0, offset: 0, [3], zero: 2), Self.native(0, offset: 2, [5])]))
        #expect(Self.rows(data) == ["0 0.001: 2 0", "0.5 1: 3 0", "1 2: 0 0", "2 4: 0 5"])
    }

    @Test("resolutions of one panel meet at the coarsest")
    func nativeSchemas() throws {
        // At schema 1 the indices 1...4 end at 2^0.5, 2, 2^1.5 and 4; those are 1, 1, 2, 2 at schema 0.
        let data = try Self.heatmap(
            #"{"type": "heatmap", "targets": [{"refId": "A", "expr": "x"}]}"#,
            Self.natives([Self.native(1, offset: 1, [1, 2, 4, 8]), Self.native(0, offset: 1, [5])]))
        #expect(Self.rows(data) == ["1 2: 3 5", "2 4: 12 0"])
    }

    @Test("two hundred buckets keep their resolution, one more halves it")
    func nativeMost() throws {
        func count(_ buckets: Int) throws -> Int {
            try Self.heatmap(
                #"{"type": "heatmap", "targets": [{"refId": "A", "expr": "x"}]}"#,
                Self.natives([Self.native(8, offset: 1, Array(repeating: 1, count: buckets))])
            ).buckets.count
        }
        #expect(try count(200) == 200)
        #expect(try count(201) == 101)
    }

    @Test("negative and custom buckets")
    func nativeSides() throws {
        var both = Self.native(0, offset: 0, [1])
        both.negativeSpans = [.init(offset: 1, length: 1)]
        both.negativeBuckets = [4]
        var custom = NativeHistogram()
        custom.schema = NativeHistogram.customBucketsSchema
        custom.customValues = [1, 5]
        custom.positiveSpans = [.init(offset: 0, length: 3)]
        custom.positiveBuckets = [2, 3, 4]
        let json = #"{"type": "heatmap", "targets": [{"refId": "A", "expr": "x"}]}"#
        #expect(try Self.rows(Self.heatmap(json, Self.natives([both]))) == ["-2 -1: 4", "0.5 1: 1"])
        #expect(try Self.rows(Self.heatmap(json, Self.natives([custom]))) == ["-∞ 1: 2", "1 5: 3", "5 ∞: 4"])
    }

    // MARK: Buckets of our own

    @Test("values are counted into round buckets, about ten of them")
    func calculated() throws {
        let data = try Self.heatmap(
            #"{"type": "heatmap", "options": {"calculate": true}, "targets": [{"refId": "A", "expr": "x"}]}"#,
            PanelDataTests.matrix([(["a": "1"], [0, 42, 99]), (["a": "2"], [5, .nan, 90])]))
        #expect(data.naming == .lower)
        #expect(
            data.buckets.map { "\(numberText($0.lower))" } == [
                "0", "10", "20", "30", "40", "50", "60", "70", "80", "90",
            ])
        // Sixty seconds are thirty columns of two seconds.
        #expect(data.width == .seconds(2))
        #expect(Self.rows(data)[0] == "0 10: 2 0")
        #expect(Self.rows(data)[4] == "40 50: 1 0")
        #expect(Self.rows(data)[9] == "90 100: 0 2")
    }

    @Test(
        "size, number and scale of the buckets",
        arguments: [
            (#"{"mode": "size", "value": "50"}"#, ["0", "50"]),
            (#"{"mode": "count", "value": "3"}"#, ["0", "25", "50", "75"]),
            (#"{"mode": "size", "value": "-1"}"#, ["0", "10", "20", "30", "40", "50", "60", "70", "80", "90"]),
            (#"{"scale": {"type": "log", "log": 10}}"#, ["1", "10"]),
            (#"{"scale": {"type": "log", "log": 10}, "value": "2"}"#, ["1", "3.16", "10", "31.6"]),
        ])
    func ownBuckets(buckets: String, bounds: [String]) throws {
        let data = try Self.heatmap(
            """
            {"type": "heatmap", "options": {"calculate": true, "calculation": {"yBuckets": \(buckets)}},
             "targets": [{"refId": "A", "expr": "x"}]}
            """, PanelDataTests.matrix([(.empty, [0, 1, 2, 45, 99])]))
        #expect(
            data.buckets.map {
                UnitFormatter.format($0.lower, unit: "none", decimals: $0.lower == $0.lower.rounded() ? 0 : nil).number
            } == bounds)
    }

    @Test(
        "columns of our own are whole steps",
        arguments: [("5s", 5000), ("90s", 90_000), ("2500ms", 2000)] as [(String, Int64)])
    func ownColumns(size: String, width: Int64) throws {
        let data = try Self.heatmap(
            """
            {"type": "heatmap", "options": {"calculate": true, "calculation": {"xBuckets": {"mode": "size", "value": "\(size)"}}},
             "targets": [{"refId": "A", "expr": "x"}]}
            """, PanelDataTests.matrix([(.empty, (0..<60).map(Double.init))]))
        #expect(data.width.count == width)
        #expect(data.counts.reduce(0, +) == 60)
    }

    @Test("numbers that cannot be counted are left out", arguments: [[Double.nan], [.infinity, -.infinity], [1e301]])
    func uncountable(values: [Double]) throws {
        let json = #"{"type": "TYPE", "options": {"calculate": true}, "targets": [{"refId": "A", "expr": "x"}]}"#
        for type in ["heatmap", "histogram"] {
            let data = try Self.build(
                json.replacing("TYPE", with: type), PanelDataTests.matrix([(.empty, values)]))
            #expect(data.isEmpty)
            #expect(data.notices == ["no data"])
        }
    }

    // MARK: Histograms

    @Test(
        "a histogram's bars are as wide as it says, or round",
        arguments: [
            (
                #"{}"#, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as [Double],
                [1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1] as [Double]
            ),
            (#"{"bucketSize": 5}"#, [0, 5, 10, 15], [4, 1, 1]), (#"{"bucketCount": 2}"#, [0, 10, 20], [5, 1]),
            (#"{"bucketSize": 5, "bucketOffset": 2}"#, [-3, 2, 7, 12], [2, 3, 1]),
        ])
    func histogramBars(options: String, bounds: [Double], counts: [Double]) throws {
        let data = try Self.histogram(
            #"{"type": "histogram", "options": \#(options), "targets": [{"refId": "A", "expr": "x"}]}"#,
            PanelDataTests.matrix([(.empty, [0, 1, 4, 3, 6, 11, .nan])]))
        #expect(data.bounds == bounds)
        #expect(data.series.map(\.counts) == [counts])
    }

    @Test("series stand beside each other, or are one")
    func combined() throws {
        let answer = PanelDataTests.matrix([(["a": "x"], [1, 1]), (["a": "y"], [1, 9])])
        let json =
            #"{"type": "histogram", "options": {"bucketSize": 5, "combine": C}, "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{a}}"}]}"#
        let apart = try Self.histogram(json.replacing("C}", with: "false}"), answer)
        #expect(apart.series.map(\.name) == ["x", "y"])
        #expect(apart.series.map(\.counts) == [[2, 0], [1, 1]])
        let one = try Self.histogram(json.replacing("C}", with: "true}"), answer)
        #expect(one.series.map(\.name) == ["all"])
        #expect(one.series.map(\.counts) == [[3, 1]])
    }

    @Test("buckets of a heatmap query and of native histograms are bars as they are")
    func histogramOfBuckets() throws {
        let rows = try Self.histogram(
            #"{"type": "histogram", \#(Self.target)}"#,
            PanelDataTests.matrix([(["le": "1"], [1, 2]), (["le": "+Inf"], [4, 4])]))
        #expect(rows.bounds == [-.infinity, 1, .infinity])
        #expect(rows.series.map(\.counts) == [[3, 5]])
        let native = try Self.histogram(
            #"{"type": "histogram", "targets": [{"refId": "A", "expr": "x"}]}"#,
            Self.natives([Self.native(0, offset: 1, [3, 4])]))
        #expect(native.bounds == [1, 2, 4])
        #expect(native.series.map(\.counts) == [[3, 4]])
    }

    @Test("five hundred bars are drawn; a size that makes more is doubled until it does not")
    func barsMost() throws {
        func count(_ size: String) throws -> Int {
            try Self.histogram(
                #"{"type": "histogram", "options": {"bucketSize": \#(size)}, "targets": [{"refId": "A", "expr": "x"}]}"#,
                PanelDataTests.matrix([(.empty, [0, 499])])
            ).rangeCount
        }
        #expect(try count("1") == 500)
        #expect(try count("0.99") == 253)
    }

    // MARK: Documents

    @Test("old heatmaps say the same in other words")
    func legacy() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "heatmap", "dataFormat": "tsbuckets", "color": {"mode": "opacity", "cardColor": "#3274D9", "colorScale": "sqrt",
              "exponent": 0.5}, "yAxis": {"format": "dtdurationms", "logBase": 1, "decimals": 0, "min": "0", "show": false},
             "yBucketBound": "upper", "legend": {"show": true}, "reverseYBuckets": true, "targets": [{"expr": "x"}]}
            """)
        guard case .heatmap(let options) = panel.kind else {
            Issue.record("no heatmap")
            return
        }
        var wanted = HeatmapOptions()
        wanted.colors.fill = "#3274D9"
        wanted.axisMin = 0
        wanted.axisPlacement = .hidden
        wanted.isReversed = true
        #expect(options == wanted)
        #expect(panel.fields.unit == "dtdurationms")
        #expect(panel.fields.decimals == 0)
    }

    @Test("old heatmaps that count for themselves: number, size and logarithm of the buckets, the scheme")
    func legacyCounting() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "heatmap", "dataFormat": "timeseries", "color": {"mode": "spectrum", "colorScheme": "interpolateSpectral",
              "min": 9, "max": 1}, "yAxis": {"logBase": 2, "splitFactor": 3}, "xBucketNumber": 20, "yBucketSize": 7,
             "targets": [{"expr": "x"}]}
            """)
        guard case .heatmap(let options) = panel.kind else {
            Issue.record("no heatmap")
            return
        }
        var wanted = HeatmapOptions()
        wanted.calculates = true
        wanted.colors.scheme = "Spectral"
        (wanted.colors.min, wanted.colors.max, wanted.colors.isReversed) = (1, 9, true)
        wanted.xBuckets.size = .count(20)
        wanted.yBuckets.size = .count(3)
        wanted.yBuckets.logBase = 2
        wanted.showsLegend = false
        #expect(options == wanted)
    }
}

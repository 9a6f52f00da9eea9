// Texts of any size and order, loaded in pieces.

import Exposition
import MetricModel
import Testing
import TimeSeriesStore

@testable import Ingestion

@Suite("Sample loader")
struct SampleLoaderTests {
    static func load(
        _ text: String, _ format: ExpositionFormat, pieceBytes: Int, limits: StoreLimits = StoreLimits(),
        defaultTimestamp: Timestamp? = nil
    ) async throws -> (report: LoadReport, dump: [String]) {
        let fixture = Fixture(limits: limits)
        var loader = SampleLoader(sink: fixture.store, format: format, defaultTimestamp: defaultTimestamp)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
            try bytes[start..<min(bytes.count, start + pieceBytes)].withUnsafeBufferPointer { try loader.load($0) }
        }
        let report = try loader.finish()
        return (report, try await fixture.dump())
    }

    static let openMetrics = """
        # TYPE h histogram
        h_bucket{le="1"} 1 10.0
        h_bucket{le="1"} 2 20.0
        h_bucket{le="+Inf"} 3 10.0
        h_bucket{le="+Inf"} 4 20.0
        # TYPE g gauge
        # HELP g A \\"gauge\\".
        g 5 1.5
        # EOF

        """

    @Test("OpenMetrics loads series by series, whatever the pieces", arguments: [1, 2, 7, 30, 100, 1000])
    func openMetricsPieces(pieceBytes: Int) async throws {
        let (report, dump) = try await Self.load(Self.openMetrics, .openMetrics, pieceBytes: pieceBytes)
        #expect(report.samplesRead == 5)
        #expect(report.seriesFound == 3)
        #expect(report.outcome.appended == 5)
        #expect(report.bytesRead == Self.openMetrics.utf8.count)
        #expect(
            dump == [
                "g: 1.5=5.0", "h_bucket{le=\"+Inf\"}: 10=3.0 20=4.0", "h_bucket{le=\"1.0\"}: 10=1.0 20=2.0",
            ])
    }

    @Test("classic text loads time by time, and the last line needs no line feed", arguments: [1, 5, 64])
    func classicPieces(pieceBytes: Int) async throws {
        let (report, dump) = try await Self.load(
            "a 1 1000\nb 2 1000\na 3 2000\nb 4 2000", .text, pieceBytes: pieceBytes)
        #expect(report.outcome.appended == 4)
        #expect(dump == ["a: 1=1.0 2=3.0", "b: 1=2.0 2=4.0"])
    }

    @Test("a raw line feed in a label value is read, wherever a piece ends")
    func rawLineFeeds() async throws {
        let text =
            "# HELP a Says \"no end.\n# TYPE a gauge\na{x=\"one\ntwo\n\",y=\"\\\"\\\\\n\"} 1 1000\n\n"
            + "b{x=\"\n\n\"} 2 1000\na{x=\"one\ntwo\n\",y=\"\\\"\\\\\n\"} 3 2000\nb{x=\"\n\n\"} 4 2000\n"
        let bytes = Array(text.utf8)
        func check(_ pieces: [ArraySlice<UInt8>], _ place: String) async throws {
            let fixture = Fixture()
            var loader = SampleLoader(sink: fixture.store, format: .text)
            for piece in pieces { try Array(piece).withUnsafeBufferPointer { try loader.load($0) } }
            let report = try loader.finish()
            #expect(report.outcome.appended == 4, "\(place)")
            #expect(report.seriesFound == 2, "\(place)")
            let dump = try await fixture.dump()
            #expect(
                dump == [
                    #"a{x="one\ntwo\n", y="\"\\\n"}: 1=1.0 2=3.0"#, #"b{x="\n\n"}: 1=2.0 2=4.0"#,
                ], "\(place)")
        }
        for border in 0...bytes.count {
            try await check([bytes[..<border], bytes[border...]], "border \(border)")
        }
        for size in [1, 2, 3, 5] {
            let starts = stride(from: 0, to: bytes.count, by: size)
            try await check(starts.map { bytes[$0..<min(bytes.count, $0 + size)] }, "pieces of \(size)")
        }
    }

    @Test(
        "a label value without an end is refused at the end of the text, in the line where it began",
        arguments: [3, 100])
    func endlessValue(pieceBytes: Int) async throws {
        do {
            _ = try await Self.load("a 1 1000\nb{x=\"1\n2\n3\n", .text, pieceBytes: pieceBytes)
            Issue.record("the line was taken")
        } catch let error as ExpositionError {
            #expect(error.line == 5)
            #expect(error.wanted == "a closing `\"` of the label value")
        }
    }

    @Test("a malformed line after a value with line feeds is named by its place", arguments: [4, 9, 100])
    func placeAfterLineFeeds(pieceBytes: Int) async throws {
        do {
            _ = try await Self.load("a{x=\"1\n2\n\"} 1 1000\nb x\n", .text, pieceBytes: pieceBytes)
            Issue.record("the line was taken")
        } catch let error as ExpositionError {
            #expect(error.line == 4)
            #expect(error.column == 3)
        }
    }

    @Test("series texts past their limit are forgotten and found again")
    func keyLimit() async throws {
        let fixture = Fixture()
        let text = "aaaa 1 1000\nbbbb 2 1000\naaaa 3 2000\nbbbb 4 2000\n"
        for (limit, found) in [(8, 2), (7, 2), (3, 4)] {
            var loader = SampleLoader(sink: fixture.store, format: .text, keyBytesMax: limit)
            try Array(text.utf8).withUnsafeBufferPointer { try loader.load($0) }
            let report = try loader.finish()
            #expect(report.seriesFound == found)
            #expect(report.samplesRead == 4)
        }
        #expect(try await fixture.dump() == ["aaaa: 1=1.0 2=3.0", "bbbb: 1=2.0 2=4.0"])
    }

    @Test("metadata of as many families as allowed is kept, not of one more")
    func familyLimit() async throws {
        let fixture = Fixture()
        var loader = SampleLoader(sink: fixture.store, format: .text, options: IngestionOptions(familiesMax: 2))
        try Array("# TYPE a gauge\n# TYPE b gauge\n# TYPE c gauge\n# HELP b B.\na 1 1000\n".utf8)
            .withUnsafeBufferPointer { try loader.load($0) }
        _ = try loader.finish()
        #expect(try await fixture.store.metadata(metric: nil).keys.sorted() == ["a", "b"])
        #expect(try await fixture.store.metadata(metric: "b")["b"] == [Metadata(kind: .gauge, help: "B.")])
    }

    @Test("what cannot be kept is counted by its reason")
    func counts() async throws {
        let text = "a 1 100000\na 2 100000\na 3 50000\nb 1 100000\nc 1\nd 1 1000\n"
        let (report, dump) = try await Self.load(
            text, .text, pieceBytes: 100, limits: StoreLimits(seriesMax: 3, retention: .seconds(50)))
        #expect(report.samplesRead == 6)
        #expect(report.outcome.duplicates == 1)
        #expect(report.outcome.outOfOrder == 1)
        #expect(report.samplesWithoutTimestamp == 1)
        #expect(report.samplesRefused == 1)
        #expect(report.refusal == .seriesLimit(3))
        #expect(dump == ["a: 100=1.0", "b: 100=1.0"])
    }

    @Test("samples without a time get the one given")
    func defaultTime() async throws {
        let (report, dump) = try await Self.load(
            "a 1\n", .text, pieceBytes: 100, defaultTimestamp: Timestamp(milliseconds: 5000))
        #expect(report.outcome.appended == 1)
        #expect(dump == ["a: 5=1.0"])
    }

    @Test("an old file loads whole: retention counts back from its newest sample")
    func oldFile() async throws {
        let (report, _) = try await Self.load("a 1 1000\na 1 86401000\n", .text, pieceBytes: 100)
        #expect(report.outcome.appended == 2)
    }

    @Test(
        "a malformed line is named by its place in the whole text, and what came before it stays", arguments: [8, 100])
    func malformed(pieceBytes: Int) async throws {
        let fixture = Fixture()
        var loader = SampleLoader(sink: fixture.store, format: .text)
        let bytes = Array("a 1 1000\nb 2 1000\nc x 1000\n".utf8)
        do {
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                try bytes[start..<min(bytes.count, start + pieceBytes)].withUnsafeBufferPointer { try loader.load($0) }
            }
            _ = try loader.finish()
            Issue.record("the line was taken")
        } catch let error as ExpositionError {
            #expect(error.line == 3)
            #expect(error.column == 3)
        }
        #expect(try await fixture.dump() == ["a: 1=1.0", "b: 1=2.0"])
    }

    @Test(
        "OpenMetrics without its end mark, or with more behind it, is refused",
        arguments: ["a 1 1\n", "# EOF\na 1 1\n"])
    func endMark(text: String) async {
        await #expect(throws: ExpositionError.self) {
            _ = try await Self.load(text, .openMetrics, pieceBytes: 6)
        }
    }
}

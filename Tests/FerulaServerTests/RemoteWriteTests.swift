// Remote write over the real store: what is kept, what is answered. A real Prometheus writes in PeerTests.

import MetricModel
import Testing
import TimeSeriesStore

@testable import FerulaServer
@testable import HTTPService

@Suite("Remote write", .timeLimit(.minutes(1)))
struct RemoteWriteTests {
    private static let type = "application/x-protobuf"
    private static let typeTwo = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    private static let now = Timestamp(milliseconds: 1_000_000)

    private struct Answer {
        var status: Int
        var text: String
        var written: [String]
    }

    private let store = TimeSeriesStore(limits: StoreLimits())
    private let receiver: RemoteWriteReceiver

    init() { receiver = RemoteWriteReceiver(sink: store) { Self.now } }

    private func post(
        _ body: [UInt8], type: String? = Self.type, encoding: String? = "snappy", isCompressed: Bool = true
    ) async throws -> Answer {
        var headers: [(name: String, value: String)] = []
        if let type { headers.append(("Content-Type", type)) }
        if let encoding { headers.append(("Content-Encoding", encoding)) }
        let request = Request(
            method: "POST", path: "/api/v1/write", query: Parameters(formEncoded: ""), headers: headers,
            body: isCompressed ? Wire.snappy(body) : body)
        let response = try await receiver.answer(request)
        guard case .bytes(let bytes) = response.body else { throw ServiceFailure("a stream") }
        let written = response.headers.filter { $0.name.hasPrefix("X-Prometheus-Remote-Write-") }
        return Answer(
            status: response.status, text: String(decoding: bytes, as: UTF8.self), written: written.map { $0.value })
    }

    private func stored() async throws -> [String] {
        let all = Selection(
            matchers: [try Matcher(LabelSet.metricNameLabel, .regex, ".+")], start: .distantPast, end: .distantFuture)
        let series = try await store.select([all], limits: SelectionLimits()).first ?? []
        return series.flatMap { series in
            series.timestamps.indices.map { index in
                let value =
                    switch series.samples[index] {
                    case .float(let value): GoFloat.format(value)
                    case .histogram(let histogram): "histogram of \(GoFloat.format(histogram.count))"
                    }
                return "\(series.labels) \(value)@\(series.timestamps[index].milliseconds)"
            }
        }.sorted()
    }

    private func metadata(_ family: String) async throws -> [Metadata]? {
        try await store.metadata(metric: family)[family]
    }

    @Test("version one: samples of several series, in the order of their coming")
    func versionOne() async throws {
        let body =
            writtenSeries([("__name__", "up"), ("job", "a")], [(1000, 1), (2000, 0)])
            + writtenSeries([("job", "b"), ("__name__", "up")], [(1000, .infinity)])
            + Wire.field(3, Wire.number(1, 2) + Wire.field(2, "up") + Wire.field(4, "Is it up?"))
        let answer = try await post(body)
        #expect(answer.status == 204)
        #expect(answer.text == "")
        #expect(answer.written == [])
        #expect(
            try await stored() == [
                #"up{job="a"} 0@2000"#, #"up{job="a"} 1@1000"#, #"up{job="b"} +Inf@1000"#,
            ])
        #expect(try await metadata("up") == [Metadata(kind: .gauge, help: "Is it up?")])
    }

    @Test("version two: labels by reference, symbols behind what refers to them, metadata, counts in the headers")
    func versionTwo() async throws {
        let symbols = ["", "__name__", "hits_total", "code", "200", "Hits."].flatMap { Wire.field(4, $0) }
        let series = Wire.field(
            5,
            Wire.packed(1, [1, 2, 3, 4]) + Wire.field(2, writtenSample(5000, 7)) + Wire.field(2, writtenSample(6000, 8))
                + Wire.field(4, Wire.packed(1, [3, 4]) + Wire.double(2, 0.5) + Wire.number(3, 5000))
                + Wire.field(5, Wire.number(1, 1) + Wire.number(3, 5)))
        let answer = try await post(series + symbols, type: Self.typeTwo)
        #expect(answer.status == 204)
        #expect(answer.written == ["2", "0", "1"])
        #expect(try await stored() == [#"hits_total{code="200"} 7@5000"#, #"hits_total{code="200"} 8@6000"#])
        #expect(try await metadata("hits_total") == [Metadata(kind: .counter, help: "Hits.")])
    }

    @Test("what can be kept is kept, and what not is named")
    func parts() async throws {
        #expect(try await post(writtenSeries([("__name__", "a")], [(5000, 1)])).status == 204)
        let late = Self.now.milliseconds + 600_001
        let body =
            writtenSeries([("__name__", "a")], [(4000, 1), (5000, 2), (5000, 1), (6000, 3)])
            + writtenSeries([("__name__", "b")], [(late - 1, 1), (late, 2)])
        let answer = try await post(body)
        #expect(answer.status == 400)
        #expect(
            answer.text == """
                3 of 6 samples not written: out of order sample (1), duplicate sample for timestamp (1), out of bounds: \
                more than 10m ahead of the clock (1)

                """)
        #expect(try await stored() == ["a 1@5000", "a 3@6000", "b 1@\(late - 1)"])
    }

    @Test("labels that are none: passed over in version one, told in version two")
    func invalidLabels() async throws {
        let good = writtenSeries([("__name__", "good")], [(1000, 1)])
        let bad =
            writtenSeries([("job", "a")], [(1000, 1)])
            + writtenSeries([("__name__", "x"), ("a", "1"), ("a", "2")], [(1000, 1)])
            + writtenSeries([("__name__", "x"), ("", "1")], [(1000, 1)])
        #expect(try await post(bad + good).status == 204)
        #expect(try await stored() == ["good 1@1000"])
        let symbols = ["", "__name__", "x", "job", "a"].flatMap { Wire.field(4, $0) }
        for (references, reason) in [
            ([3, 4], #"invalid labels: no __name__ in {job="a"}"#),
            ([1, 2, 3], "invalid labels: a name without a value"),
            ([1, 5], "invalid labels: symbol 5 of 5"),
            ([1, 2, 3, 4, 3, 4], #"invalid labels: "job" twice in x{job="a"}"#),
            ([1, 2, 0, 4], #"invalid labels: an empty name in x{""="a"}"#),
        ] as [([UInt64], String)] {
            let series = Wire.field(5, Wire.packed(1, references) + Wire.field(2, writtenSample(1000, 1)))
            let answer = try await post(symbols + series, type: Self.typeTwo)
            #expect(answer.status == 400)
            #expect(answer.text == "1 of 1 samples not written: \(reason) (1)\n")
            #expect(answer.written == ["0", "0", "0"])
        }
    }

    @Test("native histograms of both versions; one whose buckets and count differ is named")
    func histograms() async throws {
        func histogram(count: Int64) -> [UInt8] {
            Wire.number(1, count) + Wire.double(3, 9) + Wire.field(11, Wire.number(1, 0) + Wire.number(2, 2))
                + Wire.packed(12, [2, 2]) + Wire.number(15, 1000)
        }
        // Zigzag: 2 is +1, so the buckets hold 1 and 2.
        let symbols = ["", "__name__", "h"].flatMap { Wire.field(4, $0) }
        let series = Wire.field(5, Wire.packed(1, [1, 2]) + Wire.field(3, histogram(count: 3)))
        let answer = try await post(symbols + series, type: Self.typeTwo)
        #expect(answer.status == 204)
        #expect(answer.written == ["0", "1", "0"])
        #expect(try await stored() == ["h histogram of 3@1000"])
        let refused = try await post(
            symbols + Wire.field(5, Wire.packed(1, [1, 2]) + Wire.field(3, histogram(count: 4))), type: Self.typeTwo)
        #expect(refused.status == 400)
        #expect(
            refused.text
                == "1 of 1 samples not written: histogram: 3 observations in buckets, 4 in all in h (1)\n")
    }

    @Test(
        "a store without room refuses for good, so that the sender goes on with what fits")
    func full() async throws {
        var limits = StoreLimits()
        limits.seriesMax = 1
        limits.labelsMax = 2
        let small = RemoteWriteReceiver(sink: TimeSeriesStore(limits: limits)) { Self.now }
        func post(_ body: [UInt8]) async throws -> (status: Int, retryAfter: String?, text: String) {
            let request = Request(
                method: "POST", path: "/api/v1/write", query: Parameters(formEncoded: ""), headers: [],
                body: Wire.snappy(body))
            let response = try await small.answer(request)
            guard case .bytes(let bytes) = response.body else { throw ServiceFailure("a stream") }
            let retryAfter = response.headers.first { $0.name == "Retry-After" }?.value
            return (response.status, retryAfter, String(decoding: bytes, as: UTF8.self))
        }
        let fits = writtenSeries([("__name__", "a")], [(1000, 1)])
        let body = fits + writtenSeries([("__name__", "b")], [(1000, 1)])
        let full = try await post(body)
        #expect(full.status == 400)
        #expect(full.retryAfter == nil)
        #expect(full.text == "1 of 2 samples not written: series limit of 1 reached (1)\n")
        let damaged = try await post(body + [0x0a])
        #expect(damaged.status == 400)
        #expect(damaged.retryAfter == nil)
        #expect(try await post(fits).status == 204)
        let wide = try await post(writtenSeries([("__name__", "a"), ("b", "1"), ("c", "1")], [(1000, 1)]))
        #expect(wide.status == 400)
        #expect(wide.retryAfter == nil)
        #expect(wide.text == "1 of 1 samples not written: more than 2 labels (1)\n")
    }

    @Test("a write that is ended by the server's own end is no fault of its body")
    func cancelled() async throws {
        let body = Wire.snappy(writtenSeries([("__name__", "a")], [(1000, 1)]))
        let request = Request(
            method: "POST", path: "/api/v1/write", query: Parameters(formEncoded: ""), headers: [], body: body)
        let receiver = receiver
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await receiver.answer(request).status
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("types, encodings and bodies that are none")
    func refused() async throws {
        let body = writtenSeries([("__name__", "a")], [(1000, 1)])
        for (type, text) in [
            (
                "application/json",
                #"expected application/x-protobuf as the first (media) part, got "application/json" content-type"#
            ),
            (
                "application/x-protobuf;proto=other",
                #"unknown type "other" for remote write protobuf message, supported: prometheus.WriteRequest, "#
                    + "io.prometheus.write.v2.Request"
            ),
        ] {
            let answer = try await post(body, type: type)
            #expect(answer.status == 415)
            #expect(answer.text == text + "\n")
        }
        let gzip = try await post(body, encoding: "gzip")
        #expect(gzip.status == 415)
        #expect(gzip.text == "\"gzip\" encoding is not accepted; only snappy is acceptable\n")
        let plain = try await post(body, isCompressed: false)
        #expect(plain.status == 400)
        #expect(plain.text.hasPrefix("snappy: byte "))
        for (broken, text) in [
            (Array(body.dropLast()), "byte 0: a field reaches past the end of the body\n"),
            ([0x0f], "byte 0: malformed message\n"), ([0x0a, 1, 0xff], "byte 0: malformed message\n"),
        ] as [([UInt8], String)] {
            let answer = try await post(broken)
            #expect(answer.status == 400)
            #expect(answer.text == text)
        }
        #expect(try await stored() == [])
        #expect(try await post(body, type: nil, encoding: nil).status == 204)
        #expect(try await post([], type: "application/x-protobuf; proto=prometheus.WriteRequest").status == 204)
        #expect(try await stored() == ["a 1@1000"])
    }

    @Test("an exemplar of 128 scalars is kept, a longer one passed over; references cannot make much of little")
    func amplification() async throws {
        func exemplar(_ length: Int) -> [UInt8] {
            Wire.field(1, Wire.field(1, "id") + Wire.field(2, String(repeating: "é", count: length - 2)))
                + Wire.double(2, 1) + Wire.number(3, 1000)
        }
        let series = writtenSeries([("__name__", "a")], [(1000, 1)], exemplars: [exemplar(128), exemplar(129)])
        #expect(try await post(series).status == 204)
        let name = try Matcher(LabelSet.metricNameLabel, .equal, "a")
        let kept = store.exemplars([[name]], start: .distantPast, end: .distantFuture)
        #expect(kept.map(\.exemplars.count) == [1])

        let text = String(repeating: "x", count: 1 << 20 - 12)
        let symbols = ["", "__name__", "a", text].flatMap { Wire.field(4, $0) }
        let row = Wire.field(5, Wire.packed(1, [1, 2, 2, 3]) + Wire.field(2, writtenSample(1000, 1)))
        let fitting = try await post(symbols + row, type: Self.typeTwo)
        #expect(fitting.status == 204)
        let many = try await post(symbols + (0..<257).flatMap { _ in row }, type: Self.typeTwo)
        #expect(many.status == 400)
        #expect(many.text.hasSuffix(": labels of more than 268435456 bytes, each spelled out\n"))
    }

    @Test("what is sent again counts as written; what is ahead of the clock makes no series")
    func again() async throws {
        let symbols = ["", "__name__", "a", "b"].flatMap { Wire.field(4, $0) }
        let row = Wire.field(5, Wire.packed(1, [1, 2]) + Wire.field(2, writtenSample(1000, 1)))
        for _ in 0..<2 {
            let answer = try await post(symbols + row, type: Self.typeTwo)
            #expect(answer.status == 204)
            #expect(answer.written == ["1", "0", "0"])
        }
        let ahead = Self.now.milliseconds + 600_001
        let early = Wire.field(5, Wire.packed(1, [1, 3]) + Wire.field(2, writtenSample(ahead, 1)))
        #expect(try await post(symbols + early, type: Self.typeTwo).status == 400)
        #expect(store.statistics.seriesCount == 1)
    }

    @Test("many small parts, symbols and refused series are limited as large ones are; so are texts of metadata")
    func smallParts() async throws {
        let name = Wire.field(1, Wire.field(1, "__name__") + Wire.field(2, "a"))
        let histograms = Wire.field(1, name + (0..<100_000).flatMap { _ in [UInt8(0x22), 0] })
        let parts = try await post(histograms)
        #expect(parts.status == 400)
        #expect(parts.text == "byte 0: a series of more than 100000 parts\n")

        let symbols = (0...(1 << 20)).flatMap { _ -> [UInt8] in [0x22, 0] }
        let many = try await post(symbols, type: Self.typeTwo)
        #expect(many.status == 400)
        #expect(many.text == "byte 2097152: more than 1048576 symbols\n")

        // Names without a value, each of half a mebibyte.
        let text = String(repeating: "x", count: 1 << 19)
        let row = Wire.field(5, Wire.packed(1, [1, 0, 1, 0]))
        let refused = try await post(
            ["", text].flatMap { Wire.field(4, $0) } + (0..<257).flatMap { _ in row }, type: Self.typeTwo)
        #expect(refused.status == 400)
        #expect(refused.text.hasSuffix(": labels of more than 268435456 bytes, each spelled out\n"))

        func said(_ help: Int) -> [UInt8] {
            Wire.field(3, Wire.number(1, 2) + Wire.field(2, "up") + Wire.field(4, String(repeating: "h", count: help)))
        }
        #expect(try await post(said(16_383)).status == 204)
        #expect(try await metadata("up") == nil)
        #expect(try await post(said(16_382)).status == 204)
        #expect(try await metadata("up")?.map(\.help.count) == [16_382])
        #expect(try await stored() == [])
    }

    @Test("a body that inflates past the limit is refused before it takes room")
    func bomb() async throws {
        let compressed = Wire.varint(UInt64(RemoteWriteReceiver.Limits.bodyBytesMax + 1)) + [0, 0]
        let answer = try await post(compressed, isCompressed: false)
        #expect(answer.status == 400)
        #expect(answer.text == "snappy: byte 0: announces 33554433 bytes; at most 33554432 are taken\n")
    }
}

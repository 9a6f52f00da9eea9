// Damaged bodies, histograms that contradict themselves, limits: each refused in words, nothing of them stored.

import Ingestion
import MetricModel
import Testing

@testable import PrometheusProtobuf

/// The words of the failure; nil when the body was taken.
private func refusal(_ body: [UInt8], _ options: IngestionOptions = IngestionOptions()) async throws -> String? {
    var target = Scraped(options)
    do {
        _ = try target.ingestor.ingest(protobuf: body, at: Timestamp(milliseconds: 1000))
        return nil
    } catch {
        #expect(try await target.lines().isEmpty, "a refused body left samples")
        return error.description
    }
}

/// The words of the failure under limits of the reader.
private func refusal(within limits: ProtobufBody.Limits, _ body: [UInt8]) -> String? {
    var target = Scraped()
    return body.withUnsafeBytes { bytes in
        var reader = ProtobufBody(bytes, limits: limits)
        do {
            _ = try target.ingestor.ingest(&reader, at: Timestamp(milliseconds: 1))
            return nil
        } catch {
            return "\(error)"
        }
    }
}

@Suite("What of a protobuf body is refused")
struct RefusalTests {
    @Test("bytes that are no messages: the family's place is named")
    func damaged() async throws {
        let good = try delimited([family("a", .gauge, [gauge(1)])])
        #expect(good.count == 19)
        for (bytes, words) in [
            ([0x80], "byte 19: the length of a message is cut off"),
            ([UInt8](repeating: 0xff, count: 11), "byte 19: the length of a message has more than ten bytes"),
            ([5, 0x0a], "byte 19: a message of 5 bytes is announced, 1 are left"),
            ([3, 0x0a, 2, 0x62], "byte 19: a field reaches past the end of its message"),
            ([3, 0x0a, 1, 0xff], "byte 19: a text that is no UTF-8"),
            ([6, 0x0a, 1, 0x62, 0x22, 1, 0x0f], #"byte 19, family "b": malformed message"#),
            ([0], "byte 19: the family has no name"),
            ([2, 0x18, 1], "byte 19: the family has no name"),
        ] as [([UInt8], String)] {
            #expect(try await refusal(good + bytes) == words)
        }
        #expect(try await refusal(good) == nil)
        #expect(try await refusal([]) == nil)
    }

    @Test("families that say what cannot be")
    func families() async throws {
        for (message, words) in [
            (family("a", .UNRECOGNIZED(9), [gauge(1)]), #"byte 0, family "a": there is no metric type 9"#),
            (
                family("a_seconds", .gauge, unit: "bytes", [gauge(1)]),
                #"byte 0, family "a_seconds": the unit "bytes" does not end the name"#
            ),
            (
                family("seconds", .gauge, unit: "seconds", [gauge(1)]),
                #"byte 0, family "seconds": the unit "seconds" does not end the name"#
            ),
            (
                family("a", .gauge, [gauge(1, [("b", "c"), ("b", "d")])]),
                #"byte 0, family "a": expected each label name once, found "b" twice"#
            ),
            (
                family("a", .gauge, [gauge(1, [("", "c")])]),
                #"byte 0, family "a": expected a label name, found an empty one"#
            ),
            (
                family("a", .histogram, [histogram([("le", "1")]) { $0.bucket = [bucket(1, 1)] }]),
                #"byte 0, family "a": expected each label name once, found "le" twice"#
            ),
        ] {
            #expect(try await refusal(try delimited([message])) == words)
        }
    }

    @Test("native histograms that contradict themselves")
    func histograms() async throws {
        for (change, words) in [
            ({ $0.schema = -5 }, "there is no schema -5"),
            ({ $0.schema = 53 }, "there is no schema 53"),
            ({ $0.positiveSpan = [span(0, 2)] }, "spans of 2 buckets, 3 buckets"),
            ({ $0.positiveSpan = [span(0, .max)] }, "spans beyond bucket 16777215"),
            ({ $0.positiveSpan[1].offset = -1 }, "span 2 has the offset -1; only the first may have one below 0"),
            ({ $0.positiveDelta = [1, -2, 3] }, "bucket 1 has a count below 0"),
            ({ $0.positiveDelta = [.max, 1, 0] }, "counts beyond the range of 64 bits"),
            ({ $0.positiveDelta = [.max, 0, 0] }, "counts beyond the range of 64 bits"),
            ({ $0.sampleCount = 8 }, "7 observations in buckets, 8 in all"),
            ({ $0.sampleCount = 6 }, "7 observations in buckets, 6 in all"),
            (
                {
                    $0.sampleCount = 6
                    $0.sampleSum = .nan
                }, "7 observations in buckets, 6 in all"
            ),
            (
                {
                    $0.sampleCountFloat = 1
                    $0.zeroCountFloat = -1
                }, "a count below 0"
            ),
            (
                {
                    $0.sampleCountFloat = 1
                    $0.positiveCount = [1, -1, 1]
                }, "bucket 1 has a count below 0"
            ),
        ] as [((inout HistogramMessage) -> Void, String)] {
            let metric = histogram {
                fillNative(&$0)
                change(&$0)
            }
            let words = #"byte 0, family "h": histogram: "# + words
            #expect(try await refusal(try delimited([family("h", .histogram, [metric])])) == words)
        }
    }

    @Test("an observation of NaN is in no bucket")
    func observationOfNaN() async throws {
        let metric = histogram {
            fillNative(&$0)
            $0.sampleCount = 8
            $0.sampleSum = .nan
        }
        #expect(try await refusal(try delimited([family("h", .histogram, [metric])])) == nil)
    }

    @Test("a metric of the most bytes there may be, and of one more")
    func metricBytes() throws {
        let body = try delimited([family("a", .gauge, [gauge(1)])])
        for (bytes, words) in [(11, nil), (10, #"byte 0, family "a": a metric of 11 bytes, more than 10"#)] {
            var limits = ProtobufBody.Limits()
            limits.metricBytes = bytes
            #expect(refusal(within: limits, body) == words)
        }
    }

    @Test("names that a body has once and text would have in each line: the most bytes there may be, and one more")
    func textBytes() throws {
        let body = try delimited([family("name", .gauge, [gauge(1), gauge(2, [("a", "b")])])])
        // `# TYPE name gauge`, `name`, `name{a="b"}`
        for (bytes, words) in [
            (33, nil), (32, #"byte 0, family "name": names and labels of more than 32 bytes, written as text"#),
        ] {
            var limits = ProtobufBody.Limits()
            limits.textBytes = bytes
            #expect(refusal(within: limits, body) == words)
        }
    }

    @Test("a long name in each of many series is refused, with few words")
    func longName() throws {
        let name = "e" + String(repeating: "\u{301}", count: 50_000)
        var limits = ProtobufBody.Limits()
        #expect(limits.textBytes == 268_435_456 && limits.metricBytes == 4_194_304)
        limits.textBytes = 1_000_000
        let series = (0..<20).map { gauge(1, [("a", "\($0)")]) }
        let words = refusal(within: limits, try delimited([family(name, .gauge, series)]))
        #expect(words?.hasSuffix(": names and labels of more than 1000000 bytes, written as text") == true)
        #expect((words ?? "").utf8.count < 400)
    }

    @Test("a hundred thousand labels, last name first, are read in time for the store to refuse; a million empty ones")
    func manyLabels() async throws {
        let labels = (0..<100_000).reversed().map { ("l" + String(100_000 + $0), "v") }
        var target = Scraped()
        #expect(try target.ingest([family("a", .gauge, [gauge(1, labels)])]).refusal == .labelLimit(1000))
        let empty = [UInt8](repeating: 0, count: 2_000_000).indices.map { $0 % 2 == 0 ? 0x0a : 0 } as [UInt8]
        let metric = [0x22, 0x80, 0x89, 0x7a] + empty
        let message: [UInt8] = [0x0a, 1, 0x61, 0x18, 1] + metric
        let words = try await refusal([0x89, 0x89, 0x7a] + message)
        #expect(words == #"byte 0, family "a": expected a label name, found an empty one"#)
    }

    @Test("metrics may stand before the name and the type; fields that nobody knows are skipped, groups are not")
    func orderOfFields() async throws {
        let metric: [UInt8] = [0x22, 11, 0x12, 9, 9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
        let unknown: [UInt8] = [0x78, 5, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 1, 9, 0x7d, 1, 2, 3, 4]
        let message = metric + unknown + [0x18, 1, 0x0a, 1, 0x61]
        var target = Scraped()
        try target.ingest([UInt8(message.count)] + message)
        #expect(try await target.lines() == ["a 1@1000"])
        for (field, words) in [
            ([0x7b, 0x7c], "malformed message"), ([0x00, 0x00], "malformed message"), ([0x7e], "malformed message"),
            ([0x7d, 1, 2, 3], "a field reaches past the end of its message"),
            ([0x79, 1, 2, 3, 4, 5, 6, 7], "a field reaches past the end of its message"),
            ([0x7a, 0x80], "a field reaches past the end of its message"),
            ([0x7a] + [UInt8](repeating: 0xff, count: 9) + [1], "a field reaches past the end of its message"),
            ([0x78] + [UInt8](repeating: 0xff, count: 10), "malformed message"),
        ] as [([UInt8], String)] {
            let damaged = [0x0a, 1, 0x61] + field
            #expect(try await refusal([UInt8(damaged.count)] + damaged) == #"byte 0, family "a": "# + words)
        }
    }

    @Test("buckets as far out as there may be, and one farther")
    func bucketPlaces() async throws {
        for (offset, schema, isTaken) in [
            (16_777_214, 8, true), (16_777_215, 8, false), (-16_777_215, 8, true), (-16_777_216, 8, false),
            (.max, 8, false), (.min, 8, false), (33_554_429, 9, true), (33_554_430, 9, false),
            (2_147_483_519, 52, true), (2_147_483_520, 52, false), (-2_147_483_520, 52, true), (.min, 52, false),
        ] as [(Int32, Int32, Bool)] {
            let metric = histogram {
                $0.sampleCount = 1
                $0.schema = schema
                $0.positiveSpan = [span(offset, 1)]
                $0.positiveDelta = [1]
            }
            let words = try await refusal(try delimited([family("h", .histogram, [metric])]))
            let refused = #"byte 0, family "h": histogram: spans beyond bucket 16777215"#
            #expect(words == (isTaken ? nil : refused), "\(offset) of schema \(schema)")
        }
    }

    @Test("native_histogram_bucket_limit makes histograms coarser, and refuses one that stays too large")
    func bucketLimit() async throws {
        let metric = histogram {
            $0.sampleCount = 3
            $0.schema = 0
            $0.positiveSpan = [span(1, 1), span(1, 1), span(1000, 1)]
            $0.positiveDelta = [1, 0, 0]
        }
        let body = try delimited([family("h", .histogram, [metric])])
        for (limit, schema, buckets) in [(0, 0, 3), (3, 0, 3), (2, -2, 2)] as [(Int, Int32, Int)] {
            var target = Scraped(IngestionOptions(histograms: NativeHistogramOptions(bucketsMax: limit)))
            try target.ingest(body)
            let stored = try #require(try await target.histograms().first)
            #expect(stored.schema == schema)
            #expect(stored.positiveBuckets.count == buckets)
            #expect(stored.count == 3)
        }
        let options = IngestionOptions(histograms: NativeHistogramOptions(bucketsMax: 1))
        #expect(
            try await refusal(body, options) == "native_histogram_bucket_limit exceeded (metric: h, limit: 1)")
    }

    @Test("histograms finer than asked for, or finer than there is a schema for, are made coarser")
    func resolution() async throws {
        for (schema, schemaMax, stored) in [(3, 8, 3), (3, 2, 2), (8, 8, 8), (9, 8, 8), (52, 8, 8)]
            as [(Int32, Int32, Int32)]
        {
            var target = Scraped(IngestionOptions(histograms: NativeHistogramOptions(schemaMax: schemaMax)))
            let metric = histogram {
                fillNative(&$0)
                $0.schema = schema
            }
            try target.ingest([family("h", .histogram, [metric])])
            let found = try #require(try await target.histograms().first)
            #expect(found.schema == stored)
            #expect(found.positiveBuckets.reduce(0, +) == 4)
        }
    }
}

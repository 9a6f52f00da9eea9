// Answers read back: shapes, times, special floats, histograms, and bytes that are no answer.

import MetricModel
import Testing

@testable import Querying

private func read(_ text: String) throws -> APIReply<QueryValue> { try APIJSONReader.result(Array(text.utf8)) }

private func value(_ data: String) throws -> QueryValue {
    guard case .success(let value, _) = try read(#"{"status":"success","data":\#(data)}"#) else {
        throw JSONFailure(offset: 0, message: "no success")
    }
    return value
}

@Suite("Answers of the API, read")
struct APIJSONReaderTests {
    @Test("every result type", arguments: [true, false])
    func types(typeFirst: Bool) throws {
        func data(_ type: String, _ result: String) -> String {
            typeFirst
                ? #"{"resultType":"\#(type)","result":\#(result)}"# : #"{"result":\#(result),"resultType":"\#(type)"}"#
        }
        #expect(try value(data("scalar", #"[1.5,"2"]"#)) == .scalar(Timestamp(milliseconds: 1500), 2))
        #expect(try value(data("string", #"[1,"a\"b"]"#)) == .string(Timestamp(milliseconds: 1000), "a\"b"))
        #expect(
            try value(data("vector", #"[{"metric":{"b":"2","a":"1"},"value":[1,"-Inf"]}]"#))
                == .vector([
                    VectorElement(
                        labels: ["a": "1", "b": "2"], timestamp: Timestamp(milliseconds: 1000),
                        value: .float(-.infinity))
                ]))
        #expect(
            try value(data("matrix", #"[{"metric":{},"values":[[1,"1e-09"],[2,"2890021420083890000"]]}]"#))
                == .matrix([
                    Series(
                        labels: .empty, timestamps: [Timestamp(milliseconds: 1000), Timestamp(milliseconds: 2000)],
                        samples: .floats([1e-9, 2.89002142008389e18]))
                ]))
        #expect(try value(data("vector", "[]")) == .vector([]))
        #expect(try value(data("matrix", "null")) == .matrix([]))
    }

    @Test(
        "times are exact to the millisecond",
        arguments: [
            ("1700000000.013", 1_700_000_000_013), ("1700000000", 1_700_000_000_000), ("0.001", 1), ("-1.5", -1500),
            ("99999999999999.999", 99_999_999_999_999_999), ("1700000000.0129999", 1_700_000_000_013),
            ("1.7e9", 1_700_000_000_000), ("0", 0), ("-0.001", -1), ("1435781430.781", 1_435_781_430_781),
        ])
    func times(text: String, milliseconds: Int64) throws {
        let read = try value(#"{"resultType":"scalar","result":[\#(text),"1"]}"#)
        #expect(read == .scalar(Timestamp(milliseconds: milliseconds), 1))
    }

    @Test(
        "alerting rules are counted over all groups, recording ones are not",
        arguments: [
            (#"{"groups":[]}"#, 0), (#"{"groups":null}"#, 0), ("{}", 0),
            (
                #"{"groups":[{"name":"a","rules":[{"type":"alerting","alerts":[{"type":"alerting"}]},{"type":"recording"}]},"#
                    + #"{"rules":[{"name":"B","type":"alerting"}],"file":"f"},{"rules":null}]}"#, 2
            ),
        ])
    func alertingRules(data: String, count: Int) throws {
        let text = #"{"status":"success","data":\#(data)}"#
        guard case .success(let found, _) = try APIJSONReader.alertingRuleCount(Array(text.utf8)) else {
            Issue.record("no success")
            return
        }
        #expect(found == count)
    }

    @Test("targets of an answer, in order; what is missing or odd costs a field, not the answer")
    func targets() throws {
        let text = #"""
            {"status":"success","data":{"droppedTargets":[{"labels":{}}],"activeTargets":[
            {"scrapePool":"b","scrapeUrl":"http://b/metrics","labels":{"job":"b"},"discoveredLabels":{"__address__":"b"},
             "globalUrl":"http://x/","lastError":"refused","lastScrape":"T","lastScrapeDuration":0.012,"health":"down",
             "scrapeInterval":"15s","scrapeTimeout":"10s"},
            {"scrapePool":"a","scrapeUrl":"http://a/metrics","lastScrape":"never","lastScrapeDuration":1e300,
             "health":"strange","scrapeInterval":"?","extra":[{}]}
            ]}}
            """#
        let read = try APIJSONReader.targets(Array(text.utf8)) { $0 == "T" ? Timestamp(milliseconds: 5) : nil }
        guard case .success(let targets, _) = read else {
            Issue.record("no success")
            return
        }
        #expect(targets.map(\.scrapePool) == ["a", "b"])
        #expect(
            targets.last
                == TargetStatus(
                    scrapePool: "b", url: "http://b/metrics", labels: ["job": "b"],
                    discoveredLabels: ["__address__": "b"], health: .down, lastError: "refused",
                    lastScrape: Timestamp(milliseconds: 5), lastScrapeDuration: Milliseconds(12),
                    interval: .seconds(15), timeout: .seconds(10)))
        #expect(targets.first?.health == .unknown && targets.first?.lastScrape == nil)
        #expect(targets.first?.lastScrapeDuration == .zero && targets.first?.interval == .zero)
        #expect(throws: JSONFailure.self) { try APIJSONReader.targets(Array("{".utf8)) { _ in nil } }
    }

    @Test("NaN is a number, in quotes")
    func notANumber() throws {
        guard case .scalar(_, let number) = try value(#"{"resultType":"scalar","result":[1,"NaN"]}"#) else {
            Issue.record("no scalar")
            return
        }
        #expect(number.isNaN)
    }

    @Test("warnings and infos come along, unknown fields are passed over")
    func annotations() throws {
        let text =
            #"{"isPartial":false,"warnings":["w"],"stats":{"a":[1,{"b":null}],"c":true},"status":"success","#
            + #""data":{"resultType":"vector","result":[],"explanation":"x"},"infos":["i"]}"#
        guard case .success(_, let annotations) = try read(text) else {
            Issue.record("no success")
            return
        }
        #expect(
            annotations == [
                QueryAnnotation(severity: .warning, message: "w"), QueryAnnotation(severity: .info, message: "i"),
            ])
    }

    @Test("a failure has its kind and words")
    func failure() throws {
        guard
            case .failure(let kind, let message) = try read(
                #"{"status":"error","errorType":"bad_data","error":"no \u00e4 \ud83d\ude00 \ud83d!"}"#)
        else {
            Issue.record("no failure")
            return
        }
        #expect(kind == "bad_data")
        #expect(message == "no ä 😀 \u{fffd}!")
    }

    @Test(
        "what is no answer is refused with its place",
        arguments: [
            ("", "expected an object, found the end at byte 0"),
            ("[]", "expected an object, found `[` at byte 0"),
            ("{}", "expected an answer of the Prometheus API, found other JSON at byte 0"),
            (#"{"status":"success"}"#, "expected data in the answer, found none at byte 0"),
            (#"{"status":"success","data":{}}"#, "expected resultType and result, found `}` at byte 29"),
            (#"{"status":"success" "data"}"#, "expected a comma or a closing brace, found `\"` at byte 20"),
            (#"{"status":"success","data":[]}x"#, "expected an object, found `[` at byte 27"),
            (
                #"{"data":{"resultType":"scalar","result":[1,"x"]}}"#,
                "expected a number in quotes, found `\"` at byte 43"
            ),
            (
                #"{"data":{"resultType":"scalar","result":[1,"1",2]}}"#,
                "expected a closing bracket after two elements, found `,` at byte 46"
            ),
            (
                #"{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[2,"1"],[2,"1"]]}]}}"#,
                "expected times that ascend, found `]` at byte 79"
            ),
            (
                #"{"data":{"resultType":"vector","result":[{"metric":{}}]}}"#,
                "expected a value or a histogram in a vector's element, found `]` at byte 54"
            ),
            (
                #"{"data":{"resultType":"cube","result":[]}}"#, "unknown resultType `cube`, found `[` at byte 38"
            ),
        ])
    func refusals(text: String, message: String) {
        #expect(throws: JSONFailure.self) { try read(text) }
        do {
            _ = try read(text)
        } catch {
            #expect("\(error)" == message)
        }
    }

    @Test("200 levels are passed over, 201 are refused")
    func depth() throws {
        // The envelope is the first level.
        func nested(_ levels: Int) -> String {
            #"{"status":"error","x":"# + String(repeating: "[", count: levels - 1)
                + String(repeating: "]", count: levels - 1) + "}"
        }
        guard case .failure = try read(nested(200)) else {
            Issue.record("no failure")
            return
        }
        #expect(throws: JSONFailure(offset: 221, message: "more than 200 levels of nesting")) { try read(nested(201)) }
    }

    // MARK: Histograms

    @Test("an exponential histogram comes back with its schema, both signs and the zero bucket")
    func exponential() throws {
        for schema: Int32 in -4...8 {
            var histogram = NativeHistogram()
            histogram.schema = schema
            histogram.count = 12
            histogram.sum = -3.5
            histogram.zeroThreshold = 0.001
            histogram.zeroCount = 2
            histogram.positiveSpans = [.init(offset: 1, length: 2), .init(offset: 3, length: 1)]
            histogram.positiveBuckets = [1, 2, 3]
            histogram.negativeSpans = [.init(offset: 1, length: 2)]
            histogram.negativeBuckets = [3, 1]
            #expect(try roundTrip(histogram) == histogram, "schema \(schema)")
        }
    }

    @Test("custom buckets come back with the bounds that hold observations")
    func custom() throws {
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBucketsSchema
        histogram.count = 6
        histogram.sum = 9
        histogram.customValues = [0.1, 0.25, 3]
        histogram.positiveSpans = [.init(offset: 0, length: 4)]
        histogram.positiveBuckets = [1, 2, 2, 1]
        #expect(try roundTrip(histogram) == histogram)
        // The empty bucket between 0.25 and 3 keeps its bounds, since its neighbours have them; that below 0.1 does not.
        histogram.positiveSpans = [.init(offset: 1, length: 1), .init(offset: 1, length: 1)]
        histogram.positiveBuckets = [5, 1]
        let read = try roundTrip(histogram)
        #expect(read.customValues == [0.1, 0.25, 3])
        #expect(read.buckets == histogram.buckets)
    }

    @Test("a series of both kinds is merged by time")
    func mixed() throws {
        let read = try value(
            #"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[3,"3"]],"#
                + #""histograms":[[2,{"count":"0","sum":"0"}]]}]}"#)
        #expect(
            read
                == .matrix([
                    Series(
                        labels: .empty, timestamps: [1000, 2000, 3000].map(Timestamp.init(milliseconds:)),
                        samples: .mixed([.float(1), .histogram(NativeHistogram()), .float(3)]))
                ]))
    }

    private func roundTrip(_ histogram: NativeHistogram) throws -> NativeHistogram {
        let element = VectorElement(
            labels: .empty, timestamp: Timestamp(milliseconds: 0), value: .histogram(histogram))
        let bytes = try APIJSON.answer(QueryResult(value: .vector([element])))
        guard case .success(.vector(let elements), _) = try APIJSONReader.result(bytes),
            case .histogram(let read)? = elements.first?.value
        else { throw JSONFailure(offset: 0, message: "no histogram") }
        return read
    }
}

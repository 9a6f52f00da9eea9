// The JSON of an answer in pieces: the same bytes as in one, each piece bounded.

import MetricModel
import Testing

@testable import Querying

private func joined(_ result: QueryResult, statistics: [UInt8]? = nil) -> (text: String, sizes: [Int]) {
    var pieces = AnswerPieces(result, statistics: statistics)
    var text = ""
    var sizes: [Int] = []
    while let piece = pieces.next() {
        text += String(decoding: piece, as: UTF8.self)
        sizes.append(piece.count)
    }
    return (text, sizes)
}

private func times(_ count: Int) -> [Timestamp] { (0..<count).map { Timestamp(milliseconds: Int64($0) * 1000) } }

@Suite("Answers in pieces")
struct AnswerPiecesTests {
    @Test("a series that changed its kind has two lists, an empty vector none")
    func shapes() {
        var histogram = NativeHistogram()
        histogram.count = 2
        histogram.sum = 3
        let mixed = Series(
            labels: ["a": "b"], timestamps: times(3),
            samples: .mixed([.float(1), .histogram(histogram), .float(.nan)]))
        #expect(
            joined(QueryResult(value: .matrix([mixed]))).text
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"#
                + #""values":[[0,"1"],[2,"NaN"]],"histograms":[[1,{"count":"2","sum":"3"}]]}]}}"#)
        #expect(
            joined(QueryResult(value: .vector([]))).text
                == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
    }

    @Test("statistics stand in the data, annotations behind it")
    func statistics() {
        let result = QueryResult(
            value: .scalar(Timestamp(milliseconds: 1500), 2),
            annotations: [QueryAnnotation(severity: .info, message: "i"), .init(severity: .warning, message: "w")])
        #expect(
            joined(result, statistics: Array("{}".utf8)).text
                == #"{"status":"success","data":{"resultType":"scalar","result":[1.5,"2"],"stats":{}},"#
                + #""warnings":["w"],"infos":["i"]}"#)
    }

    @Test("one long series and many short ones leave in pieces of bounded size, nothing lost between them")
    func bounded() {
        let long = 100_000
        let values = (0..<long).map { Double($0) }
        let result = QueryResult(
            value: .matrix(
                [Series(labels: ["n": "long"], timestamps: times(long), samples: .floats(values))]
                    + (0..<5000).map {
                        Series(
                            labels: ["n": "\($0)"], timestamps: times(10), samples: .floats(Array(values.prefix(10))))
                    }))
        let (text, sizes) = joined(result)
        #expect(sizes.count > 5)
        #expect(sizes.allSatisfy { $0 < AnswerPieces.pieceBytes + 200_000 })
        var expected = #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"n":"long"},"values":["#
        expected += (0..<long).map { "[\($0),\"\($0)\"]" }.joined(separator: ",") + "]}"
        let short = (0..<10).map { "[\($0),\"\($0)\"]" }.joined(separator: ",")
        for number in 0..<5000 { expected += ",{\"metric\":{\"n\":\"\(number)\"},\"values\":[\(short)]}" }
        #expect(text == expected + "]}}")
    }
}

// Any bytes into the reader of answers: never a trap, always an answer or a failure within the body; and whatever
// APIJSON writes is read back.

import MetricModel
import Testing

@testable import Querying

@Suite("Answers of the API, fuzzed")
struct APIJSONFuzzTests {
    private struct Random {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private static let seed: UInt64 = .random(in: 0...UInt64.max)

    private static func reply(_ bytes: [UInt8]) -> String {
        do throws(JSONFailure) {
            switch try APIJSONReader.result(bytes) {
            case .success: return "success"
            case .failure: return "failure"
            }
        } catch {
            return error.offset <= bytes.count ? "refused" : "place \(error.offset) is outside"
        }
    }

    @Test("mutated answers")
    func mutated() {
        var random = Random(state: Self.seed)
        let answer = Array(
            (#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"\u00e9\ud83d\ude00\n"},"#
                + #""values":[[1.013,"1"],[2,"NaN"],[3e0,"-Inf"]],"histograms":[[4,{"count":"3","sum":"2","buckets":"#
                + #"[[0,"-2","-1","1"],[3,"-0.1","0.1","1"],[1,"1","2","1"]]}]]}]},"warnings":["w"]}"#).utf8)
        #expect(Self.reply(answer) == "success")
        let alphabet = Array("{}[]\",:\\u0d8eE+-.1tfn \u{0}\u{7f}".utf8) + [0xff, 0xc3]
        for _ in 0..<20_000 {
            var bytes = answer
            for _ in 0...random.next(3) {
                let index = random.next(bytes.count)
                switch random.next(3) {
                case 0: bytes[index] = alphabet[random.next(alphabet.count)]
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + 1 + random.next(4)))
                default: bytes.insert(alphabet[random.next(alphabet.count)], at: index)
                }
            }
            #expect(["success", "failure", "refused"].contains(Self.reply(bytes)), "seed \(Self.seed)")
        }
        for length in 0..<answer.count { #expect(Self.reply(Array(answer.prefix(length))) == "refused") }
    }

    @Test("what is written is read back to the bit")
    func roundTrip() throws {
        var random = Random(state: Self.seed)
        for _ in 0..<300 {
            let series = (0..<random.next(4)).map { Self.series($0, &random) }
            let bytes = try APIJSON.answer(QueryResult(value: .matrix(series)))
            guard case .success(let value, _) = try APIJSONReader.result(bytes) else {
                Issue.record("no success, seed \(Self.seed)")
                return
            }
            #expect(value == .matrix(series), "seed \(Self.seed)")
        }
    }

    private static func series(_ number: Int, _ random: inout Random) -> Series {
        var time = Int64(random.next(1 << 30)) - (1 << 29)
        var times: [Timestamp] = []
        var values: [Double] = []
        for _ in 0...random.next(20) {
            time += Int64(1 + random.next(100_000))
            times.append(Timestamp(milliseconds: time))
            let bits = UInt64(random.next(1 << 31)) << 33 ^ UInt64(random.next(1 << 31)) << 2
            let value = Double(bitPattern: bits)
            values.append(value.isNaN ? 0.5 : value)
        }
        return Series(
            labels: ["n": "\(number)", "text": "\u{1}\"\\\n é😀"], timestamps: times, samples: .floats(values))
    }
}

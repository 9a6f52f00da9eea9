// Snappy's block format. The compressed texts of the first test are another implementation's (cramjam, Rust's snap).

import Testing

@testable import PrometheusProtobuf

private func bytes(_ hex: String) -> [UInt8] {
    stride(from: 0, to: hex.utf8.count - 1, by: 2).compactMap { index in
        UInt8(hex.dropFirst(index).prefix(2), radix: 16)
    }
}

@Suite("Snappy")
struct SnappyTests {
    @Test(
        "texts of another compressor become what they were",
        arguments: [
            (
                "533872657175657374735f746f74616c20760f00106572726f725a2b002430313233343536373839",
                "requests_total requests_total requests_total errors_total requests_total 0123456789"
            ),
            ("ac020061fe0100fe0100fe0100fe0100aa0100", String(repeating: "a", count: 300)),
            ("00", ""),
        ])
    func others(compressed: String, text: String) throws {
        #expect(try Snappy.decompress(bytes(compressed), bytesMax: text.utf8.count) == Array(text.utf8))
    }

    @Test(
        "each kind of element",
        arguments: [
            ("0308616263", "abc"),  // a literal, its length in the tag
            ("03f00261 6263", "abc"),  // in one byte more
            ("03f402006162 63", "abc"),  // in two
            ("03f80200006162 63", "abc"),  // in three
            ("03fc020000006162 63", "abc"),  // in four
            ("0708616263 0103", "abcabca"),  // a near copy, which overlaps what it writes
            ("0608616263 0a0300", "abcabc"),  // a copy with a distance of two bytes
            ("0608616263 0b03000000", "abcabc"),  // and of four
        ])
    func elements(hex: String, text: String) throws {
        let compressed = bytes(hex.filter { $0 != " " })
        #expect(try Snappy.decompress(compressed, bytesMax: 100) == Array(text.utf8))
    }

    @Test(
        "malformed texts are refused at their place",
        arguments: [
            ("", "snappy: byte 0: the length is cut off"),
            ("ff", "snappy: byte 0: the length is cut off"),
            ("ffffffffff01", "snappy: byte 0: the length has more than 5 bytes"),
            ("6500", "snappy: byte 0: announces 101 bytes; at most 100 are taken"),
            ("6400", "snappy: byte 0: announces 100 bytes"),
            ("0308616", "snappy: byte 1: a literal is cut off"),
            ("03f402", "snappy: byte 1: an element is cut off"),
            ("0408616263", "snappy: byte 5: ends after 3 of 4 bytes"),
            ("0208616263", "snappy: byte 1: goes on after the 2 bytes that it announces"),
            ("0708616263 0100", "snappy: byte 5: copies from 0 bytes back, after 3"),
            ("0708616263 0104", "snappy: byte 5: copies from 4 bytes back, after 3"),
            ("0708616263 01", "snappy: byte 5: an element is cut off"),
        ])
    func malformed(hex: String, problem: String) {
        let error = #expect(throws: SnappyError.self) {
            try Snappy.decompress(bytes(hex.filter { $0 != " " }), bytesMax: 100)
        }
        #expect(error?.description == problem)
    }

    @Test("changed texts never trap, and give as many bytes as they announce or an error")
    func changed() {
        let whole = bytes(
            "533872657175657374735f746f74616c20760f00106572726f725a2b002430313233343536373839")
        var random = SplitMix(state: 7)
        var good = 0
        for _ in 0..<20_000 {
            var text = whole
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: place)
                default: text.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            guard let written = try? Snappy.decompress(text, bytesMax: 127) else { continue }
            #expect(written.count == Int(text[0]))
            good += 1
        }
        #expect(good > 4000 && good < 19_000)
    }
}

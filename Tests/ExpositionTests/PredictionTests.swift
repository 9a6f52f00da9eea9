// The fast way for known lines, and any bytes into the parser.

import MetricModel
import Testing

@testable import Exposition

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

struct PredictionTests {
    @Test(
        "a line is taken as known only when its whole series is the expected one",
        arguments: [
            ("a 1\n", "a", true), ("ab 1\n", "a", false), ("a{b=\"c\"} 1\n", "a", false),
            ("a {b=\"c\"} 1\n", "a", false),
            ("a\t1\n", "a", true), ("a{b=\"c\"} 1\n", "a{b=\"c\"}", true), ("a{b=\"c\"}1\n", "a{b=\"c\"}", true),
            ("a{b=\"d\"} 1\n", "a{b=\"c\"}", false), ("a-1\n", "a", false), ("a", "a", false), ("a ", "a", false),
            ("{\"a\"} 1\n", "{\"a\"}", true), ("", "a", false), ("a 1", "a", true),
        ])
    func knownSeries(body: String, expected: String, isKnown: Bool) throws {
        let bytes = Array(body.utf8)
        try bytes.withUnsafeBufferPointer { buffer in
            try Array(expected.utf8).withUnsafeBufferPointer { series in
                var parser = ExpositionParser(buffer, format: .text)
                let taken = try parser.nextSeries(ifEqualTo: series)
                #expect(taken == isKnown)
                #expect(parser.position == (taken ? bytes.count : 0))
                if taken { #expect(parser.seriesRange == 0..<series.count) }
            }
        }
    }

    @Test("a known line of metadata is skipped and its kind is remembered")
    func knownMetadata() throws {
        let line = Array("# TYPE h histogram\n".utf8)
        try (line + Array("h_bucket{le=\"1\"} 2\n".utf8)).withUnsafeBufferPointer { buffer in
            var parser = ExpositionParser(buffer, format: .text)
            let skipped = line.withUnsafeBufferPointer { parser.skipLine(ifEqualTo: $0, kind: .histogram) }
            #expect(skipped)
            let entry = try parser.next()
            #expect(entry == .series)
            let labels = try parser.labels()
            #expect(labels == ["__name__": "h_bucket", "le": "1.0"])
        }
    }

    private var seed: UInt64 { getenv("FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_260_101 }
    private var rounds: Int { getenv("FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 4000 }

    @Test(
        "no body traps; the known way and the parser agree; an error has a place in the body",
        arguments: ExpositionFormat.allCases)
    func anyBytes(format: ExpositionFormat) {
        var generator = SeededGenerator(state: seed)
        let pieces = [
            "a", "b_total", "{", "}", "\"", "=", ",", " ", "\t", "\n", "\r\n", "\\", "\\n", "\\\"", "1", "-2.5e3",
            "NaN", "# ", "#",
            "HELP ", "TYPE ", "UNIT ", "# EOF", "# EOF\n", "counter", "histogram", "le=\"1\"", "é", "{\"a.b\"", " # {",
            "1e999",
            "a{b=\"c\"} 1\n", "a 1 2\n", "\u{0}", "0.1234567890123456789",
        ]
        for round in 0..<rounds {
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...16, using: &generator) {
                if Int.random(in: 0..<12, using: &generator) == 0 {
                    body.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    body += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
                }
            }
            check(body, format, "seed \(seed), round \(round): \(body)")
        }
    }

    /// Parses; every series found must also be taken as known at its place, with the same value.
    private func check(_ body: [UInt8], _ format: ExpositionFormat, _ comment: Comment) {
        body.withUnsafeBufferPointer { buffer in
            var parser = ExpositionParser(buffer, format: format)
            do throws(ExpositionError) {
                while true {
                    let entry = try parser.next()
                    if entry == .end { break }
                    _ = parser.metadataText
                    guard entry == .series else { continue }
                    let range = parser.seriesRange
                    let rest = UnsafeBufferPointer(rebasing: buffer[range.lowerBound...])
                    var known = ExpositionParser(rest, format: format)
                    if try known.nextSeries(ifEqualTo: UnsafeBufferPointer(rebasing: buffer[range])) {
                        #expect(known.value.bitPattern == parser.value.bitPattern, comment)
                        #expect(known.timestamp == parser.timestamp, comment)
                        #expect(known.position + range.lowerBound == parser.position, comment)
                    }
                    _ = parser.exemplar()
                    _ = try parser.labels()
                }
            } catch {
                #expect(error.line >= 1 && error.line <= body.count { $0 == 0x0a } + 1, comment)
                #expect(error.column >= 1 && error.column <= body.count + 1, comment)
                #expect(error.rendered.utf8.count < 2000, comment)
            }
        }
    }
}

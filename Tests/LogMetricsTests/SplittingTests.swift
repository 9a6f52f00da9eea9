// Bytes to lines, however they are cut into reads.

import Testing

@testable import LogMetrics

private func split(_ parts: [[UInt8]], bytesMax: Int = 10, flushes: Bool = true) -> (lines: [String], tooLong: Int) {
    var splitter = LineSplitter(bytesMax: bytesMax)
    var lines: [String] = []
    var tooLong = 0
    for part in parts { part.withUnsafeBytes { bytes in tooLong += splitter.read(bytes) { lines.append($0) } } }
    if flushes { tooLong += splitter.flush { lines.append($0) } }
    return (lines, tooLong)
}

private func split(_ parts: String..., bytesMax: Int = 10, flushes: Bool = true) -> (lines: [String], tooLong: Int) {
    split(parts.map { Array($0.utf8) }, bytesMax: bytesMax, flushes: flushes)
}

@Test("a line may come in pieces and end either way")
func pieces() {
    #expect(split("a\nb", "c", "\r", "\nd\r\n\n").lines == ["a", "bc", "d", ""])
    #expect(split("a\nb", flushes: false).lines == ["a"])
    #expect(split("a\nb").lines == ["a", "b"])
}

@Test("a line of the limit is read, one byte more is not, and the next is", arguments: [1, 2, 3, 7, 100])
func lineBytesMax(chunk: Int) {
    for end in ["\n", "\r\n"] {
        let text = Array(("0123456789" + end + "0123456789x" + end + "ok" + end).utf8)
        let parts = stride(from: 0, to: text.count, by: chunk).map { Array(text[$0..<min(text.count, $0 + chunk)]) }
        let (lines, tooLong) = split(parts)
        #expect(lines == ["0123456789", "ok"])
        #expect(tooLong == 1)
    }
}

@Test("a long line without an end is held no further than the limit, and counted once")
func endless() {
    let (lines, tooLong) = split(Array(repeating: Array("0123456789".utf8), count: 1000))
    #expect(lines == [])
    #expect(tooLong == 1)
}

@Test("zeros before a line are no part of it")
func hole() {
    #expect(split([[0, 0, 0, 0x61, 0x0a, 0x62, 0, 0x0a]]).lines == ["a", "b\u{0}"])
}

@Test("any cutting of any bytes gives the same lines")
func randomCuts() {
    var random = SplitMix(state: 7)
    for _ in 0..<300 {
        let bytes = (0..<random.below(200)).map { _ in [0x0a, 0x0d, 0x61, 0, 0xff][random.below(5)] as UInt8 }
        let whole = split([bytes], bytesMax: 6)
        var parts: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = 1 + random.below(9)
            parts.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        let cut = split(parts, bytesMax: 6)
        #expect(cut == whole, "\(bytes)")
    }
}

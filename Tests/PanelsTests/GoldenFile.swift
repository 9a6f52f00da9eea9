// A text under Golden, and in which lines another one differs from it.
// UPDATE_GOLDEN=1 writes the text instead.

import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct GoldenFile {
    let name: String
    init(_ name: String) { self.name = name }

    private var path: String {
        "\(#filePath.prefix(#filePath.utf8.count - "GoldenFile.swift".utf8.count))Golden/\(name).txt"
    }

    func compare(_ text: String) throws {
        if getenv("UPDATE_GOLDEN") != nil {
            let file = try #require(fopen(path, "w"))
            defer { fclose(file) }
            #expect(fputs(text, file) >= 0)
            return
        }
        let file = try #require(fopen(path, "r"), "no golden \(name); UPDATE_GOLDEN=1 writes it")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var byte = getc(file)
        while byte != EOF {
            bytes.append(UInt8(truncatingIfNeeded: byte))
            byte = getc(file)
        }
        let golden = String(decoding: bytes, as: UTF8.self)
        if golden != text { Issue.record("\(name) differs from its golden\n\(Self.difference(golden, text))") }
    }

    /// The first lines that differ, `-` as in the golden, `+` as drawn now.
    static func difference(_ golden: String, _ text: String, most: Int = 12) -> String {
        let old = golden.split(separator: "\n", omittingEmptySubsequences: false)
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        var lines: [String] = []
        for place in 0..<max(old.count, new.count) {
            let (before, after) = (place < old.count ? old[place] : nil, place < new.count ? new[place] : nil)
            if before == after { continue }
            if lines.count >= most * 2 {
                lines.append("and more")
                break
            }
            if let before { lines.append("\(place + 1) -\(before)") }
            if let after { lines.append("\(place + 1) +\(after)") }
        }
        return lines.joined(separator: "\n")
    }
}

@Suite struct GoldenFileTests {
    @Test("what differs is shown line by line")
    func difference() {
        #expect(GoldenFile.difference("a\nb\nc\n", "a\nB\nc\nd") == "2 -b\n2 +B\n4 -\n4 +d")
        #expect(GoldenFile.difference("a", "a") == "")
        #expect(GoldenFile.difference("a\nb\nc", "x\ny\nz", most: 1) == "1 -a\n1 +x\nand more")
    }
}

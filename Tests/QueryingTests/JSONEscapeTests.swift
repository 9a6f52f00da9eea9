// What escape sequences of JSON stand for, and which are none.

import Testing

@testable import Querying

@Suite("escapes of JSON")
struct JSONEscapeTests {
    @Test(
        "a sequence gives its character and ends where it ends",
        arguments: [
            (#""x"#, "\"", 1), ("\\", "\\", 1), ("/", "/", 1), ("b", "\u{8}", 1), ("f", "\u{c}", 1), ("n", "\n", 1),
            ("r", "\r", 1), ("t", "\t", 1), ("u00e9!", "é", 5), ("uD83d\\uDe00!", "😀", 11), ("ud83d!", "\u{fffd}", 5),
            ("ud83d\\u0041", "\u{fffd}", 5), ("ude00", "\u{fffd}", 5),
        ])
    func sequences(text: String, character: String, length: Int) throws {
        var index = 0
        var read: [UInt8] = []
        try JSONEscape.read(Array(text.utf8), &index, into: &read)
        #expect(String(decoding: read, as: UTF8.self) == character)
        #expect(index == length)
    }

    @Test(
        "what is no sequence is refused at its place",
        arguments: [
            ("", JSONEscape.Failure.unknown, 0), ("x", .unknown, 0), ("u", .digits, 1), ("u12", .digits, 1),
            ("u+123", .digits, 1), ("u12g4", .digits, 1), ("ud83d\\u12", .digits, 7),
        ])
    func refusals(text: String, failure: JSONEscape.Failure, place: Int) {
        var index = 0
        var read: [UInt8] = []
        #expect(throws: failure) { try JSONEscape.read(Array(text.utf8), &index, into: &read) }
        #expect(index == place)
        #expect(read.isEmpty)
    }
}

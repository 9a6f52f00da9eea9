// DNS messages as bytes, resolv.conf as text.
// The resolver itself is asked against a real name server in PeerTests.

import FerulaConfiguration
import Testing

@testable import Scraping

private func bytes(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }
private func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
}

/// The same numbers in every run. Source: Marsaglia, xorshift64.
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Identifier 0x1234, an answer, one question for `a.b`.
private func message(flags: UInt16 = 0x8180, answers: UInt16, _ records: [UInt8]) -> [UInt8] {
    bytes(
        [0x12, 0x34, UInt8(flags >> 8), UInt8(flags & 255), 0, 1, 0, UInt8(answers), 0, 0, 0, 0], name("a.b"),
        [0, 33, 0, 1], records)
}

@Suite("DNS")
struct DNSTests {
    @Test("a question is a header, the name in parts, type, class and the size of datagrams")
    func question() {
        let question = DNSQuestion(name: "a.bc.", type: 33, identifier: 0x1234)
        #expect(
            question.encoded(withOptions: true)
                == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0x61, 2, 0x62, 0x63, 0, 0, 33, 0, 1]
                + [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0])
        #expect(question.encoded(withOptions: false)?.count == 22)
    }

    @Test("a part has at most 63 bytes, a name at most 255")
    func nameLimits() {
        func isName(_ text: String) -> Bool {
            DNSQuestion(name: text, type: 1, identifier: 0).encoded(withOptions: false) != nil
        }
        #expect(isName(String(repeating: "a", count: 63) + "."))
        #expect(!isName(String(repeating: "a", count: 64) + "."))
        #expect(!isName("a..b."))
        // Three parts of 63 and one of 61 are 255 bytes with their lengths and the end.
        let long = Array(repeating: String(repeating: "a", count: 63), count: 3).joined(separator: ".") + "."
        #expect(isName(long + String(repeating: "b", count: 61)))
        #expect(!isName(long + String(repeating: "b", count: 62)))
    }

    @Test("records of all kinds are read, with names that point back")
    func answers() throws {
        let records = bytes(
            // c.a.b SRV 1 2 443 t.a.b, the names by pointers to the question's
            [1, 0x63, 0xc0, 12], [0, 33, 0, 1, 0, 0, 0, 9, 0, 10], [0, 1, 0, 2, 1, 0xbb, 1, 0x74, 0xc0, 12],
            [0xc0, 12], [0, 1, 0, 1, 0, 0, 0, 9, 0, 4], [127, 0, 0, 2],
            [0xc0, 12], [0, 28, 0, 1, 0, 0, 0, 9, 0, 16], [0x20, 1, 0xd, 0xb8], Array(repeating: 0, count: 11), [1],
            [0xc0, 12], [0, 15, 0, 1, 0, 0, 0, 9, 0, 4], [0, 10, 0xc0, 12],
            [0xc0, 12], [0, 2, 0, 1, 0, 0, 0, 9, 0, 5], [2, 0x6e, 0x31, 0xc0, 14],
            // an alias and a record of another class are of no use
            [0xc0, 12], [0, 5, 0, 1, 0, 0, 0, 9, 0, 2], [0xc0, 14],
            [0xc0, 12], [0, 1, 0, 3, 0, 0, 0, 9, 0, 4], [1, 2, 3, 4])
        let answer = try #require(DNSAnswer(message(answers: 7, records)))
        #expect(answer.identifier == 0x1234)
        #expect(answer.code == 0)
        #expect(!answer.isTruncated)
        #expect(
            answer.records == [
                .service(target: "t.a.b", port: 443), .address("127.0.0.2"), .address("2001:db8::1"),
                .mailExchange("a.b"), .nameServer("n1.b"),
            ])
    }

    @Test("what is cut short, or points forward or at itself, is no answer")
    func damaged() {
        let whole = message(answers: 1, bytes([0xc0, 12], [0, 1, 0, 1, 0, 0, 0, 9, 0, 4], [127, 0, 0, 2]))
        #expect(DNSAnswer(whole)?.records == [.address("127.0.0.2")])
        for count in 0..<whole.count { #expect(DNSAnswer(Array(whole[..<count])) == nil) }
        let itself = message(answers: 1, bytes([0xc0, 21], [0, 1, 0, 1, 0, 0, 0, 9, 0, 4], [127, 0, 0, 2]))
        #expect(DNSAnswer(itself) == nil)
        let forward = message(answers: 1, bytes([0xc0, 40], [0, 1, 0, 1, 0, 0, 0, 9, 0, 4], [127, 0, 0, 2]))
        #expect(DNSAnswer(forward) == nil)
        // Said to be truncated, it may end anywhere.
        var truncated = Array(whole.dropLast(3))
        truncated[2] |= 2
        #expect(DNSAnswer(truncated)?.isTruncated == true)
    }

    @Test("any bytes are read or refused, never trapped on")
    func anyBytes() {
        var random = SeededNumbers(seed: 7)
        let whole = message(
            answers: 2,
            bytes([1, 0x63, 0xc0, 12], [0, 33, 0, 1, 0, 0, 0, 9, 0, 10], [0, 1, 0, 2, 1, 0xbb, 1, 0x74, 0xc0, 12]))
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = DNSAnswer(damaged)
        }
    }

    @Test("resolv.conf: servers, search list, dots; a name is asked for along the list")
    func resolverConfiguration() {
        let configuration = ResolverConfiguration(
            parsing: """
                # comment
                nameserver 10.0.0.1
                nameserver ::1
                search svc.local local.
                options ndots:2 timeout:0 attempts:9
                """)
        #expect(configuration.servers.map(\.description) == ["10.0.0.1:53", "[::1]:53"])
        #expect(configuration.timeout == .seconds(1))
        #expect(configuration.attempts == 5)
        #expect(configuration.names(for: "a.b") == ["a.b.svc.local.", "a.b.local.", "a.b."])
        #expect(configuration.names(for: "a.b.c") == ["a.b.c.", "a.b.c.svc.local.", "a.b.c.local."])
        #expect(configuration.names(for: "a.") == ["a."])
        #expect(ResolverConfiguration(parsing: "").servers.map(\.description) == ["127.0.0.1:53"])
    }
}

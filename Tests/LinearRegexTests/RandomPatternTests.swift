// Random patterns against an obvious matcher, and random bytes as patterns.

import Testing

@testable import LinearRegex

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// SplitMix64: the same numbers on every machine.
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

/// A pattern that prints itself and says by sets of positions where a match may end: nothing shared with the module.
indirect enum Oracle {
    case letter(Character), any, group([Character], negated: Bool), wordBoundary, start, end, empty
    case sequence(Oracle, Oracle), either(Oracle, Oracle), repeated(Oracle, Int, Int?)

    var pattern: String {
        switch self {
        case .letter(let letter): String(letter)
        case .any: "."
        case .group(let letters, let negated): "[\(negated ? "^" : "")\(String(letters))]"
        case .wordBoundary: "\\b"
        case .start: "^"
        case .end: "$"
        case .empty: "(?:)"
        case .sequence(let first, let second): first.pattern + second.pattern
        case .either(let first, let second): "(?:\(first.pattern)|\(second.pattern))"
        case .repeated(let inner, 0, nil): "(\(inner.pattern))*"
        case .repeated(let inner, 1, nil): "(\(inner.pattern))+"
        case .repeated(let inner, let min, let max): "(\(inner.pattern)){\(min),\(max.map { "\($0)" } ?? "")}"
        }
    }

    /// Ends of all matches that begin at one of `starts`.
    func ends(_ text: [Character], _ starts: Set<Int>) -> Set<Int> {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && text[index].isASCII && text[index] != "-" }
        switch self {
        case .letter(let letter): return step(text, starts) { $0 == letter }
        case .any: return step(text, starts) { _ in true }
        case .group(let letters, let negated): return step(text, starts) { letters.contains($0) != negated }
        case .wordBoundary: return starts.filter { isWord($0 - 1) != isWord($0) }
        case .start: return starts.filter { $0 == 0 }
        case .end: return starts.filter { $0 == text.count }
        case .empty: return starts
        case .sequence(let first, let second): return second.ends(text, first.ends(text, starts))
        case .either(let first, let second): return first.ends(text, starts).union(second.ends(text, starts))
        case .repeated(let inner, let min, let max):
            var all: Set<Int> = min == 0 ? starts : []
            var current = starts
            for count in 1...(max ?? (min + text.count + 1)) {
                current = inner.ends(text, current)
                if count >= min { all.formUnion(current) }
            }
            return all
        }
    }

    private func step(_ text: [Character], _ starts: Set<Int>, _ matches: (Character) -> Bool) -> Set<Int> {
        Set(starts.filter { $0 < text.count && matches(text[$0]) }.map { $0 + 1 })
    }

    static func random(_ depth: Int, _ generator: inout SeededGenerator) -> Oracle {
        let letters: [Character] = ["a", "b", "é", "-"]
        let letter = letters[Int.random(in: 0..<4, using: &generator)]
        guard depth > 0 else {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: return .any
            case 1: return .group([letter == "-" ? "a" : letter, "b"], negated: Bool.random(using: &generator))
            case 2: return Bool.random(using: &generator) ? .wordBoundary : .empty
            case 3: return Bool.random(using: &generator) ? .start : .end
            default: return .letter(letter)
            }
        }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1, 2: return .sequence(random(depth - 1, &generator), random(depth - 1, &generator))
        case 3: return .either(random(depth - 1, &generator), random(depth - 1, &generator))
        default:
            let min = Int.random(in: 0...2, using: &generator)
            let max = Bool.random(using: &generator) ? nil : min + Int.random(in: 1...2, using: &generator)
            return .repeated(random(depth - 1, &generator), min, max)
        }
    }
}

struct RandomPatternTests {
    private var seed: UInt64 { getenv("FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_260_101 }
    private var rounds: Int { getenv("FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1500 }

    @Test("random patterns match what an obvious matcher says")
    func againstOracle() throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<rounds {
            let oracle = Oracle.random(Int.random(in: 0...4, using: &generator), &generator)
            let regex = try LinearRegex(anchored: oracle.pattern)
            let grouped = try LinearRegex(anchored: "(?:\(oracle.pattern))()")
            for _ in 0..<8 {
                let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ -> Character in
                    ["a", "b", "é", "-"][Int.random(in: 0..<4, using: &generator)]
                }
                let expected = oracle.ends(text, [0]).contains(text.count)
                #expect(regex.matches(String(text)) == expected, "seed \(seed): \(oracle.pattern) on \(String(text))")
                #expect(
                    (grouped.captures(in: String(text)) != nil) == expected,
                    "seed \(seed): captures of \(oracle.pattern) on \(String(text))")
                if let words = regex.literalSet {
                    #expect(words.contains(String(text)) == expected, "seed \(seed): words of \(oracle.pattern)")
                }
            }
        }
    }

    @Test("a pattern that leaves one way has the groups that all ways have")
    func onePass() throws {
        var generator = SeededGenerator(state: seed)
        var tables = 0
        for round in 0..<rounds * 2 {
            let oracle = Oracle.random(Int.random(in: 1...4, using: &generator), &generator)
            let pattern = round % 3 == 0 ? "(\(oracle.pattern))" : "(\(oracle.pattern))(a?)([^b]*?)"
            let regexes = [
                try LinearRegex(anchored: pattern), try LinearRegex(searching: "^" + pattern),
                try LinearRegex(searching: pattern),
            ]
            for regex in regexes {
                guard let program = regex.program, let table = OnePass(program) else { continue }
                tables += 1
                for _ in 0..<8 {
                    let text = String(
                        (0..<Int.random(in: 0...7, using: &generator)).map { _ -> Character in
                            ["a", "b", "é", "-"][Int.random(in: 0..<4, using: &generator)]
                        })
                    for start in 0...min(1, text.utf8.count) {
                        let (all, one) = Bytes.of(text) { bytes in
                            var machine = CaptureMachine(program, bytes)
                            return (machine.run(from: start, searching: false), table.run(bytes, from: start))
                        }
                        #expect(all == one, "seed \(seed): \(pattern) on \(text) from \(start)")
                    }
                }
            }
        }
        #expect(rounds < 100 || tables > rounds / 4, "\(tables) of \(rounds * 6) patterns leave one way")
    }

    @Test(
        "which patterns leave one way",
        arguments: [
            (#"^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) ([^"]*)" (\d{3}) (\d+|-)"#, true),
            (#"^(?P<level>[A-Z]+): (?P<text>.*)$"#, true), ("(a|b)+c", true), ("([^=]*)=(.*)", true),
            ("(a??)(b|$)", true),
            (#"(.*) (\S+)"#, false), ("(a*)*", false), ("(a|ab)c", false), (#"(\bword\b)"#, false),
            ("(?m)^(a)$", false),
        ])
    func ways(pattern: String, isOne: Bool) throws {
        let program = try #require(try LinearRegex(searching: pattern).program)
        let table = OnePass(program)
        #expect((table != nil) == isOne)
        #expect(table?.beginsAtTextStart ?? true == pattern.hasPrefix("^") || table == nil)
    }

    @Test("a table has no more steps than its limit")
    func tableLimit() throws {
        // Bytes of many classes, and a node for each letter.
        func table(_ count: Int) throws -> (OnePass?, Int) {
            let letters = (0..<count).map { "[\(Character(UnicodeScalar(UInt8(0x61 + $0 % 26))))]" }.joined()
            let program = try #require(try LinearRegex(searching: "^(\(letters))").program)
            return (OnePass(program), program.classRepresentatives.count)
        }
        let (_, classes) = try table(26)
        // The start, a node after each letter but that after the last is the match's.
        let nodesMax = OnePass.stepsMax / classes
        #expect(try table(nodesMax - 1).0 != nil)
        #expect(try table(nodesMax).0 == nil)
    }

    @Test("no more instructions are walked for a table than its limit")
    func walkLimit() throws {
        // From each of the letters the way leads through all of the assertions behind them.
        func table(_ letters: Int) throws -> OnePass? {
            let pattern = "^(a{0,\(letters)}" + String(repeating: "(?:\\zd)?", count: 500) + ")"
            return OnePass(try #require(try LinearRegex(searching: pattern).program))
        }
        // 500 times a split, an assertion and a byte, and a few more, for each node.
        let most = OnePass.walkedMax / 1510
        #expect(try table(most - 2) != nil)
        #expect(try table(most + 2) == nil)
    }

    @Test("no pattern traps, whatever its bytes")
    func anyBytes() {
        var generator = SeededGenerator(state: seed)
        let pieces = [
            "(", ")", "(?", "(?i", "(?P<", ">", "[", "]", "[^", "[[:alpha:]", "\\", "\\p{", "}", "\\pL", "{2,", "{3}",
            "*", "+", "?", "|",
            "^", "$", ".", "a", "é", "\\Q", "\\E", "\\x{", "\\b", "-", "😀", "1", ":", "\\x4", "\\07", "i", "s)",
        ]
        for _ in 0..<rounds {
            var pattern = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    pattern += String(decoding: [UInt8.random(in: 0...255, using: &generator)], as: UTF8.self)
                } else {
                    pattern += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                }
            }
            do throws(RegexError) {
                let regex = try LinearRegex(anchored: pattern)
                let isMatch = regex.matches("a\u{e9}1-😀")
                #expect((regex.captures(in: "a\u{e9}1-😀") != nil) == isMatch, "seed \(seed): \(pattern)")
                let searching = try LinearRegex(searching: pattern)
                if let match = searching.firstMatch(in: "aé\nb") {
                    _ = searching.expand("$1${n}$", match, in: "aé\nb")
                }
            } catch {
                #expect(error.offset <= pattern.utf8.count, "seed \(seed): \(pattern)")
            }
        }
    }
}

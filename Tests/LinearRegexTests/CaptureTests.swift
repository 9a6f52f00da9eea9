// What groups hold, templates, shortcuts and limits.

import Testing

@testable import LinearRegex

struct CaptureTests {
    @Test(
        "groups hold what Go's regexp gives them",
        arguments: [
            ("(a*)(a*)", "aaa", ["aaa", "aaa", ""]), ("(a*?)(a*)", "aaa", ["aaa", "", "aaa"]),
            ("(?U)(a*)(a*)", "aaa", ["aaa", "", "aaa"]), ("(a|ab)(c|bcd)(d*)", "abcd", ["abcd", "a", "bcd", ""]),
            ("(?:x|(y))z", "xz", ["xz", nil]), ("(?P<n>\\w+)-(?<m>\\d+)", "ab-12", ["ab-12", "ab", "12"]),
            ("((a)|b)*", "ab", ["ab", "b", "a"]), ("(a)?b", "b", ["b", nil]), ("(|a)*", "aa", ["aa", "a"]),
            ("(|a)+", "aa", ["aa", "a"]),
            ("(a|b|c)", "b", ["b", "b"]), ("(.*)", "é\n", ["é\n", "é\n"]), ("^(foo)$", "foo", ["foo", "foo"]),
            ("(a{2}){1,2}", "aaaa", ["aaaa", "aa"]), ("web-(.*)", "web-", ["web-", ""]), ("a|b", "a", ["a"]),
            ("(\\d+)\\.(\\d+)?", "1.", ["1.", "1", nil]),
        ] as [(String, String, [String?])])
    func groups(pattern: String, text: String, groups: [String?]) throws {
        let match = try #require(try LinearRegex(anchored: pattern).captures(in: text))
        #expect((0..<match.ranges.count).map { match.group($0, of: text) } == groups)
    }

    @Test(
        "a searching pattern finds the leftmost match",
        arguments: [
            ("b+", "abbb", 1..<4), ("a|ab", "xab", 1..<2), ("", "abc", 0..<0), ("$", "abc", 3..<3), ("^b", "ab", nil),
            ("(?m)^b", "a\nb", 2..<3), ("a.b", "a\nb", nil), ("\\bfoo\\b", "a foo.", 2..<5), ("[^a]", "aé", 1..<3),
            (".$", "é", 0..<2), ("\\B", "é", 0..<0), ("x*", "aaa", 0..<0), ("c", "ab", nil),
        ] as [(String, String, Range<Int>?)])
    func searching(pattern: String, text: String, range: Range<Int>?) throws {
        #expect(try LinearRegex(searching: pattern).firstMatch(in: text)?.range == range)
    }

    @Test(
        "templates expand as in Go",
        arguments: [
            ("$1", "ab"), ("${1}x", "abx"), ("$1x", ""), ("$n-$m", "ab-12"), ("${n}_$$", "ab_$"), ("$", "$"),
            ("$-", "$-"),
            ("${1", "${1"), ("${}", "${}"), ("$9", ""), ("$0", "ab-12"), ("$01", ""), ("$é1", ""), ("a$", "a$"),
            ("${n }", "${n }"),
            ("$1$2", "ab12"), ("$1_", ""),
        ])
    func expansion(template: String, expanded: String) throws {
        let regex = try LinearRegex(anchored: "(?P<n>\\w+)-(?P<m>\\d+)")
        let match = try #require(regex.captures(in: "ab-12"))
        #expect(regex.expand(template, match, in: "ab-12") == expanded)
        let read = ReplacementTemplate(template, for: regex)
        #expect(read.expand(match, in: "ab-12") == expanded)
        #expect(read.byteCount(match) == expanded.utf8.count)
    }

    @Test(
        "all matches are replaced as in Go",
        arguments: [
            ("a", "banana", "x", "bxnxnx"), ("", "ab", "-", "-a-b-"), ("a*", "baac", "-", "-b-c-"),
            ("(.)", "é1", "[$1]", "[é][1]"),
            ("x", "abc", "y", "abc"), ("b*", "é", "-", "-é-"),
        ])
    func replacement(pattern: String, text: String, template: String, replaced: String) throws {
        #expect(try LinearRegex(searching: pattern).replacingAll(in: text, with: template) == replaced)
    }

    @Test(
        "patterns that name finitely many texts say which",
        arguments: [
            ("a", ["a"]), ("a|b|c", ["a", "b", "c"]), ("a(b|c)", ["ab", "ac"]),
            ("(a|b)(c|d)", ["ac", "ad", "bc", "bd"]),
            ("^(?:a|a)$", ["a"]), ("ab?", ["a", "ab"]), ("[ab]c", ["ac", "bc"]), ("", [""]),
            ("a\\.b|c\\-d", ["a.b", "c-d"]),
            ("a{2}", ["aa"]), ("a||b", ["a", "", "b"]), ("(?i)a", ["A", "a"]), ("a.*", nil), ("a+", nil),
            ("\\d{9}", nil),
            ("(a|b|c|d|e|f|g|h|i|j){4}", nil), ("a\\b", nil), ("[a-b]{0,2}", ["", "a", "b", "aa", "ab", "ba", "bb"]),
        ] as [(String, [String]?)])
    func literalSets(pattern: String, words: [String]?) throws {
        #expect(try LinearRegex(anchored: pattern).literalSet == words)
    }

    @Test(
        "the text that every match begins with is known",
        arguments: [
            ("web-.*", "web-"), ("^web-.*", "web-"), ("(web)-[ab]+x", "web-"), ("a|b.*", nil), (".*", nil), ("é+", nil),
            ("éa*", "é"),
            ("(?i)a.*", nil),
        ] as [(String, String?)])
    func prefixes(pattern: String, prefix: String?) throws {
        #expect(try LinearRegex(anchored: pattern).requiredPrefix == prefix)
    }

    @Test("limits hold at the limit and refuse one past it")
    func limits() throws {
        #expect(try LinearRegex(anchored: "a{1000}b?c*").matches(String(repeating: "a", count: 1000)))
        #expect(throws: RegexError(offset: 1, message: "invalid repeat count: `{1001}`")) {
            try LinearRegex(anchored: "a{1001}")
        }
        let deep = { (count: Int) in String(repeating: "(", count: count) + "a*" + String(repeating: ")", count: count)
        }
        #expect(try LinearRegex(anchored: deep(RegexLimits.nestingMax - 2)).matches("aa"))
        #expect(throws: RegexError.self) { try LinearRegex(anchored: deep(RegexLimits.nestingMax + 1)) }
        #expect(throws: RegexError.self) { try LinearRegex(anchored: String(repeating: "(", count: 100_000)) }
        let error = #expect(throws: RegexError.self) {
            try LinearRegex(
                anchored: "(?:\\pL{500}\\pM{500}){1}\\PL{1000}[^x]+\\w{1000}(\\pN{1000}|\\pS{1000}|\\p{Lu}{1000})")
        }
        #expect(error?.message.hasPrefix("expression too large: `") == true)
    }

    @Test("the cache of the automaton is bounded and may be emptied at any time without changing an answer")
    func boundedCache() throws {
        let regex = try LinearRegex(anchored: ".*a.{14}b.{14}.*x")
        let program = try #require(regex.program)
        let automaton = LazyDFA(program)
        var state: UInt64 = 1
        var text: [UInt8] = []
        for _ in 0..<60_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text.append(state >> 63 == 0 ? 0x61 : 0x62)
        }
        #expect(!text.withUnsafeBufferPointer { automaton.matches($0) })
        #expect(automaton.emptiedCount > 0)
        text.append(0x78)
        #expect(text.withUnsafeBufferPointer { automaton.matches($0) })
    }

    @Test("patterns are equal by their bytes and their way of matching")
    func equality() throws {
        #expect(try LinearRegex(anchored: "é") != LinearRegex(anchored: "e\u{301}"))
        #expect(try LinearRegex(anchored: "a") == LinearRegex(anchored: "a"))
        #expect(try LinearRegex(anchored: "a") != LinearRegex(searching: "a"))
    }
}

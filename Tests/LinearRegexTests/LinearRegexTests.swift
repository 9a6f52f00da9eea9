// What anchored patterns match, case by case.

import Testing

@testable import LinearRegex

struct LinearRegexTests {
    @Test(
        "an anchored pattern matches the whole text or nothing",
        arguments: [
            ("", "", true), ("", "a", false), ("a", "a", true), ("a", "ab", false), ("a", "ba", false),
            ("a|b|c", "b", true), ("a|b|c", "d", false), ("a|ab", "ab", true), ("a(b|c)", "ac", true),
            ("a(b|c)", "a", false), ("web-.*", "web-1", true), ("web-.*", "web-", true), ("web-.+", "web-", false),
            (".*-eu", "a-eu", true), (".*-eu", "a-eu1", false), (".*foo.*", "a foo b", true),
            (".*foo.*", "fo o", false),
            (".*a.*a.*", "a", false), (".*a.*a.*", "xaxa", true), ("a.+a", "aa", false), ("a.+a", "aba", true),
            (".*", "", true), (".+", "", false), (".+", "\n", true), (".*", "a\nb", true), ("a.b", "a\nb", true),
            ("(?-s).*", "a\nb", false), ("(?-s:a.b)", "a\nb", false), ("ab?", "a", true), ("ab?", "ab", true),
            ("ab?", "abb", false), ("[abc]", "b", true), ("[^abc]", "b", false), ("[^abc]", "d", true),
            ("[^a]", "\n", true), ("[a-c]+", "abcab", true), ("[a-]", "-", true), ("[]a]", "]", true),
            ("[^]a]", "]", false), (#"\d{3}"#, "123", true), (#"\d{3}"#, "12", false), (#"\d{2,}"#, "1", false),
            (#"\d{2,3}"#, "1234", false), (#"\w+"#, "a_1", true), (#"\W"#, "é", true), (#"\s\S"#, " x", true),
            ("[[:alpha:]]+", "abC", true), ("[[:^alpha:]]+", "12", true), ("[[:word:]x-z]", "_", true),
            (#"\p{L}+"#, "Éa語", true), (#"\pL"#, "1", false), (#"\PL"#, "1", true), (#"\p{^L}"#, "1", true),
            (#"\p{Lu}"#, "Ä", true), (#"\p{Lu}"#, "ä", false), (#"\p{Greek}"#, "λ", true), (#"\p{Greek}"#, "l", false),
            (#"\p{Han}+"#, "漢字", true), (#"\p{Cyrillic}"#, "Ж", true), (#"[\p{Nd}x]"#, "٣", true),
            (#"\p{Letter}"#, "a", true), (#"\p{Uppercase_Letter}"#, "a", false), (#"\p{Any}"#, "\u{10ffff}", true),
            ("(?i)abc", "AbC", true), ("(?i)k", "\u{212a}", true), ("(?i)s", "ſ", true), ("(?i)[k]", "K", true),
            ("(?i)é", "É", true), ("(?i)σ", "ς", true), ("(?i:a)b", "Ab", true), ("(?i:a)b", "AB", false),
            ("(?i)ß", "ẞ", true), ("(?i)i", "ı", false), ("(?i)[^a]", "A", false),
            ("a(?i)b|c", "C", true), ("(a(?i)b)c", "aBC", false), ("^foo$", "foo", true), ("^foo.*$", "foobar", true),
            ("^(a|b)$", "b", true), ("^a|b$", "a", true), ("a^b", "ab", false), ("a$b", "ab", false),
            ("(?m)a$\\n^b", "a\nb", true), ("a$\\n^b", "a\nb", false), (#"\Aab\z"#, "ab", true),
            (#"foo\b.*"#, "foo bar", true), (#"foo\b.*"#, "foobar", false), (#"foo\B.*"#, "foobar", true),
            (#"\bé"#, "é", false), (#"\Bé"#, "é", true), (#"\b"#, "", false), (#"\B"#, "", true),
            (#"\Qa.b*\E+"#, "a.b**", true), (#"\Qa.b"#, "a.b", true), (#"\x{263a}"#, "☺", true), (#"\x41"#, "A", true),
            (#"\101"#, "A", true), (#"\0"#, "\0", true), (#"\a\f\t\n\r\v"#, "\u{7}\u{c}\t\n\r\u{b}", true),
            (#"\_\.\-"#, "_.-", true), ("é", "é", true), ("é", "e\u{301}", false), ("[é]", "e\u{301}", false),
            ("[à-ü]", "é", true), ("☺+", "☺☺", true), (".", "☺", true), ("..", "☺", false), ("[^a]", "😀", true),
            ("a{,2}", "a{,2}", true), ("a{", "a{", true), ("{", "{", true), ("a{01}", "a{01}", true),
            ("a{0}", "", true), ("a{0}", "a", false), ("(a*)*", "aaa", true), ("(a|b)*c|(a|ab)*c", "abc", true),
            ("(?:)", "", true), ("()", "", true), ("a||b", "", true), ("|a", "", true), ("(|a)+", "aa", true),
            ("a*?b", "aab", true), ("(?U)a+", "aa", true), ("a+?", "aa", true),
            ("[[:foo]+", "[:of", true), (#"[\d\-x]+"#, "1-x", true), (#"[\]]"#, "]", true), ("x*", "y", false),
        ])
    func anchored(pattern: String, text: String, isMatch: Bool) throws {
        let regex = try LinearRegex(anchored: pattern)
        #expect(regex.matches(text) == isMatch)
        // The machine that finds groups is another one and must agree.
        let grouped = try LinearRegex(anchored: "(" + pattern + (pattern.hasSuffix("Qa.b") ? "\\E)" : ")"))
        #expect((grouped.captures(in: text) != nil) == isMatch)
    }

    @Test(
        "a malformed pattern is refused in Go's words, with its place",
        arguments: [
            ("(a", 0, "missing closing ): `(a`"), ("a)", 1, "unexpected ): `a)`"), ("(a))", 3, "unexpected ): `(a))`"),
            ("[a", 0, "missing closing ]: `[a`"), ("x[", 1, "missing closing ]: `[`"),
            ("x[]", 1, "missing closing ]: `[]`"),
            ("a**", 1, "invalid nested repetition operator: `**`"),
            ("a+*?b", 1, "invalid nested repetition operator: `+*?`"),
            ("a{2}{3}", 1, "invalid nested repetition operator: `{2}{3}`"),
            ("*", 0, "missing argument to repetition operator: `*`"),
            ("a|*", 2, "missing argument to repetition operator: `*`"),
            ("(+", 1, "missing argument to repetition operator: `+`"),
            ("(?i)?", 4, "missing argument to repetition operator: `?`"),
            ("a{1001}", 1, "invalid repeat count: `{1001}`"), ("a{2,1}", 1, "invalid repeat count: `{2,1}`"),
            ("a{9999999999999}", 1, "invalid repeat count: `{9999999999999}`"),
            ("(a{100}){11}", 8, "invalid repeat count: `{11}`"),
            ("[b-a]", 1, "invalid character class range: `b-a`"),
            ("[[:foo:]]", 1, "invalid character class range: `[:foo:]`"),
            (#"\p{Foo}"#, 0, #"invalid character class range: `\p{Foo}`"#),
            (#"\pX"#, 0, #"invalid character class range: `\pX`"#),
            (#"\p{L"#, 0, #"invalid character class range: `\p{L`"#),
            (#"\p"#, 0, #"invalid character class range: `\p`"#),
            (#"a\"#, 1, "trailing backslash at end of expression: ``"), (#"\8"#, 0, #"invalid escape sequence: `\8`"#),
            (#"\1"#, 0, #"invalid escape sequence: `\1`"#), (#"\y"#, 0, #"invalid escape sequence: `\y`"#),
            (#"\C"#, 0, #"invalid escape sequence: `\C`"#),
            (#"\x{110000}"#, 0, #"invalid escape sequence: `\x{110000`"#),
            (#"\xg1"#, 0, #"invalid escape sequence: `\xg1`"#), (#"\Z"#, 0, #"invalid escape sequence: `\Z`"#),
            ("(?=a)", 0, "invalid or unsupported Perl syntax: `(?=`"), ("(?<!a)", 0, "invalid named capture: `(?<!a)`"),
            ("(?x)", 0, "invalid or unsupported Perl syntax: `(?x`"),
            ("(?i", 0, "invalid or unsupported Perl syntax: `(?i`"),
            ("(?-)", 0, "invalid or unsupported Perl syntax: `(?-)`"),
            ("(?i--s)", 0, "invalid or unsupported Perl syntax: `(?i--`"),
            ("(?P<n", 0, "invalid named capture: `(?P<n`"), ("(?P<n-m>a)", 0, "invalid named capture: `(?P<n-m>`"),
            ("(?P=n)", 0, "invalid or unsupported Perl syntax: `(?P`"), ("(?<>a)", 0, "invalid named capture: `(?<>`"),
        ])
    func refused(pattern: String, offset: Int, message: String) {
        #expect(throws: RegexError(offset: offset, message: message)) { try LinearRegex(anchored: pattern) }
        #expect(RegexError(offset: offset, message: message).description == "error parsing regexp: " + message)
    }

    @Test(
        "a catastrophic pattern costs a bounded number of steps a byte", arguments: ["(a*)*b", "(a|a)*b", "(x+x+)+y"])
    func linear(pattern: String) throws {
        func steps(_ count: Int) throws -> (automaton: Int, machine: Int) {
            let text = String(repeating: pattern.contains("x") ? "x" : "a", count: count)
            let program = try #require(try LinearRegex(anchored: pattern).program)
            return Bytes.of(text) { bytes in
                let automaton = LazyDFA(program)
                #expect(!automaton.matches(bytes))
                var machine = CaptureMachine(program, bytes)
                #expect(machine.run(from: 0, searching: false) == nil)
                return (automaton.stepCount, machine.stepCount)
            }
        }
        let short = try steps(1000)
        let long = try steps(10_000)
        #expect(long.automaton == short.automaton)
        #expect(long.machine <= 11 * short.machine)
    }
}

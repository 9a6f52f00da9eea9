// Any bytes: the parser answers or refuses, and never traps; what it accepts prints to a fixed point.
// Seeded by FUZZ_SEED and FUZZ_ROUNDS.

import PromQLSyntax
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Fuzzed text")
struct FuzzTests {
    private static func setting(_ name: String, _ standard: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? standard
    }
    private let seed = setting("FUZZ_SEED", 42)
    private let rounds = Int(clamping: setting("FUZZ_ROUNDS", 1500))

    private static let pieces = [
        "x", "sum", "rate", "(", ")", "[", "]", "{", "}", "5m", "1", "0x1f", "1e3", "inf", ",", "=", "=~", "!=", "==",
        ">", "</", ">/",
        "\"a\"", "'b'", "`c`", "\"\\x41", "by", "without", "on", "ignoring", "group_left", "fill", "bool", "offset",
        "@", "start", "end",
        "()", "step()", "min_of(", "max_of", "anchored", "smoothed", "+", "-", "*", "/", "%", "^", "atan2", "and", "or",
        "unless", ":",
        " ", "#", "\n", "a:b", "topk", "quantile", "label_replace", "info", "time()", "é", "\u{0}", "\\", "..", "_",
        "1_0", "{{", "}}", "stale", "x3",
        "{a=\"b\"}", "x[5m]", "rate(x[5m])", "sum by (a) (x)", "schema:1", "buckets:[1 2]", "@st",
    ]

    /// Whatever the text, all doors to it hold.
    private func push(_ query: String) {
        if let expression = try? Expression(parsing: query) {
            let printed = expression.description
            let again = try? Expression(parsing: printed)
            #expect(again?.description == printed, "seed \(seed): \(query)")
            let pretty = try? Expression(parsing: expression.prettyPrinted(lineMax: 10))
            #expect(pretty?.description == printed, "seed \(seed): \(query)")
        }
        do {
            _ = try Expression(parsing: query)
        } catch {
            let count = query.utf8.count
            #expect(
                error.range.start >= 0 && error.range.start <= error.range.end && error.range.end <= count, "\(query)")
            _ = error.rendered(in: query)
        }
        _ = try? SeriesNotation.parse(query)
        _ = try? SeriesNotation.parseStartTimestamps(query)
        for cursor in stride(from: 0, through: query.utf8.count, by: 7) {
            let completion = Completion(of: query, at: cursor)
            #expect(completion.range.start <= completion.range.end && completion.range.end <= query.utf8.count)
        }
    }

    @Test("words of the language in any order")
    func words() {
        var random = SplitMix(state: seed)
        for _ in 0..<rounds {
            let count = Int.random(in: 1...12, using: &random)
            push(
                (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined(
                    separator: Bool.random(using: &random) ? " " : ""))
        }
    }

    @Test("any bytes")
    func bytes() {
        var random = SplitMix(state: seed &+ 1)
        for _ in 0..<rounds {
            let count = Int.random(in: 0...40, using: &random)
            push(
                String(
                    decoding: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }, as: UTF8.self))
        }
    }

    @Test("good queries with a byte changed")
    func mutations() {
        let queries = [
            #"sum by (le, "x y") (rate(http_requests_total{job=~"api|web", code!="500"}[5m] offset -1h30m @ 1.5))"#,
            "max_over_time((a + on (b) group_left (c) fill (0) d)[1h:step() * 2] @ end()) >= bool 2 ^ -x",
            "x[min_of(5m, (range() - 1)) % 7s] smoothed and label_replace(a, 'b\\'', \"\\u00e9\", `d`, \"(.*)\")",
            "h {{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 buckets:[5.1 10 7] offset:-3}}+{{n_buckets:[4 5]}}x2 1+2x3 _x2 stale",
        ].map { Array($0.utf8) }
        var random = SplitMix(state: seed &+ 2)
        for _ in 0..<rounds {
            var bytes = queries.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0x20...0x7e, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes.randomElement(using: &random) ?? 0, at: index)
                }
            }
            push(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(
        "depth ends at the limit with a name",
        arguments: [
            ("(", "x", ")"), ("abs(", "x", ")"), ("sum by (a) (", "x", ")"), ("-", "x", ""), ("", "x", " + x"),
            ("x ^ ", "x", ""),
            ("max_over_time(", "x", "[1m:])"), ("x[", "5m", "]"), ("", "x", "[1m:]"),
        ])
    func nesting(before: String, middle: String, after: String) throws {
        for depth in [20_000, 2000] {
            let query = String(repeating: before, count: depth) + middle + String(repeating: after, count: depth)
            #expect(throws: SyntaxError.self) { try Expression(parsing: query) }
            _ = Completion(of: query, at: query.utf8.count)
        }
    }

    @Test("durations nest to the limit too")
    func durationNesting() throws {
        let deep = "x[" + String(repeating: "(", count: 2000) + "5m" + String(repeating: ")", count: 2000) + "]"
        #expect(throws: SyntaxError.self) { try Expression(parsing: deep) }
        let chain = "x[5m" + String(repeating: "+1", count: 20_000) + "]"
        #expect(throws: SyntaxError.self) { try Expression(parsing: chain) }
        _ = try Expression(parsing: "x[5m" + String(repeating: "+1", count: 400) + "]")
    }

    @Test("five hundred levels pass, five hundred and one do not")
    func nestingAtTheLimit() throws {
        func query(_ operands: Int) -> String { Array(repeating: "x", count: operands).joined(separator: " + ") }
        let deepest = try Expression(parsing: query(500))
        #expect(deepest.description == query(500))
        #expect(deepest.prettyPrinted(lineMax: 20).utf8.count > 1500)
        let error = #expect(throws: SyntaxError.self) { try Expression(parsing: query(501)) }
        #expect(error?.message == "expression nests more than 500 levels deep")
        let parentheses = String(repeating: "(", count: 499) + "x" + String(repeating: ")", count: 499)
        #expect(try Expression(parsing: parentheses).description == parentheses)
        #expect(throws: SyntaxError.self) { try Expression(parsing: "(\(parentheses))") }
    }
}

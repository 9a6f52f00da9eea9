// Lines of web servers, plain and odd: the quick pattern and the one for all lines have the same fields.

import LinearRegex
import LogMetrics
import Testing

@Suite("Plain lines of web servers")
struct PlainLineTests {
    /// SplitMix64.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
    }

    private static func line(_ dice: inout Dice) -> String {
        func one(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &dice)] }
        return one(["::1", "192.0.2.7", "a b", ""]) + " " + one(["-", "x", ""]) + " "
            + one(["-", "ann", "ann lee", "a [b", "", "[", "a] ["]) + " "
            + one(["[10/Oct/2025:13:55:36 +0000]", "[t]", "[]", "[a [b]", "t"]) + " \""
            + one([
                "GET /a HTTP/1.1", "GET /a", "GET /a b HTTP/1.0", #"\x16\x03"#, #"GET /\"a HTTP/2"#, "", "-",
                "get /a x",
            ]) + "\" "
            + one(["200", "404", "-", "20", "2000"]) + " " + one(["0", "12", "-", "", "x"])
            + one(["", #" "-" "curl/8.5""#, #" "https://e/" "a \"b\"""#, #" "" """#, #" "a" "b"#])
            + one(["", " 0.012", #" rt=0.012 urt="0.011""#, " 0.1 -", " x", " rt= urt="])
    }

    @Test(
        "the quick pattern takes no other fields than the one for all lines",
        arguments: ["apache", "combined", "nginx"])
    func same(preset: String) throws {
        guard case .patterns(let patterns)? = LogFormat(preset: preset) else {
            Issue.record("\(preset) has no patterns")
            return
        }
        #expect(patterns.count == 2)
        let (quick, whole) = (try #require(patterns.first), try #require(patterns.last))
        #expect(Set(quick.fields) == Set(whole.fields))
        var dice = Dice(state: 20_261_127)
        var taken = 0
        for _ in 0..<60_000 {
            let line = Self.line(&dice)
            guard let found = quick.firstMatch(in: line) else { continue }
            taken += 1
            let wanted = whole.firstMatch(in: line)
            #expect(wanted != nil, "\(line)")
            guard let wanted else { continue }
            func fields(_ match: Match) -> [String: String] {
                var fields: [String: String] = [:]
                for (number, name) in match.names.enumerated() {
                    if let name, let text = match.group(number, of: line) { fields[name] = text }
                }
                return fields
            }
            #expect(fields(found) == fields(wanted), "\(line)")
        }
        #expect(taken > 100)
    }
}

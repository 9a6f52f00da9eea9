// Floats to text and back, against literals and against the standard library.

import MetricModel
import Testing

struct GoFloatTests {
    @Test(
        "the API's form has an exponent only for very small and very large values",
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (1e-6, "0.000001"), (1e-9, "1e-09"),
            (9.99e-7, "9.99e-07"),
            (2.890_021_420_083_89e18, "2890021420083890000"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
            (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.leastNonzeroMagnitude, "5e-324"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
            (0.1, "0.1"), (123_456.789, "123456.789"), (100, "100"), (1e100, "1e+100"), (-1e-7, "-1e-07"),
            (0.300_000_000_000_000_04, "0.30000000000000004"),
        ])
    func format(value: Double, text: String) { #expect(GoFloat.format(value) == text) }

    @Test(
        "Go's verb g switches to an exponent at a million; OpenMetrics always reads as a float",
        arguments: [
            (100_000, "100000", "100000.0"), (1_000_000, "1e+06", "1e+06"), (1_234_567, "1.234567e+06", "1.234567e+06"),
            (0.0001, "0.0001", "0.0001"),
            (0.000_01, "1e-05", "1e-05"), (-0.0, "-0", "-0.0"), (0.5, "0.5", "0.5"), (1, "1", "1.0"),
            (-999_999, "-999999", "-999999.0"),
            (999_999.5, "999999.5", "999999.5"), (.infinity, "+Inf", "+Inf"), (.nan, "NaN", "NaN"),
            (1e22, "1e+22", "1e+22"),
        ])
    func general(value: Double, text: String, openMetrics: String) {
        #expect(GoFloat.general(value) == text)
        #expect(GoFloat.openMetrics(value) == openMetrics)
    }

    @Test("the other verbs")
    func verbs() {
        #expect(GoFloat.standard(1_234_567) == "1234567")
        #expect(GoFloat.standard(1e21) == "1e+21")
        #expect(GoFloat.plain(1e-9) == "0.000000001")
        #expect(GoFloat.exponential(0) == "0e+00")
        #expect(GoFloat.exponential(123) == "1.23e+02")
    }

    @Test("every form reads back as the same number")
    func roundTrip() {
        var state: UInt64 = 7
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: state)
            guard value.isFinite else { continue }
            for text in [GoFloat.format(value), GoFloat.general(value), GoFloat.openMetrics(value)] {
                if NumberParsing.float(text)?.bitPattern != value.bitPattern { Issue.record("\(text)") }
            }
        }
    }

    @Test("numbers of every shape are rounded as the standard library rounds them")
    func rounding() {
        var state: UInt64 = 11
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 11) % bound
        }
        for _ in 0..<60_000 {
            let digits = (0..<(1 + random(21))).map { _ in String(random(10)) }.joined()
            let point = Int(random(UInt64(digits.utf8.count + 1)))
            var text = random(2) == 0 ? "-" : ""
            text += String(digits.prefix(point)) + "." + String(digits.dropFirst(point))
            if random(3) == 0 { text += "e\(Int(random(60)) - 30)" }
            if NumberParsing.float(text)?.bitPattern != Double(text)?.bitPattern { Issue.record("\(text)") }
        }
        // Half way between two floats, and next to it.
        for text in [
            "9007199254740993", "9007199254740992.9999", "9007199254740993.0001", "18014398509481986",
            "0.500000000000000166", "4503599627370497.5",
        ] {
            #expect(NumberParsing.float(text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }

    @Test(
        "what Go does not read as a decimal float is refused",
        arguments: [
            "", "+", "-", ".", "e5", "1e", "1e+", "1 ", " 1", "0x1", "1_0", "nan1", "+nan", "-nan", "in", "infinit",
            "1.2.3", "1e5.0", "1e400",
        ])
    func refused(text: String) { #expect(NumberParsing.float(text) == nil) }

    @Test(
        "words and edges",
        arguments: [
            ("inf", Double.infinity), ("+Inf", .infinity), ("-INFINITY", -.infinity), ("1e-400", 0), ("-0", -0.0),
            ("1.", 1), (".5", 0.5), ("1E3", 1000),
            ("00000000000000000000000001", 1), ("1e0000000000000000001", 10), ("0e999999999999", 0),
            ("1.7976931348623157e308", 1.7976931348623157e308),
        ])
    func words(text: String, value: Double) {
        #expect(NumberParsing.float(text)?.bitPattern == value.bitPattern)
        #expect(NumberParsing.float("NaN")?.bitPattern == 0x7ff8_0000_0000_0001)
    }
}

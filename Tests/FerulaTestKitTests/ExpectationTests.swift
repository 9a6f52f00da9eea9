// What passes and what fails: numbers, vectors, bounds, series notation, times.

import Ferula
import FerulaTestKit
import Foundation
import Synchronization
import Testing

@Suite("Expectations")
struct ExpectationTests {
    @Test("series notation is loaded: steps, gaps, stale, histograms, several lines")
    func loading() async throws {
        let monitor = Monitor()
        try monitor.load(#"http_requests_total{job="a"}"#, "0+5x20", every: .seconds(15))
        try await monitor.expect("http_requests_total", .vector([#"http_requests_total{job="a"}"#: 100]))
        try await monitor.expect("http_requests_total", .equals(5), at: .second(15))
        try await monitor.expect("rate(http_requests_total[1m])", .equals(1.0 / 3))
        try monitor.load(
            every: .minutes(1), from: .minute(10),
            "# gaps\n\n g 1 _ 3 stale\n h {{schema:0 count:2 sum:3 buckets:[2]}}x1\n")
        try await monitor.expect("g", .equals(1), at: .minute(11))
        try await monitor.expect("count_over_time(g[3m])", .equals(2), at: .minute(12))
        try await monitor.expect("g", .empty, at: .minute(13))
        try await monitor.expect("histogram_count(h)", .equals(2), at: .minute(11))
        try await monitor.expect("h", .equals(histogram: "{{schema:0 count:2 sum:3 buckets:[2]}}"), at: .minute(11))
        try await monitor.expect(
            "h", .vector("h {{schema:0 count:2 sum:3 buckets:[2]}}"), at: .minute(11))
    }

    private struct Refused: Error, CustomStringConvertible { var description = "connection refused" }

    @Test("on a real clock what the closure throws is waited out, and told at the deadline")
    func lateServer() async throws {
        let monitor = Monitor()
        let tries = Mutex(0)
        try await monitor.eventually(
            "a", .equals(1), on: HastyClock(), every: Milliseconds(1), within: .seconds(50)
        ) { now in
            let count = tries.withLock { count in
                count += 1
                return count
            }
            guard count > 3 else { throw Refused() }
            try monitor.ingest("a 1\n", at: now)
        }
        #expect(tries.withLock { $0 } == 4)
        let failure = await #expect(throws: ExpectationFailure.self) {
            try await monitor.eventually(
                "b", .equals(1), on: HastyClock(), every: Milliseconds(1), within: Milliseconds(3)
            ) { _ in throw Refused() }
        }
        let text = failure?.description ?? ""
        #expect(
            text.contains("the closure of `eventually` threw, the last of 4 tries in 3ms")
                && text.contains("connection refused"))
    }

    @Test("of a long vector the elements that differ are shown first, and a count is a count")
    func longVector() async throws {
        let monitor = Monitor()
        var wanted: [String: Double] = [:]
        for number in 10..<35 {
            try monitor.load(#"x{n="\#(number)"}"#, "\(number)", every: .seconds(1))
            wanted[#"x{n="\#(number)"}"#] = number == 34 ? 1 : Double(number)
        }
        let elements = wanted
        let failure = await #expect(throws: ExpectationFailure.self) {
            try await monitor.expect("x", .vector(dictionary: elements))
        }
        #expect(failure?.description.contains(#"n="34""#) == true)
        #expect(failure?.description.contains("... and 5 more") == true)
        try monitor.load("big", "10000009", every: .seconds(1))
        await #expect(throws: ExpectationFailure.self) { try await monitor.expect("big", .equals(10_000_000)) }
        try await monitor.expect("big", .equals(10_000_009))
    }

    @Test(
        "a script that asks for the impossible is refused, not followed",
        arguments: [
            ("eval range from 5m to 1m step 1m up\n", "the range ends before it starts"),
            ("eval range from 0 to 1m step 0s up\n", "step"),
            ("load 292000000y\n  x 1x2\n\neval instant at 0 x\n  x 1\n  y 2\n", "y"),
        ])
    func impossibleScripts(script: String, words: String) async {
        let failure = await #expect(throws: ExpectationFailure.self) { try await expectPromQLTest(script) }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test("without a time the newest sample's is taken, and 0 when there is none")
    func newestTime() async throws {
        let monitor = Monitor()
        try await monitor.expect("time()", .equals(0))
        try monitor.load("x", "1 2 3", every: .seconds(10))
        try await monitor.expect("time()", .equals(20))
        try await monitor.expect("x", .equals(3))
    }

    @Test(
        "a tolerance holds at its edge and not past it",
        arguments: [
            (Tolerance.exact, 10.0, 10.0, true), (.exact, 10, 10.0000001, false), (.absolute(0.5), 10, 10.5, true),
            (.absolute(0.5), 10, 10.500001, false), (.relative(0.01), 100, 101, true),
            (.relative(0.01), 100, 101.0001, false), (.standard, .nan, .nan, true), (.standard, 1, .nan, false),
            (.standard, .infinity, .infinity, true), (.standard, .infinity, -.infinity, false),
            (.exact, 0, -0.0, true), (.relative(1), 0, 1e-300, false), (.absolute(1), .infinity, 1, false),
        ])
    func tolerances(tolerance: Tolerance, wanted: Double, found: Double, holds: Bool) async throws {
        let monitor = Monitor()
        try monitor.append(found, to: ["__name__": "x"], at: .second(0))
        let failure = await monitor.failure(of: "x", .equals(wanted, within: tolerance))
        #expect((failure == nil) == holds)
    }

    @Test("bounds hold at the bound where they say so, and NaN satisfies none")
    func bounds() async throws {
        let monitor = Monitor()
        try monitor.load(every: .seconds(1), "a{x=\"1\"} 1\na{x=\"2\"} 2\nn NaN")
        func holds(_ query: String, _ expectation: Expected) async -> Bool {
            await monitor.failure(of: query, expectation) == nil
        }
        #expect(await holds("a", .below(2.1)))
        #expect(await !holds("a", .below(2)))
        #expect(await holds("a", .atMost(2)))
        #expect(await holds("a", .above(0.9)))
        #expect(await !holds("a", .above(1)))
        #expect(await holds("a", .atLeast(1)))
        #expect(await holds("a", .between(1...2)))
        #expect(await !holds("a", .between(1.1...2)))
        for expectation in [Expected.below(9), .above(-9), .atMost(9), .atLeast(-9), .between(-9...9)] {
            #expect(await !holds("n", expectation))
            #expect(await !holds("absent_metric", expectation))
        }
        #expect(await holds("a > 1", .present))
        #expect(await holds("a > 2", .empty))
        #expect(await holds("1 + 1", .equals(2)))
        #expect(await !holds("\"text\"", .equals(2)))
        #expect(await holds("sum(a)", .vector("{} 3")))
    }

    @Test("a failure is a value with its place, for those who record it elsewhere")
    func failureAsValue() async throws {
        let failure = try #require(await Monitor().failure(of: "vector(1)", .equals(2)))
        #expect(failure.kind == .mismatch)
        #expect(failure.fileID == "FerulaTestKitTests/ExpectationTests.swift")
        #expect(failure.filePath.hasSuffix("ExpectationTests.swift"))
        #expect(failure.line == #line - 4)
        #expect(failure.column > 1)
        #expect("\(failure)".hasPrefix("\(failure.fileID):\(failure.line): another answer than expected\n"))
    }

    @Test("pages of metrics are compared without order, with values that do not matter")
    func expositions() throws {
        try expectExposition("b 2\na{y=\"2\",x=\"1\"} 1\n", equals: "# HELP a some\na{x=\"1\",y=\"2\"} 1\nb 2\n")
        try expectExposition("a 5\n", equals: "a 7\n", ignoringValuesOf: ["a"])
        try expectExposition("a 5\n", equals: "a 5.04\n", within: .relative(0.01))
        try expectExposition("a 1.0\n# EOF\n", equals: "a 1\n# EOF\n", format: .openMetrics)
        #expect(throws: ExpectationFailure.self) { try expectExposition("", equals: "a 7\n", ignoringValuesOf: ["a"]) }
    }

    @Test(
        "a whole number is not met by another one, however large; what rounding leaves passes",
        arguments: [
            (10_000_000.0, 10_000_000.0, true), (10_000_000, 10_000_001, false), (10_000_000, 10_000_000.1, true),
            (10_000_000.5, 10_000_001, true), (5, 5.000_000_000_000_001, true), (0x1p53 - 1, 0x1p53, false),
            (0x1p53, 0x1p53 + 2, true),
        ] as [(Double, Double, Bool)])
    func wholeNumbers(wanted: Double, found: Double, holds: Bool) async throws {
        let monitor = Monitor()
        try monitor.append(found, to: ["__name__": "x"], at: .second(0))
        for expectation in [Expected.equals(wanted), .vector(["x": wanted]), .vector("x \(wanted)")] {
            #expect((await monitor.failure(of: "x", expectation) == nil) == holds)
        }
        #expect(await monitor.failure(of: "x", .equals(wanted, within: .relative(1e-6))) == nil)
        func isSame() -> Bool { (try? expectExposition("x \(found)\n", equals: "x \(wanted)\n")) != nil }
        #expect(isSame() == holds)
        guard let count = Int(exactly: wanted), wanted < 0x1p53 else { return }
        #expect((await monitor.failure(of: "x", .equals(count)) == nil) == holds)
    }

    @Test("a page that says a series twice is told so, whichever of the two it is")
    func repeatedSeries() throws {
        func failure(_ page: String, _ wanted: String) -> String {
            do throws(ExpectationFailure) { try expectExposition(page, equals: wanted) } catch { return "\(error)" }
            return ""
        }
        #expect(failure("a 1\na 2\n", "a 2\n").contains("! a 1, 2   2 times in the page"))
        #expect(failure("a 2\n", "a 2\na 2\na 1\na 2\n").contains("! a 2, 2, 1, ...   4 times in the wanted page"))
        #expect(failure("a 1\n", "a 1\n") == "")
    }

    @Test("a range vector is no number")
    func rangeVector() async throws {
        let monitor = Monitor()
        try monitor.load("a", "21x4", every: .seconds(15))
        for expectation in [Expected.equals(21), .equals(21.0), .above(1), .between(1...30)] {
            let failure = await monitor.failure(of: "a[1m]", expectation)
            #expect(failure?.details.contains { $0.hasPrefix("found   a range vector of 1 series") } == true)
        }
        #expect(await monitor.failure(of: "a[1m]", .present) == nil)
        #expect(await monitor.failure(of: "last_over_time(a[1m])", .equals(21)) == nil)
    }

    @Test("of elements that differ in as many labels the one most like it is the nearest, and none that is wanted too")
    func nearestElement() async throws {
        let monitor = Monitor()
        for code in ["200", "404", "503"] {
            try monitor.load(#"x{code="\#(code)"}"#, "1", every: .seconds(1))
        }
        let near = await monitor.failure(of: "x", .vector([#"x{code="505"}"#: 1]))
        #expect(near?.description.contains(#"the nearest one found: x{code="503"}"#) == true)
        let taken = await monitor.failure(of: "x", .vector([#"x{code="505"}"#: 1, #"x{code="503"}"#: 1]))
        #expect(taken?.description.contains(#"the nearest one found: x{code="200"}"#) == true)
    }

    @Test("a malformed page is shown with the call's place and a caret; so are samples that were not stored")
    func ingestedPage() throws {
        let monitor = Monitor()
        func failure(_ page: String) -> String {
            do throws(IngestionFailure) { try monitor.ingest(page, at: .second(0)) } catch { return "\(error)" }
            return ""
        }
        let line = #line - 3
        let malformed = failure("a 1\nb one\n").split(separator: "\n")
        #expect(
            malformed.first?.hasPrefix(
                "FerulaTestKitTests/ExpectationTests.swift:\(line): the page is malformed at 2:3: ") == true)
        #expect(malformed.dropFirst().first == "  b one")
        #expect(malformed.last?.hasPrefix("    ^") == true)
        #expect(failure("a 1\n") == "")
        #expect(failure("a 2\n").hasPrefix("FerulaTestKitTests/ExpectationTests.swift:\(line): the page at second 0: "))
    }

    @Test("a script of promqltest holds, with the line ends of another system too")
    func carriageReturns() async throws {
        let script = "load 15s\r\n  x 0+5x20\r\n\r\neval instant at 1m x\r\n  x 20\r\n"
        try await expectPromQLTest(script)
        let failure = await #expect(throws: ExpectationFailure.self) {
            try await expectPromQLTest(script.replacing("x 20", with: "x 21"))
        }
        #expect(failure?.summary == "0 of 1 evals hold")
    }

    @Test("a script of promqltest holds")
    func script() async throws {
        try await expectPromQLTest(
            """
            load 15s
              http_requests_total{job="a"} 0+5x20

            eval instant at 1m rate(http_requests_total[1m])
              {job="a"} 0.3333333333333333
            """)
    }

    @Test("graphs of extreme numbers and of one time do not trap")
    func extremeGraphs() async throws {
        let monitor = Monitor()
        try monitor.load(
            every: .seconds(1),
            "e 1.7976931348623157e308 -1.7976931348623157e308 NaN Inf -Inf\nn NaN NaN\nc 5 5 5\no 1")
        for name in ["e", "n", "c", "o"] {
            let failure = try #require(await monitor.failure(of: name + " + 1", .empty))
            #expect(failure.description.contains("\(name):"))
        }
        #expect(
            await monitor.failure(of: "e", .present, at: .minute(1e6))?.description.contains("no sample from") == true)
        let wide = try #require(await monitor.failure(of: "sum_over_time(e[100y])", .empty))
        #expect(wide.description.contains("*"), "\(wide)")
    }

    // How long it takes is measured by `Bench --store-in-tests`: a debug build on a busy machine says nothing about it.
    @Test("ten thousand series and a query are no burden for a test")
    func tenThousandSeries() async throws {
        let page = (0..<10_000).map { "x{instance=\"host-\($0 / 100)\",path=\"/\($0 % 100)\"} \($0)\n" }.joined()
        let monitor = Monitor()
        let report = try monitor.ingest(page, at: .second(0))
        #expect(report.seriesAdded == 10_000)
        try await monitor.expect("sum(x)", .equals(49_995_000, within: .exact))
    }
}

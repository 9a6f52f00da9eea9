// What a test author may not ask for is an error of the call that does, and no trap.
// A trap would end the process, and with it all tests beside this one.

import Ferula
import FerulaTestKit
import Testing

@Suite("Misuse")
struct MisuseTests {
    @Test("a tolerance that is negative or no number")
    func tolerances() async throws {
        let monitor = Monitor()
        try monitor.load("x", "1", every: .seconds(1))
        for tolerance in [Tolerance.absolute(-0.1), .absolute(.nan), .relative(-0.1), .relative(.nan)] {
            let expectations = [
                Expected.equals(1, within: tolerance), .vector(["x": 1], within: tolerance),
                .vector("x 1", within: tolerance),
            ]
            for expectation in expectations {
                let failure = await monitor.failure(of: "x", expectation)
                #expect(failure?.kind == .notation)
                #expect(failure?.details.first?.hasPrefix("the tolerance is ") == true)
            }
            let failure = #expect(throws: ExpectationFailure.self) {
                try expectExposition("x 1\n", equals: "x 1\n", within: tolerance)
            }
            #expect(failure?.kind == .notation)
        }
        // At the limit.
        #expect(await monitor.failure(of: "x", .equals(1, within: .absolute(0))) == nil)
        #expect(await monitor.failure(of: "x", .equals(1, within: .relative(0))) == nil)
        #expect(Tolerance.absolute(0).description == "exactly")
    }

    @Test("steps and periods that do not move on", arguments: [Milliseconds(0), Milliseconds(-1)])
    func steps(length: Milliseconds) async throws {
        let step = await #expect(throws: ExpectationFailure.self) {
            try await Monitor().eventually("up", .present, on: ManualClock(), step: length)
        }
        #expect(step?.summary == "the step of `eventually` is \(length)")
        let clock = ManualClock()
        let period = #expect(throws: ExpectationFailure.self) {
            try clock.every(length) { _ in Issue.record("called") }
        }
        #expect(period?.summary == "the period of `every` is \(length)")
        #expect(period?.line == #line - 4)
        clock.advance(by: .seconds(1))
        // At the limit.
        try clock.every(Milliseconds(1)) { _ in }
    }

    @Test("a key that stands twice in a literal")
    func repeatedKeys() async throws {
        let monitor = Monitor()
        try monitor.append(1, to: LabelSet(metric: "x", ["a": "2"]), at: .second(0))
        let failure = await monitor.failure(of: "x", .vector([#"x{a="2"}"#: 1, #"x{a="2"}"#: 1]))
        #expect(failure?.description.contains("wanted twice") == true)
        // A dictionary is as good.
        let elements = [#"x{a="2"}"#: 1.0]
        try await monitor.expect("x", .vector(dictionary: elements))
    }
}

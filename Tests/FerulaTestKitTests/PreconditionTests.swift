// What a test author may not ask for traps, and says which law was broken.
// Each in a process of its own.

import Ferula
import FerulaTestKit
import Testing

@Suite("Traps", .timeLimit(.minutes(2)))
struct PreconditionTests {
    private func check(_ result: ExitTest.Result?, _ words: String) {
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains(words), "\(text)")
    }

    @Test("a negative tolerance")
    func tolerances() async {
        let absolute = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tolerance.absolute(-0.1)
        }
        check(absolute, "Tolerance: negative")
        let relative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tolerance.relative(-0.1)
        }
        check(relative, "Tolerance: negative")
        // At the limit.
        #expect(Tolerance.absolute(0).description == "exactly")
        #expect(Tolerance.relative(0).description == "exactly")
    }

    @Test("steps and periods that do not move on")
    func steps() async {
        let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            try await Monitor().eventually("up", .present, on: ManualClock(), step: .zero)
        }
        check(step, "eventually: the step must be positive")
        let period = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            ManualClock().every(.zero) { _ in }
        }
        check(period, "ManualClock.every: the period must be positive")
    }
}

// `ferula demo` as the built program: one frame at once, of which every panel has data.

import Foundation
import Testing

@testable import FerulaCommand

@Suite("Demo of the program", .timeLimit(.minutes(2)))
struct DemoCommandTests {
    @Test("without a terminal one frame is printed, and no panel of it is empty")
    func frame() async throws {
        let outcome = try await RealBinary.run(["demo"], environment: ["COLUMNS": "120"])
        #expect(outcome.status == 0 && outcome.errors == "")
        for words in [
            "Demo: a shop", "5 of 5 targets up", "─ Requests by service ─", "Circuit breaker", "native histogram",
            "Orders by category", "payments-1:8080", "A shop that is not there",
        ] {
            #expect(outcome.output.contains(words), "\(words)")
        }
        for words in ["no data", "no such metric", "error", "not drawn"] {
            #expect(!outcome.output.contains(words), "\(words)")
        }
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test("plain mode says it in sentences")
    func plain() async throws {
        let outcome = try await RealBinary.run(["demo", "--plain"], input: "panel errors\ntargets\nquit\n")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("Errors: "))
        #expect(outcome.output.contains("http://web-1:8080/metrics is up"))
    }
}

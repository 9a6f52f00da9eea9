// What a promqltest script is told: every command that cannot be read, every way in which an eval does not hold.
// One golden has the script above each answer.

import Ferula
import FerulaTestKit
import Testing

@Suite("Messages of scripts")
struct ScriptMessageTests {
    private static let load = "load 15s\n  up{job=\"a\"} 1x8\n  x{n=\"1\"} 1+1x8\n  x{n=\"2\"} 2+1x8\n  g 1 5 2x6\n\n"

    /// Each script below its name and above what is said of it.
    private func compare(_ name: String, _ scripts: [String]) async throws {
        var text: [String] = []
        for script in scripts {
            let failure = await #expect(throws: ExpectationFailure.self, "\(script)") {
                try await expectPromQLTest(script.hasPrefix("load") ? script : Self.load + script, fileID: "S", line: 1)
            }
            text.append(script + "\n---")
            text.append((failure.map { [$0.summary] + $0.details } ?? []).joined(separator: "\n") + "\n")
        }
        try GoldenFile(name).compare(text.joined(separator: "\n"))
    }

    @Test("commands that cannot be read")
    func unreadable() async throws {
        try await compare(
            "script-unreadable",
            [
                "evil", "load 15s", "load_all 15s\n  up 1", "load soon\n  up 1", "load 15s\n  up{ 1",
                "load 15s\n  up one",
                "load 15s\n  up@st 0s\n  down 1", "load 15s\n  up 1\n  up{} 2\n\nload 15s\n  up 3",
                "eval instant", "eval never up", "eval instant at noon up", "eval range from 0 to 1m up",
                "eval range from 0 to 1m step never up", "eval_maybe instant up",
                "eval instant at 1m up\n  expect range vector from 0 to 1m",
                "eval instant at 1m up\n  expect range vector from 0 to 1m step never",
                "eval instant at 1m \"a\"\n  expect string a", "eval instant at 1m up\n  expect nothing",
                "eval instant at 1m up\n  expect warn because", "eval instant at 1m up\n  expect warn regex:(",
                "eval instant at 1m up\n  expected_fail_regexp (", "eval instant at 1m up\n  up{job=\"a\"} 1 1",
                "eval instant at 1m up\n  up{job=} 1", "eval instant at 1m up\n  expect warn\n  expect no_warn",
                "eval instant at 1m up\n  expect info\n  expect no_info",
                "eval instant at 1m up\n  expect fail\n  expect fail",
            ])
    }

    @Test("errors and annotations that are not as expected")
    func annotations() async throws {
        try await compare(
            "script-annotations",
            [
                "eval_fail instant at 1m up", "eval instant at 1m rat(up)\n  {} 1",
                "eval range from 0 to 1m step 15s rat(up)",
                "eval range from 0 to 1m step 15s up\n  expect fail",
                "eval instant at 1m rat(up)\n  expect fail msg: something else",
                "eval instant at 1m rat(up)\n  expect fail regex: something el.e",
                "eval_warn instant at 1m up\n  up{job=\"a\"} 1", "eval_info instant at 1m up\n  up{job=\"a\"} 1",
                "eval instant at 1m up\n  expect warn msg: a\n  up{job=\"a\"} 1",
                "eval instant at 1m up\n  expect info\n  up{job=\"a\"} 1",
                "eval instant at 1m quantile(2, up)\n  expect warn msg: another\n  {} +Inf",
                "eval instant at 1m quantile(2, up)\n  expect no_warn\n  {} +Inf",
                "eval instant at 1m rate(g[1m])\n  expect no_info\n  {} 1",
                "eval instant at 1m quantile(2, up) + quantile(3, up)\n  expect warn regex: got 2\n  {} +Inf",
            ])
    }

    @Test("values that are not as expected")
    func values() async throws {
        try await compare(
            "script-values",
            [
                "eval instant at 1m sum(up)\n  {} 2", "eval instant at 1m up\n  up{job=\"b\"} 1",
                "eval instant at 1m up",
                "eval instant at 1m up\n  up{job=\"a\"} 1\n  up{job=\"b\"} 1", "eval instant at 1m up\n  1",
                "eval instant at 1m 1 + 1", "eval instant at 1m 1 + 1\n  3",
                "eval instant at 1m \"a\"\n  expect string \"b\"",
                "eval_ordered instant at 1m sort_desc(x)\n  x{n=\"1\"} 5\n  x{n=\"2\"} 6",
                "eval_ordered range from 0 to 1m step 15s up\n  up{job=\"a\"} 1x4",
                "eval range from 1m to 0 step 15s up", "eval range from 0 to 1m step 0s up",
                "eval range from 0 to 1m step 15s up\n  1", "eval range from 0 to 1m step 30s up\n  up{job=\"a\"} 1 1",
                "eval range from 0 to 1m step 30s up\n  up{job=\"a\"} 1x4",
                "eval range from 0 to 1m step 30s up\n  up{job=\"a\"} 1 2 1", "eval range from 0 to 1m step 30s up",
                "eval range from 0 to 1m step 30s up > 1\n  up{job=\"a\"} 1x2",
                "eval range from 0 to 1m step 30s x{n=\"1\"} > 1\n  x{n=\"1\"} 3 _ 5",
                "eval instant at 1m up\n  up{job=\"a\"} {{schema:0 sum:4 count:3 buckets:[1 2]}}",
                "load 15s\n  h {{schema:0 sum:4 count:3 buckets:[1 2]}}\n\neval instant at 0 h\n  h 3",
                "eval instant at 1m up[30s]\n  expect range vector from 45s to 1m step 15s\n  up{job=\"a\"} 1 2",
            ])
    }
}

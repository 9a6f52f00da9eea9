// What each relabel action does, and which rules are refused.

import MetricModel
import Testing

@testable import Relabeling

@Suite("Relabeling")
struct RelabelingTests {
    static let labels: LabelSet = ["__name__": "m", "a": "foo", "b": "Bar", "c": "baz"]

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rule: RelabelRule
        var expected: LabelSet?
    }

    static func rows() throws -> [Row] {
        func row(_ name: String, _ rule: RelabelRule, _ expected: LabelSet?) -> Row {
            Row(testDescription: name, rule: rule, expected: expected)
        }
        let base = labels
        return try [
            row(
                "replace with defaults copies", RelabelRule(sourceLabels: ["a"], targetLabel: "d"),
                base.setting("d", to: "foo")),
            row(
                "replace joins sources",
                RelabelRule(sourceLabels: ["a", "none", "b"], targetLabel: "d"), base.setting("d", to: "foo;;Bar")),
            row(
                "replace expands groups in target and replacement",
                RelabelRule(sourceLabels: ["a"], regex: "f(.*)", targetLabel: "${1}", replacement: "x$1"),
                base.setting("oo", to: "xoo")),
            row(
                "replace without a match changes nothing",
                RelabelRule(sourceLabels: ["a"], regex: "o+", targetLabel: "d"), base),
            row(
                "an empty replacement deletes",
                RelabelRule(sourceLabels: ["a"], targetLabel: "b", replacement: ""), base.setting("b", to: "")),
            row(
                "an empty target leaves the labels alone",
                RelabelRule(sourceLabels: ["a"], regex: "(x?)foo", targetLabel: "$1"), base),
            row(
                "replace without sources sets a constant",
                RelabelRule(targetLabel: "d", replacement: "const"), base.setting("d", to: "const")),
            row("keep keeps whole matches", RelabelRule(action: .keep, sourceLabels: ["a"], regex: "f.*"), base),
            row("keep is anchored", RelabelRule(action: .keep, sourceLabels: ["a"], regex: "o"), nil),
            row("drop drops whole matches", RelabelRule(action: .drop, sourceLabels: ["a"], regex: "foo|x"), nil),
            row("drop is anchored", RelabelRule(action: .drop, sourceLabels: ["a"], regex: "o"), base),
            row("keepequal", RelabelRule(action: .keepequal, sourceLabels: ["a"], targetLabel: "b"), nil),
            row("dropequal", RelabelRule(action: .dropequal, sourceLabels: ["a"], targetLabel: "b"), base),
            row(
                "dropequal of two absent labels",
                RelabelRule(action: .dropequal, sourceLabels: ["x"], targetLabel: "y"), nil),
            row(
                "hashmod",
                RelabelRule(action: .hashmod, sourceLabels: ["c"], modulus: 1000, targetLabel: "d"),
                base.setting("d", to: "976")),
            row(
                "labelmap", RelabelRule(action: .labelmap, regex: "([ab])", replacement: "new_$1"),
                base.setting("new_a", to: "foo").setting("new_b", to: "Bar")),
            row("labeldrop", RelabelRule(action: .labeldrop, regex: "[ab]"), ["__name__": "m", "c": "baz"]),
            row("labelkeep", RelabelRule(action: .labelkeep, regex: "[ab]"), ["a": "foo", "b": "Bar"]),
            row(
                "lowercase", RelabelRule(action: .lowercase, sourceLabels: ["b"], targetLabel: "b"),
                base.setting("b", to: "bar")),
            row(
                "uppercase", RelabelRule(action: .uppercase, sourceLabels: ["b"], targetLabel: "d"),
                base.setting("d", to: "BAR")),
        ]
    }

    @Test("an action does what Prometheus' does", arguments: try rows())
    func actions(row: Row) {
        #expect([row.rule].apply(to: Self.labels) == row.expected)
    }

    @Test("rules run in order, and a dropped set stays dropped")
    func order() throws {
        let rules = try [
            RelabelRule(targetLabel: "d", replacement: "1"),
            RelabelRule(action: .drop, sourceLabels: ["d"], regex: "1"),
            RelabelRule(targetLabel: "e", replacement: "2"),
        ]
        #expect(rules.apply(to: Self.labels) == nil)
        let steps = rules.explain(Self.labels)
        #expect(steps.map(\.ruleNumber) == [0, 1])
        #expect(steps.last?.output == nil)
    }

    @Test("a rule that cannot work is refused, with the field and Prometheus' words")
    func refusals() {
        func refusal(_ make: () throws(RelabelRuleError) -> RelabelRule) -> RelabelRuleError? {
            do throws(RelabelRuleError) {
                _ = try make()
                return nil
            } catch { return error }
        }
        #expect(
            refusal { () throws(RelabelRuleError) in
                try RelabelRule(action: .hashmod, sourceLabels: ["a"], targetLabel: "d")
            }
                == RelabelRuleError(
                    field: "modulus", message: "relabel configuration for hashmod requires non-zero modulus"))
        #expect(
            refusal { () throws(RelabelRuleError) in try RelabelRule(sourceLabels: ["a"]) }?.description
                == "relabel configuration for replace action requires 'target_label' value")
        #expect(
            refusal { () throws(RelabelRuleError) in
                try RelabelRule(action: .lowercase, targetLabel: "a", replacement: "x")
            }?.message == "'replacement' can not be set for lowercase action")
        #expect(
            refusal { () throws(RelabelRuleError) in
                try RelabelRule(action: .keepequal, regex: "x", targetLabel: "a")
            }?.message
                == "keepequal action requires only 'source_labels' and `target_label`, and no other fields")
        #expect(
            refusal { () throws(RelabelRuleError) in
                try RelabelRule(action: .labeldrop, sourceLabels: ["a"], regex: "x")
            }?.message == "labeldrop action requires only 'regex', and no other fields")
        #expect(
            refusal { () throws(RelabelRuleError) in try RelabelRule(action: .labelmap, replacement: "") }?.field
                == "replacement")
        #expect(
            refusal { () throws(RelabelRuleError) in try RelabelRule(action: .keep, regex: "(") }?.field == "regex")
    }

    @Test(
        "MD5 gives the digests of RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ])
    func digests(text: String, digest: String) {
        let hex = MD5.digest(Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(hex.joined() == digest)
    }
}

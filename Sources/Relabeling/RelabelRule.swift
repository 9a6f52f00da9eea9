// One relabel rule, checked when it is made.
// Configuration reads them; Scraping applies them to targets, Ingestion to series.

import LinearRegex
import MetricModel

/// What a rule does. Source: Prometheus documentation, configuration, relabel_config.
public enum RelabelAction: String, Hashable, Sendable, CaseIterable {
    case replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase

    /// Actions that write or read `target_label`.
    var needsTarget: Bool {
        switch self {
        case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal: true
        case .keep, .drop, .labelmap, .labeldrop, .labelkeep: false
        }
    }
}

/// Why a rule was refused. The texts are Prometheus'.
public struct RelabelRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field of the rule that is wrong, as configuration spells it.
    public var field: String
    public var message: String

    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
    public var description: String { message }
}

public struct RelabelRule: Hashable, Sendable {
    public static let defaultSeparator = ";"
    public static let defaultRegex = "(.*)"
    public static let defaultReplacement = "$1"

    public let action: RelabelAction
    public let sourceLabels: [String]
    public let separator: String
    /// Anchored at both ends.
    public let regex: LinearRegex
    public let modulus: UInt64
    public let targetLabel: String
    public let replacement: String

    /// Pass nil for a field that was not written.
    ///
    /// - Throws: `RelabelRuleError` for a combination that Prometheus refuses and for a malformed pattern.
    public init(
        action: RelabelAction = .replace, sourceLabels: [String]? = nil, separator: String? = nil,
        regex: String? = nil, modulus: UInt64? = nil, targetLabel: String? = nil, replacement: String? = nil
    ) throws(RelabelRuleError) {
        self.action = action
        self.sourceLabels = sourceLabels ?? []
        self.separator = separator ?? Self.defaultSeparator
        self.modulus = modulus ?? 0
        self.targetLabel = targetLabel ?? ""
        self.replacement = replacement ?? Self.defaultReplacement
        let pattern = regex ?? Self.defaultRegex
        do {
            self.regex = try LinearRegex(anchored: pattern)
        } catch {
            throw RelabelRuleError(field: "regex", message: error.description)
        }
        try checkTarget()
        try checkUnusedFields()
    }

    private func checkTarget() throws(RelabelRuleError) {
        if action == .hashmod && modulus == 0 {
            throw RelabelRuleError(
                field: "modulus", message: "relabel configuration for hashmod requires non-zero modulus")
        }
        if action.needsTarget && targetLabel.isEmpty {
            throw RelabelRuleError(
                field: "target_label",
                message: "relabel configuration for \(action.rawValue) action requires 'target_label' value")
        }
        if action == .labelmap && replacement.isEmpty {
            throw RelabelRuleError(
                field: "replacement", message: "\"\" is invalid 'replacement' for labelmap action")
        }
    }

    private func checkUnusedFields() throws(RelabelRuleError) {
        let hasReplacement = replacement != Self.defaultReplacement
        switch action {
        case .lowercase, .uppercase:
            if hasReplacement {
                throw RelabelRuleError(
                    field: "replacement", message: "'replacement' can not be set for \(action.rawValue) action")
            }
        case .keepequal, .dropequal:
            if hasReplacement || regex.pattern != Self.defaultRegex || modulus != 0
                || separator != Self.defaultSeparator
            {
                throw RelabelRuleError(
                    field: "action",
                    message: "\(action.rawValue) action requires only 'source_labels' and `target_label`, "
                        + "and no other fields")
            }
        case .labeldrop, .labelkeep:
            if !sourceLabels.isEmpty || !targetLabel.isEmpty || hasReplacement || modulus != 0
                || separator != Self.defaultSeparator
            {
                throw RelabelRuleError(
                    field: "action",
                    message: "\(action.rawValue) action requires only 'regex', and no other fields")
            }
        case .replace, .keep, .drop, .hashmod, .labelmap: break
        }
    }
}

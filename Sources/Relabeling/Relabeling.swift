// Rules applied to a label set, one after the other.
// Pure: the same rules and labels give the same answer; `explain` keeps what each rule did.

import LinearRegex
import MetricModel

extension [RelabelRule] {
    /// The labels after all rules; nil when a rule drops them.
    public func apply(to labels: LabelSet) -> LabelSet? {
        var labels = labels
        for rule in self {
            guard let next = rule.apply(to: labels) else { return nil }
            labels = next
        }
        return labels
    }

    /// What each rule made of the labels; ends at the rule that dropped them.
    public func explain(_ labels: LabelSet) -> [RelabelStep] {
        var steps: [RelabelStep] = []
        var labels = labels
        for (number, rule) in enumerated() {
            let output = rule.apply(to: labels)
            steps.append(RelabelStep(ruleNumber: number, rule: rule, input: labels, output: output))
            guard let output else { break }
            labels = output
        }
        return steps
    }
}

/// The work of one rule.
public struct RelabelStep: Hashable, Sendable {
    public var ruleNumber: Int
    public var rule: RelabelRule
    public var input: LabelSet
    /// Nil: dropped.
    public var output: LabelSet?
}

extension RelabelRule {
    /// The labels after this rule; nil when it drops them. Source: Prometheus model/relabel.
    public func apply(to labels: LabelSet) -> LabelSet? {
        switch action {
        case .keep: return regex.matches(sourceValue(labels)) ? labels : nil
        case .drop: return regex.matches(sourceValue(labels)) ? nil : labels
        case .keepequal: return (labels[targetLabel] ?? "").isSameBytes(as: sourceValue(labels)) ? labels : nil
        case .dropequal: return (labels[targetLabel] ?? "").isSameBytes(as: sourceValue(labels)) ? nil : labels
        case .replace: return replace(labels)
        case .lowercase: return labels.setting(targetLabel, to: sourceValue(labels).lowercased())
        case .uppercase: return labels.setting(targetLabel, to: sourceValue(labels).uppercased())
        case .hashmod:
            let digest = MD5.digest(Array(sourceValue(labels).utf8))
            let number = digest[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return labels.setting(targetLabel, to: String(number % modulus))
        case .labelmap: return mapNames(labels)
        case .labeldrop: return LabelSet(labels.labels.filter { !regex.matches($0.name) })
        case .labelkeep: return LabelSet(labels.labels.filter { regex.matches($0.name) })
        }
    }

    private func sourceValue(_ labels: LabelSet) -> String {
        if sourceLabels.count == 1 { return labels[sourceLabels[0]] ?? "" }
        return sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
    }

    private func replace(_ labels: LabelSet) -> LabelSet {
        let value = sourceValue(labels)
        guard let match = regex.captures(in: value) else { return labels }
        let target = regex.expand(targetLabel, match, in: value)
        guard !target.isEmpty else { return labels }
        return labels.setting(target, to: regex.expand(replacement, match, in: value))
    }

    private func mapNames(_ labels: LabelSet) -> LabelSet {
        var mapped = labels.labels
        for label in labels.labels {
            guard let match = regex.captures(in: label.name) else { continue }
            let name = regex.expand(replacement, match, in: label.name)
            if !name.isEmpty { mapped.append(Label(name, label.value)) }
        }
        return LabelSet(mapped)
    }
}

// Names of series as Grafana makes them: legend formats, __auto, the expression where nothing else is left.
// Used by PanelDataBuilder; override matchers compare with what comes out here.
// Source: grafana, promlib/models getName; grafana-data field/fieldState.ts.

import MetricModel

enum FieldNaming {
    /// Name of one series of a target.
    ///
    /// - `format`: the legend format, variables already filled in.
    /// - `singleLabel`: set when every series of the panel has just this one label; `__auto` then shows its value.
    static func name(_ labels: LabelSet, format: String, expression: String, singleLabel: String?) -> String {
        switch format {
        case "":
            let text = labels.description
            return text == "{}" ? expression : text
        case "__auto":
            if labels.isEmpty { return expression }
            if let singleLabel, let value = labels[singleLabel] { return value }
            return labels.description
        default: return replaceLabels(format, labels)
        }
    }

    /// `{{name}}` with any spaces, quotes or a leading `$` around the name; a label that is missing is empty.
    static func replaceLabels(_ format: String, _ labels: LabelSet) -> String {
        guard format.utf8.contains(UInt8(ascii: "{")) else { return format }
        var result = ""
        var rest = Substring(format)
        while let open = firstRange(of: "{{", in: rest) {
            guard let close = firstRange(of: "}}", in: rest[open.upperBound...]) else { break }
            result += rest[..<open.lowerBound]
            var name = rest[open.upperBound..<close.lowerBound].trimmingSpaces
            if name.hasPrefix("\""), name.hasSuffix("\""), name.utf8.count > 1 {
                name = String(name.dropFirst().dropLast())
            }
            if name.hasPrefix("$") || name.hasPrefix(".") { name = String(name.dropFirst()) }
            result += labels[name] ?? ""
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func firstRange(of pair: String, in text: Substring) -> Range<Substring.Index>? {
        guard let byte = pair.utf8.first else { return nil }
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.utf8.index(after: index)
            if text.utf8[index] == byte, next < text.endIndex, text.utf8[next] == byte {
                return index..<text.utf8.index(after: next)
            }
            index = next
        }
        return nil
    }

    /// The one label that every series has and nothing else beside it.
    static func singleLabel(_ sets: some Sequence<LabelSet>) -> String? {
        var name: String?
        for labels in sets {
            guard labels.count == 1, let label = labels.labels.first else { return nil }
            if let name, !name.isSameBytes(as: label.name) { return nil }
            name = label.name
        }
        return name
    }

    /// A displayName of the configuration: variables of the field in it are filled in.
    static func display(_ template: String, field: FrameField, name: String, variables: VariableContext) -> String {
        guard template.contains("$") else { return template }
        var result = ""
        var scanner = InterpolationScanner(template)
        while let piece = scanner.next() {
            switch piece {
            case .literal(let text): result += text
            case .variable(let reference, let source, _):
                result += value(reference, field, name) ?? variables.interpolate(source, .text)
            }
        }
        return result
    }

    private static func value(_ reference: VariableReference, _ field: FrameField, _ name: String) -> String? {
        switch (reference.name, reference.field) {
        case ("__field", "displayName"), ("__field", "name"), ("__series", "name"), ("__name", nil): return name
        case ("__field", "labels"): return field.labels.description
        case ("__field", let path?):
            var label = Substring(path)
            guard label.hasPrefix("labels") else { return nil }
            label = label.dropFirst(6)
            // `labels.job` and `labels["job"]`.
            label = label.hasPrefix(".") ? label.dropFirst() : label.dropFirst(2).dropLast(2)
            return field.labels[String(label)] ?? ""
        case ("__cell", nil), ("__value", _): return field.cells.last?.plainText ?? ""
        default: return nil
        }
    }
}

// configFromData: one query's answer says how the others are shown: limits, units, colours, names.
// Called by Transformations; PanelDataBuilder applies what is found before the panel's overrides.
// Source of the keys: grafana, features/transformers/configFromQuery and fieldToConfigMapping.

import MetricModel

extension Transformations {
    /// The other frames, with settings read from the frames of one query.
    static func configure(_ frames: [DataFrame], _ options: ImportNode) -> [DataFrame] {
        let refID = options.text("configRefId") ?? "config"
        guard let source = frames.first(where: { $0.refID == refID }) else { return frames }
        let mappings = options.objects("mappings")
        var properties: [FieldOverride.Property] = []
        for field in source.fields {
            let mapping = mappings.first { $0.string("fieldName") == field.shownName }
            // A field that nobody mapped means the setting that it is named for.
            let key = mapping?.text("handlerKey") ?? field.shownName
            let reducer = mapping?.text("reducerId").flatMap { Reducer(id: $0) } ?? .lastNotNull
            properties += Self.properties(key, field, reducer)
        }
        let target = options.objectOrEmpty("applyTo")
        var patterns = PatternCache()
        let matching = GrafanaImport().matching(target)
        return frames.filter { $0.refID != refID }.map { frame in
            var frame = frame
            for index in frame.fields.indices {
                let field = frame.fields[index]
                let subject = FieldOverride.Subject(
                    name: field.shownName, refID: frame.refID, kind: field.kind, numbers: { field.numbers })
                let applies =
                    matching.map { FieldOverride(matching: $0, apply: []).matches(subject, patterns: &patterns) }
                    ?? (field.kind == .number)
                if applies { frame.fields[index].properties += properties }
            }
            return frame
        }
    }

    private static func properties(_ key: String, _ field: FrameField, _ reducer: Reducer) -> [FieldOverride.Property] {
        let text = (field.cells.last { $0 != .empty } ?? .empty).plainText
        let number = field.kind == .text ? Double(text) : reducer.reduce(field.numbers)
        switch key.lowercased() {
        case "min": return number.map { [.min($0)] } ?? []
        case "max": return number.map { [.max($0)] } ?? []
        case "decimals": return number.map { [.decimals(Int(max(0, min($0, 20))))] } ?? []
        case "unit": return [.unit(text)]
        case "displayname", "field.name": return [.displayName(text)]
        case "color": return [.color(.fixed(text))]
        case "threshold1":
            guard let number else { return [] }
            var thresholds = Thresholds()
            thresholds.steps = [
                Thresholds.Step(value: -.infinity, color: "green"), Thresholds.Step(value: number, color: "red"),
            ]
            return [.thresholds(thresholds)]
        default: return []
        }
    }
}

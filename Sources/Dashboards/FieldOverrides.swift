// Overrides onto a panel's defaults: which field each one means, and what is left for the painter.
// Called by PanelDataBuilder once per field.

import MetricModel

extension FieldOverride {
    /// What an override looks at.
    struct Subject {
        var name: String
        var refID: String
        var kind: FrameField.Kind
        var numbers: () -> [Double]
    }

    func matches(_ subject: Subject, patterns: inout PatternCache) -> Bool {
        switch matching {
        case .name(let name): return name.isSameBytes(as: subject.name)
        case .names(let names): return names.contains { $0.isSameBytes(as: subject.name) }
        case .namesExcept(let names):
            return subject.kind != .time && !names.contains { $0.isSameBytes(as: subject.name) }
        case .regexp(let pattern): return patterns.pattern(pattern)?.matches(subject.name) ?? false
        case .frameRefID(let refID): return refID == subject.refID
        case .types(let types):
            switch subject.kind {
            case .number: return types.contains("number")
            case .text: return types.contains("string")
            case .time: return types.contains("time")
            }
        case .value(let reducer, let operation, let limit):
            guard subject.kind == .number, let value = reducer.reduce(subject.numbers()) else { return false }
            switch operation {
            case "gt": return value > limit
            case "gte": return value >= limit
            case "lt": return value < limit
            case "lte": return value <= limit
            case "eq": return value == limit
            case "neq": return value != limit
            default: return false
            }
        case .everything: return true
        }
    }
}

/// Patterns compiled once for a panel.
struct PatternCache {
    private var compiled: [String: TextPattern?] = [:]
    mutating func pattern(_ source: String) -> TextPattern? {
        if let known = compiled[source] { return known }
        let pattern = TextPattern(source)
        compiled[source] = pattern
        return pattern
    }
}

extension FieldConfiguration {
    mutating func apply(_ property: FieldOverride.Property) {
        switch property {
        case .unit(let unit): self.unit = unit.isEmpty ? nil : unit
        case .decimals(let decimals): self.decimals = decimals
        case .min(let min): self.min = min
        case .max(let max): self.max = max
        case .displayName(let name): displayName = name.isEmpty ? nil : name
        case .color(let color): self.color = color
        case .thresholds(let thresholds): self.thresholds = thresholds
        case .mappings(let mappings): self.mappings = mappings
        case .fillOpacity(let opacity): graph.fillOpacity = opacity
        case .lineWidth(let width): graph.lineWidth = width
        case .drawStyle(let style): graph.drawStyle = style
        case .stacking(let stacking, let group):
            graph.stacking = stacking
            graph.stackingGroup = group
        case .negativeY: graph.isNegativeY = true
        case .axis(let placement): graph.axisPlacement = placement
        case .hideFromGraph: graph.isHidden = true
        case .hidden: isHidden = true
        case .cellMode(let mode): cellMode = mode
        case .widthPixels(let width): widthPixels = width
        case .noValue(let text): noValue = text
        case .interpolation(let interpolation): graph.interpolation = interpolation
        case .spanNulls(let span): graph.spanNulls = span
        case .thresholdStyle(let style): graph.thresholdStyle = style
        case .softMin(let min): graph.softMin = min
        case .softMax(let max): graph.softMax = max
        case .logBase(let base): graph.logBase = base
        case .axisLabel(let label): graph.axisLabel = label
        case .showsPoints(let shows): graph.showsPoints = shows
        case .dashed(let isDashed): graph.isDashed = isDashed
        case .hideFromLegend: graph.isHiddenFromLegend = true
        case .fillBelowTo(let name): graph.fillBelowTo = name
        case .gradient(let gradient): graph.gradient = gradient
        case .alignment(let alignment): self.alignment = alignment
        case .cellGauge(let mode): cellGauge = mode
        case .axisCentered(let isCentered): graph.isAxisCenteredOnZero = isCentered
        case .symmetricLog(let limit): graph.symmetricLogThreshold = limit
        case .links(let links): self.links = links
        }
    }
}

// Value mappings: a value to a text and a colour of the author's choice; and the text of a value in its field.
// Comes after UnitFormatter; painters ask a field for the text of a number.

import MetricModel

extension ValueMapping {
    /// The first mapping that takes a cell.
    static func result(for cell: TableCell, in mappings: [ValueMapping]) -> MappingResult? {
        for mapping in mappings {
            if let result = mapping.result(for: cell) { return result }
        }
        return nil
    }

    private func result(for cell: TableCell) -> MappingResult? {
        switch self {
        case .value(let key, let result):
            switch cell {
            case .number(let number), .trend(let number, _):
                return key == numberText(number) || Double(key) == number ? result : nil
            case .text(let text): return text == key ? result : nil
            case .time, .empty: return nil
            }
        case .range(let from, let to, let result):
            guard cell.isNumeric, let number = cell.number, !number.isNaN else { return nil }
            return number >= from ?? -.infinity && number <= to ?? .infinity ? result : nil
        case .regex(let pattern, let result):
            guard case .text(let text) = cell, let compiled = TextPattern(pattern) else { return nil }
            guard compiled.matches(text) else { return nil }
            var replaced = result
            if let format = result.text { replaced.text = compiled.replacing(in: text, with: format) }
            return replaced
        case .special(let kind, let result): return isSpecial(cell, kind) ? result : nil
        }
    }

    private func isSpecial(_ cell: TableCell, _ kind: String) -> Bool {
        switch (kind, cell) {
        case ("null", .empty), ("null+nan", .empty): true
        case ("nan", .number(let number)), ("null+nan", .number(let number)): number.isNaN
        case ("true", .text("true")), ("false", .text("false")), ("empty", .text("")): true
        case ("true", .number(let number)): number == 1
        case ("false", .number(let number)): number == 0
        default: false
        }
    }
}

/// A value as a panel shows it.
public struct DisplayValue: Hashable, Sendable {
    public var text: FormattedValue
    /// Set by a mapping, a threshold or a scheme; nil: the series' own.
    public var color: RGB?
    public init(text: FormattedValue, color: RGB?) {
        self.text = text
        self.color = color
    }
}

extension FieldConfiguration {
    /// Text of a number: its mapping, else the number in its unit. Nil or NaN without a mapping is `noValue`.
    ///
    /// `decimals` overrides the field's own, for axes and aligned columns.
    public func text(of value: Double?, decimals: Int? = nil, clock: DisplayClock = DisplayClock()) -> FormattedValue {
        let cell: TableCell = value.map { .number($0) } ?? .empty
        if !mappings.isEmpty, let text = ValueMapping.result(for: cell, in: mappings)?.text {
            return FormattedValue(number: text)
        }
        guard let value, !value.isNaN else {
            return FormattedValue(number: noValue ?? (value == nil ? "No data" : "NaN"))
        }
        if let decimals { return UnitFormatter.format(value, unit: unit, decimals: decimals, clock: clock) }
        return UnitFormatter.display(value, unit: unit, decimals: self.decimals, clock: clock)
    }

    /// What the first mapping that takes a number makes of it; nil without one. Nil and NaN may be mapped, too.
    public func mapping(of value: Double?) -> MappingResult? {
        mappings.isEmpty ? nil : ValueMapping.result(for: value.map { .number($0) } ?? .empty, in: mappings)
    }

    /// Text and colour of a table's cell.
    public func display(_ cell: TableCell, clock: DisplayClock = DisplayClock()) -> DisplayValue {
        let mapped = mappings.isEmpty ? nil : ValueMapping.result(for: cell, in: mappings)
        let mappedColor = mapped?.color.flatMap { RGB.named($0) }
        if let text = mapped?.text { return DisplayValue(text: FormattedValue(number: text), color: mappedColor) }
        switch cell {
        case .text(let text): return DisplayValue(text: FormattedValue(number: text), color: mappedColor)
        case .empty: return DisplayValue(text: FormattedValue(number: noValue ?? ""), color: mappedColor)
        case .time(let time):
            let isDate = !UnitFormatter.isNumeric(unit) && unit != nil
            let text =
                isDate
                ? UnitFormatter.format(Double(time.milliseconds), unit: unit, clock: clock)
                : FormattedValue(number: DateText.iso(time, offset: clock.offset))
            return DisplayValue(text: text, color: mappedColor)
        case .number(let number), .trend(let number, _):
            let color = number.isNaN ? nil : mappedColor ?? self.color(of: number, seriesColor: .text)
            return DisplayValue(text: text(of: number, clock: clock), color: color)
        }
    }
}

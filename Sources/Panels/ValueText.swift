// One value as a painter writes it: number and unit apart, and the colour its thresholds give it.
// Over UnitFormatter; every painter that shows a number asks here.

import Dashboards
import Frames

struct ValueText {
    var number: String
    /// With its leading space where there is one.
    var unit: String
    var color: RGB?
    var text: String { number + unit }
    var width: Int { TextWidth.cells(of: number) + TextWidth.cells(of: unit) }

    /// Nil and NaN are written as the field says (`noValue`), else as `—`.
    init(_ value: Double?, _ field: FieldConfiguration, offsetSeconds: Int = 0) {
        guard let value, !value.isNaN else {
            number = field.noValue ?? "—"
            unit = ""
            color = nil
            return
        }
        let parts = UnitFormatter.display(
            value, unit: field.unit, decimals: field.decimals,
            clock: DisplayClock(offset: .seconds(Int64(offsetSeconds))))
        number = parts.prefix + parts.number
        unit = Self.short(parts.suffix)
        color = field.stepColor(of: value)
    }

    /// Grafana writes lengths of time in words; cells are few.
    static func short(_ suffix: String) -> String {
        switch suffix {
        case " hour", " hours": " h"
        case " day", " days": " d"
        case " week", " weeks": " wk"
        case " year", " years": " y"
        case "%": " %"
        default: suffix
        }
    }
}

extension FieldConfiguration {
    /// Nil when there are no steps.
    func stepColor(of value: Double) -> RGB? {
        guard let first = thresholds.steps.first else { return nil }
        var chosen = first
        for step in thresholds.steps.dropFirst() where value >= absolute(step.value) { chosen = step }
        return ColorText.rgb(chosen.color)
    }

    /// The place of a step on the value axis.
    func absolute(_ step: Double) -> Double {
        guard thresholds.isPercentage else { return step }
        let low = self.min ?? 0
        let high = self.max ?? 100
        return low + (high - low) * step / 100
    }
}

enum ColorText {
    static func rgb(_ text: String) -> RGB? {
        switch text {
        case "green": return RGB(115, 191, 105)
        case "yellow": return RGB(250, 222, 42)
        case "red": return RGB(242, 73, 92)
        case "orange": return RGB(255, 152, 48)
        case "blue": return RGB(87, 148, 242)
        case "purple": return RGB(184, 119, 217)
        default: break
        }
        guard text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) else {
            return nil
        }
        return RGB(UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
    }
}

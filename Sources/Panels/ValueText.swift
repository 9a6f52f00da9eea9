// One value as a painter writes it: number and unit apart, and the colour its thresholds give it.
// Over Dashboards' units and mappings; every painter that shows a number asks here.

import Dashboards
import Frames
import MetricModel

struct ValueText {
    var number: String
    /// With its leading space where there is one.
    var unit: String
    var text: String { number + unit }
    var numberWidth: Int { TextWidth.cells(of: number) }
    var unitWidth: Int { TextWidth.cells(of: unit) }
    var width: Int { numberWidth + unitWidth }

    init(number: String, unit: String = "") {
        self.number = number
        self.unit = unit
    }

    /// Nil and NaN are written as the field says (`noValue`), else as `—`.
    init(_ value: Double?, _ field: FieldConfiguration, decimals: Int? = nil, offsetSeconds: Int = 0) {
        let clock = DisplayClock(offset: .seconds(Int64(offsetSeconds)))
        if value?.isNaN ?? true, field.noValue == nil, field.mappings.isEmpty {
            self.init(number: "—")
            return
        }
        let parts = field.text(of: value, decimals: decimals, clock: clock)
        if value?.isNaN ?? true, field.noValue == nil, parts.number == "No data" || parts.number == "NaN" {
            self.init(number: "—")
            return
        }
        self.init(number: parts.prefix + parts.number, unit: Self.short(parts.suffix))
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

    /// Values that stand under each other or in one legend: where they share a unit they get the same decimals, not more
    /// than their largest deserves.
    static func aligned(
        _ values: [(Double?, FieldConfiguration)], offsetSeconds: Int = 0
    ) -> [ValueText] {
        var texts = values.map { ValueText($0.0, $0.1, offsetSeconds: offsetSeconds) }
        var groups: [String: (most: Double, decimals: Int)] = [:]
        for (index, (value, field)) in values.enumerated() {
            guard let value, value.isFinite, field.decimals == nil, field.mappings.isEmpty else { continue }
            guard let decimals = decimalCount(texts[index].number) else { continue }
            var group = groups[texts[index].unit] ?? (0, 0)
            if let shown = Double(texts[index].number) { group.most = max(group.most, abs(shown)) }
            group.decimals = max(group.decimals, decimals)
            groups[texts[index].unit] = group
        }
        for (index, (value, field)) in values.enumerated() {
            guard let value, value.isFinite, field.decimals == nil, field.mappings.isEmpty else { continue }
            guard let group = groups[texts[index].unit], let now = decimalCount(texts[index].number) else { continue }
            let limit = group.most >= 1000 ? 0 : group.most >= 10 ? 1 : group.most >= 1 ? 2 : 6
            // Zero has no digits to show: two say that it is of the same kind.
            let wanted = min(group.decimals, value == 0 ? min(limit, 2) : limit)
            guard wanted != now, value != 0 || wanted > 0 else { continue }
            let text = ValueText(value, field, decimals: wanted, offsetSeconds: offsetSeconds)
            // Rounding may have carried the value into the next unit: then it stays as it was.
            if text.unit == texts[index].unit { texts[index] = text }
        }
        return texts
    }

    /// Nil when the text is no plain number.
    private static func decimalCount(_ text: String) -> Int? {
        var count: Int?
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): count = count.map { $0 + 1 }
            case UInt8(ascii: "."): count = 0
            case UInt8(ascii: "-"): break
            default: return nil
            }
        }
        return count ?? 0
    }
}

/// Where a field's values lie between its least and its greatest, and which colour is where: gauges and bars.
struct GaugeScale {
    let low: Double
    let high: Double
    let field: FieldConfiguration
    let seriesColor: RGB

    /// Without limits of its own a field gets those of `values`, from zero; percentages always end at a hundred.
    init(_ field: FieldConfiguration, values: [Double], seriesColor: RGB) {
        var least = 0.0
        var most = -Double.infinity
        for value in values where value.isFinite {
            least = min(least, value)
            most = max(most, value)
        }
        var end = most
        switch AxisUnit(unit: field.unit) {
        case .percent(let factor): end = 100 / factor
        case .plain, .binary, .metric, .duration: break
        }
        let low = field.min.flatMap { $0.isFinite ? $0 : nil } ?? max(least, -1e300)
        var high = field.max.flatMap { $0.isFinite ? $0 : nil } ?? min(end, 1e300)
        if !(high > low) { high = low + 1 }
        self.low = low
        self.high = high
        self.field = field
        self.seriesColor = seriesColor
    }

    /// 0...1
    func share(_ value: Double?) -> Double {
        guard let value, !value.isNaN else { return 0 }
        let share = (value / 2 - low / 2) / (high / 2 - low / 2)
        return share.isNaN ? 0 : max(0, min(1, share))
    }

    private func value(at share: Double) -> Double { low + (high - low) * share }

    /// The colour that a value there would have.
    func color(at share: Double) -> RGB { field.color(of: value(at: share), seriesColor: seriesColor) }

    func color(of value: Double?) -> RGB {
        guard let value, !value.isNaN else { return RGB(110, 112, 120) }
        return field.color(of: value, seriesColor: seriesColor)
    }

    /// Like `color(at:)`, but flowing from step to step.
    func gradient(at share: Double) -> RGB {
        switch field.color {
        case .thresholds:
            let steps = field.thresholds.steps
            guard steps.count > 1 else { return color(at: share) }
            let value = value(at: share)
            var from = low
            var current = steps[0].rgb ?? seriesColor
            for step in steps.dropFirst() {
                let limit = field.thresholds.limit(of: step, min: low, max: high)
                let next = step.rgb ?? seriesColor
                if value < limit {
                    let part = limit > from ? (value - from) / (limit - from) : 1
                    // The change happens in the last two fifths before the step.
                    return current.mixed(with: next, share: max(0, part * 2.5 - 1.5))
                }
                from = limit
                current = next
            }
            return current
        case .continuous: return color(at: share)
        case .paletteClassic, .fixed:
            return color(of: high).mixed(with: RGB(0, 0, 0), share: 0.45 * (1 - share))
        }
    }
}

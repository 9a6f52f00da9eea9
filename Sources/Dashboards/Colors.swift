// Grafana's colours as RGB: the classic palette, the named shades of the dark theme, CSS forms, continuous schemes.
// PanelDataBuilder gives every series its colour here, painters ask for the colour of a value.
// Source of the values: grafana-data themes/createVisualizationColors.ts, field/fieldColor.ts.

import MetricModel

extension RGB {
    package init(hex: UInt32) {
        self.init(UInt8(hex >> 16 & 0xff), UInt8(hex >> 8 & 0xff), UInt8(hex & 0xff))
    }

    /// The text colour of the dark theme, which stands for every colour that is not known.
    public static let text = RGB(hex: 0xccccdc)

    /// `dark-red`, `#abc`, `#aabbcc`, `#aabbccdd`, `rgb(1,2,3)`, `rgba(1,2,3,0.5)`, a CSS name; nil for anything else and
    /// for `transparent`. Opacity is dropped: cells have none.
    public static func named(_ name: String) -> RGB? {
        if let known = grafanaNames[name] { return RGB(hex: known) }
        let text = name.trimmingSpaces.lowercased()
        if text.hasPrefix("#") { return hexColor(text.dropFirst()) }
        if text.hasPrefix("rgb") { return functionColor(text) }
        return (grafanaNames[text] ?? cssNames[text]).map { RGB(hex: $0) }
    }

    private static func hexColor(_ digits: Substring) -> RGB? {
        guard let number = UInt64(digits, radix: 16) else { return nil }
        switch digits.utf8.count {
        case 3, 4:
            let shift = digits.utf8.count == 4 ? 4 : 0
            let (red, green, blue) = (number >> (8 + shift) & 15, number >> (4 + shift) & 15, number >> shift & 15)
            return RGB(UInt8(red * 17), UInt8(green * 17), UInt8(blue * 17))
        case 6: return RGB(hex: UInt32(number))
        case 8: return RGB(hex: UInt32(number >> 8))
        default: return nil
        }
    }

    private static func functionColor(_ text: String) -> RGB? {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        let parts = text[text.index(after: open)..<close].split { $0 == "," || $0 == " " || $0 == "/" }
        guard parts.count >= 3 else { return nil }
        // Wholly transparent is no colour at all.
        if parts.count > 3, let alpha = Double(parts[3]), alpha == 0 { return nil }
        var channels: [UInt8] = []
        for part in parts.prefix(3) {
            guard let number = Double(part), number.isFinite else { return nil }
            channels.append(UInt8(max(0, min(number.rounded(), 255))))
        }
        return RGB(channels[0], channels[1], channels[2])
    }

    /// The colour of the series with this index over all of a panel, repeating after the last one.
    public static func palette(_ index: Int) -> RGB {
        RGB(hex: classicPalette[(index % classicPalette.count + classicPalette.count) % classicPalette.count])
    }

    /// The least index with this colour; nil when the palette has none like it.
    package static func placeInPalette(of color: RGB) -> Int? { palettePlaces[color] }

    private static let palettePlaces: [RGB: Int] = Dictionary(
        classicPalette.enumerated().map { (RGB(hex: $0.element), $0.offset) }, uniquingKeysWith: min)

    /// Between two colours, `share` 0...1.
    public func mixed(with other: RGB, share: Double) -> RGB {
        let share = share.isFinite ? max(0, min(share, 1)) : 0
        func channel(_ one: UInt8, _ two: UInt8) -> UInt8 {
            UInt8((Double(one) + (Double(two) - Double(one)) * share).rounded())
        }
        return RGB(channel(red, other.red), channel(green, other.green), channel(blue, other.blue))
    }

    /// A place on one of Grafana's continuous schemes, `share` 0...1; unknown schemes run green, yellow, red.
    public static func continuous(_ scheme: String, at share: Double) -> RGB {
        let names = schemes[scheme] ?? ["green", "yellow", "red"]
        let stops = names.map { RGB.named($0) ?? .text }
        guard stops.count > 1 else { return stops.first ?? .text }
        let position = max(0, min(share.isFinite ? share : 0, 1)) * Double(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        return stops[index].mixed(with: stops[index + 1], share: position - Double(index))
    }

    private static let schemes: [String: [String]] = [
        "continuous-GrYlRd": ["green", "yellow", "red"], "continuous-RdYlGr": ["red", "yellow", "green"],
        "continuous-BlYlRd": ["dark-blue", "super-light-yellow", "dark-red"],
        "continuous-YlRd": ["super-light-yellow", "dark-red"], "continuous-BlPu": ["blue", "purple"],
        "continuous-YlBl": ["super-light-yellow", "dark-blue"], "continuous-blues": ["panel-bg", "dark-blue"],
        "continuous-reds": ["panel-bg", "dark-red"], "continuous-greens": ["panel-bg", "dark-green"],
        "continuous-purples": ["panel-bg", "dark-purple"],
    ]

    private static let grafanaNames: [String: UInt32] = [
        "super-light-red": 0xffa6b0, "light-red": 0xff7383, "red": 0xf2495c, "semi-dark-red": 0xe02f44,
        "dark-red": 0xc4162a, "super-light-orange": 0xffcb7d, "light-orange": 0xffb357, "orange": 0xff9830,
        "semi-dark-orange": 0xff780a, "dark-orange": 0xfa6400, "super-light-yellow": 0xfff899, "light-yellow": 0xffee52,
        "yellow": 0xfade2a, "semi-dark-yellow": 0xf2cc0c, "dark-yellow": 0xe0b400, "super-light-green": 0xc8f2c2,
        "light-green": 0x96d98d, "green": 0x73bf69, "semi-dark-green": 0x56a64b, "dark-green": 0x37872d,
        "super-light-blue": 0xc0d8ff, "light-blue": 0x8ab8ff, "blue": 0x5794f2, "semi-dark-blue": 0x3274d9,
        "dark-blue": 0x1f60c4, "super-light-purple": 0xdeb6f2, "light-purple": 0xca95e5, "purple": 0xb877d9,
        "semi-dark-purple": 0xa352cc, "dark-purple": 0x8f3bb8, "text": 0xccccdc, "panel-bg": 0x181b1f,
    ]

    private static let classicPalette: [UInt32] = [
        0x73bf69, 0xfade2a, 0x5794f2, 0xff9830, 0xf2495c, 0xb877d9, 0x37872d, 0xe0b400, 0x1f60c4, 0xfa6400, 0xc4162a,
        0x8f3bb8, 0xc8f2c2, 0xfff899, 0xc0d8ff, 0xffcb7d, 0xffa6b0, 0xdeb6f2, 0x447ebc, 0xc15c17, 0x890f02, 0x0a437c,
        0x6d1f62, 0x584477, 0xb7dbab, 0xf4d598, 0x70dbed, 0xf9ba8f, 0xf29191, 0x82b5d8, 0xe5a8e2, 0xaea2e0, 0x629e51,
        0xe5ac0e, 0x64b0c8, 0xe0752d, 0xbf1b00, 0x0a50a1, 0x962d82, 0x614d93, 0x9ac48a, 0xf2c96d, 0x65c5db, 0xf9934e,
        0xea6460, 0x5195ce, 0xd683ce, 0x806eb7, 0x3f6833, 0x967302, 0x2f575e, 0x99440a, 0x58140c, 0x052b51, 0x511749,
        0x3f2b5b, 0xe0f9d7, 0xfceaca, 0xcffaff, 0xf9e2d2, 0xfce2de, 0xbadff4, 0xf9d9f9, 0xdedaf7,
    ]

    /// The CSS names met in dashboards; those of Grafana's hues have Grafana's values.
    private static let cssNames: [String: UInt32] = [
        "aqua": 0x00ffff, "black": 0x000000, "brown": 0xa52a2a, "coral": 0xff7f50, "crimson": 0xdc143c,
        "cyan": 0x00ffff, "darkblue": 0x00008b, "darkgray": 0xa9a9a9, "darkgreen": 0x006400, "darkorange": 0xff8c00,
        "darkred": 0x8b0000, "deepskyblue": 0x00bfff, "dodgerblue": 0x1e90ff, "fuchsia": 0xff00ff, "gold": 0xffd700,
        "gray": 0x808080, "grey": 0x808080, "greenyellow": 0xadff2f, "hotpink": 0xff69b4, "indigo": 0x4b0082,
        "lightblue": 0xadd8e6, "lightgray": 0xd3d3d3, "lightgreen": 0x90ee90, "lightgrey": 0xd3d3d3, "lime": 0x00ff00,
        "limegreen": 0x32cd32, "magenta": 0xff00ff, "maroon": 0x800000, "navy": 0x000080, "olive": 0x808000,
        "orangered": 0xff4500, "pink": 0xffc0cb, "salmon": 0xfa8072, "seagreen": 0x2e8b57, "silver": 0xc0c0c0,
        "skyblue": 0x87ceeb, "steelblue": 0x4682b4, "tan": 0xd2b48c, "teal": 0x008080, "tomato": 0xff6347,
        "turquoise": 0x40e0d0, "violet": 0xee82ee, "white": 0xffffff,
    ]
}

extension Thresholds {
    /// The step a value lies in: the last one that does not exceed it. Nil without steps, the first for NaN.
    ///
    /// `min` and `max` scale percentages; 0 and 100 where unknown.
    public func step(for value: Double, min: Double? = nil, max: Double? = nil) -> Step? {
        place(of: value, min: min, max: max).map { steps[$0] }
    }

    /// The place of that step among all; nil without steps.
    public func place(of value: Double, min: Double? = nil, max: Double? = nil) -> Int? {
        var position = value
        if isPercentage {
            let (low, high) = (min ?? 0, max ?? 100)
            position = high > low ? (value - low) / (high - low) * 100 : 0
        }
        guard !steps.isEmpty else { return nil }
        var found = 0
        for place in steps.indices.dropFirst() where position >= steps[place].value { found = place }
        return found
    }

    /// Where a step begins on the value axis, percentages resolved.
    public func limit(of step: Step, min: Double?, max: Double?) -> Double {
        guard isPercentage, step.value.isFinite else { return step.value }
        let (low, high) = (min ?? 0, max ?? 100)
        return low + (high - low) * step.value / 100
    }
}

extension FieldConfiguration {
    /// Colour of one value: by mapping, threshold or scheme; `seriesColor` where the mode is a palette or fixed.
    public func color(of value: Double, seriesColor: RGB) -> RGB {
        if !mappings.isEmpty,
            let mapped = ValueMapping.result(for: .number(value), in: mappings)?.color.flatMap({ RGB.named($0) })
        {
            return mapped
        }
        switch color {
        case .paletteClassic: return seriesColor
        case .fixed(let name): return RGB.named(name) ?? seriesColor
        case .thresholds:
            guard let step = thresholds.step(for: value, min: min, max: max) else { return seriesColor }
            return step.rgb ?? .text
        case .continuous(let scheme):
            let (low, high) = (min ?? 0, max ?? 100)
            return RGB.continuous(scheme, at: high > low ? (value - low) / (high - low) : 0)
        }
    }
}

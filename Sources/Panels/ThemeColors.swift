// The themes by name, and a panel's data in a theme's colours.
// Applied by PanelPainter before it paints; colours that a dashboard fixes stay as they are.

import Dashboards
import Frames

/// A theme and what it is called.
public struct NamedTheme: Hashable, Sendable {
    public var name: String
    public var theme: PaintTheme
    public init(name: String, theme: PaintTheme) {
        self.name = name
        self.theme = theme
    }

    public static let standardName = "default"

    /// Those of the program.
    public static let all = [
        NamedTheme(name: standardName, theme: .terminal), NamedTheme(name: "dark", theme: .dark),
        NamedTheme(name: "light", theme: .light), NamedTheme(name: "high-contrast", theme: .highContrast),
        NamedTheme(name: "colour-blind", theme: .colorBlind), NamedTheme(name: "mono", theme: .mono),
    ]
}

extension PaintTheme {
    /// White on black, nothing dimmed, colours as bright as they are.
    public static let highContrast = {
        let white = Color.rgb(255, 255, 255)
        var theme = PaintTheme(
            border: Style(foreground: .rgb(200, 200, 200)),
            focusedBorder: Style(foreground: .rgb(255, 255, 0), attributes: .bold),
            title: Style(foreground: white, attributes: .bold), text: .plain,
            dim: Style(foreground: .rgb(225, 225, 225)),
            grid: Style(foreground: .rgb(96, 96, 96)),
            header: Style(foreground: white, attributes: [.bold, .underline]),
            good: .rgb(0, 255, 0), warning: .rgb(255, 255, 0), bad: .rgb(255, 96, 96), accent: .rgb(0, 255, 255),
            background: RGB(0, 0, 0), trough: .rgb(80, 80, 80))
        theme.series = [
            0x00ffff, 0xffff00, 0x00ff00, 0xff80ff, 0xff9900, 0x80a0ff, 0xff6060, 0xffffff,
        ].map { RGB(hex: $0) }
        theme.states = StateColors(good: RGB(0, 255, 0), warning: RGB(255, 255, 0), bad: RGB(255, 96, 96))
        theme.fill = Fill(foreground: RGB(255, 255, 255), background: RGB(0, 0, 0))
        return theme
    }()

    /// The terminal's own colours around, and colours that people tell apart who see no red or no green.
    ///
    /// Source of the series: Okabe and Ito, "Color Universal Design", 2008.
    public static let colorBlind = {
        var theme = PaintTheme.terminal
        theme.good = .rgb(86, 180, 233)
        theme.warning = .rgb(240, 228, 66)
        theme.bad = .rgb(213, 94, 0)
        theme.accent = .rgb(86, 180, 233)
        theme.focusedBorder = Style(foreground: .rgb(86, 180, 233), attributes: .bold)
        theme.series = [
            0x56b4e9, 0xe69f00, 0x009e73, 0xcc79a7, 0xf0e442, 0x0072b2, 0xd55e00, 0x999999,
        ].map { RGB(hex: $0) }
        theme.states = StateColors(good: RGB(86, 180, 233), warning: RGB(240, 228, 66), bad: RGB(213, 94, 0))
        return theme
    }()

    /// This theme, or one without colours where the terminal has none.
    public func suited(to depth: ColorDepth) -> PaintTheme { depth == .none ? .mono : self }

    /// The data with this theme's colours in place of Grafana's palette and of its names for good and bad.
    func recolored(_ data: PanelData) -> PanelData {
        guard !series.isEmpty || states != nil else { return data }
        var data = data
        switch data.content {
        case .fields(var fields):
            for index in fields.indices {
                var field = fields[index]
                recolor(&field.color, &field.configuration)
                fields[index] = field
            }
            data.content = .fields(fields)
        case .table(var table):
            for index in table.columns.indices { recolor(&table.columns[index].configuration) }
            data.content = .table(table)
        case .histogram(var histogram):
            for index in histogram.series.indices {
                var series = histogram.series[index]
                recolor(&series.color, &series.configuration)
                histogram.series[index] = series
            }
            data.content = .histogram(histogram)
        case .heatmap, .text, .alerts, .dashboards, .none: break
        }
        return data
    }

    private func recolor(_ color: inout RGB, _ configuration: inout FieldConfiguration) {
        switch configuration.color {
        case .fixed: break
        case .paletteClassic:
            if !series.isEmpty, let place = RGB.placeInPalette(of: color) { color = series[place % series.count] }
        case .thresholds:
            if let state = Self.grafanaStates[color].flatMap(self.color) { color = state }
        case .continuous: break
        }
        recolor(&configuration)
    }

    private func recolor(_ configuration: inout FieldConfiguration) {
        guard states != nil else { return }
        for index in configuration.thresholds.steps.indices {
            let name = configuration.thresholds.steps[index].color
            configuration.thresholds.steps[index].color = state(name) ?? name
        }
        for index in configuration.mappings.indices {
            configuration.mappings[index] = configuration.mappings[index].recolored { state($0) ?? $0 }
        }
    }

    private enum State: Hashable { case good, warning, bad }

    private func color(_ state: State) -> RGB? {
        switch state {
        case .good: states?.good
        case .warning: states?.warning
        case .bad: states?.bad
        }
    }

    /// `#rrggbb` of what a name of Grafana's means; nil for blues and for colours that are no names.
    private func state(_ name: String) -> String? {
        Self.stateNames[name].flatMap(color).map { $0.hex }
    }

    private static let stateNames: [String: State] = {
        var names: [String: State] = [:]
        for (shade, state) in [("green", State.good), ("yellow", .warning), ("orange", .warning), ("red", .bad)] {
            for prefix in ["", "super-light-", "light-", "semi-dark-", "dark-"] { names[prefix + shade] = state }
        }
        return names
    }()

    private static let grafanaStates: [RGB: State] = {
        var states: [RGB: State] = [:]
        for (name, state) in stateNames { if let color = RGB.named(name) { states[color] = state } }
        return states
    }()
}

extension ValueMapping {
    fileprivate func recolored(_ change: (String) -> String) -> ValueMapping {
        func changed(_ result: MappingResult) -> MappingResult {
            MappingResult(text: result.text, color: result.color.map(change))
        }
        return switch self {
        case .value(let value, let result): .value(value, changed(result))
        case .range(let from, let to, let result): .range(from: from, to: to, changed(result))
        case .regex(let pattern, let result): .regex(pattern, changed(result))
        case .special(let kind, let result): .special(kind, changed(result))
        }
    }
}

extension RGB {
    fileprivate var hex: String {
        let digits = Array("0123456789abcdef")
        return "#"
            + [red, green, blue].map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
    }
}

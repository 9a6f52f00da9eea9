// What painters are told beside the data: theme, fidelity, focus, time zone, crosshair.
// Made by the app or by `ferula render`; values only, so that painting twice gives the same cells.

import Dashboards
import Frames
import MetricModel

public struct PaintTheme: Hashable, Sendable {
    public var border: Style
    public var focusedBorder: Style
    public var title: Style
    public var text: Style
    /// Axis labels, units, names: what is read second.
    public var dim: Style
    /// Dimmer than borders.
    public var grid: Style
    public var header: Style
    public var good: Color
    public var warning: Color
    public var bad: Color
    /// Code, links, list bullets.
    public var accent: Color
    /// What fills are blended with; the terminal's own background is not known.
    public var background: RGB
    /// Unfilled parts of bars and gauges.
    public var trough: Color
    /// In place of Grafana's palette; empty: Grafana's.
    public var series: [RGB] = []
    /// In place of Grafana's greens, yellows and reds in thresholds; nil: Grafana's.
    public var states: StateColors?
    /// What has no colour of its own is drawn in these; nil: in the terminal's own.
    public var fill: Fill?
    /// Nothing has a colour.
    public var isColorless = false

    public struct StateColors: Hashable, Sendable {
        public var good: RGB
        public var warning: RGB
        public var bad: RGB
        public init(good: RGB, warning: RGB, bad: RGB) {
            self.good = good
            self.warning = warning
            self.bad = bad
        }
    }

    public struct Fill: Hashable, Sendable {
        public var foreground: RGB
        public var background: RGB
        public init(foreground: RGB, background: RGB) {
            self.foreground = foreground
            self.background = background
        }
    }

    public init(
        border: Style, focusedBorder: Style, title: Style, text: Style, dim: Style, grid: Style, header: Style,
        good: Color, warning: Color, bad: Color, accent: Color, background: RGB, trough: Color
    ) {
        self.border = border
        self.focusedBorder = focusedBorder
        self.title = title
        self.text = text
        self.dim = dim
        self.grid = grid
        self.header = header
        self.good = good
        self.warning = warning
        self.bad = bad
        self.accent = accent
        self.background = background
        self.trough = trough
    }

    public static let dark = PaintTheme(
        border: Style(foreground: .rgb(76, 82, 92)), focusedBorder: Style(foreground: .rgb(138, 173, 244)),
        title: Style(foreground: .rgb(204, 204, 220), attributes: .bold), text: .plain,
        dim: Style(foreground: .rgb(132, 138, 148)), grid: Style(foreground: .rgb(46, 50, 57)),
        header: Style(foreground: .rgb(150, 165, 190), attributes: .bold), good: .rgb(115, 191, 105),
        warning: .rgb(242, 204, 12), bad: .rgb(242, 73, 92), accent: .rgb(138, 173, 244), background: RGB(17, 18, 23),
        trough: .rgb(46, 50, 57))

    public static let light = {
        var theme = PaintTheme(
            border: Style(foreground: .rgb(185, 190, 198)), focusedBorder: Style(foreground: .rgb(31, 96, 196)),
            title: Style(foreground: .rgb(36, 41, 46), attributes: .bold), text: .plain,
            dim: Style(foreground: .rgb(105, 110, 120)), grid: Style(foreground: .rgb(225, 228, 232)),
            header: Style(foreground: .rgb(70, 90, 120), attributes: .bold), good: .rgb(55, 135, 45),
            warning: .rgb(190, 130, 0), bad: .rgb(196, 22, 42), accent: .rgb(31, 96, 196),
            background: RGB(255, 255, 255), trough: .rgb(220, 224, 229))
        // Grafana's yellows are not seen on white.
        theme.series = [
            0x37872d, 0xb07d00, 0x1f60c4, 0xd9650b, 0xc4162a, 0x8f3bb8, 0x0f7b8a, 0x7a4a1e, 0x5b6b2f, 0x4a4f8c,
        ].map { RGB(hex: $0) }
        theme.states = StateColors(good: RGB(55, 135, 45), warning: RGB(190, 130, 0), bad: RGB(196, 22, 42))
        return theme
    }()

    /// The terminal's own 16 colours and background.
    public static let terminal = PaintTheme(
        border: Style(foreground: .ansi(8)), focusedBorder: Style(foreground: .ansi(12)),
        title: Style(attributes: .bold), text: .plain, dim: Style(foreground: .ansi(8)),
        grid: Style(foreground: .ansi(8), attributes: .dim), header: Style(attributes: .bold), good: .ansi(2),
        warning: .ansi(3), bad: .ansi(1), accent: .ansi(4), background: RGB(17, 18, 23), trough: .ansi(8))

    public static let mono = {
        var theme = PaintTheme(
            border: Style(attributes: .dim), focusedBorder: Style(attributes: .bold), title: Style(attributes: .bold),
            text: .plain, dim: Style(attributes: .dim), grid: Style(attributes: .dim),
            header: Style(attributes: [.bold, .underline]), good: .terminal, warning: .terminal, bad: .terminal,
            accent: .terminal, background: RGB(17, 18, 23), trough: .terminal)
        theme.isColorless = true
        return theme
    }()

    /// The theme that suits what the terminal can show.
    public static func standard(for depth: ColorDepth) -> PaintTheme {
        switch depth {
        case .none: .mono
        case .ansi16: .terminal
        case .indexed256, .trueColor: .dark
        }
    }
}

public struct PaintContext: Sendable {
    public var theme: PaintTheme
    public var capabilities: TerminalCapabilities
    public var isFocused = false
    /// East of UTC; the caller's zone, for this panel's range.
    public var timeZoneOffsetSeconds = 0
    /// Values in legends are those at this time.
    public var crosshair: Timestamp?
    /// First row shown of tables, bar gauges and texts.
    public var scroll = 0
    /// Columns of a table passed over behind its first one, where not all fit.
    public var scrollColumns = 0
    /// Drawn on top; the other series are dimmed.
    public var highlightedSeries: Int?
    /// Indices into the fields that the user switched off.
    public var hiddenSeries: Set<Int> = []
    public var showsLegend = true
    /// Order of the legend in place of the panel's own.
    public var legendOrder: LegendOrder?
    /// Order of a table's rows in place of the panel's own.
    public var tableOrder: TableOrder?
    /// Said in the border, such as what the picture leaves out.
    public var note = ""
    /// The legend has each series of the past beside its own, not all of them as one.
    public var namesPast = false

    public init(
        theme: PaintTheme? = nil, capabilities: TerminalCapabilities = TerminalCapabilities(), isFocused: Bool = false,
        timeZoneOffsetSeconds: Int = 0, crosshair: Timestamp? = nil
    ) {
        self.theme = theme ?? .standard(for: capabilities.colors)
        self.capabilities = capabilities
        self.isFocused = isFocused
        self.timeZoneOffsetSeconds = timeZoneOffsetSeconds
        self.crosshair = crosshair
    }

    var hasColor: Bool { capabilities.colors != .none }
}

extension RGB {
    var color: Color { .rgb(red, green, blue) }

    /// `share` of this colour, the rest of `other`.
    func blended(_ share: Double, over other: RGB) -> RGB {
        let share = share.isFinite ? share : 0
        func mix(_ top: UInt8, _ below: UInt8) -> UInt8 {
            UInt8(max(0, min(255, Double(top) * share + Double(below) * (1 - share))))
        }
        return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// Black or white, whichever is read better on this colour.
    var contrast: RGB {
        let luminance = 0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue)
        return luminance > 128 ? RGB(12, 13, 16) : RGB(255, 255, 255)
    }
}

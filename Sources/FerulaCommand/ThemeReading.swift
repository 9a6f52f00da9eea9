// A theme's file to a theme: words of colours to colours, with the place of what is none.
// Used by AppearanceOptions for --theme and for the themes of the settings' folder.

import DashboardApp
import Dashboards
import FerulaConfiguration
import Frames
import Panels

extension NamedTheme {
    /// Called by its file's name.
    init(file path: String, among themes: [NamedTheme]) throws(ConfigurationFailure) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        try self.init(ThemeFile(file: path), name: String(name.prefix { $0 != "." }), among: themes)
    }

    init(_ read: ThemeFile, name: String, among themes: [NamedTheme]) throws(ConfigurationFailure) {
        var theme = PaintTheme.terminal
        if let base = read.base {
            guard let found = Appearance.theme(base.text, of: themes) else {
                let (message, hint) = Appearance.unknownTheme(base.text, of: themes)
                throw base.failure(in: read.file, "base: \(message)", hint: hint)
            }
            theme = found.theme
        }
        func color(_ part: String) throws(ConfigurationFailure) -> Color? {
            guard let word = read.colors[part] else { return nil }
            guard let color = Color(themeWord: word.text) else {
                throw word.failure(
                    in: read.file, "\(part): `\(word.text)` is no colour",
                    hint: "such as #4c566a, red, bright-blue, 8 or terminal")
            }
            return color
        }
        func exact(_ word: PlacedText, _ part: String) throws(ConfigurationFailure) -> RGB {
            guard word.text.hasPrefix("#"), let color = RGB.named(word.text) else {
                throw word.failure(in: read.file, "\(part): `\(word.text)` is no colour such as #4c566a")
            }
            return color
        }
        theme.border.foreground = try color("border") ?? theme.border.foreground
        theme.focusedBorder.foreground = try color("focused-border") ?? theme.focusedBorder.foreground
        theme.title.foreground = try color("title") ?? theme.title.foreground
        theme.dim.foreground = try color("dim") ?? theme.dim.foreground
        theme.grid.foreground = try color("grid") ?? theme.grid.foreground
        theme.header.foreground = try color("header") ?? theme.header.foreground
        theme.good = try color("good") ?? theme.good
        theme.warning = try color("warning") ?? theme.warning
        theme.bad = try color("bad") ?? theme.bad
        theme.accent = try color("accent") ?? theme.accent
        theme.trough = try color("trough") ?? theme.trough
        // A colour is said: the theme is no longer one without.
        if !read.colors.isEmpty || !read.series.isEmpty { theme.isColorless = false }
        if let word = read.colors["background"] { theme.background = try exact(word, "background") }
        var foreground = theme.fill?.foreground ?? theme.background.readable
        if let word = read.colors["foreground"] { foreground = try exact(word, "foreground") }
        if read.fill ?? (theme.fill != nil || read.colors["foreground"] != nil) {
            theme.fill = PaintTheme.Fill(foreground: foreground, background: theme.background)
        } else {
            theme.fill = nil
        }
        if !read.series.isEmpty {
            theme.series = []
            for word in read.series { theme.series.append(try exact(word, "series")) }
        }
        // Thresholds follow the theme where it says what is good and bad in colours that are known.
        if let good = read.colors["good"].flatMap({ RGB.named(hex: $0.text) }),
            let warning = read.colors["warning"].flatMap({ RGB.named(hex: $0.text) }),
            let bad = read.colors["bad"].flatMap({ RGB.named(hex: $0.text) })
        {
            theme.states = PaintTheme.StateColors(good: good, warning: warning, bad: bad)
        }
        self.init(name: name, theme: theme)
    }
}

extension RGB {
    fileprivate static func named(hex: String) -> RGB? { hex.hasPrefix("#") ? named(hex) : nil }

    /// Black or white, whichever is read on this colour.
    fileprivate var readable: RGB {
        let luminance = 0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue)
        return luminance > 128 ? RGB(0, 0, 0) : RGB(255, 255, 255)
    }
}

extension Color {
    /// `#rgb`, `#rrggbb`; one of the terminal's 16 by name or number; `terminal`.
    init?(themeWord word: String) {
        if word.hasPrefix("#") {
            guard let color = RGB.named(word) else { return nil }
            self = .rgb(color.red, color.green, color.blue)
            return
        }
        if word == "terminal" {
            self = .terminal
            return
        }
        if let number = UInt8(word), number < 16 {
            self = .ansi(number)
            return
        }
        let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
        let isBright = word.hasPrefix("bright-")
        guard let place = names.firstIndex(of: isBright ? String(word.dropFirst(7)) : word) else { return nil }
        self = .ansi(UInt8(place + (isBright ? 8 : 0)))
    }
}

// How the screen looks, whatever it shows: the theme by name, what graphs are drawn with, whether the mouse is ours.
// Set by the settings at the start and by commands later; the last touch of each frame is here.

import Frames
import Panels
import PromQLSyntax

/// What the reader's settings and flags say of the look and of the hands.
package struct Appearance: Sendable {
    /// Those of the program, then the reader's own; a later one of the same name wins.
    package var themes = NamedTheme.all
    /// One of them; nil: what suits the terminal.
    package var theme: String?
    /// Nil: what suits the terminal.
    package var graph: GraphInk?
    package var isMouseOn = true
    package var keys = KeyMap.standard
    /// Nil: the dashboard's own, else the local zone.
    package var isInUTC: Bool?

    package init() {}

    package static func theme(_ name: String, of themes: [NamedTheme]) -> NamedTheme? {
        // As it is spelt elsewhere.
        let name = name == "color-blind" || name == "colorblind" || name == "colourblind" ? "colour-blind" : name
        return themes.last { $0.name == name }
    }

    /// What is said of a name that no theme has.
    package static func unknownTheme(_ name: String, of themes: [NamedTheme]) -> (message: String, hint: String) {
        let names = themes.map(\.name)
        let near = NearestName.of(name, among: names) ?? names.first { $0.hasPrefix(name) && !name.isEmpty }
        return (
            "unknown theme `\(name)`",
            near.map { "did you mean `\($0)`?" } ?? "themes are " + names.joined(separator: ", ")
        )
    }
}

extension AppState {
    mutating func take(_ appearance: Appearance) {
        themes = appearance.themes
        keys = appearance.keys
        graph = appearance.graph ?? .braille
        isMouseOn = appearance.isMouseOn
        if let name = appearance.theme, let named = Appearance.theme(name, of: themes) {
            theme = named.theme.suited(to: capabilities.colors)
        }
        if let wanted = appearance.isInUTC, wanted != isInUTC { toggleUTC() }
    }

    // MARK: Commands

    mutating func setTheme(_ name: String) {
        guard let named = Appearance.theme(name, of: themes) else {
            let (text, hint) = Appearance.unknownTheme(name, of: themes)
            message = Message(text: "\(text); \(hint)", isError: true)
            return
        }
        theme = named.theme.suited(to: capabilities.colors)
        if capabilities.colors == .none {
            message = Message(text: "this terminal has no colours: the theme is mono", isError: false)
        }
    }

    mutating func setGraph(_ name: String) {
        if name == "auto" {
            graph = .braille
        } else if let wanted = GraphInk(rawValue: name) {
            graph = wanted
        } else {
            message = Message(text: ":graph wants braille, block, ascii or auto", isError: true)
        }
    }

    /// `on`, `off`, or the other of the two.
    mutating func setMouse(_ word: String) -> [Effect] {
        switch word {
        case "on": isMouseOn = true
        case "off": isMouseOn = false
        case "": isMouseOn.toggle()
        default:
            message = Message(text: ":mouse wants on or off", isError: true)
            return []
        }
        dragStart = nil
        scrubDrag = nil
        let back = keys.hint(.mouse).map { "; \($0) takes it back" } ?? ""
        let text =
            isMouseOn ? "the mouse moves and chooses here" : "the mouse is the terminal's: it selects text\(back)"
        message = Message(text: text, isError: false)
        return [.setMouse(isMouseOn)]
    }

    // MARK: Drawing

    /// What the theme and the reader's glyphs make of a finished frame.
    func finish(_ frame: inout Frame) {
        frame.redraw(in: frame.bounds, with: graph)
        if theme.isColorless {
            frame.restyle(frame.bounds) { $0 = Style(attributes: $0.attributes) }
        } else if let fill = theme.fill {
            let foreground = Color.rgb(fill.foreground.red, fill.foreground.green, fill.foreground.blue)
            let background = Color.rgb(fill.background.red, fill.background.green, fill.background.blue)
            frame.restyle(frame.bounds) { style in
                if style.foreground == .terminal { style.foreground = foreground }
                if style.background == .terminal { style.background = background }
            }
        }
    }
}

// Which keys mean what, on which screen: one list for looking up, for the help and for the hint after a chord's first key.
// Comes between input events and update.

import Frames

/// Everything a key can ask for.
package enum Action: Hashable, Sendable, CaseIterable {
    case quit, suspend, redraw, help, back, command
    case focusNext, focusPrevious, focusUp, focusDown, focusLeft, focusRight
    case open, scrollPageUp, scrollPageDown, scrollHalfUp, scrollHalfDown, scrollTop, scrollBottom
    case zoomIn, zoomOut, panBack, panForward, live, pause, refresh
    case expandRows, collapseRows, kiosk
    case crosshair, legends, series, onlySeries, allSeries, ranges, utc
    case home, explore, metrics, targets, alerts, log, search
    case links, variables, dashboards, previousDashboard, nextTab, previousTab
}

package struct KeyBinding: Sendable {
    package var action: Action
    /// Each a sequence of one or two keys.
    package var sequences: [[Key]]
    package var help: String
    package var group: String
    /// What the help calls the keys, where their names one by one are too many.
    package var keys: String?
}

package enum KeyMap {
    /// In the order of the help.
    package static let bindings: [KeyBinding] = [
        bind(.focusNext, "Panels", "next panel", [.tab]),
        bind(.focusPrevious, "Panels", "previous panel", [.backTab]),
        bind(.focusLeft, "Panels", "panel to the left", [.left], ["h"]),
        bind(.focusDown, "Panels", "panel below", [.down], ["j"]),
        bind(.focusUp, "Panels", "panel above", [.up], ["k"]),
        bind(.focusRight, "Panels", "panel to the right", [.right], ["l"]),
        bind(.open, "Panels", "full screen; opens and closes a row", [.enter], ["f"]),
        bind(.back, "Panels", "back", [.escape]),
        bind(.expandRows, "Panels", "expand all rows", ["d", "E"]),
        bind(.collapseRows, "Panels", "collapse all rows", ["d", "C"]),
        bind(.variables, "Panels", "variables: search, choose one or several", ["v"]),
        bind(.links, "Panels", "links of the panel and the dashboard", ["o"]),
        bind(.dashboards, "Panels", "loaded dashboards", ["g", "d"]),
        bind(.previousDashboard, "Panels", "dashboard before a link", [.backspace]),
        bind(.nextTab, "Panels", "next tab", [">"]),
        bind(.previousTab, "Panels", "tab before", ["<"]),
        bind(.crosshair, "Series", "crosshair: all values at one time", ["x"]),
        KeyBinding(
            action: .series, sequences: (1...9).map { [.character(Character("\($0)"))] },
            help: "hide and show a series of the panel", group: "Series", keys: "1 … 9"),
        KeyBinding(
            action: .onlySeries, sequences: (1...9).map { [.alt(Character("\($0)"))] },
            help: "only this series", group: "Series", keys: "Alt-1 … Alt-9"),
        bind(.allSeries, "Series", "all series again", ["a"]),
        bind(.legends, "Series", "legends on and off", ["L"], ["p", "l"], ["d", "l"]),
        bind(.ranges, "Time", "choose a range, or type one", ["t", "t"]),
        bind(.utc, "Time", "local time or UTC", ["t", "u"]),
        bind(.zoomIn, "Time", "zoom in", ["+"], ["="], ["t", "+"], ["t", "="]),
        bind(.zoomOut, "Time", "zoom out", ["-"], ["t", "-"], ["t", "z"]),
        bind(.panBack, "Time", "half a screen back", ["["], [.shiftLeft], ["t", .left]),
        bind(.panForward, "Time", "half a screen forward", ["]"], [.shiftRight], ["t", .right]),
        bind(.live, "Time", "back to now", ["."], ["0"]),
        bind(.pause, "Time", "pause and go on", [" "]),
        bind(.refresh, "Time", "ask again", ["r"], [.control("r")], ["d", "r"]),
        bind(.home, "Screens", "the dashboard", ["g", "h"], [.function(2)]),
        bind(.explore, "Screens", "explore: a query, its graph and its values", ["e"], ["g", "e"], [.function(3)]),
        bind(.metrics, "Screens", "metrics: type, help, series; Enter explores", ["g", "m"], [.function(4)]),
        bind(.targets, "Screens", "targets: health, errors, labels", ["g", "t"], [.function(5)]),
        bind(.alerts, "Screens", "alerts", ["g", "a"], [.function(6)]),
        bind(.log, "Screens", "what the program said", ["g", "l"], [.function(7)]),
        bind(.search, "Screens", "search the list, or the dashboards", ["/"]),
        bind(.scrollPageDown, "Scroll", "page down", [.pageDown]),
        bind(.scrollPageUp, "Scroll", "page up", [.pageUp]),
        bind(.scrollHalfDown, "Scroll", "half a page down", [.control("d")]),
        bind(.scrollHalfUp, "Scroll", "half a page up", [.control("u")]),
        bind(.scrollTop, "Scroll", "top", ["g", "g"], [.home]),
        bind(.scrollBottom, "Scroll", "bottom", ["G"], [.end]),
        bind(.help, "Program", "this help", ["?"], [.function(1)]),
        bind(.command, "Program", "command, such as range 6h or refresh 5s", [":"]),
        bind(.kiosk, "Program", "hide and show the top and bottom lines", ["d", "k"]),
        bind(.redraw, "Program", "draw the screen anew", [.control("l")]),
        bind(.suspend, "Program", "suspend; fg comes back", [.control("z")]),
        bind(.quit, "Program", "quit", ["q"], [.control("c")]),
    ]

    private static let actions: [[Key]: Action] = {
        var actions: [[Key]: Action] = [:]
        for binding in bindings {
            for sequence in binding.sequences { actions[sequence] = binding.action }
        }
        return actions
    }()

    package enum Lookup: Hashable, Sendable {
        case action(Action)
        /// The keys so far start a chord.
        case prefix
        case nothing
    }

    package static func look(up keys: [Key]) -> Lookup {
        if let action = actions[keys] { return .action(action) }
        return keys.count == 1 && actions.keys.contains { $0.count == 2 && $0[0] == keys[0] } ? .prefix : .nothing
    }

    /// What may follow a chord's first key: the second keys of each action and its help, in the order of the list.
    package static func continuations(of first: Key) -> [(keys: String, help: String)] {
        bindings.compactMap { binding in
            let keys = binding.sequences.filter { $0.count == 2 && $0[0] == first }.map { name(of: $0[1]) }
            // As much of the help as tells the keys apart: they stand in one line.
            let words = binding.help.prefix { !":;,".contains($0) }
            return keys.isEmpty ? nil : (keys.joined(separator: " "), String(words))
        }
    }

    package static func name(of sequence: [Key]) -> String { sequence.map(name(of:)).joined(separator: " ") }

    package static func name(of key: Key) -> String {
        switch key {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let character): "^" + String(character).uppercased()
        case .alt(let character): "Alt-" + String(character)
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .insert: "Ins"
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .shiftLeft: "Shift-←"
        case .shiftRight: "Shift-→"
        case .shiftUp: "Shift-↑"
        case .shiftDown: "Shift-↓"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .function(let number): "F\(number)"
        }
    }

    private static func bind(_ action: Action, _ group: String, _ help: String, _ sequences: [Key]...) -> KeyBinding {
        KeyBinding(action: action, sequences: sequences, help: help, group: group)
    }
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    public init(extendedGraphemeClusterLiteral character: Character) { self = .character(character) }
}

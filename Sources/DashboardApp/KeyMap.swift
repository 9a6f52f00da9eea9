// Which keys mean what: one value for looking up, for the help, the line of keys and the hint after a chord's first key.
// Comes between input events and update; KeyChanges.swift makes it another one by the reader's settings.

import Frames

/// Everything a key can ask for. The cases' names are those of the settings, where `zoomIn` is `zoom-in`.
package enum Action: String, Hashable, Sendable, CaseIterable {
    case quit, suspend, redraw, help, back, command
    case focusNext, focusPrevious, focusUp, focusDown, focusLeft, focusRight
    case open, scrollPageUp, scrollPageDown, scrollHalfUp, scrollHalfDown, scrollTop, scrollBottom
    case zoomIn, zoomOut, panBack, panForward, live, pause, refresh
    case expandRows, collapseRows, kiosk
    case compare, crosshair, sort, reverseSorting, legends, series, onlySeries, allSeries, ranges, utc
    case home, explore, metrics, targets, page, alerts, log, search
    case copy, copyValues, mouse
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

    /// What the help calls the keys; empty when there is none.
    package var keysText: String { keys ?? sequences.map { KeyMap.name(of: $0) }.joined(separator: "  ") }
}

package struct KeyMap: Sendable {
    /// In the order of the help.
    package let bindings: [KeyBinding]
    private let actions: [[Key]: Action]

    package init(_ bindings: [KeyBinding]) {
        self.bindings = bindings
        var actions: [[Key]: Action] = [:]
        for binding in bindings {
            for sequence in binding.sequences { actions[sequence] = binding.action }
        }
        self.actions = actions
    }

    package static let standard = KeyMap(standardBindings)

    private static let standardBindings: [KeyBinding] = [
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
        bind(.sort, "Series", "sort by the next value or column", ["s"]),
        bind(.reverseSorting, "Series", "the other way round", ["S"]),
        bind(.legends, "Series", "legends on and off", ["L"], ["p", "l"], ["d", "l"]),
        bind(.ranges, "Time", "choose a range, or type one", ["t", "t"]),
        bind(.utc, "Time", "local time or UTC", ["t", "u"]),
        bind(.zoomIn, "Time", "zoom in", ["+"], ["="], ["t", "+"], ["t", "="]),
        bind(.zoomOut, "Time", "zoom out", ["-"], ["t", "-"], ["t", "z"]),
        bind(.panBack, "Time", "half a screen back", ["["], [.shiftLeft], ["t", .left]),
        bind(.panForward, "Time", "half a screen forward", ["]"], [.shiftRight], ["t", .right]),
        bind(.live, "Time", "back to now", ["."], ["0"]),
        bind(.compare, "Time", "compare with 1h, 1d, 1w before; off", ["c"]),
        bind(.pause, "Time", "pause and go on", [" "]),
        bind(.refresh, "Time", "ask again", ["r"], [.control("r")], ["d", "r"]),
        bind(.home, "Screens", "the dashboard", ["g", "h"], [.function(2)]),
        bind(.explore, "Screens", "explore: a query, its graph and its values", ["e"], ["g", "e"], [.function(3)]),
        bind(.metrics, "Screens", "metrics: type, help, series; Enter explores", ["g", "m"], [.function(4)]),
        bind(.targets, "Screens", "targets: health, errors, labels", ["g", "t"], [.function(5)]),
        bind(.page, "Screens", "the raw page of the target at hand", ["w"]),
        bind(.alerts, "Screens", "alerts", ["g", "a"], [.function(6)]),
        bind(.log, "Screens", "what the program said", ["g", "l"], [.function(7)]),
        bind(.search, "Screens", "search a list, panels; full screen: filter", ["/"]),
        bind(.scrollPageDown, "Scroll", "page down", [.pageDown]),
        bind(.scrollPageUp, "Scroll", "page up", [.pageUp]),
        bind(.scrollHalfDown, "Scroll", "half a page down", [.control("d")]),
        bind(.scrollHalfUp, "Scroll", "half a page up", [.control("u")]),
        bind(.scrollTop, "Scroll", "top", ["g", "g"], [.home]),
        bind(.scrollBottom, "Scroll", "bottom", ["G"], [.end]),
        bind(.help, "Program", "this help", ["?"], [.function(1)]),
        bind(.command, "Program", "command, such as range 6h or refresh 5s", [":"]),
        bind(.copy, "Program", "copy the query, or the line", ["y"]),
        bind(.copyValues, "Program", "copy the values, as lines with tabs", ["Y"]),
        bind(.mouse, "Program", "mouse: ours, or the terminal's to select text", ["d", "m"]),
        bind(.kiosk, "Program", "hide and show the top and bottom lines", ["d", "k"]),
        bind(.redraw, "Program", "draw the screen anew", [.control("l")]),
        bind(.suspend, "Program", "suspend; fg comes back", [.control("z")]),
        bind(.quit, "Program", "quit", ["q"], [.control("c")]),
    ]

    package enum Lookup: Hashable, Sendable {
        case action(Action)
        /// The keys so far start a chord.
        case prefix
        case nothing
    }

    package func look(up keys: [Key]) -> Lookup {
        if let action = actions[keys] { return .action(action) }
        return keys.count == 1 && actions.keys.contains { $0.count == 2 && $0[0] == keys[0] } ? .prefix : .nothing
    }

    /// What may follow a chord's first key: the second keys of each action and its help, in the order of the list.
    package func continuations(of first: Key) -> [(keys: String, help: String)] {
        bindings.compactMap { binding in
            let keys = binding.sequences.filter { $0.count == 2 && $0[0] == first }.map { Self.name(of: $0[1]) }
            // As much of the help as tells the keys apart: they stand in one line.
            let words = binding.help.prefix { !":;,".contains($0) }
            return keys.isEmpty ? nil : (keys.joined(separator: " "), String(words))
        }
    }

    package func binding(of action: Action) -> KeyBinding? { bindings.first { $0.action == action } }

    /// What a hint calls the action's key: the first of its keys; nil when it has none.
    package func hint(_ action: Action) -> String? {
        binding(of: action)?.sequences.first.map { Self.name(of: $0) }
    }

    /// Which of the action's keys these are, from 0 on: of those that mean the first series, the second, …
    package func place(of keys: [Key], in action: Action) -> Int? {
        binding(of: action)?.sequences.firstIndex(of: keys)
    }

    /// The key that begins the action's first chord.
    package func chordStart(of action: Action) -> String? {
        binding(of: action)?.sequences.first { $0.count == 2 }.map { Self.name(of: $0[0]) }
    }

    private static func bind(_ action: Action, _ group: String, _ help: String, _ sequences: [Key]...) -> KeyBinding {
        KeyBinding(action: action, sequences: sequences, help: help, group: group)
    }
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    public init(extendedGraphemeClusterLiteral character: Character) { self = .character(character) }
}

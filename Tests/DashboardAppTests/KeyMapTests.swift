// Keys by the reader's settings: what is read, what is refused, and what the screens call them then.

import Frames
import Testing

@testable import DashboardApp

@Suite("Key map")
struct KeyMapTests {
    @Test("actions are called by their words")
    func actionNames() {
        #expect(Action.zoomIn.name == "zoom-in")
        #expect(Action.utc.name == "utc")
        #expect(Action(named: "scroll-half-down") == .scrollHalfDown)
        #expect(Action(named: "zoomIn") == nil)
        for action in Action.allCases { #expect(Action(named: action.name) == action) }
    }

    @Test(
        "keys are read as people write them",
        arguments: [
            ("a", Key.character("a")), ("A", "A"), ("Shift-a", "A"), ("-", "-"), ("é", "é"), ("Space", " "),
            ("^R", .control("r")), ("Ctrl-r", .control("r")), ("C-R", .control("r")), ("Ctrl-Space", .control(" ")),
            ("^I", .tab), ("^M", .enter), ("^[", .escape), ("Alt-x", .alt("x")), ("M-X", .alt("X")),
            ("enter", .enter), ("PageDown", .pageDown), ("PgDn", .pageDown), ("Shift-Tab", .backTab),
            ("F12", .function(12)),
            ("Shift-Left", .shiftLeft), ("Shift-←", .shiftLeft), ("↑", .up), ("Del", .delete),
        ])
    func keyNames(text: String, key: Key) { #expect(Key(named: text) == key) }

    @Test(
        "what is no key is none",
        arguments: ["", " ", "ab", "F13", "F0", "Ctrl-", "Ctrl-ab", "^", "Alt-\u{1b}", "\u{7}"])
    func noKeys(text: String) { #expect(Key(named: text) == (text == "^" ? .character("^") : nil)) }

    @Test("the names that are shown are read back")
    func namesReadBack() {
        for sequence in KeyMap.standard.bindings.flatMap(\.sequences) {
            for key in sequence {
                #expect(Key(named: KeyMap.name(of: key)) == key, "\(KeyMap.name(of: key))")
            }
        }
    }

    @Test("an action has the keys of the settings and no others; the rest stays")
    func changes() throws {
        let keys = try KeyMap.standard.changed(by: [
            KeyChange("zoom-in", ["z", "t i"]), KeyChange("kiosk", []), KeyChange("quit", ["Q"]),
            KeyChange("series", ["F8", "F9"]),
        ])
        #expect(keys.look(up: ["z"]) == .action(.zoomIn))
        #expect(keys.look(up: ["t", "i"]) == .action(.zoomIn))
        #expect(keys.look(up: ["+"]) == .nothing)
        #expect(keys.look(up: ["-"]) == .action(.zoomOut))
        #expect(keys.look(up: ["d", "k"]) == .nothing)
        #expect(keys.look(up: ["q"]) == .nothing)
        #expect(keys.look(up: ["Q"]) == .action(.quit))
        #expect(keys.look(up: [.control("c")]) == .action(.quit))
        #expect(keys.look(up: ["1"]) == .nothing)
        #expect(keys.place(of: [.function(9)], in: .series) == 1)
        #expect(keys.hint(.kiosk) == nil)
        #expect(keys.hint(.zoomIn) == "z")
        #expect(keys.binding(of: .series)?.keysText == "F8  F9")
    }

    @Test("two actions exchange their keys")
    func exchange() throws {
        let keys = try KeyMap.standard.changed(by: [KeyChange("zoom-in", ["-"]), KeyChange("zoom-out", ["+"])])
        #expect(keys.look(up: ["-"]) == .action(.zoomIn))
        #expect(keys.look(up: ["+"]) == .action(.zoomOut))
        #expect(keys.look(up: ["="]) == .nothing)
    }

    @Test(
        "what is wrong is said with a way out",
        arguments: [
            (
                [KeyChange("zoom-inn", ["z"])], nil, "unknown action `zoom-inn`", "did you mean `zoom-in`?"
            ),
            (
                [KeyChange("xyzzy", ["z"])], nil, "unknown action `xyzzy`", "`ferula --default-settings` lists them"
            ),
            (
                [KeyChange("zoom-in", ["z", "Entr"])], 1, "unknown key `Entr`", "did you mean `enter`?"
            ),
            (
                [KeyChange("zoom-in", ["zz"])], 0, "unknown key `zz`",
                "keys are a, A, +, Space, Enter, PgDn, F5, ^R, Alt-x, Shift-Left; a chord is `g d`"
            ),
            ([KeyChange("zoom-in", [" "])], 0, "a key is wanted, found nothing", "the blank is `Space`"),
            ([KeyChange("zoom-in", ["g g g"])], 0, "`g g g` has 3 keys, at most 2 make a chord", nil),
            (
                [KeyChange("zoom-in", ["x"])], 0, "key `x` is that of crosshair",
                "give crosshair other keys, or none: `crosshair: none`"
            ),
            (
                [KeyChange("zoom-in", ["z"]), KeyChange("zoom-out", ["z"])], 0, "key `z` is that of zoom-in",
                "give zoom-in other keys, or none: `zoom-in: none`"
            ),
            ([KeyChange("zoom-in", ["z", "z"])], 1, "key `z` stands twice", nil),
            (
                [KeyChange("zoom-in", ["x y"])], 0, "`x y`: `x` alone is that of crosshair",
                "give crosshair other keys, or none: `crosshair: none`"
            ),
            ([KeyChange("zoom-in", ["^C"])], 0, "`^C` always quits", nil),
            ([KeyChange("quit", ["^Z"])], 0, "`^Z` always suspends", nil),
            ([KeyChange("zoom-in", ["z"]), KeyChange("zoom-in", ["Z"])], nil, "action `zoom-in` stands twice", nil),
        ] as [([KeyChange], Int?, String, String?)])
    func refusals(changes: [KeyChange], key: Int?, message: String, hint: String?) {
        #expect(
            throws: KeyMapFailure(change: changes.count - 1, key: key, message: message, hint: hint)
        ) { try KeyMap.standard.changed(by: changes) }
    }

    @Test("a key that begins chords is refused with the actions that would lose them")
    func chordStart() throws {
        let failure = #expect(throws: KeyMapFailure.self) {
            try KeyMap.standard.changed(by: [KeyChange("zoom-in", ["p"])])
        }
        #expect(failure?.message == "key `p` begins `p l` of legends")
        #expect(failure?.hint == "give legends other keys, or none: `legends: none`")
        let keys = try KeyMap.standard.changed(by: [KeyChange("zoom-in", ["p"]), KeyChange("legends", ["L"])])
        #expect(keys.look(up: ["p"]) == .action(.zoomIn))
    }

    @Test("an action has at most twenty keys, the series nine")
    func limits() throws {
        let letters = "abcdefghijklmnopqrstu".map { "Alt-\($0)" }
        let keys = try KeyMap.standard.changed(by: [KeyChange("kiosk", Array(letters.prefix(20)))])
        #expect(keys.look(up: [.alt("t")]) == .action(.kiosk))
        #expect(throws: KeyMapFailure(change: 0, key: 20, message: "kiosk: more than 20 keys")) {
            try KeyMap.standard.changed(by: [KeyChange("kiosk", letters)])
        }
        _ = try KeyMap.standard.changed(by: [KeyChange("series", Array(letters.prefix(9)))])
        #expect(
            throws: KeyMapFailure(
                change: 0, key: 9, message: "series: more than 9 keys", hint: "one for each of the first nine series")
        ) { try KeyMap.standard.changed(by: [KeyChange("series", Array(letters.prefix(10)))]) }
    }

    @Test("help, line of keys and hints show the keys as they are mapped")
    func shown() throws {
        var state = Scene.started(width: 120, height: 40)
        state.keys = try KeyMap.standard.changed(by: [
            KeyChange("pause", ["P"]), KeyChange("command", []), KeyChange("help", ["F1", "H"]),
            KeyChange("utc", ["t w"]), KeyChange("quit", ["Q"]),
        ])
        let line = render(state).plainText.split(separator: "\n").last.map(String.init) ?? ""
        #expect(line.contains("F1 help") && line.contains("P pause") && line.hasSuffix("Q quit"))
        #expect(!line.contains("command"))
        press(&state, "t")
        #expect(render(state).plainText.contains("w local time or UTC"))
        press(&state, "u")
        #expect(state.message?.text == "t u means nothing here; F1 lists the keys")
        press(&state, "H")
        let help = render(state).plainText
        #expect(help.contains("P ") && help.contains("pause and go on"))
        #expect(!help.contains("command, such as range 6h"))
        press(&state, "Q")
        #expect(!state.isHelpOpen)
    }

    @Test("keys of series mean them in their order")
    func series() throws {
        var state = Scene.started()
        state.keys = try KeyMap.standard.changed(by: [
            KeyChange("series", ["F8", "F9"]), KeyChange("only-series", ["Alt-y"]),
        ])
        state.focus = 3
        press(&state, "1")
        #expect(state.hiddenSeries.isEmpty)
        press(&state, .function(8))
        #expect(state.hiddenSeries.keys.sorted() == [3])
    }
}

// What keys are called: on the screen, and in the settings of a reader who maps them anew.
// Used by KeyMap for what is shown and by KeyChanges for what is read.

import Frames

extension KeyMap {
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
}

extension Action {
    /// In settings: `zoom-in`.
    package var name: String {
        rawValue.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }

    package init?(named name: String) {
        guard let action = Action.allCases.first(where: { $0.name == name }) else { return nil }
        self = action
    }
}

extension Key {
    /// As `KeyMap.name(of:)` prints it, and as people write it: `^R`, `Ctrl-r`, `C-r`; `Alt-x`, `M-x`; `PgDn`, `PageDown`.
    /// Names may be in any case; a letter alone is itself. What terminals cannot tell apart is the same key: `^I`, `Tab`.
    package init?(named name: String) {
        if let key = Self.named[name.lowercased()] {
            self = key
            return
        }
        if name.count == 1, let character = name.first {
            guard !character.isControl, character != " " else { return nil }
            self = .character(character)
            return
        }
        if name.hasPrefix("^"), name.count == 2, let character = name.last {
            guard let key = Self.control(with: character) else { return nil }
            self = key
            return
        }
        guard let dash = name.firstIndex(of: "-") else { return nil }
        let rest = name[name.index(after: dash)...]
        let isOne = rest.count == 1 && rest.first?.isControl == false
        switch name[..<dash].lowercased() {
        case "ctrl", "control", "c":
            let key = rest.lowercased() == "space" ? .control(" ") : isOne ? rest.first.flatMap(Self.control) : nil
            guard let key else { return nil }
            self = key
        case "alt", "meta", "m", "a":
            guard isOne, let character = rest.first else { return nil }
            self = .alt(character)
        case "shift", "s":
            guard isOne, let character = rest.uppercased().first, character.isLetter else { return nil }
            self = .character(character)
        default: return nil
        }
    }

    /// Of the named keys, for the hint of one that is not known.
    static var names: [String] { named.keys.sorted() }

    private static func control(with character: Character) -> Key? {
        switch character.lowercased() {
        case "i": .tab
        case "m", "j": .enter
        case "h", "?": .backspace
        case "[": .escape
        case "@": .control(" ")
        case let text where text.count == 1 && text >= "a" && text <= "z": text.first.map { .control($0) }
        case "\\", "]", "^", "_": .control(character)
        default: nil
        }
    }

    private static let named: [String: Key] = {
        var keys: [String: Key] = [
            "space": " ", "enter": .enter, "return": .enter, "esc": .escape, "escape": .escape, "tab": .tab,
            "shift-tab": .backTab, "backtab": .backTab, "backspace": .backspace, "del": .delete, "delete": .delete,
            "ins": .insert, "insert": .insert, "up": .up, "down": .down, "left": .left, "right": .right,
            "shift-up": .shiftUp, "shift-down": .shiftDown, "shift-left": .shiftLeft, "shift-right": .shiftRight,
            "home": .home, "end": .end, "pgup": .pageUp, "pageup": .pageUp, "pgdn": .pageDown, "pagedown": .pageDown,
            "↑": .up, "↓": .down, "←": .left, "→": .right, "shift-↑": .shiftUp, "shift-↓": .shiftDown,
            "shift-←": .shiftLeft, "shift-→": .shiftRight,
        ]
        for number in 1...12 { keys["f\(number)"] = .function(number) }
        return keys
    }()
}

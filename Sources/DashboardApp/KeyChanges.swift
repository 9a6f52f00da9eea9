// A key map by the reader's settings: names of actions and keys, and what is wrong with them.
// Comes after the settings' file is read, which knows the places; pure.

import Frames
import PromQLSyntax

/// `zoom-in: [+, t +]`: these keys and no others.
package struct KeyChange: Hashable, Sendable {
    package var action: String
    /// Each one or two keys with a space between; none: the action has no key.
    package var keys: [String]

    package init(_ action: String, _ keys: [String]) {
        self.action = action
        self.keys = keys
    }
}

package struct KeyMapFailure: Error, Hashable, Sendable {
    /// Which change, and which of its keys; nil: its action's name.
    package var change: Int
    package var key: Int?
    package var message: String
    package var hint: String?
}

extension KeyMap {
    /// Keys of one action.
    package static let keysMax = 20

    /// The map with these actions on other keys. What is not named keeps its keys; a key that two actions would have is
    /// refused, and so is one that begins a chord of another. `^C` quits and `^Z` suspends whatever is changed.
    package func changed(by changes: [KeyChange]) throws(KeyMapFailure) -> KeyMap {
        var changer = KeyChanger(bindings)
        for (index, change) in changes.enumerated() { try changer.read(change, at: index) }
        return KeyMap(try changer.bindings())
    }
}

private struct KeyChanger {
    /// Where a sequence comes from.
    private struct Place {
        var change: Int
        var key: Int
    }
    private let before: [KeyBinding]
    private var changed: [Action: [(keys: [Key], place: Place)]] = [:]
    private static let fixed: [Key: Action] = [.control("c"): .quit, .control("z"): .suspend]

    init(_ bindings: [KeyBinding]) { before = bindings }

    mutating func read(_ change: KeyChange, at index: Int) throws(KeyMapFailure) {
        guard let action = Action(named: change.action) else {
            let near = NearestName.of(change.action, among: Action.allCases.map(\.name))
            throw KeyMapFailure(
                change: index, message: "unknown action `\(change.action)`",
                hint: near.map { "did you mean `\($0)`?" } ?? "`ferula --default-settings` lists them")
        }
        guard changed[action] == nil else {
            throw KeyMapFailure(change: index, message: "action `\(change.action)` stands twice")
        }
        let isSeries = action == .series || action == .onlySeries
        let keysMax = isSeries ? 9 : KeyMap.keysMax
        guard change.keys.count <= keysMax else {
            throw KeyMapFailure(
                change: index, key: keysMax, message: "\(change.action): more than \(keysMax) keys",
                hint: isSeries ? "one for each of the first nine series" : nil)
        }
        changed[action] = []
        for (place, text) in change.keys.enumerated() {
            let sequence: [Key]
            do throws(KeyMapFailure) { sequence = try Self.sequence(text) } catch {
                throw KeyMapFailure(change: index, key: place, message: error.message, hint: error.hint)
            }
            for key in sequence {
                if let owner = Self.fixed[key], owner != action || sequence.count > 1 {
                    let meaning = owner == .quit ? "quits" : "suspends"
                    throw KeyMapFailure(
                        change: index, key: place, message: "`\(KeyMap.name(of: key))` always \(meaning)")
                }
            }
            changed[action, default: []].append((sequence, Place(change: index, key: place)))
        }
    }

    private static func sequence(_ text: String) throws(KeyMapFailure) -> [Key] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else {
            throw KeyMapFailure(change: 0, message: "a key is wanted, found nothing", hint: "the blank is `Space`")
        }
        guard words.count <= 2 else {
            throw KeyMapFailure(change: 0, message: "`\(text)` has \(words.count) keys, at most 2 make a chord")
        }
        var keys: [Key] = []
        for word in words {
            guard let key = Key(named: word) else {
                let near = NearestName.of(word, among: Key.names)
                throw KeyMapFailure(
                    change: 0, message: "unknown key `\(word)`",
                    hint: near.map { "did you mean `\($0)`?" }
                        ?? "keys are a, A, +, Space, Enter, PgDn, F5, ^R, Alt-x, Shift-Left; a chord is `g d`")
            }
            keys.append(key)
        }
        return keys
    }

    func bindings() throws(KeyMapFailure) -> [KeyBinding] {
        try check()
        return before.map { binding in
            guard let sequences = changed[binding.action]?.map(\.keys) else { return binding }
            var binding = binding
            // What always works is in the help all the same.
            let kept = binding.sequences.filter { $0.count == 1 && Self.fixed[$0[0]] == binding.action }
            binding.sequences = sequences + kept.filter { !sequences.contains($0) }
            binding.keys = nil
            return binding
        }
    }

    /// That no two actions have the same key, and no key alone begins a chord.
    private func check() throws(KeyMapFailure) {
        var owners: [[Key]: Action] = [:]
        for binding in before where changed[binding.action] == nil {
            for sequence in binding.sequences { owners[sequence] = binding.action }
        }
        let all = changed.flatMap { action, sequences in sequences.map { (action, $0.keys, $0.place) } }
            .sorted { ($0.2.change, $0.2.key) < ($1.2.change, $1.2.key) }
        for (action, sequence, place) in all {
            if let owner = owners[sequence] {
                let name = KeyMap.name(of: sequence)
                throw failure(
                    at: place,
                    owner == action ? "key `\(name)` stands twice" : "key `\(name)` is that of \(owner.name)",
                    owner == action ? nil : Self.way(out: [owner]))
            }
            owners[sequence] = action
        }
        for (_, sequence, place) in all {
            if sequence.count == 2, let owner = owners[[sequence[0]]] {
                throw failure(
                    at: place,
                    "`\(KeyMap.name(of: sequence))`: `\(KeyMap.name(of: sequence[0]))` alone is that of \(owner.name)",
                    Self.way(out: [owner]))
            }
            guard sequence.count == 1 else { continue }
            let chords = before.flatMap { binding in
                (changed[binding.action]?.map(\.keys) ?? binding.sequences).filter {
                    $0.count == 2 && $0[0] == sequence[0]
                }.map { (binding.action, KeyMap.name(of: $0)) }
            }
            guard let first = chords.first else { continue }
            let more = chords.count > 1 ? " and \(chords.count - 1) more" : ""
            var owners: [Action] = []
            for (action, _) in chords where !owners.contains(action) { owners.append(action) }
            throw failure(
                at: place, "key `\(KeyMap.name(of: sequence))` begins `\(first.1)` of \(first.0.name)\(more)",
                Self.way(out: owners))
        }
    }

    private static func way(out actions: [Action]) -> String {
        let names = actions.prefix(6).map(\.name)
        let list = names.joined(separator: ", ") + (actions.count > names.count ? ", …" : "")
        return "give \(list) other keys, or none: `\(actions[0].name): none`"
    }

    private func failure(at place: Place, _ message: String, _ hint: String?) -> KeyMapFailure {
        KeyMapFailure(change: place.change, key: place.key, message: message, hint: hint)
    }
}

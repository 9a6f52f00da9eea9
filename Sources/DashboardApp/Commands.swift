// The words that may follow `:`, what each does, and the palette that proposes them as one types.
// Keys come from update's prompt; render draws the list over the screen's last rows.

import Dashboards
import Frames
import MetricModel
import PromQLSyntax

/// A command as the palette shows it.
struct CommandWord: Sendable {
    var name: String
    /// What follows the name; empty: nothing.
    var arguments = ""
    var help: String
    /// What may follow the name, as far as it can be listed.
    var values: @Sendable (AppState) -> [String] = { _ in [] }
}

/// One line of the palette.
struct PaletteEntry: Hashable, Sendable {
    enum Choice: Hashable, Sendable {
        /// The text of the prompt from now on.
        case text(String)
        /// The prompt's text, to be carried out.
        case run(String)
        case action(Action)
    }
    var choice: Choice
    var text: String
    var help: String
}

extension AppState {
    static let commands: [CommandWord] = [
        CommandWord(
            name: "range", arguments: "LENGTH, or FROM to UNTIL", help: "the time to show, such as 6h",
            values: { _ in ["5m", "15m", "1h", "3h", "6h", "12h", "24h", "7d"] }),
        CommandWord(
            name: "refresh", arguments: "LENGTH or off", help: "how often to ask; alone: ask now",
            values: { _ in ["1s", "5s", "15s", "1m", "off"] }),
        CommandWord(
            name: "compare", arguments: "LENGTH or off", help: "lay the graphs of an earlier time under these",
            values: { _ in ["1h", "1d", "1w", "off"] }),
        CommandWord(
            name: "filter", arguments: "PATTERN", help: "series or rows of the panel at hand; alone: all again"),
        CommandWord(
            name: "mark", arguments: "TEXT", help: "mark now, or the crosshair's moment, on every graph"),
        CommandWord(name: "live", help: "back to now"),
        CommandWord(name: "pause", help: "stop at this moment"),
        CommandWord(name: "utc", help: "times in UTC"),
        CommandWord(name: "local", help: "times in the local zone"),
        CommandWord(name: "explore", arguments: "QUERY", help: "ask a query"),
        CommandWord(name: "auto", help: "a dashboard made of the metrics there are, or that one anew"),
        CommandWord(
            name: "write", arguments: "FILE", help: "save the dashboard: .yml or .json; write! replaces a file"),
        CommandWord(
            name: "theme", arguments: "NAME", help: "colours", values: { $0.themes.map(\.name) }),
        CommandWord(
            name: "graph", arguments: "braille, block, ascii or auto", help: "what graphs are drawn with",
            values: { _ in GraphInk.allCases.map(\.rawValue) + ["auto"] }),
        CommandWord(
            name: "mouse", arguments: "on or off", help: "off: the terminal selects text",
            values: { _ in ["on", "off"] }),
        CommandWord(name: "help", help: "the keys"),
        CommandWord(name: "quit", help: "end the program"),
    ]
    private static let refreshLeast = Milliseconds(100)
    static let paletteMost = 200

    // MARK: The palette

    /// What the text of the prompt may become: commands that begin with it, values of the command that stands there,
    /// then everything a key does whose description has the words.
    var palette: [PaletteEntry] {
        guard let prompt, prompt.kind == .command else { return [] }
        let text = prompt.text.drop { $0 == " " }
        if let space = text.firstIndex(of: " "),
            let command = Self.commands.first(where: { $0.name == text[..<space] })
        {
            let typed = text[space...].drop { $0 == " " }.lowercased()
            return command.values(self).filter { $0.lowercased().hasPrefix(typed) && $0.lowercased() != typed }
                .prefix(Self.paletteMost).map { value in
                    PaletteEntry(choice: .run("\(command.name) \(value)"), text: "\(command.name) \(value)", help: "")
                }
        }
        let typed = text.lowercased()
        let words = typed.split(separator: " ")
        // Each word must begin a word: what only lies within one is seldom meant.
        func matches(_ help: String) -> Bool {
            let parts = help.lowercased().split { !$0.isLetter && !$0.isNumber }
            return words.allSatisfy { word in parts.contains { $0.hasPrefix(word) } }
        }
        let beginning = Self.commands.filter { $0.name.hasPrefix(typed) }
        let related = Self.commands.filter { !$0.name.hasPrefix(typed) && matches($0.name + " " + $0.help) }
        let commands = (beginning + related).map { command in
            PaletteEntry(
                choice: command.arguments.isEmpty ? .run(command.name) : .text(command.name + " "),
                text: command.name + (command.arguments.isEmpty ? "" : " " + command.arguments), help: command.help)
        }
        let actions = keys.bindings.filter { binding in
            binding.isOffered && !words.isEmpty && matches(binding.help)
        }.map { binding in
            PaletteEntry(
                choice: .action(binding.action), text: binding.help,
                help: binding.keys ?? binding.sequences.map { KeyMap.name(of: $0) }.joined(separator: ", "))
        }
        return Array((commands + actions).prefix(Self.paletteMost))
    }

    /// Keys of the palette. Nil: the key is the prompt's.
    mutating func takePaletteKey(_ key: Key) -> [Effect]? {
        guard let prompt, prompt.kind == .command else { return nil }
        let entries = palette
        switch key {
        case .down, .control("n"):
            guard !entries.isEmpty else { return [] }
            self.prompt?.chosen = min((prompt.chosen ?? -1) + 1, entries.count - 1)
        case .up, .control("p"): self.prompt?.chosen = prompt.chosen.flatMap { $0 > 0 ? $0 - 1 : nil }
        case .tab:
            guard let entry = entries.first(at: prompt.chosen ?? 0) else { return [] }
            switch entry.choice {
            case .text(let text), .run(let text): self.prompt = Prompt(text: text)
            case .action: return take(entry)
            }
        case .enter:
            guard let chosen = prompt.chosen, let entry = entries.first(at: chosen) else { return nil }
            return take(entry)
        default: return nil
        }
        return []
    }

    private mutating func take(_ entry: PaletteEntry) -> [Effect] {
        switch entry.choice {
        case .text(let text):
            prompt = Prompt(text: text)
            return []
        case .run(let text):
            prompt = nil
            return run(command: text)
        case .action(let action):
            prompt = nil
            return perform(action)
        }
    }

    func drawPalette(into frame: inout Frame) {
        let entries = palette
        let rows = min(entries.count, max(1, body.height / 2), body.height - 2)
        guard rows >= 1, size.width >= 20, let chosen = prompt.map({ $0.chosen ?? -1 }) else { return }
        let first = max(0, min(chosen - rows / 2, entries.count - rows))
        let shown = entries.dropFirst(first).prefix(rows)
        let textWidth = min(shown.map { TextWidth.cells(of: $0.text) }.max() ?? 0, size.width - 6)
        let helpWidth = shown.map { TextWidth.cells(of: $0.help) }.max() ?? 0
        let width = min(size.width, textWidth + (helpWidth > 0 ? helpWidth + 3 : 0) + 4)
        let box = Rect(x: 0, y: size.height - 1 - rows - 2, width: width, height: rows + 2)
        frame.fill(box, with: Cell())
        frame.drawBox(box, style: chrome.border)
        for (row, entry) in shown.enumerated() {
            let y = box.y + 1 + row
            let isChosen = first + row == chosen
            frame.put(
                StyledText(entry.text, isChosen ? chrome.bold : chrome.plain), x: box.x + 2, y: y,
                limit: min(box.x + 2 + textWidth, box.maxX - 1))
            frame.put(
                StyledText(entry.help, chrome.dim), x: box.x + 2 + textWidth + 3, y: y, limit: box.maxX - 1)
            if isChosen {
                frame.restyle(Rect(x: box.x + 1, y: y, width: box.width - 2, height: 1)) {
                    $0.attributes.formUnion(.reverse)
                }
            }
        }
        if entries.count > rows {
            let count = StyledText(" \(entries.count) ", chrome.dim)
            frame.put(count, x: max(box.x, box.maxX - count.width - 2), y: box.maxY - 1)
        }
    }

    // MARK: Carrying out

    private static func onlyCommand(beginningLike name: String) -> String? {
        let alike = commands.filter { $0.name.hasPrefix(name.prefix(1)) }
        return alike.count == 1 ? alike.first?.name : nil
    }

    mutating func run(command line: String) -> [Effect] {
        let words = line.split(separator: " ")
        guard let name = words.first.map(String.init) else { return [] }
        let rest = words.dropFirst().joined(separator: " ")
        switch name {
        case "q", "quit", "q!", "qa", "wq", "exit": return [.quit]
        case "h", "help": return perform(.help)
        case "live": time.goLive()
        case "pause": if time.isLive { time.togglePause(now: now) }
        case "refresh": setRefresh(rest)
        case "compare": compare(rest)
        case "filter": filter(command: rest)
        case "mark": mark(command: rest)
        case "utc", "local": if (name == "utc") != (utcOffset == .zero && isInUTC) { toggleUTC() }
        case "auto": return makeAutomatic()
        case "w", "write": return write(to: rest, replaces: false)
        case "w!", "write!": return write(to: rest, replaces: true)
        case "theme": setTheme(rest)
        case "graph": setGraph(rest)
        case "mouse": return setMouse(rest)
        case "range": if rest.isEmpty { openRanges() } else { setRange(rest) }
        case "explore":
            if rest.isEmpty { openExplore() } else { explore(rest) }
        default:
            let names = Self.commands.map(\.name)
            let near =
                names.first { $0.hasPrefix(name) } ?? NearestName.of(name, among: names)
                ?? Self.onlyCommand(beginningLike: name)
            let hint = near.map { "did you mean `:\($0)`?" } ?? ":help lists the keys"
            message = Message(text: "unknown command `\(name)`; \(hint)", isError: true)
        }
        return []
    }

    private mutating func setRefresh(_ text: String) {
        if text.isEmpty {
            revision += 1
        } else if text == "off" {
            refresh = nil
            isRefreshOff = true
        } else if let interval = Milliseconds(parsing: text), interval >= Self.refreshLeast {
            refresh = interval
            refreshGiven = interval
            isRefreshOff = false
        } else {
            message = Message(text: ":refresh wants a length from 100ms on, such as 5s, or off", isError: true)
        }
    }
}

extension KeyBinding {
    /// Moving about is what keys are for; by name it would be of no use.
    fileprivate var isOffered: Bool {
        switch action {
        case .focusNext, .focusPrevious, .focusUp, .focusDown, .focusLeft, .focusRight, .open, .back, .series,
            .onlySeries, .command, .scrollPageUp, .scrollPageDown, .scrollHalfUp, .scrollHalfDown, .scrollTop,
            .scrollBottom:
            false
        default: true
        }
    }
}

extension Array {
    fileprivate func first(at index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

// The palette behind `:`: what it proposes for a text, what Tab and Enter make of it, how it looks.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import DashboardApp

@Suite("palette")
struct PaletteTests {
    private static func opened(_ text: String = "", width: Int = 100, height: Int = 30) -> AppState {
        var state = Scene.started(width: width, height: height)
        press(&state, ":")
        for character in text { press(&state, .character(character)) }
        return state
    }

    @Test("all commands without a text; the beginning of a name first, then what the help says")
    func proposals() {
        var all = Self.opened()
        #expect(all.palette.map(\.text) == AppState.commands.map { ($0.name + " " + $0.arguments).trimmed })
        press(&all, .escape)
        #expect(all.palette.isEmpty)
        #expect(Self.opened("re").palette.first?.text == "refresh LENGTH or off")
        let legend = Self.opened("legend").palette
        #expect(legend.map(\.text) == ["legends on and off"])
        #expect(legend.first?.help == "L, p l, d l")
        #expect(Self.opened("nothing like it").palette.isEmpty)
    }

    @Test("Tab takes the first; values follow; a chosen one is carried out by Enter")
    func takes() {
        var state = Self.opened("ran")
        press(&state, .tab)
        #expect(state.prompt?.text == "range ")
        #expect(state.palette.first?.text == "range 5m")
        press(&state, "3")
        #expect(state.palette.map(\.text) == ["range 3h"])
        press(&state, .down, .enter)
        #expect(state.prompt == nil && state.time.length == .hours(3))
    }

    @Test("what a key does can be found and done by its description")
    func actions() {
        var state = Self.opened("what the program")
        press(&state, .down, .enter)
        #expect(state.screen == .log && state.prompt == nil)
    }

    @Test("typing goes on from the text, not from what was chosen; the ends of the list hold")
    func choice() {
        var state = Self.opened("")
        for _ in 0..<100 { press(&state, .down) }
        #expect(state.prompt?.chosen == AppState.commands.count - 1)
        for _ in 0..<100 { press(&state, .up) }
        #expect(state.prompt?.chosen == nil)
        press(&state, .down, "p")
        #expect(state.prompt?.chosen == nil && state.prompt?.text == "p")
        press(&state, .enter)
        #expect(state.message?.text == "unknown command `p`; did you mean `:pause`?")
    }

    @Test("`:explore QUERY` asks it")
    func explores() {
        var state = Scene.started()
        let effects = state.run(command: "explore sum(up)")
        #expect(effects.isEmpty && state.screen == .explore && state.explore.asked == "sum(up)")
        #expect(update(&state, .tick(moment, utcOffset: .zero)).asked.contains(ExploreState.graphID))
    }

    @Test("it stands above the line that is typed, and within the screen at any size")
    func picture() {
        let rows = render(Self.opened("ref", width: 80, height: 24)).plainText.split(separator: "\n")
        #expect(rows.last?.hasPrefix(":ref▏") == true)
        #expect(rows.dropLast().last?.hasPrefix("╰──") == true)
        let first = rows.dropLast(2).last { $0.hasPrefix("│ refresh") }
        #expect(first?.hasPrefix("│ refresh LENGTH or off   how often to ask; alone: ask now │") == true, "\(rows)")
        for (width, height) in [(1, 1), (5, 3), (20, 4), (40, 12)] {
            let frame = render(Self.opened("", width: width, height: height))
            #expect(frame.size == Size(width: width, height: height))
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

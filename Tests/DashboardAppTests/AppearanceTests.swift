// The look by command, the mouse given back, and what is copied.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying
import Testing

@testable import DashboardApp

@Suite("Appearance and copying")
struct AppearanceTests {
    @discardableResult
    private func run(_ state: inout AppState, _ command: String) -> [Effect] {
        press(&state, ":")
        for character in command { press(&state, .character(character)) }
        return press(&state, .enter)
    }

    @Test(":theme changes the colours at once, and an unknown one is refused with a hint")
    func themes() {
        var state = Scene.started()
        run(&state, "theme colour-blind")
        #expect(state.theme == .colorBlind)
        run(&state, "theme color-blind")
        #expect(state.theme == .colorBlind && state.message == nil)
        run(&state, "theme ligth")
        #expect(state.message?.text == "unknown theme `ligth`; did you mean `light`?")
        run(&state, "theme xyzzy")
        #expect(
            state.message?.text
                == "unknown theme `xyzzy`; themes are default, dark, light, high-contrast, colour-blind, mono")
        #expect(state.theme == .colorBlind)
        state.capabilities.colors = .none
        run(&state, "theme dark")
        #expect(state.theme == .mono)
    }

    @Test("the palette proposes the themes, the reader's own among them")
    func proposals() {
        var state = Scene.started()
        var appearance = Appearance()
        appearance.themes.append(NamedTheme(name: "nord", theme: .dark))
        state.take(appearance)
        press(&state, ":")
        for character in "theme " { press(&state, .character(character)) }
        #expect(
            state.palette.map(\.text) == [
                "theme default", "theme dark", "theme light", "theme high-contrast", "theme colour-blind", "theme mono",
                "theme nord",
            ])
    }

    @Test("mono has no colour anywhere; high contrast leaves no cell to the terminal")
    func colorless() {
        var state = Scene.started()
        run(&state, "theme mono")
        #expect(render(state).cells.allSatisfy { $0.style.foreground == .terminal && $0.style.background == .terminal })
        run(&state, "theme high-contrast")
        #expect(render(state).cells.allSatisfy { $0.style.foreground != .terminal && $0.style.background != .terminal })
        run(&state, "theme default")
        #expect(render(state).cells.contains { $0.style.background == .terminal })
    }

    @Test("settings of the look are taken at the start")
    func settings() throws {
        var state = Scene.started()
        var appearance = Appearance()
        appearance.theme = "light"
        appearance.graph = .ascii
        appearance.isMouseOn = false
        appearance.isInUTC = true
        appearance.keys = try KeyMap.standard.changed(by: [KeyChange("pause", ["P"])])
        state.take(appearance)
        #expect(state.theme == .light && state.graph == .ascii && !state.isMouseOn && state.isInUTC)
        press(&state, "P")
        #expect(!state.time.isLive)
    }

    @Test(":graph draws lines without braille")
    func graph() {
        func hasBraille(_ state: AppState) -> Bool {
            render(state).plainText.unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) }
        }
        var state = Scene.started()
        #expect(hasBraille(state))
        for ink in ["block", "ascii"] {
            run(&state, "graph \(ink)")
            #expect(!hasBraille(state))
        }
        run(&state, "graph auto")
        #expect(hasBraille(state))
        run(&state, "graph dots")
        #expect(state.message?.text == ":graph wants braille, block, ascii or auto")
    }

    @Test("the mouse is given to the terminal and taken back")
    func mouse() {
        var state = Scene.started()
        var told: [Bool] = []
        func take(_ effects: [Effect]) {
            for case .setMouse(let isOn) in effects { told.append(isOn) }
        }
        take(press(&state, "d", "m"))
        #expect(state.message?.text == "the mouse is the terminal's: it selects text; d m takes it back")
        take(press(&state, "d", "m"))
        #expect(state.message?.text == "the mouse moves and chooses here")
        take(run(&state, "mouse off"))
        take(run(&state, "mouse on"))
        take(run(&state, "mouse away"))
        #expect(state.message?.text == ":mouse wants on or off")
        #expect(told == [false, true, false, true])
    }

    // MARK: Copying

    private func copied(_ effects: [Effect]) -> String? {
        for case .copy(let text) in effects { return text }
        return nil
    }

    @Test("y copies the query of the panel with the focus, Y its values")
    func panel() {
        var state = Scene.started()
        #expect(copied(press(&state, "y")) == "busy")
        #expect(state.message?.text == "copied the query of CPU busy, 4 characters")
        #expect(copied(press(&state, "Y"))?.contains("\t0.041666") == true)
        state.focus = 3
        #expect(copied(press(&state, "y"))?.hasPrefix("rate(cpu[") == true)
        let values = copied(press(&state, "Y")) ?? ""
        let lines = values.split(separator: "\n")
        #expect(lines.first?.hasPrefix("time\t") == true)
        #expect(lines.last?.hasPrefix("2026-01-31 21:") == true && lines.last?.contains("\t") == true)
        #expect(state.message?.text == "copied the values of CPU by mode, \(lines.count) lines")
        state.focus = nil
        #expect(copied(press(&state, "y")) == nil)
        #expect(state.message?.text == "there is nothing to copy here")
    }

    @Test("lists copy the line's most useful text, and all their lines")
    func lists() {
        var state = Scene.started()
        _ = update(
            &state,
            .targets([Scene.target("http://a", .up, scraped: moment), Scene.target("http://b", .down, scraped: moment)])
        )
        press(&state, "g", "t", "j")
        #expect(copied(press(&state, "y")) == "http://b")
        #expect(copied(press(&state, "Y"))?.split(separator: "\n").count == 2)
        #expect(state.message?.text == "copied the list, 2 lines")
    }

    @Test("a terminal is told of copies and of the mouse")
    func terminal() {
        let terminal = ScriptedTerminal(size: Size(width: 80, height: 24))
        let loop = SessionLoop(
            dashboard: Scene.dashboard, terminal: terminal, backend: ScriptedBackend(), status: ScriptedStatus(),
            now: { moment })
        loop.turn()
        terminal.append([.key("y"), .key("d"), .key("m")])
        loop.turn()
        #expect(terminal.copies == ["busy"])
        #expect(terminal.isMouseOn == false)
    }

    @Test("what could do something to a shell is not copied")
    func controls() {
        var dashboard = Scene.dashboard
        dashboard.panels[0].targets[0].expression = "a\u{1b}[31mb"
        var state = Scene.state(dashboard: dashboard)
        #expect(copied(press(&state, "y")) == "a[31mb")
    }
}

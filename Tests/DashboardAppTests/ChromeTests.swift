// The lines around the panels, word for word, wide and narrow.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Chrome")
struct ChromeTests {
    private func row(_ y: Int, of state: AppState) -> String {
        let lines = render(state).plainText.split(separator: "\n", omittingEmptySubsequences: false)
        return String(lines[y])
    }
    private func state(
        _ width: Int, up: Int = 3, down: Int = 0, unknown: Int = 0, prepare: (inout AppState) -> Void = { _ in }
    ) -> AppState {
        var state = Scene.started(width: width)
        state.utcOffset = .hours(9)
        let healths: [TargetStatus.Health] =
            Array(repeating: .up, count: up) + Array(repeating: .down, count: down)
            + Array(repeating: .unknown, count: unknown)
        _ = update(
            &state,
            .targets(healths.enumerated().map { Scene.target("http://\($0)", $1, scraped: moment) }))
        prepare(&state)
        return state
    }

    @Test(
        "the top line leaves out one thing after the other as the screen narrows",
        arguments: [
            (
                120,
                " ferula  Host                     now-15m → now   ↻ 5s   ● live                     3 of 3 targets up   06:40:05 +09:00"
            ),
            (80, " ferula  Host   now-15m → now   ↻ 5s   ● live                 3/3 up   06:40:05"),
            (60, " Host   now-15m → now   ↻ 5s   ● live     3/3 up   06:40:05"),
            (40, " Host 15m ● live        3/3 up 06:40:05"),
            (20, " Host 15m ● live"),
        ])
    func header(width: Int, line: String) {
        #expect(row(0, of: state(width)) == line)
    }

    @Test("over a server the top line names it, and says when it does not answer")
    func server() {
        func named(_ width: Int) -> AppState {
            var state = state(width, up: 0)
            state.take(SessionLoop.Source(name: "prometheus.example:9090", scrapeInterval: .seconds(15)))
            return state
        }
        #expect(
            row(0, of: named(120))
                == " ferula  Host                     now-15m → now   ↻ 5s   ● live             ⇄ prometheus.example:9090   06:40:05 +09:00"
        )
        #expect(row(0, of: named(60)) == " Host 15m ● live         ⇄ prometheus.example:9090 06:40:05")
        var gone = named(120)
        let questions = press(&gone, "r").questions
        for question in questions {
            let refused = QueryFailure(.unavailable, "http://prometheus.example:9090: connection refused")
            _ = update(
                &gone,
                .answered(
                    panel: question.panel, generation: question.generation,
                    answers: Dictionary(uniqueKeysWithValues: question.queries.map { ($0.refID, .failure(refused)) })))
        }
        #expect(
            row(0, of: gone)
                == " ferula  Host              now-15m → now   ↻ 5s   ○ no answer   ✗ prometheus.example:9090 unreachable   06:40:05 +09:00"
        )
    }

    @Test("history shows its two times, with their dates where they are of two days")
    func history() {
        var state = state(120)
        press(&state, "[")
        #expect(
            row(0, of: state)
                == " ferula  Host                     06:17:35 → 06:32:35   ↻ 5s   ◂ history            3 of 3 targets up   06:40:05 +09:00"
        )
        state.time = TimeView(length: .hours(12), anchor: .history(end: moment - .hours(6)))
        #expect(
            row(0, of: state)
                == " ferula  Host        2026-01-31 12:40:05 → 2026-02-01 00:40:05   ↻ 5s   ◂ history   3 of 3 targets up   06:40:05 +09:00"
        )
    }

    @Test("a target that is down is said at once, with a sign and in the colour of what is wrong")
    func down() {
        let state = state(120, up: 2, down: 1)
        #expect(row(0, of: state).hasSuffix("✗ 2 of 3 targets up   06:40:05 +09:00"))
        let frame = render(state)
        let sign = (0..<120).first { frame[$0, 0].text == "✗" } ?? 0
        #expect(frame[sign, 0].style == Style(foreground: state.theme.bad, attributes: .bold))
        #expect(row(0, of: self.state(120, up: 2, unknown: 1)).contains("… 2 of 3 targets up"))
    }

    @Test("a pause and a full screen change the top line and the keys below")
    func pause() {
        var state = state(120)
        press(&state, " ", .enter)
        #expect(row(0, of: state).hasPrefix(" ferula  Host ▸ CPU busy          06:25:05 → 06:40:05   ↻ 5s   ‖ paused "))
        #expect(
            row(39, of: state)
                == " ? help  . live  Esc back  Tab next panel  + - zoom  [ ] pan  r refresh  : command                               q quit"
        )
    }

    @Test(
        "the bottom line keeps the way out and leaves out what does not fit",
        arguments: [
            (
                120,
                " ? help  Tab focus  Enter full screen  + - zoom  [ ] pan  Space pause  r refresh  : command                      q quit"
            ),
            (40, " ? help  Tab focus               q quit"),
            (20, " ? help      q quit"),
        ])
    func footer(width: Int, line: String) {
        #expect(row(39, of: state(width)) == line)
    }

    @Test("the first key of a chord shows what may follow")
    func whichKey() {
        var state = state(120)
        press(&state, "t")
        let wanted = " t   t choose a range  u local time or UTC  + = zoom in  - z zoom out  "
        #expect(row(39, of: state).hasPrefix(wanted))
        press(&state, .escape)
        #expect(row(39, of: state).hasPrefix(" ? help"))
        press(&state, ":", "q", "u")
        #expect(row(39, of: state) == ":qu▏")
    }

    @Test("the help lists every binding, at any size")
    func help() {
        var state = state(120)
        press(&state, "?")
        let text = render(state).plainText
        for binding in KeyMap.standard.bindings { #expect(text.contains(binding.help), "\(binding.help)") }
        _ = update(&state, .input(.resize(Size(width: 50, height: 10))))
        press(&state, "G")
        #expect(render(state).plainText.contains("quit"))
        press(&state, .escape)
        #expect(!render(state).plainText.contains("Keys"))
    }

    @Test("without UTF-8 every cell is ASCII; without colours none has one")
    func plain() {
        var state = state(120)
        state.capabilities = TerminalCapabilities(colors: .none, isUnicode: false)
        state.theme = .standard(for: .none)
        press(&state, "t")
        for keys in [[], ["?"], [.escape, " ", "["]] as [[Key]] {
            for key in keys { press(&state, key) }
            let frame = render(state)
            #expect(frame.cells.allSatisfy { $0.text?.isASCII ?? false })
            let chrome = frame.cells.prefix(120) + frame.cells.suffix(120)
            #expect(chrome.allSatisfy { $0.style.foreground == .terminal && $0.style.background == .terminal })
        }
    }

    @Test("titles and commands with escape sequences, wide characters and no end break nothing")
    func hostileText() {
        var dashboard = Scene.dashboard
        dashboard.title = "\u{1b}[31m界\u{202e}" + String(repeating: "x", count: 10_000)
        dashboard.panels[0].title = dashboard.title
        var state = Scene.started(dashboard: dashboard)
        _ = update(&state, .input(.key(.character(":"))))
        _ = update(&state, .input(.paste("\u{1b}]0;x\u{7}" + String(repeating: "y", count: 5000) + "\nsecond")))
        let frame = render(state)
        for cell in frame.cells {
            #expect(cell.text.map { TextWidth.printable($0) == $0 } ?? true)
        }
        #expect(state.prompt?.text.contains("second") == false)
    }

    @Test("the one machine that is watched stands beside the title, unless the title names it")
    func instanceInTitle() {
        var state = Scene.started(width: 120)
        var target = Scene.target("http://a", .up, scraped: moment)
        target.labels = ["instance": "web-01"]
        _ = update(&state, .targets([target]))
        #expect(row(0, of: state).hasPrefix(" ferula  Host ▸ web-01   "))
        target.labels = ["instance": "Host"]
        _ = update(&state, .targets([target]))
        #expect(row(0, of: state).hasPrefix(" ferula  Host   "))
        _ = update(&state, .targets([target, Scene.target("http://b", .up, scraped: moment)]))
        #expect(row(0, of: state).hasPrefix(" ferula  Host   "))
    }
}

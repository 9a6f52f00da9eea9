// The raw page of a target, and the targets of a server: what is asked, what is shown, what is said when there is none.

import Dashboards
import Frames
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("targets and their pages")
struct PageTests {
    private static let target = Scene.target("http://a:9100/metrics", .up, scraped: moment)

    private static func onTargets(width: Int = 100, height: Int = 20) -> AppState {
        var state = Scene.started(width: width, height: height)
        _ = update(&state, .targets([target]))
        press(&state, "g", "t")
        return state
    }

    private static func pages(_ effects: [Effect]) -> [String] {
        effects.compactMap { if case .fetchPage(let target) = $0 { target.url } else { nil } }
    }

    private static func opened(_ body: String, width: Int = 100, height: Int = 20) -> AppState {
        var state = onTargets(width: width, height: height)
        press(&state, "w")
        let page = TargetPage(contentType: "text/plain", body: Array(body.utf8))
        _ = update(&state, .page(.success(PageLines(page)), of: target))
        return state
    }

    @Test("`w` asks for the page of the target at hand, `r` asks again, Esc goes back to the targets")
    func opens() {
        var state = Self.onTargets()
        #expect(Self.pages(press(&state, "w")) == ["http://a:9100/metrics"])
        #expect(state.screen == .page)
        #expect(render(state).plainText.contains("asking http://a:9100/metrics"))
        #expect(Self.pages(press(&state, "r", "r")) == [], "one at a time")
        _ = update(&state, .page(.success(PageLines(TargetPage(contentType: "", body: [0x61]))), of: Self.target))
        #expect(Self.pages(press(&state, "r", "r")) == ["http://a:9100/metrics"])
        press(&state, .escape)
        #expect(state.screen == .targets && state.page == nil)
        press(&state, .escape)
        #expect(state.screen == .dashboard)
    }

    @Test("lines stand as they came, with how many there are; `/` keeps those with the words")
    func shows() {
        var state = Self.opened("# HELP up Is it.\n# TYPE up gauge\nup{job=\"a b\"} 1\nother 2\n")
        var text = render(state).plainText
        #expect(text.contains("http://a:9100/metrics  4 lines, 57 B  text/plain"), "\(text)")
        #expect(text.contains("\n # HELP up Is it.\n") && text.contains("\n up{job=\"a b\"} 1\n"))
        press(&state, "/", "o", "t", "h")
        text = render(state).plainText
        #expect(text.contains("other 2") && !text.contains("up{job"))
    }

    @Test("a page without its last line feed, an empty one, one that is no UTF-8, one with control characters")
    func odd() {
        #expect(Self.opened("a 1\nb 2").page?.lines == ["a 1", "b 2"])
        #expect(Self.opened("").page?.lines == [])
        #expect(render(Self.opened("")).plainText.contains("the page is empty"))
        var state = Self.onTargets()
        press(&state, "w")
        let bytes: [UInt8] = [0x61, 0xff, 0x20, 0x31, 0x0a, 0x1b, 0x5b, 0x33, 0x31, 0x6d]
        _ = update(&state, .page(.success(PageLines(TargetPage(contentType: "", body: bytes))), of: Self.target))
        #expect(state.page?.lines.first == "a\u{fffd} 1")
        #expect(!render(state).plainText.contains("\u{1b}"))
    }

    @Test("no more lines than 50,000, no longer ones than 4,000 bytes; the count is of all")
    func bounds() {
        let many = Self.opened(String(repeating: "a 1\n", count: 50_001))
        #expect(many.page?.lines.count == 50_000)
        #expect(render(many).plainText.contains("50001 lines, 195 KiB, the first 50000"))
        #expect(Self.opened(String(repeating: "a", count: 4_001)).page?.lines.first?.count == 4_000)
    }

    @Test("a target that does not answer is said to, in its words")
    func fails() {
        var state = Self.onTargets()
        press(&state, "w")
        _ = update(&state, .page(.failure(QueryFailure(.unavailable, "connection refused")), of: Self.target))
        #expect(render(state).plainText.contains("✗ connection refused"))
    }

    @Test("an answer for a target that was left is dropped")
    func late() {
        var state = Self.onTargets()
        press(&state, "w")
        let other = Scene.target("http://b/metrics", .up)
        _ = update(&state, .page(.success(PageLines(TargetPage(contentType: "", body: [0x61]))), of: other))
        #expect(state.page?.lines.isEmpty == true && state.page?.isFetching == true)
    }

    @Test("`w` elsewhere, and over a server, says why not")
    func elsewhere() {
        var state = Scene.started()
        press(&state, "w")
        #expect(state.message?.text == "the raw page is a target's: choose one with g t")
        var remote = Scene.started()
        remote.sourceName = "prometheus:9090"
        press(&remote, "g", "t", "w")
        #expect(remote.message?.text == "the pages of a server's targets cannot be had from here")
    }

    @Test("the targets of a server are asked when their screen opens and with each refresh, and shown")
    func server() {
        var state = Scene.started()
        state.sourceName = "prometheus:9090"
        func asks(_ effects: [Effect]) -> Int {
            effects.count { if case .fetchListedTargets = $0 { true } else { false } }
        }
        #expect(asks(press(&state, "g", "t")) == 1)
        #expect(render(state).plainText.contains("asking for the targets"))
        #expect(asks(update(&state, .tick(moment + .seconds(60), utcOffset: .zero))) == 0)
        // Due meanwhile: the answer is followed by the next question.
        #expect(asks(update(&state, .listedTargets(.success([Self.target])))) == 1)
        #expect(render(state).plainText.contains("http://a:9100/metrics"))
        _ = update(&state, .listedTargets(.failure(QueryFailure(.unavailable, "timeout"))))
        // What it said last stays.
        #expect(render(state).plainText.contains("http://a:9100/metrics"))
        #expect(state.targets.isEmpty)
    }

    @Test("a server that lists no targets says so")
    func unlisted() {
        var state = Scene.started()
        state.sourceName = "mimir"
        press(&state, "g", "t")
        _ = update(&state, .listedTargets(.failure(QueryFailure(.notFound, "404"))))
        #expect(render(state).plainText.contains("the server does not list its targets: 404; explore `up`"))
    }

    @Test("details longer than their box are scrolled by pages, and say where they are")
    func details() {
        var state = Self.onTargets(height: 14)
        var target = Self.target
        target.labels = LabelSet((10..<40).map { Label("label\($0)", "v") })
        _ = update(&state, .targets([target]))
        press(&state, .enter)
        #expect(render(state).plainText.contains("label10") && !render(state).plainText.contains("label39"))
        for _ in 0..<20 { press(&state, .pageDown) }
        let text = render(state).plainText
        #expect(text.contains("label39") && !text.contains("label10"))
        #expect(text.contains("of 33"))
        for _ in 0..<20 { press(&state, .pageUp) }
        #expect(render(state).plainText.contains("1–"))
    }
}

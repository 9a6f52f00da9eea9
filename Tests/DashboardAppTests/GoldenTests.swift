// Whole screens against files: glyph rows, then style rows. UPDATE_GOLDEN=1 writes them anew.

import Dashboards
import Frames
import MetricModel
import Panels
import Querying
import Testing

@testable import DashboardApp

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Golden screens")
struct GoldenTests {
    @Test(
        "the dashboard at four sizes, one panel, and the help",
        arguments: [
            ("dashboard-120x40", 120, 40, []), ("dashboard-40x12", 40, 12, []), ("dashboard-240x70", 240, 70, []),
            ("dashboard-400x120", 400, 120, []),
            ("panel-80x24", 80, 24, [.down, .enter]), ("help-80x24", 80, 24, ["?"]),
        ] as [(String, Int, Int, [Key])])
    func screens(name: String, width: Int, height: Int, keys: [Key]) throws {
        var state = Scene.started(width: width, height: height)
        _ = update(
            &state,
            .targets([Scene.target("http://a", .up, scraped: moment), Scene.target("http://b", .down, scraped: moment)])
        )
        for key in keys { Scene.answer(press(&state, key), in: &state) }
        try compare(GoldenText.write(render(state)), with: name)
    }

    @Test("graphs beside those of an hour before, with a mark, and with the crosshair")
    func compared() throws {
        var state = Scene.started(width: 120, height: 40)
        state.comparison = .hours(1)
        Scene.answer(state.questions(), in: &state, value: 0.6)
        state.mark("deploy v3", at: moment - .minutes(6))
        try compare(GoldenText.write(render(state)), with: "compare-120x40")
        press(&state, .down, .enter, "x", .shiftLeft)
        Scene.answer(state.questions(), in: &state)
        try compare(GoldenText.write(render(state)), with: "compare-panel-120x40")
    }

    @Test("one dashboard in each theme", arguments: NamedTheme.all)
    func themes(named: NamedTheme) throws {
        var state = Scene.started(width: 80, height: 24, dashboard: Scene.stateful)
        var appearance = Appearance()
        appearance.theme = named.name
        state.take(appearance)
        try compare(GoldenText.write(render(state)), with: "theme-\(named.name)-80x24")
    }

    @Test("one dashboard with each ink", arguments: GraphInk.allCases)
    func inks(ink: GraphInk) throws {
        var state = Scene.started(width: 80, height: 24, dashboard: Scene.stateful)
        var appearance = Appearance()
        appearance.graph = ink
        state.take(appearance)
        try compare(render(state).plainText, with: "graph-\(ink)-80x24")
    }

    func compare(_ text: String, with name: String) throws {
        let path = String("\(#filePath)".dropLast("GoldenTests.swift".utf8.count)) + "Golden/\(name).txt"
        if getenv("UPDATE_GOLDEN") != nil {
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
            return
        }
        let expected = try #require(read(path), "no golden \(name)")
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let found = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, (want, have)) in zip(wanted, found).enumerated() where want != have {
            Issue.record("\(name):\(line + 1)\nwanted \(want)\nfound  \(have)")
            return
        }
        #expect(wanted.count == found.count)
    }

    private func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

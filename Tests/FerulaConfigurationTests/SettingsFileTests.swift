// The settings' file and themes: what is read, with its places, and what is refused.

import MetricModel
import Testing

@testable import FerulaConfiguration

@Suite("Settings file")
struct SettingsFileTests {
    @Test("every setting is read, with the places of words that are understood later")
    func everything() throws {
        let settings = try SettingsFile(
            parsing: """
                theme: dark
                graph: block
                mouse: false
                utc: true
                range: 1h
                refresh: 100ms
                keys:
                  zoom-in: z
                  zoom-out: ["Z", "g z"]
                  kiosk: none
                """, file: "ferula.yml")
        #expect(settings.theme == PlacedText("dark", line: 1, column: 8))
        #expect(settings.graph == PlacedText("block", line: 2, column: 8))
        #expect(settings.mouse == false && settings.utc == true)
        #expect(settings.range == .hours(1) && settings.refresh == Milliseconds(100))
        #expect(settings.keys.map(\.action.text) == ["zoom-in", "zoom-out", "kiosk"])
        #expect(settings.keys[1].keys.map(\.text) == ["Z", "g z"])
        #expect(settings.keys[1].keys[1] == PlacedText("g z", line: 9, column: 19))
        #expect(settings.keys[2].keys.isEmpty)
    }

    @Test("a file that says nothing is none", arguments: ["", "# theme: dark\n", "null"])
    func empty(text: String) throws {
        #expect(try SettingsFile(parsing: text, file: "f").theme == nil)
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            ("thme: dark", "f:1:1: unknown field `thme` in the file; did you mean `theme`?"),
            ("mouse: maybe", "f:1:8: mouse: true or false is wanted, found `maybe`"),
            ("range: 5", "f:1:8: range: `5` is no duration; such as 15s or 1m30s"),
            ("range: 0s", "f:1:8: range: longer than 0 is wanted"),
            ("refresh: 99ms", "f:1:10: refresh: at least 100ms is wanted"),
            ("theme: [a]", "f:1:8: theme: a text is wanted, found a list"),
            (
                "keys:\n  help: {}",
                "f:2:9: keys: help: a key is wanted; a key, several as [a, b], or none; signs in quotes"
            ),
            ("- theme", "f:1:1: the file: a mapping is wanted, found a list"),
            ("theme: [", "f:2:1: not YAML: did not find expected node content while parsing a flow node"),
        ])
    func refusals(text: String, message: String) {
        let failure = #expect(throws: ConfigurationFailure.self) { try SettingsFile(parsing: text, file: "f") }
        #expect(failure?.description == message)
    }

    @Test("a theme's words and places; 64 colours of series and no more")
    func theme() throws {
        let theme = try ThemeFile(
            parsing: "base: dark\nborder: \"#112233\"\nseries: [\"#123456\"]\nfill: true", file: "t.yml")
        #expect(theme.base?.text == "dark" && theme.fill == true)
        #expect(theme.colors["border"] == PlacedText("#112233", line: 2, column: 9))
        #expect(theme.series.map(\.text) == ["#123456"])
        let many = { (count: Int) in "series: [" + (0..<count).map { _ in "\"#000\"" }.joined(separator: ",") + "]" }
        #expect(try ThemeFile(parsing: many(64), file: "t").series.count == 64)
        let failure = #expect(throws: ConfigurationFailure.self) { try ThemeFile(parsing: many(65), file: "t") }
        #expect(failure?.message == "series: more than 64 colours")
    }
}

// Flags, settings and themes of the screen: where they are found, what wins, what is refused with which words.

import DashboardApp
import Dashboards
import Frames
import MetricModel
import Panels
import Testing

@testable import FerulaCommand
@testable import FerulaConfiguration

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Settings of the screen")
struct AppearanceOptionsTests {
    @Test(
        "folders are looked in by FERULA_CONFIG_DIR, XDG_CONFIG_HOME, HOME",
        arguments: [
            (["FERULA_CONFIG_DIR": "/a/", "XDG_CONFIG_HOME": "/x", "HOME": "/h"], false, ["/a"]),
            (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], false, ["/x/ferula"]),
            (["XDG_CONFIG_HOME": "x", "HOME": "/h"], false, ["/h/.config/ferula"]),
            (["XDG_CONFIG_HOME": "", "HOME": "/h"], false, ["/h/.config/ferula"]),
            ([:], false, []),
            (["HOME": "/h"], true, ["/h/.config/ferula", "/h/Library/Application Support/ferula"]),
            (
                ["HOME": "/h", "XDG_CONFIG_HOME": "/x"], true,
                ["/x/ferula", "/h/Library/Application Support/ferula"]
            ),
        ] as [([String: String], Bool, [String])])
    func folders(environment: [String: String], isDarwin: Bool, folders: [String]) {
        #expect(SettingsPlace.folders(environment: { environment[$0] }, isDarwin: isDarwin) == folders)
    }

    @Test("the first folder with settings is used, else the first")
    func found() {
        let environment = ["HOME": "/h"]
        func found(_ files: Set<String>) -> String? {
            SettingsPlace.found(environment: { environment[$0] }, isDarwin: true, exists: files.contains)?.folder
        }
        #expect(found([]) == "/h/.config/ferula")
        #expect(found(["/h/Library/Application Support/ferula/ferula.yml"]) == "/h/Library/Application Support/ferula")
        #expect(found(["/h/.config/ferula/themes"]) == "/h/.config/ferula")
        #expect(SettingsPlace.found(environment: { _ in nil }, exists: { _ in true }) == nil)
    }

    /// A folder with these files, read with these flags.
    private func chosen(
        _ files: [String: String], _ flags: [String] = [], said: inout [String]
    ) throws -> AppearanceOptions.Chosen {
        let folder = try #require(Self.folder(files))
        var words: [String] = []
        let flags = flags.map { $0.replacing("FOLDER", with: folder) }
        defer { said = words.map { $0.replacing(folder, with: "FOLDER") } }
        let options = try AppearanceOptions.parse(flags)
        do {
            return try options.chosen(place: SettingsPlace(folder: folder)) { words.append($0) }
        } catch {
            throw CommandFailure(error.description.replacing(folder, with: "FOLDER"))
        }
    }

    private static func folder(_ files: [String: String]) -> String? {
        var template = Array("/tmp/ferula-settings-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        mkdir(folder + "/themes", 0o700)
        for (name, text) in files {
            guard let file = fopen(folder + "/" + name, "w") else { return nil }
            fputs(text, file)
            fclose(file)
        }
        return folder
    }

    @Test("without a file everything is the program's own")
    func standard() throws {
        var said: [String] = []
        let chosen = try chosen([:], said: &said)
        #expect(chosen.appearance.theme == "default")
        #expect(chosen.appearance.isMouseOn && chosen.appearance.graph == nil && chosen.appearance.isInUTC == nil)
        #expect(chosen.range == nil && said == [])
    }

    @Test("flags come before the file")
    func precedence() throws {
        let file = ["ferula.yml": "theme: dark\ngraph: block\nmouse: false\nutc: true\nrange: 1h\nrefresh: 2s\n"]
        var said: [String] = []
        let read = try chosen(file, said: &said)
        #expect(read.appearance.theme == "dark" && read.appearance.graph == .block)
        #expect(!read.appearance.isMouseOn && read.appearance.isInUTC == true)
        #expect(read.range == .hours(1) && read.refresh == .seconds(2))
        let flags = ["--theme", "mono", "--graph", "auto", "--mouse", "--no-utc"]
        let told = try chosen(file, flags, said: &said)
        #expect(told.appearance.theme == "mono" && told.appearance.graph == nil)
        #expect(told.appearance.isMouseOn && told.appearance.isInUTC == false)
    }

    @Test("themes of the folder are there by name; one that cannot be read is said and left out")
    func themes() throws {
        var said: [String] = []
        let chosen = try chosen(
            [
                "ferula.yml": "theme: nord",
                "themes/nord.yml": "base: dark\nborder: \"#4c566a\"\nseries: [\"#88c0d0\"]",
                "themes/bad.yml": "border: blau", "themes/readme.txt": "x",
            ], said: &said)
        let nord = Appearance.theme("nord", of: chosen.appearance.themes)?.theme
        #expect(nord?.border.foreground == .rgb(0x4c, 0x56, 0x6a))
        #expect(nord?.series == [RGB(0x88, 0xc0, 0xd0)])
        #expect(nord?.title == PaintTheme.dark.title)
        #expect(
            said == [
                "ferula: FOLDER/themes/bad.yml:1:9: border: `blau` is no colour; "
                    + "such as #4c566a, red, bright-blue, 8 or terminal"
            ])
    }

    @Test("a theme may be a file, beside the settings that name it")
    func themeFile() throws {
        var said: [String] = []
        let files = ["ferula.yml": "theme: ./own.yml", "own.yml": "background: \"#fff\"\nforeground: \"#000\""]
        let chosen = try chosen(files, ["--settings", "FOLDER/ferula.yml"], said: &said)
        #expect(chosen.appearance.theme == "own")
        let theme = Appearance.theme("own", of: chosen.appearance.themes)?.theme
        #expect(theme?.fill == PaintTheme.Fill(foreground: RGB(0, 0, 0), background: RGB(255, 255, 255)))
    }

    @Test(
        "a mistake is told with file, line and a way out",
        arguments: [
            (
                ["ferula.yml": "keys:\n  zoom-inn: z"], [],
                "FOLDER/ferula.yml:2:3: keys: unknown action `zoom-inn`; did you mean `zoom-in`?"
            ),
            (
                ["ferula.yml": "keys:\n  zoom-in: [z, x]"], [],
                "FOLDER/ferula.yml:2:16: keys: key `x` is that of crosshair; "
                    + "give crosshair other keys, or none: `crosshair: none`"
            ),
            (
                ["ferula.yml": "graph: dots"], [],
                "FOLDER/ferula.yml:1:8: graph: auto, braille, block or ascii is wanted"
            ),
            (
                ["ferula.yml": "theme: drak"], [], "FOLDER/ferula.yml:1:8: unknown theme `drak`; did you mean `dark`?"
            ),
            ([:], ["--theme", "drak"], "--theme: unknown theme `drak`; did you mean `dark`?"),
            ([:], ["--theme", "FOLDER/none.yml"], "FOLDER/none.yml: No such file or directory"),
            ([:], ["--settings", "FOLDER/none.yml"], "FOLDER/none.yml: No such file or directory"),
            (
                ["t.yml": "base: drak"], ["--theme", "FOLDER/t.yml"],
                "FOLDER/t.yml:1:7: base: unknown theme `drak`; did you mean `dark`?"
            ),
            (
                ["t.yml": "background: red"], ["--theme", "FOLDER/t.yml"],
                "FOLDER/t.yml:1:13: background: `red` is no colour such as #4c566a"
            ),
        ] as [([String: String], [String], String)])
    func refusals(files: [String: String], flags: [String], message: String) {
        var said: [String] = []
        let failure = #expect(throws: CommandFailure.self) { try chosen(files, flags, said: &said) }
        #expect(failure?.description == message)
    }

    @Test(
        "colours by name, number and hexadecimal",
        arguments: [
            ("#fff", Color.rgb(255, 255, 255)), ("#010203", .rgb(1, 2, 3)), ("red", .ansi(1)),
            ("bright-blue", .ansi(12)),
            ("0", .ansi(0)), ("15", .ansi(15)), ("terminal", .terminal), ("16", nil), ("bright-red-", nil),
            ("#12", nil),
            ("", nil),
        ] as [(String, Color?)])
    func colors(word: String, color: Color?) { #expect(Color(themeWord: word) == color) }

    @Test("the settings that are printed say what holds without them")
    func defaultSettings() throws {
        let lines = AppearanceOptions.defaultText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.isEmpty || $0.hasPrefix("#") })
        let text = lines.filter { !$0.hasPrefix("##") }.map { $0.hasPrefix("# ") ? $0.dropFirst(2) : $0 }
            .joined(separator: "\n")
        let file = try SettingsFile(parsing: text, file: "ferula.yml")
        #expect(file.keys.map(\.action.text) == KeyMap.standard.bindings.map(\.action.name))
        let keys = try KeyMap.standard.changed(by: file.keys.map { KeyChange($0.action.text, $0.keys.map(\.text)) })
        for binding in KeyMap.standard.bindings {
            #expect(keys.binding(of: binding.action)?.sequences == binding.sequences, "\(binding.action.name)")
        }
        #expect(file.theme?.text == "default" && file.graph?.text == "auto" && file.mouse == true)
    }
}

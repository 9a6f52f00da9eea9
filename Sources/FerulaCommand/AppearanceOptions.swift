// How the screen looks and what its keys mean: flags, then the settings' file, then the program's own.
// Read by DashCommand before anything starts, so that a mistake is said and not drawn.

import ArgumentParser
import DashboardApp
import FerulaConfiguration
import Frames
import MetricModel
import Panels

enum GraphWish: String, ExpressibleByArgument, CaseIterable {
    case auto, braille, block, ascii

    var ink: GraphInk? { GraphInk(rawValue: rawValue) }
}

struct AppearanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: default (the terminal's own), dark, light, high-contrast, colour-blind, mono, or a file.",
            valueName: "NAME|FILE"),
        completion: .list(NamedTheme.all.map(\.name)))
    var theme: String?

    @Option(help: "What graphs are drawn with: auto, braille, block or ascii.")
    var graph: GraphWish?

    @Flag(inversion: .prefixedNo, help: "Whether the mouse chooses here; without, the terminal selects text.")
    var mouse: Bool?

    @Flag(inversion: .prefixedNo, help: "Times in UTC.")
    var utc: Bool?

    @Flag(help: "Sentences instead of a screen, and commands as lines: for screen readers, and for pipes.")
    var plain = false

    @Option(
        help: ArgumentHelp(
            "With --plain: say everything again so often, not only when asked.", valueName: "duration"))
    var every: String?

    @Option(
        help: ArgumentHelp(
            "Settings of the screen; default ferula.yml in FERULA_CONFIG_DIR or ~/.config/ferula.", valueName: "FILE"),
        completion: .file())
    var settings: String?

    @Flag(help: "Print a settings file with every setting and key, all commented out, and end.")
    var defaultSettings = false

    func validate() throws {
        if every != nil, !plain { throw ValidationError("--every is about --plain") }
    }

    /// Of `--every`.
    func interval() throws -> Milliseconds? {
        guard let every else { return nil }
        let length = try QueryCommand.duration(every, "--every")
        guard length >= PlainSession.everyLeast else {
            throw CommandFailure("--every: at least \(PlainSession.everyLeast) is wanted", status: ExitStatus.usage)
        }
        return length
    }

    struct Chosen {
        var appearance = Appearance()
        var range: Milliseconds?
        var refresh: Milliseconds?
    }

    /// - `say`: told of themes that cannot be read and are not the one that is asked for.
    func chosen(
        place: SettingsPlace? = .here, say: (String) -> Void = { Program.write(line: $0, to: 2) }
    ) throws(CommandFailure) -> Chosen {
        do throws(ConfigurationFailure) {
            return try read(place: place, say: say)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func read(place: SettingsPlace?, say: (String) -> Void) throws(ConfigurationFailure) -> Chosen {
        var file: SettingsFile?
        if let settings {
            file = try SettingsFile(file: settings)
        } else if let place, FileSystem.exists(place.file) {
            file = try SettingsFile(file: place.file)
        }
        var chosen = Chosen()
        chosen.range = file?.range
        chosen.refresh = file?.refresh
        chosen.appearance.isMouseOn = mouse ?? file?.mouse ?? true
        chosen.appearance.isInUTC = utc ?? file?.utc
        chosen.appearance.graph = graph?.ink
        if graph == nil, let word = file?.graph {
            guard let wish = GraphWish(rawValue: word.text) else {
                throw word.failure(in: file?.file ?? "", "graph: auto, braille, block or ascii is wanted")
            }
            chosen.appearance.graph = wish.ink
        }
        if let file { chosen.appearance.keys = try keys(of: file) }
        if let place { addThemes(of: place.themesFolder, to: &chosen.appearance, say) }
        try choose(file, &chosen.appearance)
        return chosen
    }

    private func keys(of file: SettingsFile) throws(ConfigurationFailure) -> KeyMap {
        do throws(KeyMapFailure) {
            return try KeyMap.standard.changed(by: file.keys.map { KeyChange($0.action.text, $0.keys.map(\.text)) })
        } catch {
            let entry = file.keys[error.change]
            let place = error.key.map { entry.keys[$0] } ?? entry.action
            throw place.failure(in: file.file, "keys: \(error.message)", hint: error.hint)
        }
    }

    private static let themesMax = 200

    private func addThemes(of folder: String, to appearance: inout Appearance, _ say: (String) -> Void) {
        // `try?`: without such a folder there are no themes of the reader's.
        guard FileSystem.isFolder(folder), let files = try? FileSystem.files(in: folder) else { return }
        let own = appearance.themes
        for path in files.prefix(Self.themesMax) where path.hasSuffix(".yml") || path.hasSuffix(".yaml") {
            do throws(ConfigurationFailure) {
                appearance.themes.append(try NamedTheme(file: path, among: own))
            } catch {
                say("ferula: \(error)")
            }
        }
    }

    /// Of the flag, else of the file; one that is named must be there.
    private func choose(_ file: SettingsFile?, _ appearance: inout Appearance) throws(ConfigurationFailure) {
        let word = theme.map { PlacedText($0) } ?? file?.theme
        guard let word else {
            appearance.theme = NamedTheme.standardName
            return
        }
        if word.text.contains("/") || word.text.hasSuffix(".yml") || word.text.hasSuffix(".yaml") {
            var path = word.text
            // What a file names lies beside it.
            if theme == nil, let file, !path.hasPrefix("/"), let slash = file.file.lastIndex(of: "/") {
                path = String(file.file[...slash]) + path
            }
            let read = try NamedTheme(file: path, among: appearance.themes)
            appearance.themes.append(read)
            appearance.theme = read.name
            return
        }
        guard let found = Appearance.theme(word.text, of: appearance.themes) else {
            let (message, hint) = Appearance.unknownTheme(word.text, of: appearance.themes)
            throw word.failure(in: theme == nil ? file?.file ?? "" : "--theme", message, hint: hint)
        }
        appearance.theme = found.name
    }

    // MARK: The file to begin with

    static var defaultText: String {
        var text = """
            ## Settings of ferula's screen. Each line that begins with one # is a default: take the # away and change it.
            ## The file is ferula.yml in $FERULA_CONFIG_DIR, else in $XDG_CONFIG_HOME/ferula, else in ~/.config/ferula;
            ## flags and FERULA_* variables come before it.

            ## Colours: default (the terminal's own), dark, light, high-contrast, colour-blind, mono; NAME of themes/NAME.yml
            ## beside this file; or a file.
            # theme: default

            ## What graphs are drawn with: auto, braille, block, ascii.
            # graph: auto

            ## Whether the mouse chooses here; false leaves it to the terminal, which selects text.
            # mouse: true

            ## Times in UTC; without this line a dashboard's own, else the local zone.
            # utc: false

            ## The time to show and how often to ask, in place of the dashboards' own.
            # range: 15m
            # refresh: 5s

            ## Keys of each action: one, several as ["a", "g a"], or none. Keys are a, A, "+", Space, Enter, Esc, PgDn, F5, ^R,
            ## Alt-x, Shift-Left; two with a space between are a chord. ^C always quits and ^Z always suspends.
            # keys:

            """
        for binding in KeyMap.standard.bindings {
            let names = binding.sequences.filter { $0 != [.control("c")] && $0 != [.control("z")] }
                .map { "\"" + KeyMap.name(of: $0) + "\"" }
            let keys = names.isEmpty ? "none" : names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
            text += "#   \(binding.action.name): \(keys)\n"
        }
        return text
    }
}

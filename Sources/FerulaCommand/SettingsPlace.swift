// Where the reader's settings and themes are looked for.
// Pure but for the look at the files; used by AppearanceOptions and `ferula info`.

struct SettingsPlace: Equatable {
    static let fileName = "ferula.yml"

    /// Where the settings are, or would be.
    var folder: String
    var file: String { folder + "/" + Self.fileName }
    var themesFolder: String { folder + "/themes" }

    /// Folders in the order they are looked in: `FERULA_CONFIG_DIR` alone; else that of XDG, and on macOS its own too.
    /// Source: XDG Base Directory Specification, which has relative paths ignored.
    static func folders(environment: (String) -> String?, isDarwin: Bool = isDarwin) -> [String] {
        func value(_ name: String) -> String? {
            guard let value = environment(name), !value.isEmpty else { return nil }
            return value.count > 1 && value.hasSuffix("/") ? String(value.dropLast()) : value
        }
        if let folder = value("FERULA_CONFIG_DIR") { return [folder] }
        var folders: [String] = []
        if let home = value("XDG_CONFIG_HOME"), home.hasPrefix("/") {
            folders.append(home + "/ferula")
        } else if let home = value("HOME") {
            folders.append(home + "/.config/ferula")
        }
        if isDarwin, let home = value("HOME") { folders.append(home + "/Library/Application Support/ferula") }
        return folders
    }

    /// The first folder with settings or themes, else the first; nil where there is no home.
    static func found(
        environment: (String) -> String?, isDarwin: Bool = isDarwin, exists: (String) -> Bool
    ) -> SettingsPlace? {
        let places = folders(environment: environment, isDarwin: isDarwin).map { SettingsPlace(folder: $0) }
        return places.first { exists($0.file) || exists($0.themesFolder) } ?? places.first
    }

    static var here: SettingsPlace? { found(environment: OutputTerminal.environment, exists: FileSystem.exists) }

    #if canImport(Darwin)
        static let isDarwin = true
    #else
        static let isDarwin = false
    #endif
}

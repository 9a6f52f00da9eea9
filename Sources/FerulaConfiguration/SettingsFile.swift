// The reader's own settings of the screen, and themes as files: YAML to words with their places.
// Read here, understood by the command, which knows themes, actions and keys; it names the place of what it refuses.

import MetricModel
import Yams

/// A word of a file, and where it stands.
package struct PlacedText: Hashable, Sendable {
    package var text: String
    /// From 1; 0: no place.
    package var line: Int
    package var column: Int

    package init(_ text: String, line: Int = 0, column: Int = 0) {
        self.text = text
        self.line = line
        self.column = column
    }

    init(_ text: String, _ place: Place?) {
        self.init(text, line: place?.line ?? 0, column: place?.column ?? 0)
    }

    package func failure(in file: String, _ message: String, hint: String? = nil) -> ConfigurationFailure {
        ConfigurationFailure(file: file, line: line, column: column, message, hint: hint)
    }
}

package struct SettingsFile: Hashable, Sendable {
    package struct Keys: Hashable, Sendable {
        package var action: PlacedText
        /// Each one or two keys; empty: none.
        package var keys: [PlacedText]
    }
    package var file: String
    package var theme: PlacedText?
    package var graph: PlacedText?
    package var mouse: Bool?
    package var utc: Bool?
    package var range: Milliseconds?
    package var refresh: Milliseconds?
    /// In the file's order.
    package var keys: [Keys] = []

    package static let refreshLeast = Milliseconds(100)

    package init(file path: String) throws(ConfigurationFailure) {
        try self.init(parsing: try Configuration.text(of: path), file: path)
    }

    package init(parsing text: String, file: String) throws(ConfigurationFailure) {
        self.file = file
        let document = YAMLDocument(file: file)
        guard var fields = try document.fields(of: text) else { return }
        theme = try fields.placed("theme")
        graph = try fields.placed("graph")
        mouse = try fields.flag("mouse")
        utc = try fields.flag("utc")
        if let length = try fields.duration("range") {
            guard length.value.count > 0 else {
                throw document.failure(at: length.mark, "range: longer than 0 is wanted")
            }
            range = length.value
        }
        if let length = try fields.duration("refresh") {
            guard length.value >= Self.refreshLeast else {
                throw document.failure(at: length.mark, "refresh: at least \(Self.refreshLeast) is wanted")
            }
            refresh = length.value
        }
        if let section = try fields.mapping("keys") {
            for (name, mark, value) in section.names {
                keys.append(Keys(action: PlacedText(name, mark), keys: try Self.keys(of: name, value, mark, document)))
            }
        }
        try fields.finish()
    }

    /// `x`, `[x, g x]`, `none`.
    private static func keys(
        of name: String, _ node: Node, _ mark: Place?, _ document: YAMLDocument
    ) throws(ConfigurationFailure) -> [PlacedText] {
        let hint = "a key, several as [a, b], or none; signs in quotes"
        switch node {
        case .scalar(let scalar):
            if scalar.string == "none" { return [] }
            guard !scalar.string.isEmpty, !(scalar.style == .plain && scalar.string == "~") else {
                throw document.failure(at: node.place ?? mark, "keys: \(name): a key is wanted", hint: hint)
            }
            return [PlacedText(scalar.string, node.place ?? mark)]
        case .sequence(let items):
            var keys: [PlacedText] = []
            for item in items {
                guard case .scalar(let scalar) = item else {
                    throw document.failure(at: item.place ?? mark, "keys: \(name): a key is wanted", hint: hint)
                }
                keys.append(PlacedText(scalar.string, item.place ?? mark))
            }
            return keys
        case .mapping, .alias:
            throw document.failure(at: node.place ?? mark, "keys: \(name): a key is wanted", hint: hint)
        }
    }
}

/// A theme as it is written; the colours are words still.
package struct ThemeFile: Hashable, Sendable {
    package var file: String
    /// Name of the theme that gives what is not said.
    package var base: PlacedText?
    /// By the names of `parts`.
    package var colors: [String: PlacedText] = [:]
    package var series: [PlacedText] = []
    /// Whether foreground and background are drawn in place of the terminal's own.
    package var fill: Bool?

    package static let parts = [
        "foreground", "background", "border", "focused-border", "title", "dim", "grid", "header", "good", "warning",
        "bad",
        "accent", "trough",
    ]
    package static let seriesMax = 64

    package init(file path: String) throws(ConfigurationFailure) {
        try self.init(parsing: try Configuration.text(of: path), file: path)
    }

    package init(parsing text: String, file: String) throws(ConfigurationFailure) {
        self.file = file
        let document = YAMLDocument(file: file)
        guard var fields = try document.fields(of: text) else { return }
        base = try fields.placed("base")
        for part in Self.parts {
            if let color = try fields.placed(part) { colors[part] = color }
        }
        series = try fields.texts("series").map { PlacedText($0.value, $0.mark) }
        if series.count > Self.seriesMax {
            throw series[Self.seriesMax].failure(in: file, "series: more than \(Self.seriesMax) colours")
        }
        fill = try fields.flag("fill")
        try fields.finish()
    }
}

extension YAMLDocument {
    /// Nil for a file that says nothing.
    fileprivate func fields(of text: String) throws(ConfigurationFailure) -> YAMLFields? {
        guard let root = try root(of: text) else { return nil }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return nil }
        return try YAMLFields(root, section: "the file", in: self)
    }
}

extension YAMLFields {
    fileprivate mutating func placed(_ name: String) throws(ConfigurationFailure) -> PlacedText? {
        try text(name).map { PlacedText($0.value, $0.mark) }
    }
}

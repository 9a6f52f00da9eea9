// The one door to Yams: mappings whose fields are taken by name and type, each with its place.
// Under ConfigurationReading; what is not taken is an unknown field.

import MetricModel
import Yams

/// Line and column, both from 1.
struct Place: Hashable, Sendable {
    var line: Int
    var column: Int
}

/// A value and where it stands.
struct Located<Value> {
    var value: Value
    var mark: Place?
}

extension Node {
    var place: Place? { mark.map { Place(line: $0.line, column: $0.column) } }
}

struct YAMLDocument {
    let file: String

    /// Nil for an empty file.
    func root(of text: String) throws(ConfigurationFailure) -> Node? {
        do {
            // Without Yams' rules for the kinds of scalars: they are ten regular expressions of ICU, which cost a start
            // more than the file, and the fields here know what they want.
            // A byte order mark is no part of the text, and the library would take it for one.
            let mark: Unicode.Scalar = "\u{feff}"
            return try compose(
                yaml: text.unicodeScalars.first == mark ? String(text.unicodeScalars.dropFirst()) : text, .basic)
        } catch let error as YamlError {
            throw failure(error)
        } catch {
            throw ConfigurationFailure(file: file, "cannot be read as YAML: \(error)")
        }
    }

    func failure(at mark: Place?, _ message: String, hint: String? = nil) -> ConfigurationFailure {
        ConfigurationFailure(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, message, hint: hint)
    }

    private func failure(_ error: YamlError) -> ConfigurationFailure {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " \($0.text)" } ?? ""
            return failure(at: Place(line: mark.line, column: mark.column), "not YAML: \(problem)\(place)")
        case .reader(let problem, _, _, _): return failure(at: nil, "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            let shown = names.map { "`\($0)`" }.joined(separator: ", ")
            let place = Place(line: context.mark.line, column: context.mark.column)
            return failure(at: place, "field \(shown) stands twice in one mapping")
        default: return failure(at: nil, "not YAML")
        }
    }
}

/// The fields of one mapping. Taking a field makes its name known; `finish` refuses the rest.
struct YAMLFields {
    let document: YAMLDocument
    /// `global`, `scrape_configs`: for messages.
    let section: String
    let mark: Place?
    private let pairs: [(key: String, mark: Place?, value: Node)]
    private var known: [String] = []

    init(_ node: Node, section: String, in document: YAMLDocument) throws(ConfigurationFailure) {
        guard case .mapping(let mapping) = node else {
            throw document.failure(
                at: node.place, "\(section): a mapping is wanted, found \(describe(node, of: section))")
        }
        self.document = document
        self.section = section
        mark = node.place
        var pairs: [(key: String, mark: Place?, value: Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw document.failure(
                    at: key.place, "\(section): a field's name is wanted, found \(describe(key, of: section))")
            }
            pairs.append((scalar.string, key.place, value))
        }
        self.pairs = pairs
    }

    var names: [(name: String, mark: Place?, value: Node)] { pairs.map { ($0.key, $0.mark, $0.value) } }

    /// Nil when the field is absent or empty.
    mutating func take(_ name: String) -> Located<Node>? {
        known.append(name)
        guard let pair = pairs.first(where: { $0.key == name }), !isNull(pair.value) else { return nil }
        return Located(value: pair.value, mark: pair.value.place ?? pair.mark)
    }

    mutating func text(_ name: String) throws(ConfigurationFailure) -> Located<String>? {
        guard let found = take(name) else { return nil }
        guard case .scalar(let scalar) = found.value else {
            throw wrong(found, name, "a text")
        }
        return Located(value: scalar.string, mark: found.mark)
    }

    mutating func duration(_ name: String) throws(ConfigurationFailure) -> Located<Milliseconds>? {
        guard let found = try text(name) else { return nil }
        guard let length = Milliseconds(parsing: found.value) else {
            throw document.failure(
                at: found.mark, "\(name): `\(found.value)` is no duration", hint: "such as 15s or 1m30s")
        }
        return Located(value: length, mark: found.mark)
    }

    mutating func flag(_ name: String) throws(ConfigurationFailure) -> Bool? {
        guard let found = take(name) else { return nil }
        guard let scalar = found.value.scalar, scalar.style == .plain || scalar.style == .any else {
            throw wrong(found, name, "true or false")
        }
        switch scalar.string.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw wrong(found, name, "true or false")
        }
    }

    /// A count that is not negative.
    mutating func count(_ name: String) throws(ConfigurationFailure) -> Int? {
        guard let found = take(name) else { return nil }
        guard let count = found.value.int, count >= 0 else { throw wrong(found, name, "a count") }
        return count
    }

    /// `10MB`, `64KiB`, `0`: units are powers of 1024, as Prometheus has them.
    mutating func bytes(_ name: String) throws(ConfigurationFailure) -> Int? {
        guard let found = try text(name) else { return nil }
        let digits = found.value.prefix { $0.isASCII && $0.isNumber }
        let units = ["": 0, "B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40, "PB": 50]
        let unit = found.value.dropFirst(digits.count)
        let plain = unit.hasSuffix("iB") ? unit.dropLast(2) + "B" : unit
        guard let number = Int(digits), let shift = units[String(plain)], !(unit.isEmpty && number != 0) else {
            throw document.failure(at: found.mark, "\(name): `\(found.value)` is no size", hint: "such as 10MB")
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { throw document.failure(at: found.mark, "\(name): `\(found.value)` is too large") }
        return product
    }

    mutating func texts(_ name: String) throws(ConfigurationFailure) -> [Located<String>] {
        var texts: [Located<String>] = []
        for item in try list(name) {
            guard case .scalar(let scalar) = item.value else { throw wrong(item, name, "a list of texts") }
            texts.append(Located(value: scalar.string, mark: item.mark))
        }
        return texts
    }

    mutating func list(_ name: String) throws(ConfigurationFailure) -> [Located<Node>] {
        guard let found = take(name) else { return [] }
        guard case .sequence(let sequence) = found.value else { throw wrong(found, name, "a list") }
        return sequence.map { Located(value: $0, mark: $0.place ?? found.mark) }
    }

    mutating func mapping(_ name: String) throws(ConfigurationFailure) -> YAMLFields? {
        guard let found = take(name) else { return nil }
        return try YAMLFields(found.value, section: name, in: document)
    }

    /// Makes the names known without reading them; the ones that are there, with their places.
    mutating func skip(_ names: [String]) -> [(name: String, mark: Place?)] {
        known += names
        return pairs.filter { names.contains($0.key) && !isNull($0.value) }.map { ($0.key, $0.mark) }
    }

    func finish() throws(ConfigurationFailure) {
        guard let pair = pairs.first(where: { !known.contains($0.key) }) else { return }
        let near = nearestName(to: pair.key, among: known)
        throw document.failure(
            at: pair.mark, "unknown field `\(pair.key)` in \(section)", hint: near.map { "did you mean `\($0)`?" })
    }

    private func wrong(_ found: Located<Node>, _ name: String, _ wanted: String) -> ConfigurationFailure {
        document.failure(
            at: found.mark, "\(name): \(wanted) is wanted, found \(describe(found.value, of: name, section))")
    }
}

private func isNull(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
}

/// A secret in the wrong place is one still.
func describe(_ node: Node, of sections: String...) -> String {
    switch node {
    case .scalar(let scalar):
        scalar.string.isEmpty
            ? "nothing"
            : sections.contains(where: PublicText.isOfSecrets)
                ? "a text" : "`\(printable(scalar.string, charactersMax: 200))`"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .alias: "an alias"
    }
}

/// The name with the least edit distance, nil when none is near: at most a third of the letters may differ.
package func nearestName(to text: String, among names: [String]) -> String? {
    var best: (name: String, distance: Int)?
    for name in names {
        let distance = editDistance(Array(text.utf8), Array(name.utf8))
        if distance <= max(1, max(text.utf8.count, name.utf8.count) / 3), distance < best?.distance ?? .max {
            best = (name, distance)
        }
    }
    return best?.name
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for (column, other) in right.enumerated() {
            let substituted = diagonal + (letter == other ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substituted, row[column] + 1, row[column + 1] + 1)
        }
    }
    return row[right.count]
}

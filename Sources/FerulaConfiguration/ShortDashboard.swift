// A dashboard in the short form: YAML to the values that Dashboards expands, with line and column in each failure.
// Read by the programs; ShortForm knows the words, this file the places.

import Dashboards
import MetricModel
import Yams

package enum ShortDashboard {
    /// Values of one file, all that its anchors repeat included: what a few lines of YAML may grow to.
    package static let valuesMax = 200_000
    package static let depthMax = 100

    /// Grafana's JSON of a short form.
    package static func expand(_ text: String, file: String) throws(ConfigurationFailure) -> JSONValue {
        let document = YAMLDocument(file: file)
        let root = try root(of: text, document)
        let value = try value(of: root, document)
        do {
            return try ShortForm.expand(value)
        } catch {
            throw document.failure(at: place(of: error.path, in: root), error.message, hint: error.hint)
        }
    }

    /// The values of a file as they are written.
    package static func values(_ text: String, file: String) throws(ConfigurationFailure) -> JSONValue {
        let document = YAMLDocument(file: file)
        return try value(of: try root(of: text, document), document)
    }

    private static func root(of text: String, _ document: YAMLDocument) throws(ConfigurationFailure) -> Node {
        guard let root = try document.root(of: text) else {
            throw ConfigurationFailure(file: document.file, "an empty file is no dashboard")
        }
        return root
    }

    private static func value(of root: Node, _ document: YAMLDocument) throws(ConfigurationFailure) -> JSONValue {
        var reader = ValueReader(document: document)
        return try reader.value(root, depth: 0)
    }

    /// The dashboard of a short form.
    package static func read(_ text: String, file: String) throws(ConfigurationFailure) -> Dashboard {
        let json = try expand(text, file: file)
        do {
            return try Dashboard(grafana: json, fileName: file)
        } catch {
            throw ConfigurationFailure(file: file, error.message, hint: error.hint)
        }
    }

    /// Where a path ends; of a field that is its name, of what is missing what it is missing from.
    private static func place(of path: [ShortFormStep], in root: Node) -> Place? {
        var node = root
        var place = root.place
        for step in path {
            switch step {
            case .key(let name):
                guard case .mapping(let mapping) = node,
                    let pair = mapping.first(where: { $0.key.scalar?.string == name })
                else { return place }
                node = pair.value
                place = pair.key.place
            case .index(let index):
                guard case .sequence(let items) = node, items.indices.contains(index) else { return place }
                node = items[index]
                place = node.place
            }
        }
        return place
    }
}

/// Nodes to values. Plain scalars are what YAML 1.2's core schema says, but for numbers written in a way that a number
/// does not keep: `1.10` may be a version.
private struct ValueReader {
    let document: YAMLDocument
    private var count = 0

    init(document: YAMLDocument) { self.document = document }

    mutating func value(_ node: Node, depth: Int) throws(ConfigurationFailure) -> JSONValue {
        count += 1
        guard count <= ShortDashboard.valuesMax else {
            throw document.failure(at: node.place, "more than \(ShortDashboard.valuesMax) values")
        }
        guard depth <= ShortDashboard.depthMax else {
            throw document.failure(at: node.place, "nested more than \(ShortDashboard.depthMax) deep")
        }
        switch node {
        case .scalar(let scalar): return Self.value(scalar)
        case .sequence(let items):
            var values: [JSONValue] = []
            for item in items { values.append(try value(item, depth: depth + 1)) }
            return .array(values)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, inner) in mapping {
                guard case .scalar(let scalar) = key else {
                    throw document.failure(at: key.place, "a field's name is wanted, found \(describe(key))")
                }
                object.keys.append(scalar.string)
                object.values.append(try value(inner, depth: depth + 1))
            }
            return .object(object)
        case .alias: throw document.failure(at: node.place, "an alias of nothing")
        }
    }

    private static func value(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            guard let number = Double(scalar.string), number.isFinite, JSONValue.text(of: number) == scalar.string
            else {
                return .string(scalar.string)
            }
            return .number(number)
        }
    }
}

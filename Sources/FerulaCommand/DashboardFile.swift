// Files that hold a dashboard: Grafana's JSON or the short form in YAML, told apart by what they say.
// Between the subcommands and the two readers.

import Dashboards
import FerulaConfiguration
import ShippedDashboards

enum DashboardFile {
    static func dashboard(_ shipped: ShippedDashboard) throws(CommandFailure) -> Dashboard {
        try dashboard(shipped.bytes, shipped.file)
    }

    /// Of a shipped dashboard by its name, else of a file; `-` is standard input.
    static func bytes(_ name: String) throws -> (bytes: [UInt8], name: String) {
        if let shipped = ShippedDashboards.named(name) { return (shipped.bytes, shipped.file) }
        return (try FileSystem.read(name), name == "-" ? "standard input" : name)
    }

    static func dashboard(_ bytes: [UInt8], _ name: String) throws(CommandFailure) -> Dashboard {
        if isJSON(bytes, name) {
            do {
                return try Dashboard(grafanaJSON: bytes, fileName: name)
            } catch {
                throw CommandFailure(error.diagnostic)
            }
        }
        do {
            return try ShortDashboard.read(try text(bytes, name), file: name)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// The other form: of Grafana's JSON the short one, of that Grafana's JSON.
    static func converted(_ bytes: [UInt8], _ name: String) throws(CommandFailure) -> String {
        do {
            if isJSON(bytes, name) { return ShortForm.yaml(try ShortForm.write(grafanaJSON: bytes, fileName: name)) }
            return ShortForm.json(try ShortDashboard.expand(try text(bytes, name), file: name))
        } catch let failure as CommandFailure {
            throw failure
        } catch let failure as DashboardError {
            throw CommandFailure(failure.diagnostic)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func text(_ bytes: [UInt8], _ name: String) throws(CommandFailure) -> String {
        guard bytes.count <= Configuration.fileBytesMax else { throw CommandFailure("\(name): larger than 16 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandFailure("\(name): is not UTF-8") }
        return text
    }

    /// By its first character; a file that says nothing of YAML in its name or its lines is taken for broken JSON.
    private static func isJSON(_ bytes: [UInt8], _ name: String) -> Bool {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let start = bytes.starts(with: mark) ? mark.count : 0
        let first = bytes[start...].first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return true }
        return !name.hasSuffix(".yml") && !name.hasSuffix(".yaml") && !hasPanels(bytes)
    }

    /// Whether a YAML file is a dashboard: it has panels or rows, which no configuration has.
    static func isShortForm(_ path: String) -> Bool {
        // What cannot be read is complained of by whoever needs it.
        guard FileSystem.isRegularFile(path), let bytes = try? FileSystem.read(path) else { return false }
        return hasPanels(bytes)
    }

    private static func hasPanels(_ bytes: [UInt8]) -> Bool {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0).split(separator: UInt8(ascii: "\n")).contains
        {
            line in
            line.starts(with: Array("panels:".utf8)) || line.starts(with: Array("rows:".utf8))
        }
    }
}

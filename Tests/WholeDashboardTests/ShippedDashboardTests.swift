// Every dashboard that comes with the program: clean, complete, and drawn over data of what it is made for.
// UPDATE_GOLDEN=1 writes the pictures anew: look at each one before it is committed.

import DashboardApp
import Dashboards
import Ferula
import FerulaConfiguration
import Foundation
import Frames
import ShippedDashboards
import Testing

private enum Shipped {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    static let folder = tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "dashboards")
    static let names = ShippedDashboards.all.map(\.name)

    /// Panels that the recordings cannot fill, and what they would need.
    static let unfilled: [String: Set<String>] = [
        // A certificate of its own.
        "envoy": ["Days until a certificate ends"],
        // A replica that the exporter asks.
        "postgres": ["Replica behind"],
    ]

    static func dashboard(_ name: String) throws -> Dashboard {
        let shipped = try #require(ShippedDashboards.named(name))
        if shipped.file.hasSuffix(".json") {
            return try Dashboard(grafanaJSON: shipped.bytes, fileName: shipped.file)
        }
        let text = try #require(String(validating: shipped.bytes, as: UTF8.self))
        return try ShortDashboard.read(text, file: shipped.file)
    }

    static func recorded(_ name: String) throws -> RecordedSeries {
        let path = tests.appending(path: "Fixtures/shipped/\(name).series")
        return try RecordedSeries(String(contentsOf: path, encoding: .utf8))
    }
}

@Suite("Shipped dashboards", .timeLimit(.minutes(10)))
struct ShippedDashboardTests {
    @Test("names and aliases lead to one dashboard each")
    func names() {
        #expect(Set(ShippedDashboards.words).count == ShippedDashboards.words.count)
        for shipped in ShippedDashboards.all {
            #expect((shipped.aliases + [shipped.name]).allSatisfy { ShippedDashboards.named($0) == shipped })
        }
        #expect(ShippedDashboards.named("k8s")?.name == "kubernetes")
        #expect(ShippedDashboards.named("Envoy") == nil)
        #expect(ShippedDashboards.named("") == nil)
    }

    @Test("a dashboard brings those that its links lead to")
    func companions() throws {
        let cluster = try #require(ShippedDashboards.named("kubernetes"))
        #expect(
            ShippedDashboards.companions(of: cluster).map(\.name) == ["kubernetes-namespace", "kubernetes-pod"])
        #expect(ShippedDashboards.companions(of: ShippedDashboards.host) == [])
    }

    @Test("every file of the folder is in the program, byte for byte, and stands in the list of the folder")
    func embedded() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Shipped.folder.path)
            .filter { $0.hasSuffix(".json") || $0.hasSuffix(".yml") }
        let embedded = ShippedDashboards.all + [ShippedDashboards.demo]
        #expect(Set(found) == Set(embedded.map(\.file)))
        let readme = try String(contentsOf: Shipped.folder.appending(path: "README.md"), encoding: .utf8)
        for shipped in embedded {
            let file = try Data(contentsOf: Shipped.folder.appending(path: shipped.file))
            #expect(shipped.bytes == Array(file), "\(shipped.file)")
            #expect(readme.contains("| `\(shipped.name)` |"), "\(shipped.name)")
        }
    }

    @Test("a dashboard is drawn as it says, every query parses, and it is found by its uid", arguments: Shipped.names)
    func clean(name: String) throws {
        let dashboard = try Shipped.dashboard(name)
        let report = DashboardReport(dashboard, fileName: name)
        #expect(report.isClean, "\(DashboardReportText.text(report))")
        #expect(dashboard.uid.hasPrefix("ferula-"))
    }

    @Test("every panel has data, but those that say why they have none", arguments: Shipped.names)
    func filled(name: String) async throws {
        let picture = await (try Shipped.recorded(name)).picture(
            of: try Shipped.dashboard(name), 160, nil, opensRows: true)
        let empty = picture.panels.filter { $0.state != .drawn }
        #expect(Set(empty.map(\.title)) == Shipped.unfilled[name, default: []], "\(empty)")
        #expect(picture.notices == [])
    }

    @Test("a dashboard over what was recorded looks as it did", arguments: Shipped.names)
    func golden(name: String) async throws {
        let frame = await (try Shipped.recorded(name)).picture(of: try Shipped.dashboard(name), 120, 40).frame
        let text = GoldenText.write(frame, depth: .trueColor)
        let path = Shipped.tests.appending(path: "Golden/shipped/\(name)-120x40.txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: path, atomically: true, encoding: .utf8)
            return
        }
        #expect(try text == String(contentsOf: path, encoding: .utf8), "\(name)")
    }

    @Test("recordings are small and name no machine")
    func recordings() throws {
        for name in Shipped.names {
            let path = Shipped.tests.appending(path: "Fixtures/shipped/\(name).series")
            let text = try String(contentsOf: path, encoding: .utf8)
            #expect(text.utf8.count <= 100_000, "\(name): \(text.utf8.count)")
            #expect(!text.contains("127.0.0.1") && !text.contains("/tmp/"), "\(name)")
        }
    }
}

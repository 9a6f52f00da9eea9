// The bands of docs/ARCHITECTURE.md, held against the import lines of the sources themselves.
// A wall that nobody checks is gone within a month.

import Foundation
import Testing

/// Lower rows first; a module imports only modules of earlier rows, and of its own row when `peers` says so.
private let rows: [[String]] = [
    ["LinearRegex"],
    ["MetricModel", "Frames", "CShippedDashboards"],
    ["PromQLSyntax", "Querying", "TimeSeriesStore", "Exposition", "Relabeling", "Dashboards", "ShippedDashboards"],
    ["PromQLEngine", "Ingestion", "Panels", "LogMetrics", "AutomaticDashboards"],
    ["Ferula", "DashboardApp", "DemoShop"],
    ["FerulaTestKit"],
    // Edges: one door to one package each.
    [
        "PEMReading", "HTTPAccess", "HTTPService", "FerulaConfiguration", "PrometheusProtobuf", "CNcurses", "CZlib",
        "CursesTerminal", "FerulaMetrics",
    ],
    // Services.
    ["ExporterKit", "Scraping", "PrometheusAPI", "FerulaScraping", "FerulaServer"],
    // Programs.
    ["HostExporter", "HostExporterCommand", "LogExporter", "LogExporterCommand", "FerulaCommand"],
]

/// Edges between two modules of one row that are meant.
private let peers: Set<String> = [
    "Dashboards -> Querying", "CursesTerminal -> CNcurses", "HTTPAccess -> CZlib",
    "HTTPAccess -> PEMReading", "HTTPService -> PEMReading",
    "FerulaServer -> Scraping", "FerulaServer -> PrometheusAPI", "FerulaServer -> ExporterKit",
    "HostExporterCommand -> HostExporter", "LogExporterCommand -> LogExporter", "FerulaCommand -> HostExporter",
]

/// The only module that may import each package.
private let doors: [String: Set<String>] = [
    "AsyncHTTPClient": ["HTTPAccess"],
    "Hummingbird": ["HTTPService"],
    "HummingbirdCore": ["HTTPService"],
    "Yams": ["FerulaConfiguration"],
    "SwiftProtobuf": ["PrometheusProtobuf"],
    "CoreMetrics": ["FerulaMetrics"],
    "Metrics": ["FerulaMetrics"],
    "CNcurses": ["CursesTerminal"],
    "CZlib": ["FerulaCommand", "HTTPAccess", "LogExporter"],
    "CShippedDashboards": ["ShippedDashboards"],
    "ArgumentParser": ["FerulaCommand", "HostExporterCommand", "LogExporterCommand"],
]

/// What the pure band may import besides itself.
private let pureSystem: Set<String> = ["Synchronization", "Glibc", "Musl", "Darwin", "FoundationEssentials"]
private let jsonModules: Set<String> = ["Dashboards", "Querying"]

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Swift files below a folder with the modules each imports.
private func imports(below folder: String) throws -> [(file: String, modules: [String])] {
    let base = root.appending(path: folder)
    guard let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
    var found: [(String, [String])] = []
    for case let url as URL in walker where url.pathExtension == "swift" {
        let text = try String(contentsOf: url, encoding: .utf8)
        let modules = text.split(separator: "\n").compactMap { line -> String? in
            var words = line.split(separator: " ").map(String.init)[...]
            let prefixes: Set<String> = ["@preconcurrency", "@_exported", "package", "public", "internal", "private"]
            while let word = words.first, prefixes.contains(word) || word.hasPrefix("@testable") { words.removeFirst() }
            guard words.first == "import", let name = words.dropFirst().last else { return nil }
            return String(name.split(separator: ".").first ?? "")
        }
        found.append((url.lastPathComponent, modules))
    }
    return found
}

private let folders: [(module: String, folder: String)] =
    rows.flatMap(\.self).filter { !["CNcurses", "CZlib", "CShippedDashboards"].contains($0) }.map { module in
        switch module {
        case "HostExporter", "HostExporterCommand": (module, "exporters/host/\(module)")
        case "LogMetrics", "LogExporter", "LogExporterCommand": (module, "exporters/log/\(module)")
        case "ShippedDashboards": (module, "dashboards/ShippedDashboards")
        default: (module, "Sources/\(module)")
        }
    }

private let rowOf: [String: Int] = Dictionary(
    uniqueKeysWithValues: rows.enumerated().flatMap { index, row in row.map { ($0, index) } })
private let pureRows = 0...5

@Suite("The bands")
struct ImportEdgesTests {
    @Test("every module imports only lower rows, or a neighbour that is listed", arguments: folders.map(\.module))
    func rowsHold(module: String) throws {
        let folder = try #require(folders.first { $0.module == module }?.folder)
        let own = try #require(rowOf[module])
        for (file, modules) in try imports(below: folder) {
            for imported in modules {
                guard let row = rowOf[imported] else { continue }
                let isAllowed = row < own || peers.contains("\(module) -> \(imported)")
                #expect(isAllowed, "\(file): \(module) must not import \(imported)")
            }
        }
    }

    @Test("the pure band imports no package and no Foundation", arguments: folders.map(\.module))
    func pureStaysPure(module: String) throws {
        let folder = try #require(folders.first { $0.module == module }?.folder)
        guard let own = rowOf[module], pureRows.contains(own) else { return }
        for (file, modules) in try imports(below: folder) {
            for imported in modules where rowOf[imported] == nil {
                #expect(pureSystem.contains(imported), "\(file): \(module) must not import \(imported)")
                if imported == "FoundationEssentials" {
                    #expect(jsonModules.contains(module), "\(file): \(module) reads no JSON")
                }
            }
        }
    }

    @Test("each package has one door", arguments: folders.map(\.module))
    func doorsHold(module: String) throws {
        let folder = try #require(folders.first { $0.module == module }?.folder)
        for (file, modules) in try imports(below: folder) {
            for imported in modules {
                if let allowed = doors[imported] {
                    #expect(allowed.contains(module), "\(file): \(module) must not import \(imported)")
                }
            }
        }
    }

    @Test("every folder of Sources stands in a row")
    func nothingIsUnlisted() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
        for name in names where !name.hasPrefix(".") {
            #expect(rowOf[name] != nil || name == "Bench", "Sources/\(name) stands in no row")
        }
    }

    @Test("formatters that pull in ICU stay out")
    func noLocaleFormatters() throws {
        let forbidden = ["String(" + "format:", "Date" + "Formatter", "Number" + "Formatter"]
        for (module, folder) in folders {
            let base = root.appending(path: folder)
            guard let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else {
                continue
            }
            for case let url as URL in walker where url.pathExtension == "swift" {
                let text = try String(contentsOf: url, encoding: .utf8)
                for word in forbidden {
                    #expect(!text.contains(word), "\(url.lastPathComponent) of \(module) uses \(word)")
                }
            }
        }
    }
}

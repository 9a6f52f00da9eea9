// `ferula render` by the real program: a recorded file under a dashboard, as text and SVG; refusals word for word.
// UPDATE_GOLDEN=1 writes the goldens anew: look at each one before it is committed.

import Ferula
import Foundation
import HTTPService
import PromQLEngine
import PrometheusAPI
import Querying
import Testing
import TimeSeriesStore

@testable import FerulaCommand

private struct NoTargets: StatusSource {
    func targets() async -> [TargetStatus] { [] }
}

private struct Row: Sendable {
    var name: String
    var arguments: [String]
    var input: String?
    var environment: [String: String] = [:]

    init(_ name: String, _ arguments: String..., input: String? = nil, environment: [String: String] = [:]) {
        self.name = "render-" + name
        self.arguments = ["render"] + arguments
        self.input = input
        self.environment = environment
    }
    /// `render shop.yml --load shop.om` before the rest.
    static func shop(_ name: String, _ arguments: String...) -> Row {
        var row = Row(name)
        row.arguments += ["shop.yml", "--load", "shop.om"] + arguments
        return row
    }

    static let all: [Row] = [
        // Sizes and times.
        shop("text"), shop("wide", "--size", "120"), shop("screen", "--size", "80x24"),
        shop("least", "--size", "20x5"), shop("rows", "--expand-rows"),
        shop("past", "--at", "2023-11-14T22:18:20Z", "--range", "3m"),
        shop("range", "--from", "2023-11-14 22:15", "--to", "now-2m"),
        shop("before", "--at", "2023-11-14 12:00", "--size", "80x10"),
        Row("zone", "shop.yml", "--load", "shop.om", "--size", "80x10", environment: ["TZ": "Asia/Tokyo"]),
        Row("utc", "shop.yml", "--load", "shop.om", "--size", "80x10", "--utc", environment: ["TZ": "Asia/Tokyo"]),
        // Without a dashboard: made of what the file has, over the time it has.
        Row("automatic", "--load", "shop.om", "--size", "100x40"),
        Row("auto", "auto", "--load", "shop.om", "--size", "100x40"),
        // Forms.
        shop("ansi", "-o", "ansi", "--size", "60x20"),
        shop("ansi-16", "-o", "ansi", "--color", "16", "--size", "60x20"),
        shop("svg", "-o", "svg", "--size", "60x20"),
        shop("svg-light", "-o", "svg", "--theme", "light", "--size", "40x12"),
        shop("html", "-o", "html", "--size", "60x20"),
        shop("mono", "-o", "html", "--color", "never", "--size", "60x20"),
        Row("ascii", "shop.yml", "--load", "shop.om", "--size", "60x20", environment: ["LC_ALL": "C"]),
        // Variables.
        shop("variable", "--var", "instance=web-02:8080"),
        shop("variables", "--var", "instance=web-02:8080", "--var", "instance=web-01:8080", "--size", "80x24"),
        shop("variable-strange", "--var", "instance=web-03:8080", "--size", "80x24"),
        // Panels that say what is missing.
        Row("broken", "shop-broken.yml", "--load", "shop.om"),
        Row("broken-strict", "shop-broken.yml", "--load", "shop.om", "--strict"),
        shop("strict", "--strict", "--size", "80x10"),
        // Which dashboard.
        Row("title", "pages", "--title", "two OF them", "--load", "shop.om"),
        Row(
            "input", "-", "--load", "shop.om",
            input: "title: Piped\npanels:\n  - {type: stat, title: Up, query: sum(up)}\n"),
        // Refusals.
        Row("error-near", "shp.yml", "--load", "shop.om"), Row("error-near-shipped", "hsot", "--load", "shop.om"),
        Row("error-missing", "nowhere/at-all.json", "--load", "shop.om"),
        Row("error-folder", "pages", "--load", "shop.om"),
        Row("error-title", "pages", "--title", "Three", "--load", "shop.om"),
        Row("error-title-near", "pages", "--title", "Two of then", "--load", "shop.om"),
        Row("error-title-file", "shop.yml", "--title", "Shop", "--load", "shop.om"),
        Row("error-broken-file", "broken.promql", "--load", "shop.om"),
        Row("error-source", "shop.yml"), Row("error-no-samples", "shop.yml", "--load", "missing.om"),
        Row("error-two-inputs", "-", "--load", "-"), Row("error-input", "-", input: "title: x\npanels: []\n"),
        shop("error-variable", "--var", "instnace=a"), shop("error-variable-form", "--var", "instance"),
        shop("error-tab", "--tab", "One"), shop("error-size-below", "--size", "19x5"),
        shop("error-size-above", "--size", "1001x5"), shop("error-height-below", "--size", "20x4"),
        shop("error-height-above", "--size", "20x2001"), shop("error-size-words", "--size", "wide"),
        shop("error-form", "-o", "png"), shop("error-file-form", "-f", "shop.png"),
        shop("error-at", "--at", "yesterday"), shop("error-order", "--from", "now", "--to", "now-1h"),
        shop("error-two-ranges", "--from", "now-1h", "--range", "1h"), shop("error-to", "--to", "now"),
        Row("error-scrape-past", "shop.yml", "--scrape", "localhost:1", "--at", "now-1h"),
        shop("error-range", "--range", "soon"),
        Row("error-server", "shop.yml", "--server", "http://127.0.0.1:1/none"),
    ]
}

@Suite("Goldens of ferula render", .serialized, .timeLimit(.minutes(5)))
struct RenderTests {
    @Test("a command line prints its golden and ends with its code", arguments: Row.all.map(\.name))
    func golden(name: String) async throws {
        let row = try #require(Row.all.first { $0.name == name })
        try await CommandGolden.compare(
            row.name, row.arguments, input: row.input, environment: row.environment)
    }

    @Test("the same samples and moment are the same bytes", arguments: PictureForm.allCases)
    func isDeterministic(form: PictureForm) async throws {
        let words = ["render", "shop.yml", "--load", "shop.om", "--expand-rows", "--size", "120", "-o", form.rawValue]
        let first = try await RealBinary.run(words)
        let second = try await RealBinary.run(words)
        #expect(first.status == 0)
        #expect(first.output == second.output)
    }

    @Test("-f writes the form of the name, for all who may read what the user writes, and nothing else")
    func file() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ferula-render-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, beginning) in [("a.svg", "<svg "), ("a.html", "<!DOCTYPE html>"), ("a.txt", " ferula  Shop")] {
            let path = folder.appending(path: name).path
            let outcome = try await RealBinary.run(["render", "shop.yml", "--load", "shop.om", "-f", path])
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.hasPrefix(beginning), "\(text.prefix(40))")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let mask = umask(0)
            umask(mask)
            #expect((attributes[.posixPermissions] as? Int) == Int(0o666 & ~mask))
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.html", "a.svg", "a.txt"])
        let device = try await RealBinary.run([
            "render", "shop.yml", "--load", "shop.om", "-o", "svg", "-f", "/dev/null",
        ])
        #expect(device.status == 0)
        #expect(FileManager.default.fileExists(atPath: "/dev/null") && !FileSystem.isRegularFile("/dev/null"))
    }

    @Test("a server's samples give the picture that the file they are from gives")
    func server() async throws {
        let store = TimeSeriesStore()
        let newest = Timestamp(milliseconds: 1_700_000_600_000)
        _ = try LoadFile.load(RealBinary.goldenFolder + "/shop.om", into: store, defaultTime: newest)
        let api = APIServer(
            backend: EmbeddedBackend(source: store), status: NoTargets(), process: APIProcess(now: { newest }))
        let words = ["render", "shop.yml", "--at", "2023-11-14T22:23:20Z", "--size", "100"]
        let remote = try await Server(routes: api.routes).whileRunning { address in
            try await RealBinary.run(words + ["--server", "\(address)", "--interval", "30s"])
        }
        let local = try await RealBinary.run(words + ["--load", "shop.om"])
        #expect(remote.status == 0 && remote.errors.isEmpty, "\(remote)")
        // The top line names the server.
        #expect(remote.output.split(separator: "\n").dropFirst() == local.output.split(separator: "\n").dropFirst())
        #expect(remote.output.hasPrefix(" ferula  Shop  "))
        #expect(remote.output.prefix { $0 != "\n" }.contains("⇄ 127.0.0.1:"))
    }
}

@Suite("Words of ferula render")
struct PictureOptionTests {
    @Test(
        "sizes read",
        arguments: [
            ("160x48", 160, 48), ("160x", 160, nil), ("160", 160, nil), ("20x5", 20, 5), ("1000x2000", 1000, 2000),
        ] as [(String, Int, Int?)])
    func sizes(text: String, width: Int, height: Int?) throws {
        let size = try #require(PictureSize(text))
        #expect(size.width == width)
        #expect(size.height == height)
    }

    @Test(
        "what is no size is refused",
        arguments: ["", "x", "x48", "19", "1001", "20x4", "20x2001", "20x48x2", "-20x48", "2٠x48", "20 x48", "1e2x20"])
    func noSizes(text: String) { #expect(PictureSize(text) == nil) }

    @Test(
        "variables read as links and queries write them",
        arguments: [
            ("a=b", "a", "b"), ("var-a=b=c", "a", "b=c"), ("$a=", "a", ""), ("a==", "a", "="),
        ])
    func variables(text: String, name: String, value: String) {
        #expect(GivenVariable(text) == GivenVariable(name: name, value: value))
    }

    @Test("what is no variable is refused", arguments: ["", "a", "=b", "$=b", "var-=b"])
    func noVariables(text: String) { #expect(GivenVariable(text) == nil) }
}

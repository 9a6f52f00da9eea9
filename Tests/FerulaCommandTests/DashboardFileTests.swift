// Dashboards by file and by folder: which files are one, in which order, and what a byte order mark changes.

import Dashboards
import Foundation
import Testing

@testable import FerulaCommand

@Suite struct DashboardFileTests {
    /// A folder of its own for one test, gone afterwards.
    private static func inFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ferula-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        for (name, text) in files {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        try body(folder.path)
    }

    @Test("a folder is all of its dashboards, in the order of the files' names")
    func folder() throws {
        let json = { (title: String) in "{\"title\": \"\(title)\", \"panels\": []}" }
        try Self.inFolder([
            "b.json": json("B"), "a.yml": "title: A\npanels:\n  - query: up\n",
            "c.yaml": "\u{feff}title: C\nrows:\n  - panels: []\n",
            "prometheus.yml": "scrape_configs: []\n", "notes.txt": json("no"), ".hidden.json": json("no"),
            "broken.json": "{", "d.json": "\u{feff}" + json("D"),
        ]) { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/sub.json", withIntermediateDirectories: true)
            // Nobody writes into it: to read it would take for ever.
            #expect(mkfifo(folder + "/pipe.json", 0o600) == 0)
            #expect(try DashCommand.dashboards(folder).map(\.title) == ["A", "B", "C", "D"])
            #expect(try DashCommand.dashboards(folder + "/b.json").map(\.title) == ["B"])
        }
    }

    @Test("a folder without a dashboard is refused, and so is a broken file that is named")
    func refused() throws {
        try Self.inFolder(["x.txt": "", "broken.json": "{"]) { folder in
            let none = #expect(throws: CommandFailure.self) { try DashCommand.dashboards(folder) }
            #expect(none?.description == "\(folder): there is no dashboard in this folder")
            #expect(throws: CommandFailure.self) { try DashCommand.dashboards(folder + "/broken.json") }
        }
    }

    @Test("a shipped dashboard is found by its name and its aliases, and brings those that its links lead to")
    func shipped() throws {
        #expect(try DashCommand.dashboards("envoy").map(\.title) == ["Envoy"])
        #expect(try DashCommand.dashboards("node").map(\.title) == ["Host"])
        let cluster = ["Kubernetes cluster", "Kubernetes namespace", "Kubernetes pod"]
        #expect(try DashCommand.dashboards("k8s").map(\.title) == cluster)
        #expect(try DashboardChoice.dashboard("pg", title: nil).title == "PostgreSQL")
        #expect(try DashboardFile.bytes("redis").name == "redis.yml")
    }

    @Test(
        "a bare word that names nothing gets the nearest name, or the list; a path is a file that is missing",
        arguments: [
            ("envoi", "envoi: no such file, and no shipped dashboard; did you mean `envoy`?"),
            ("postgers", "postgers: no such file, and no shipped dashboard; did you mean `postgres`?"),
            ("./envoi", "./envoi: No such file or directory"), ("envoi.yml", "envoi.yml: No such file or directory"),
        ])
    func unknown(name: String, message: String) {
        let refusal = #expect(throws: CommandFailure.self) { try DashCommand.dashboards(name) }
        #expect(refusal?.description == message)
        let far = #expect(throws: CommandFailure.self) { try DashCommand.dashboards("zzzzzzzz") }
        let list = "zzzzzzzz: no such file, and no shipped dashboard; shipped with ferula: host, prometheus, ferula, "
        #expect(far?.description.hasPrefix(list) == true)
    }

    @Test("a first word that is a shipped dashboard's name is told how that is shown")
    func firstWord() {
        let refusal = FirstArgument.refusal(of: "redis", nearest: nil)
        #expect(
            refusal.description
                == "ferula: `redis` is neither a subcommand, a URL, host:port nor a file; "
                + "a shipped dashboard is shown by `ferula -d redis`")
    }

    @Test("a shell is offered shipped names, dashboards' files and folders")
    func proposals() throws {
        #expect(DashboardChoice.proposals("kubernetes-") == ["kubernetes-namespace", "kubernetes-pod"])
        try Self.inFolder(["a.yml": "", "b.json": "", "c.txt": ""]) { folder in
            try FileManager.default.createDirectory(atPath: folder + "/d", withIntermediateDirectories: true)
            #expect(DashboardChoice.proposals(folder + "/") == ["/a.yml", "/b.json", "/d/"].map { folder + $0 })
            #expect(DashboardChoice.proposals(folder + "/nowhere/") == [])
        }
    }

    @Test("of a folder of any size only so many files are offered")
    func proposalsLimit() throws {
        for count in [DashboardChoice.proposalsMax, DashboardChoice.proposalsMax + 1] {
            let files = Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0).yml", "") })
            try Self.inFolder(files) { folder in
                #expect(DashboardChoice.proposals(folder + "/").count == DashboardChoice.proposalsMax)
            }
        }
    }

    @Test(
        "a byte order mark changes nothing about a file",
        arguments: [
            ("x.json", "{\"title\": \"T\", \"panels\": []}"), ("x.yml", "panels:\n  - query: up\ntitle: T\n"),
            ("x", "panels:\n  - query: up\ntitle: T\n"), ("x", "{\"title\": \"T\", \"panels\": []}"),
        ])
    func byteOrderMark(name: String, text: String) throws {
        let bytes = [0xef, 0xbb, 0xbf] + Array(text.utf8)
        #expect(try DashboardFile.dashboard(bytes, name).title == "T")
        #expect(try DashboardFile.converted(bytes, name) == DashboardFile.converted(Array(text.utf8), name))
    }
}

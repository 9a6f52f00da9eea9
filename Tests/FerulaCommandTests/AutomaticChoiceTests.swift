// What `--auto` takes for matchers, and how `:write` meets the disk.

import AutomaticDashboards
import DashboardApp
import Dashboards
import FerulaConfiguration
import Foundation
import MetricModel
import PromQLEngine
import Testing
import TimeSeriesStore

@testable import FerulaCommand

@Suite("Automatic dashboards on the command line")
struct AutomaticChoiceTests {
    @Test(
        "matchers are what stands between a selector's braces, or with them; one value needs no quotes",
        arguments: [
            ("job=api", [#"job="api""#]),
            (#"job="api""#, [#"job="api""#]),
            (#"{job="api"}"#, [#"job="api""#]),
            ("{job=api}", [#"job="api""#]),
            (#"job="api",instance=~"a.*""#, [#"job="api""#, #"instance=~"a.*""#]),
            (#"{ job!="api" , env=~"t.+" }"#, [#"job!="api""#, #"env=~"t.+""#]),
            ("path=/a b", [#"path="/a b""#]),
            ("job=a=b", [#"job="a=b""#]),
            (#"__name__=~"http_.*""#, [#"__name__=~"http_.*""#]),
        ])
    func matchers(text: String, expected: [String]) throws {
        #expect(try AutomaticChoice.matchers(text).map(\.description) == expected)
    }

    @Test(
        "anything else is refused with an example, and the reason where there is one",
        arguments: [
            ("", ""), ("{}", ""), ("job", ""), ("job=", ""), ("=api", ""), ("job=~a", ""), ("job!=a", ""),
            ("job=a,env=b", ""), ("{", ""),
            (#"{job="a""#, ": unexpected left brace '{'"), (#"up{job="a"}"#, ": unexpected left brace '{'"),
            (#"job!="a""#, ": vector selector must contain at least one non-empty matcher"),
        ])
    func refused(text: String, reason: String) {
        #expect {
            _ = try AutomaticChoice.matchers(text)
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.status == ExitStatus.usage
                && failure.description
                    == "--auto: `\(text)` is no list of matchers, such as job=api or job=\"api\",instance=~\"a.*\""
                    + reason
        }
    }
}

@Test(
    "where nothing matches --auto the values that there are are told",
    arguments: [
        (["job=b"], #"no series with job="b" now; job is "a0", "a1", "a2", "a3", "a4" and 1 more"#),
        (["job=a0", "env=x"], #"no series with job="a0",env="x" now; no series has the label env"#),
        // A label that a matcher would rather not see is not missing.
        (
            [#"env!="x",job="b""#],
            #"no series with env!="x",job="b" now; job is "a0", "a1", "a2", "a3", "a4" and 1 more"#
        ),
        // Each is there, and both together are not.
        (["job=a0", "__name__=down"], #"no series with job="a0",__name__="down" now"#),
    ])
func nothingMatches(texts: [String], words: String) async throws {
    let store = TimeSeriesStore()
    let path = NSTemporaryDirectory() + "ferula-page-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = (0..<6).map { #"up{job="a\#($0)"} 1 1700000000"# } + [#"down{job="a1"} 1 1700000000"#, "# EOF\n"]
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    _ = try LoadFile.load(path, into: store, defaultTime: Timestamp(milliseconds: 0))
    let failure = await AutomaticChoice.nothing(
        of: try texts.flatMap(AutomaticChoice.matchers), in: EmbeddedBackend(source: store, options: .user), "http://x",
        now: Timestamp(milliseconds: 1_700_000_001_000))
    #expect(failure.description == "--auto: http://x has " + words)
}

@Test("what is made of a server's metrics is written with the hour and the refresh that are shown")
func remoteTimes() throws {
    let made = AutomaticDashboard(title: "server", survey: MetricSurvey(names: ["a_total", "b_bytes"], metadata: [:]))
    let shown = RemoteDash.adapted(made.dashboard())
    let text = try #require(try shown.text(forFile: "web.yml"))
    #expect(text.contains("\ntime: 1h\n") && text.contains("\nrefresh: 5s\n"), "\(text.prefix(200))")
    let again = try ShortDashboard.read(text, file: "web.yml")
    #expect(again.timeFrom == shown.timeFrom && again.timeTo == shown.timeTo && again.refresh == shown.refresh)
}

@Suite("Writing a dashboard")
struct DashboardSavingTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "ferula-write-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test("a new file is written, a file that is there stays unless it is to be replaced")
    func writes() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/web.yml"
        #expect(
            DashboardSaving.save("one", path, false)
                == Notice("written to \(path); `-d \(path)` beside the same target or server opens it"))
        #expect(text(path) == "one")
        #expect(
            DashboardSaving.save("two", path, false)
                == Notice("\(path) is there already; :write! \(path) replaces it", isError: true))
        #expect(text(path) == "one")
        #expect(!DashboardSaving.save("three", path, true).isError)
        #expect(text(path) == "three")
    }

    @Test("what cannot be written says why and leaves nothing")
    func fails() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/missing/web.yml"
        for replaces in [false, true] {
            let notice = DashboardSaving.save("one", path, replaces)
            #expect(notice.isError)
            #expect(notice.text == "\(path): No such file or directory")
        }
        #expect(DashboardSaving.save("one", folder, true).isError)
        #expect((try? FileManager.default.contentsOfDirectory(atPath: folder)) == [])
    }

    @Test("~/ is the home of whoever runs it")
    func home() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(DashboardSaving.expanded("~/web.yml", home: folder) == folder + "/web.yml")
        for path in ["~web.yml", "a/~/web.yml", "~", "web.yml"] {
            #expect(DashboardSaving.expanded(path, home: folder) == path)
        }
        #expect(DashboardSaving.expanded("~/web.yml", home: nil) == "~/web.yml")
    }
}

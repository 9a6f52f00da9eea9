// promtool and a Python client ask a real Prometheus and `ferula serve` over the same data: the same answers.

import Foundation
import Testing

@Suite("Clients of a Prometheus", .enabled(if: Peers.isRequested, "run by make test-peers"), .serialized)
struct ClientToolTests {
    /// Ten minutes at 15 s: a counter of two codes and a gauge whose values need all their digits.
    private static func openMetrics(from start: Int) -> String {
        var text = "# HELP requests Requests served.\n# TYPE requests counter\n"
        for (rank, code) in ["200", "500"].enumerated() {
            var total = 0
            for step in 0..<40 {
                total += (step * 7 + rank * 3) % 11
                text += "requests_total{code=\"\(code)\",job=\"shop\"} \(total) \(start + step * 15)\n"
            }
        }
        text += "# TYPE temperature gauge\n"
        for step in 0..<40 {
            text += "temperature{job=\"shop\",room=\"a b\"} \(Double(step) / 3) \(start + step * 15)\n"
        }
        return text + "# EOF\n"
    }

    private struct Pair {
        var theirs: String
        var ours: String
        var start: Int
    }

    /// Runs `body` while both serve the same file.
    private static func withBoth(_ body: (Pair) async throws -> Void) async throws {
        let start = (Int(Date().timeIntervalSince1970) / 7200 - 3) * 7200
        let servers = try await ServerPair.start(with: openMetrics(from: start))
        defer { servers.end() }
        let pair = Pair(theirs: servers.theirs, ours: servers.ours, start: start)
        try await body(pair)
    }

    @Test("promtool query: instant, range, series and labels print the same lines")
    func promtool() async throws {
        try await Self.withBoth { pair in
            let promtool = try Peers.program("promtool")
            // Half a second off the samples' grid: 2.42 counts a sample on a window's left border, we do not.
            let time = "\(pair.start + 300).5"
            let range = ["--start=\(pair.start + 100)", "--end=\(pair.start + 400)"]
            let commands: [(verb: [String], rest: [String])] = [
                (["instant", "--time=\(time)"], ["requests_total"]),
                (["instant", "--time=\(time)"], ["sum by (code) (rate(requests_total[2m]))"]),
                (["instant", "--time=\(time)"], ["temperature"]),
                (["instant", "--time=\(time)"], ["1 / 3"]),
                (["instant", "--time=\(time)"], ["nothing"]),
                (["instant", "-o", "json", "--time=\(time)"], ["requests_total{code=~\"5..\"}"]),
                (["range", "--step=30s"] + range, ["temperature * 2"]),
                (["range", "-o", "json", "--step=30s"] + range, ["increase(requests_total[1m])"]),
                (["series"] + range + ["--match={job=\"shop\"}"], []),
                (["series"] + range + ["--match=requests_total", "--match=temperature"], []),
                (["labels"] + range, ["room"]),
                (["labels"] + range, ["__name__"]),
                (["instant", "--time=\(time)"], ["sum("]),
            ]
            for (verb, rest) in commands {
                let one = try await PeerProcess.run(promtool, ["query"] + verb + [pair.theirs] + rest)
                let other = try await PeerProcess.run(promtool, ["query"] + verb + [pair.ours] + rest)
                #expect(one.status == other.status, "\(verb) \(rest): \(other.errors)")
                #expect(Self.lines(one.output) == Self.lines(other.output), "\(verb) \(rest)")
                if rest != ["nothing"], rest != ["sum("] { #expect(!one.output.isEmpty, "\(verb) \(rest)") }
            }
        }
    }

    /// Series come in no fixed order from a real Prometheus.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).sorted()
    }

    @Test("Python's prometheus-api-client reads the same")
    func python() async throws {
        let packages = (Peers.folder ?? "") + "/python"
        guard FileManager.default.fileExists(atPath: packages + "/prometheus_api_client") else {
            throw PeerFailure("\(packages) has no prometheus_api_client: run `make peers`")
        }
        try await Self.withBoth { pair in
            let script = """
                import json, sys
                from datetime import datetime, timezone
                sys.path.insert(0, sys.argv[1])
                from prometheus_api_client import PrometheusConnect
                start = int(sys.argv[3])
                at = lambda seconds: datetime.fromtimestamp(start + seconds, tz=timezone.utc)
                by = lambda rows: sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
                with PrometheusConnect(url=sys.argv[2]) as client:
                    found = {
                        "metrics": sorted(client.all_metrics()),
                        "series": by(client.get_series(at(0), at(600), params={"match[]": '{job="shop"}'})),
                        "labels": sorted(client.get_label_names()),
                        "values": sorted(client.get_label_values("code")),
                        "current": by(client.get_current_metric_value(
                            "requests_total", {"code": "500"}, params={"time": start + 300.5})),
                        "range": by(client.get_metric_range_data(
                            "temperature", start_time=at(100), end_time=at(400))),
                        "query": by(client.custom_query("sum by (code) (rate(requests_total[2m]))",
                                                        params={"time": start + 300.5})),
                        "steps": by(client.custom_query_range("temperature / 7", at(100), at(400), "30s")),
                        "targets": client.get_targets(state="active")["activeTargets"],
                    }
                print(json.dumps(found, sort_keys=True, indent=1))
                """
            let folder = try Peers.temporaryFolder()
            let file = folder + "/ask.py"
            try script.write(toFile: file, atomically: true, encoding: .utf8)
            let arguments = { (server: String) in ["python3", file, packages, server, "\(pair.start)"] }
            let one = try await PeerProcess.run("/usr/bin/env", arguments(pair.theirs))
            let other = try await PeerProcess.run("/usr/bin/env", arguments(pair.ours))
            #expect(one.status == 0, "\(one.errors)")
            #expect(other.status == 0, "\(other.errors)")
            #expect(one.output == other.output)
            #expect(one.output.contains("requests_total"))
        }
    }
}

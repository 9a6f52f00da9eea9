// `ferula check metrics` beside `promtool check metrics` 2.42: whatever promtool finds in a page we find at the same metric,
// in the same words. We find more; each of those rules is in ExpositionTests/LintTests.

import Foundation
import Testing

@Suite("Linter beside promtool", .enabled(if: Peers.isRequested, "run by make test-peers"))
struct CheckMetricsTests {
    /// Pages as programs write them, with the mistakes that their authors made, and one with every mistake promtool knows.
    static let pages: [(name: String, page: String)] = [
        (
            "a shop",
            """
            # HELP shop_requests Requests.
            # TYPE shop_requests counter
            shop_requests{code="200",userName="x"} 1
            shop_requests{code="500",userName="x"} 2
            # TYPE shop_latency_ms histogram
            shop_latency_ms_bucket{le="1"} 1
            shop_latency_ms_bucket{le="+Inf"} 2
            shop_latency_ms_sum 3
            shop_latency_ms_count 2
            # HELP shop_items_total Items now.
            # TYPE shop_items_total gauge
            shop_items_total 7
            shop_untyped 1

            """
        ),
        (
            "a thermometer",
            """
            # HELP room_temperature_fahrenheit Warmth.
            # TYPE room_temperature_fahrenheit gauge
            room_temperature_fahrenheit{room="a"} 70
            # HELP room_voltage_millivolts Power.
            # TYPE room_voltage_millivolts gauge
            room_voltage_millivolts 12
            # HELP room_uptime_hours Since the start.
            # TYPE room_uptime_hours counter
            room_uptime_hours 5
            # HELP room:humidity:ratio Recorded.
            # TYPE room:humidity:ratio gauge
            room:humidity:ratio 0.5

            """
        ),
        (
            "reserved words",
            """
            # HELP a_bucket x
            # TYPE a_bucket gauge
            a_bucket 1
            # HELP b_count x
            # TYPE b_count gauge
            b_count 1
            # HELP c_sum x
            # TYPE c_sum counter
            c_sum 1
            # HELP d x
            # TYPE d gauge
            d{le="1"} 1
            # HELP e x
            # TYPE e gauge
            e{quantile="0.5"} 1
            # HELP f_total x
            # TYPE f_total summary
            f_total{quantile="0.5"} 1
            f_total_sum 1
            f_total_count 1

            """
        ),
        (
            "names",
            """
            # HELP my_gauge x
            # TYPE my_gauge gauge
            my_gauge 1
            # HELP my_counter_total x
            # TYPE my_counter_total counter
            my_counter_total 1
            # HELP camelCase x
            # TYPE camelCase gauge
            camelCase 1
            # HELP rate_mb_x x
            # TYPE rate_mb_x gauge
            rate_mb_x 1
            # HELP wait_s x
            # TYPE wait_s summary
            wait_s_sum 1
            wait_s_count 2
            # HELP size_kilobytes x
            # TYPE size_kilobytes gauge
            size_kilobytes 1
            # HELP walk_miles_total x
            # TYPE walk_miles_total counter
            walk_miles_total 1

            """
        ),
    ]

    @Test("four written pages", arguments: pages.indices)
    func written(row: Int) async throws {
        try await compare(Self.pages[row].page, least: 4)
    }

    @Test("a real node_exporter's page")
    func nodeExporter() async throws {
        let folder = try Peers.temporaryFolder()
        let port = try Peers.freePort()
        let exporter = try PeerProcess(
            Peers.program("prometheus-node-exporter"), ["--web.listen-address=127.0.0.1:\(port)"],
            log: folder + "/exporter.log")
        defer { exporter.end() }
        try await exporter.waitUntilReady("http://127.0.0.1:\(port)/metrics")
        let page = try await Web.get("http://127.0.0.1:\(port)/metrics").body
        try await compare(String(decoding: page, as: UTF8.self), least: 1)
    }

    /// - `least`: so many problems promtool must find, or the page shows nothing.
    private func compare(_ page: String, least: Int) async throws {
        let folder = try Peers.temporaryFolder()
        let file = folder + "/page.prom"
        try page.write(toFile: file, atomically: true, encoding: .utf8)
        let theirs = try await PeerProcess.run(
            "/bin/sh", ["-c", "exec \"$0\" check metrics < \"$1\"", Peers.program("promtool"), file])
        let found = Set(theirs.errors.split(separator: "\n").map(String.init))
        #expect(theirs.status == 3)
        #expect(found.count >= least)
        let ours = try await PeerProcess.run(Peers.ownProgram(), ["check", "metrics", file, "--lint-fatal"])
        #expect(ours.status == 3)
        // Behind FILE:LINE:COLUMN.
        let own = Set(
            ours.output.split(separator: "\n").compactMap { line -> String? in
                line.range(of: ": ").map { String(line[$0.upperBound...]) }
            })
        #expect(found.subtracting(own).sorted() == [])
    }
}

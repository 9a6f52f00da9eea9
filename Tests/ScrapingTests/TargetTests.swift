// Targets, schedules and guesses as values.

import FerulaConfiguration
import MetricModel
import Relabeling
import Testing

@testable import Scraping

private func job(_ text: String) throws -> ScrapeConfiguration {
    try #require(try Configuration(parsing: text, file: "p.yml").scrapes.first)
}

@Test("a target gets job, instance, the group's labels and its URL")
func plainTarget() throws {
    let job = try job(
        """
        scrape_configs:
          - job_name: app
            scrape_interval: 15s
            metrics_path: /probe
            params: {module: [http, icmp], a: ["x y"]}
            static_configs: [{targets: ["b:80"], labels: {env: prod, __param_a: "over"}}]
        """)
    guard case .target(let target)? = job.targets().first else {
        Issue.record("no target")
        return
    }
    #expect(target.url == "http://b:80/probe?a=over&module=http&module=icmp")
    #expect(target.labels == ["job": "app", "instance": "b:80", "env": "prod"])
    #expect(target.discoveredLabels["__address__"] == "b:80")
    #expect(target.discoveredLabels["__scrape_interval__"] == "15s")
    #expect(target.interval == .seconds(15))
    #expect(target.timeout == .seconds(10))
}

@Test("a target may listen on a socket of the file system")
func socketTarget() throws {
    let job = try job(
        """
        scrape_configs:
          - job_name: app
            params: {a: [b]}
            static_configs: [{targets: ["db"], labels: {__unix_socket__: /run/my app.sock}}]
        """)
    guard case .target(let target)? = job.targets().first else {
        Issue.record("no target")
        return
    }
    #expect(target.url == "http+unix://%2Frun%2Fmy%20app.sock/metrics?a=b")
    #expect(target.labels == ["job": "app", "instance": "db"])
}

@Test("relabelling drops, moves and reschedules targets")
func relabeledTargets() throws {
    let job = try job(
        """
        scrape_configs:
          - job_name: app
            static_configs: [{targets: [a, b, c]}]
            relabel_configs:
              - {action: drop, source_labels: [__address__], regex: a}
              - {source_labels: [__address__], regex: b, target_label: __address__, replacement: ""}
              - {target_label: __scheme__, replacement: https}
              - {target_label: __scrape_interval__, replacement: 20s}
              - {target_label: instance, replacement: fixed}
        """)
    let outcomes = job.targets()
    guard case .dropped(let labels) = outcomes[0] else {
        Issue.record("a is not dropped")
        return
    }
    #expect(labels["__address__"] == "a")
    guard case .refused(_, let reason) = outcomes[1], case .target(let target) = outcomes[2] else {
        Issue.record("b and c")
        return
    }
    #expect(reason == "no address")
    #expect(target.url == "https://c/metrics")
    #expect(target.labels == ["job": "app", "instance": "fixed"])
    #expect(target.interval == .seconds(20))
}

@Test("ticks lie on the grid of interval and offset; ticks that were missed are left out")
func ticks() {
    let schedule = ScrapeSchedule(interval: .seconds(10), offset: .seconds(3))
    #expect(schedule.firstTick(from: Timestamp(milliseconds: 20_000)) == Timestamp(milliseconds: 23_000))
    #expect(schedule.firstTick(from: Timestamp(milliseconds: 23_000)) == Timestamp(milliseconds: 23_000))
    #expect(schedule.firstTick(from: Timestamp(milliseconds: 23_001)) == Timestamp(milliseconds: 33_000))
    let tick = Timestamp(milliseconds: 23_000)
    #expect(schedule.nextTick(after: tick, now: Timestamp(milliseconds: 24_000)) == Timestamp(milliseconds: 33_000))
    #expect(schedule.nextTick(after: tick, now: Timestamp(milliseconds: 33_000)) == Timestamp(milliseconds: 33_000))
    #expect(schedule.nextTick(after: tick, now: Timestamp(milliseconds: 43_001)) == Timestamp(milliseconds: 53_000))
}

@Test(
    "a loop that goes on from another leaves no hole longer than the longer interval, and comes back to its schedule",
    arguments: [
        ([20_000, 19_000, 10], [23_000, 33_000]), ([24_000, 19_500, 10], [29_500, 33_000]),
        ([31_000, 19_500, 10], [31_000, 33_000]), ([24_000, 19_500, 60], [33_000, 43_000]),
    ] as [([Int64], [Int64])])
func ticksAfterAnother(row: [Int64], ticks: [Int64]) {
    let schedule = ScrapeSchedule(interval: .seconds(10), offset: .seconds(3))
    let first = schedule.firstTick(
        from: Timestamp(milliseconds: row[0]), after: Timestamp(milliseconds: row[1]), every: .seconds(row[2]))
    let next = schedule.nextTick(after: first, now: first + Milliseconds(1))
    #expect([first, next].map(\.milliseconds) == ticks)
}

@Test(
    "a timestamp within 2 ms after its tick is moved onto it, unless the interval is short",
    arguments: [(1000, 0, 0), (1000, 2, 0), (1000, 3, 3), (1000, -1, -1), (200, 1, 1), (201, 1, 0)])
func alignment(interval: Int64, late: Int64, expected: Int64) {
    let schedule = ScrapeSchedule(interval: Milliseconds(interval), offset: .zero)
    let tick = Timestamp(milliseconds: 60_000)
    #expect(schedule.align(tick + Milliseconds(late), due: tick) == tick + Milliseconds(expected))
}

@Test("the offset of a target is the same at each start and below the interval")
func offsets() {
    let one = ScrapeSchedule(interval: .seconds(15), spreading: "a")
    #expect(one.offset == ScrapeSchedule(interval: .seconds(15), spreading: "a").offset)
    #expect(one.offset != ScrapeSchedule(interval: .seconds(15), spreading: "b").offset)
    #expect(one.offset >= .zero && one.offset < .seconds(15))
}

@Test(
    "scheme and path that are not written are guessed",
    arguments: [
        ("localhost:9100", ["http://localhost:9100/metrics", "https://localhost:9100/metrics"]),
        (":9100", ["http://localhost:9100/metrics", "https://localhost:9100/metrics"]),
        ("https://a", ["https://a/metrics"]), ("http://a:1/", ["http://a:1/metrics"]),
        ("http://a/b?c=d", ["http://a/b?c=d"]), ("a/b", ["http://a/b", "https://a/b"]),
    ])
func guesses(text: String, candidates: [String]) {
    #expect(TargetText(text)?.candidates == candidates)
}

// What `ferula check service-discovery` prints, letter by letter.

import FerulaConfiguration
import HTTPAccess
import Scraping
import Testing

@testable import FerulaCommand

@Suite("check service-discovery")
struct CheckDiscoveryTests {
    private static func check() async throws -> DiscoveryCheck {
        let configuration = try Configuration(
            parsing: """
                scrape_configs:
                  - job_name: app
                    static_configs: [{targets: ["a:1", b], labels: {env: "t\\u001b"}}]
                    relabel_configs: [{action: drop, source_labels: [__address__], regex: b}]
                  - job_name: gone
                    file_sd_configs: [{files: [/nonexistent/*.json]}]
                """, file: "p.yml")
        let client = Client()
        let check = await DiscoveryCheck(configuration.scrapes, client: client, timeout: .seconds(30))
        await client.shutdown()
        return check
    }

    @Test("text: each target with its labels before and after; control characters stay out of the terminal")
    func text() async throws {
        let check = try await Self.check()
        #expect(check.failures.isEmpty)
        #expect(
            DiscoveryText.text(check, jobs: ["app", "gone"]) == """
                job app: 2 targets found, 1 scraped

                  http://a:1/metrics
                    labels      {env="t\\x1b", instance="a:1", job="app"}
                    discovered  __address__          a:1
                                __metrics_path__     /metrics
                                __scheme__           http
                                __scrape_interval__  1m
                                __scrape_timeout__   10s
                                env                  t\u{FFFD}
                                job                  app

                  (dropped by relabelling)
                    discovered  __address__          b
                                __metrics_path__     /metrics
                                __scheme__           http
                                __scrape_interval__  1m
                                __scrape_timeout__   10s
                                env                  t\u{FFFD}
                                job                  app

                job gone: 0 targets found, 0 scraped

                """)
    }

    @Test("json: as promtool has it")
    func json() async throws {
        let text = String(decoding: DiscoveryText.json(try await Self.check()), as: UTF8.self)
        let common =
            #""__metrics_path__":"/metrics","__scheme__":"http","__scrape_interval__":"1m","__scrape_timeout__":"10s","env":"t\u001b""#
        #expect(
            text == #"[{"discoveredLabels":{"__address__":"a:1",\#(common),"job":"app"},"#
                + #""labels":{"__address__":"a:1",\#(common),"instance":"a:1","job":"app"}},"#
                + #"{"discoveredLabels":{"__address__":"b",\#(common),"job":"app"},"labels":{}}]"# + "\n")
    }
}

// `*_sd_configs` and `scrape_config_files`: what they mean, and every refusal word for word.

import MetricModel
import Testing

@testable import FerulaConfiguration

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

private func read(_ text: String) throws -> Configuration {
    try Configuration(parsing: text, file: "p.yml", directory: "/etc/p")
}

/// Two lines of the file, then the job's own ones.
private func job(_ lines: String) -> String { "scrape_configs:\n  - job_name: a\n" + lines }

@Suite("reading discovery")
struct DiscoveryReadingTests {
    @Test("every field of every kind")
    func everyField() throws {
        let configuration = try read(
            job(
                """
                    file_sd_configs:
                      - files: [t/*.json, /abs/t.yml]
                      - {files: [x.yaml], refresh_interval: 7s}
                    http_sd_configs:
                      - url: https://h:1/sd
                        refresh_interval: 2m
                        basic_auth: {username: u, password_file: secret}
                        tls_config: {ca_file: ca.pem}
                        follow_redirects: false
                        http_headers: {X-A: {values: [b]}}
                    dns_sd_configs:
                      - names: [_a._tcp.example, b]
                      - {names: [c], type: a, port: 80, refresh_interval: 5s}
                """))
        let discoveries = try #require(configuration.scrapes.first?.discoveries)
        var second = FileDiscoveryConfiguration(patterns: ["/etc/p/x.yaml"])
        second.refreshInterval = .seconds(7)
        var http = HTTPDiscoveryConfiguration(url: "https://h:1/sd")
        http.refreshInterval = .minutes(2)
        http.client.authentication = AuthenticationFields(userName: .value("u"), secret: .file("/etc/p/secret"))
        var tls = TLSFields()
        tls.authorityFile = "/etc/p/ca.pem"
        http.client.tls = tls
        http.client.followsRedirects = false
        http.client.headers = [HeaderFields(name: "X-A", value: .value("b"))]
        var addresses = DNSDiscoveryConfiguration(names: ["c"])
        addresses.type = .a
        addresses.port = 80
        addresses.refreshInterval = .seconds(5)
        #expect(
            discoveries == [
                .file(FileDiscoveryConfiguration(patterns: ["/etc/p/t/*.json", "/abs/t.yml"])), .file(second),
                .http(http), .dns(DNSDiscoveryConfiguration(names: ["_a._tcp.example", "b"])), .dns(addresses),
            ])
        #expect(FileDiscoveryConfiguration(patterns: []).refreshInterval == .minutes(5))
        #expect(HTTPDiscoveryConfiguration(url: "").refreshInterval == .minutes(1))
        #expect(DNSDiscoveryConfiguration(names: []).refreshInterval == .seconds(30))
    }

    @Test(
        "a mistake is named with its place",
        arguments: [
            (
                "    file_sd_configs: [{files: [a.txt]}]\n",
                "3:32: files: `a.txt` cannot name files of targets; they end in .json, .yml or .yaml, "
                    + "and a * stands in the last part only"
            ),
            (
                "    file_sd_configs: [{files: [\"a*/b.json\"]}]\n",
                "3:32: files: `a*/b.json` cannot name files of targets; they end in .json, .yml or .yaml, "
                    + "and a * stands in the last part only"
            ),
            ("    file_sd_configs: [{}]\n", "3:23: file_sd_configs: files is missing"),
            (
                "    file_sd_configs: [{files: [a.yml], refresh: 1s}]\n",
                "3:40: unknown field `refresh` in file_sd_configs"
            ),
            (
                "    file_sd_configs: [{files: [a.yml], refresh_interval: 0s}]\n",
                "3:58: refresh_interval: must be longer than 0s"
            ),
            ("    http_sd_configs: [{}]\n", "3:23: http_sd_configs: url is missing"),
            ("    http_sd_configs: [{url: \"ftp://a\"}]\n", "3:29: url: `ftp://a` is no URL of http or https"),
            ("    http_sd_configs: [{url: \"http://\"}]\n", "3:29: url: `http://` has no host"),
            (
                "    http_sd_configs: [{url: \"http://a\", urll: x}]\n",
                "3:41: unknown field `urll` in http_sd_configs; did you mean `url`?"
            ),
            ("    dns_sd_configs: [{}]\n", "3:22: dns_sd_configs: names is missing"),
            (
                "    dns_sd_configs: [{names: [a], type: TXT}]\n",
                "3:41: type: `TXT` is no record type that names targets; SRV, A, AAAA, MX or NS"
            ),
            (
                "    dns_sd_configs: [{names: [a], type: A}]\n",
                "3:22: dns_sd_configs: port is missing; records of type A have none"
            ),
            ("    dns_sd_configs: [{names: [a], port: 65536}]\n", "3:41: port: 65536 is no port"),
            (
                "    consul_sd_configs: [{server: x}]\n",
                "3:5: consul_sd_configs of job `a`: this kind of discovery is not supported by ferula; "
                    + "static, file, http, dns and kubernetes are"
            ),
            (
                "    flie_sd_configs: []\n",
                "3:5: unknown field `flie_sd_configs` in scrape_configs; did you mean `file_sd_configs`?"
            ),
        ])
    func mistakes(lines: String, message: String) {
        let failure = #expect(throws: ConfigurationFailure.self) { try read(job(lines)) }
        #expect(failure?.description == "p.yml:" + message)
    }

    @Test("the largest port is one")
    func portLimit() throws {
        let configuration = try read(job("    dns_sd_configs: [{names: [a], type: A, port: 65535}]\n"))
        guard case .dns(let dns)? = configuration.scrapes.first?.discoveries.first else {
            Issue.record("no DNS discovery")
            return
        }
        #expect(dns.port == 65_535)
    }

    @Test("scrape_config_files: jobs of other files, with paths from their folders and names that are unique over all")
    func scrapeConfigFiles() throws {
        var template = Array("/tmp/ferula-config-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for file in files(matching: "\(folder)/*/*") + files(matching: "\(folder)/*.yml") { unlink(file) }
            rmdir("\(folder)/jobs")
            rmdir(folder)
        }
        #expect(mkdir("\(folder)/jobs", 0o700) == 0)
        func write(_ name: String, _ text: String) throws {
            let file = try #require(fopen("\(folder)/\(name)", "w"))
            fputs(text, file)
            fclose(file)
        }
        let main = "scrape_config_files: [jobs/*.yml, none/*.yml]\nscrape_configs:\n  - job_name: first\n"
        try write("p.yml", main)
        try write("jobs/b.yml", "scrape_configs:\n  - job_name: third\n    bearer_token_file: token\n")
        try write("jobs/a.yml", "scrape_configs:\n  - job_name: second\n")
        try write("jobs/c.yml", "")
        let configuration = try Configuration(file: "\(folder)/p.yml")
        #expect(configuration.scrapes.map(\.jobName) == ["first", "second", "third"])
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.scrapes.last?.authentication?.secret == .file("\(folder)/jobs/token"))

        for (text, message) in [
            (
                "scrape_configs:\n  - job_name: first\n",
                "2:15: job_name: `first` is already the name of the job at \(folder)/p.yml:3"
            ),
            (
                "scrape_configs:\n  - job_name: x\n  - job_name: x\n",
                "3:15: job_name: `x` is already the name of the job at line 2"
            ),
            ("global: {}\n", "1:1: unknown field `global` in a file of scrape_config_files"),
        ] {
            try write("jobs/c.yml", text)
            let failure = #expect(throws: ConfigurationFailure.self) { try Configuration(file: "\(folder)/p.yml") }
            #expect(failure?.description == "\(folder)/jobs/c.yml:\(message)")
        }
    }
}

// prometheus.yml in, values or one clear message out.

import MetricModel
import Testing

@testable import FerulaConfiguration

private func read(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
    try Configuration(parsing: text, file: "p.yml", directory: "/etc/p", environment: { environment[$0] })
}

@Test("an empty file and an empty section are valid", arguments: ["", "# nothing\n", "global:\nscrape_configs:\n"])
func emptyFile(text: String) throws {
    let configuration = try read(text)
    #expect(configuration.global.scrapeInterval == .minutes(1))
    #expect(configuration.global.scrapeTimeout == .seconds(10))
    #expect(configuration.scrapes.isEmpty)
}

@Test("a job reads with its own schedule and the global defaults")
func job() throws {
    let configuration = try read(
        """
        global:
          scrape_interval: 5s
          external_labels: {monitor: '$NAME-${ROLE}', cost: 5$$}
        scrape_configs:
          - job_name: node
            static_configs:
              - targets: ['localhost:9100', "b:1"]
                labels: {env: 1}
          - job_name: app
            scrape_interval: 1m
            scrape_timeout: 20s
            metrics_path: /probe
            scheme: https
            params: {module: [http, icmp], target: x}
            honor_labels: true
            honor_timestamps: false
            sample_limit: 10
            body_size_limit: 10MB
            basic_auth: {username: u, password_file: secret}
            tls_config: {ca_file: ca.pem, insecure_skip_verify: yes}
            relabel_configs:
              - source_labels: [__address__]
                target_label: instance
                replacement: ""
            metric_relabel_configs:
              - {action: Drop, source_labels: [__name__], regex: go_.*}
        """, environment: ["NAME": "a", "ROLE": "b"])
    #expect(configuration.global.externalLabels == ["monitor": "a-b", "cost": "5$"])
    let node = try #require(configuration.scrapes.first)
    #expect(node.interval == .seconds(5))
    #expect(node.timeout == .seconds(5))
    #expect(node.groups == [TargetGroup(addresses: ["localhost:9100", "b:1"], labels: ["env": "1"])])
    let app = try #require(configuration.scrapes.last)
    #expect(app.interval == .minutes(1))
    #expect(app.timeout == .seconds(20))
    #expect(app.metricsPath == "/probe")
    #expect(app.scheme == "https")
    #expect(app.parameters.map(\.name) == ["module", "target"])
    #expect(app.parameters.map(\.values) == [["http", "icmp"], ["x"]])
    #expect(app.honorsLabels)
    #expect(!app.honorsTimestamps)
    #expect(app.limits.samples == 10)
    #expect(app.limits.bodyBytes == 10 << 20)
    #expect(app.authentication == AuthenticationFields(userName: .value("u"), secret: .file("/etc/p/secret")))
    #expect(app.tls?.authorityFile == "/etc/p/ca.pem")
    #expect(app.tls?.skipsVerification == true)
    #expect(app.relabeling.map(\.replacement) == [""])
    #expect(app.metricRelabeling.map(\.action) == [.drop])
}

@Test("a limit of 0 is the global one, as if it were not written; an empty scheme is http")
func inheritedLimits() throws {
    let fields = [
        "sample_limit: 1", "target_limit: 2", "keep_dropped_targets: 3", "label_limit: 4", "label_name_length_limit: 5",
        "label_value_length_limit: 6", "body_size_limit: 7B",
    ]
    let zeros = fields.map { "\($0.prefix { $0 != ":" }): 0" }
    func job(_ name: String, _ fields: [String]) -> String { "{job_name: \(name), \(fields.joined(separator: ", "))}" }
    let configuration = try Configuration(
        parsing: """
            global: {\(fields.joined(separator: ", "))}
            scrape_configs: [\(job("silent", ["scheme: ''"])), \(job("zero", zeros)), \(job("own", ["sample_limit: 9"]))]
            """, file: "p.yml")
    var expected = ScrapeLimits()
    (expected.samples, expected.targets, expected.droppedTargets, expected.labels) = (1, 2, 3, 4)
    (expected.labelNameLength, expected.labelValueLength, expected.bodyBytes) = (5, 6, 7)
    #expect(configuration.scrapes.map(\.limits.samples) == [1, 1, 9])
    #expect(configuration.scrapes.prefix(2).map(\.limits) == [expected, expected])
    #expect(configuration.scrapes.first?.scheme == "http")
}

@Test(
    "a secret in the wrong place is in no message",
    arguments: [
        ("basic_auth: fennel", "3:17: basic_auth: a mapping is wanted, found a text"),
        ("authorization: fennel", "3:20: authorization: a mapping is wanted, found a text"),
        ("tls_config: fennel", "3:17: tls_config: a mapping is wanted, found a text"),
        ("http_headers: {X-A: fennel}", "3:25: http_headers: a mapping is wanted, found a text"),
        ("http_headers: {X-A: {secrets: fennel}}", "3:35: secrets: a list is wanted, found a text"),
        (
            "static_configs: [{targets: ['ann:fen/nel@h:9100']}]",
            "3:33: targets: `<secret>@h:9100` is no host:port; scheme and path have fields of their own, scheme and metrics_path"
        ),
        (
            "proxy_url: http://ann:fen/nel@h:3128",
            "3:16: proxy_url: this is no address of a proxy: the port is no number; http://host:3128 or socks5://host:1080"
        ),
    ])
func secretsInMessages(fields: String, message: String) {
    let failure = #expect(throws: ConfigurationFailure.self) {
        try Configuration(parsing: "scrape_configs:\n  - job_name: a\n    \(fields)\n", file: "p.yml")
    }
    #expect(failure?.description == "p.yml:\(message)")
}

@Test("a mistyped field of a section that is not read hides its value all the same")
func mistypedSecrets() throws {
    let configuration = try Configuration(
        parsing: """
            remote_write: [{url: 'http://ann:fen/nel@h/', basic_auth: {username: ann, pasword: fennel}, tokens: fennel}]
            """, file: "p.yml")
    #expect(
        configuration.publicText == """
            remote_write:
            - url: 'http://ann:<secret>@h/'
              basic_auth:
                username: ann
                pasword: <secret>
              tokens: <secret>

            """)
}

@Test("a proxy of the environment is refused where a job asks for one")
func environmentProxies() throws {
    func read(_ environment: [String: String], _ fields: String) throws -> Configuration {
        try Configuration(
            parsing: "scrape_configs: [{job_name: a, \(fields)}]", file: "p.yml", environment: { environment[$0] })
    }
    let bad = ["HTTP_PROXY": "http://ann:fennel@p:70000"]
    let failure = #expect(throws: ConfigurationFailure.self) { try read(bad, "proxy_from_environment: true") }
    #expect(
        failure?.description
            == "p.yml: proxy_from_environment of job `a`: HTTP_PROXY: this is no address of a proxy: the port 70000 is not between 1 and 65535; http://host:3128 or socks5://host:1080"
    )
    _ = try read(bad, "scheme: https")
    _ = try read(["HTTP_PROXY": "p:3128", "http_proxy": "http://:1"], "proxy_from_environment: true")
}

@Test("sections that are Prometheus' but not ours warn by name and place")
func foreignSections() throws {
    let configuration = try read(
        """
        remote_write:
          - url: http://a/b
            anything: goes
        rule_files: [a.yml]
        alerting: {}
        scrape_configs:
          - job_name: pods
            oauth2: {}
        """)
    #expect(
        configuration.warnings
            == [
                "p.yml:8:5: `oauth2` of job `pods` is not used by ferula",
                "p.yml:1:1: `remote_write` is not used by ferula", "p.yml:4:1: `rule_files` is not used by ferula",
                "p.yml:5:1: `alerting` is not used by ferula",
            ])
}

@Test(
    "a mistake is named with its place",
    arguments: [
        (
            "scrape_configs:\n  - job_name: a\n    scrap_interval: 5s\n",
            "p.yml:3:5: unknown field `scrap_interval` in scrape_configs; did you mean `scrape_interval`?"
        ),
        ("globl: {}\n", "p.yml:1:1: unknown field `globl` in the file; did you mean `global`?"),
        ("zzz: {}\n", "p.yml:1:1: unknown field `zzz` in the file"),
        (
            "scrape_configs:\n  - job_name: a\n  - job_name: a\n",
            "p.yml:3:15: job_name: `a` is already the name of the job at line 2"
        ),
        ("scrape_configs:\n  - metrics_path: /a\n", "p.yml:2:5: scrape_configs: job_name is missing"),
        ("global: {scrape_interval: 5}\n", "p.yml:1:27: scrape_interval: `5` is no duration; such as 15s or 1m30s"),
        ("global: {scrape_interval: 0s}\n", "p.yml:1:27: scrape_interval: must be longer than 0s"),
        (
            "global: {scrape_interval: 5s, scrape_timeout: 6s}\n",
            "p.yml:1:47: scrape_timeout: 6s is longer than the scrape_interval of 5s"
        ),
        (
            "scrape_configs:\n  - {job_name: a, scrape_timeout: 2m}\n",
            "p.yml:2:35: scrape_timeout: 2m is longer than the scrape_interval of 1m"
        ),
        ("scrape_configs: {}\n", "p.yml:1:17: scrape_configs: a list is wanted, found a mapping"),
        ("scrape_configs: [a]\n", "p.yml:1:18: scrape_configs: a mapping is wanted, found `a`"),
        (
            "scrape_configs:\n  - job_name: a\n    scheme: ftp\n",
            "p.yml:3:13: scheme: http or https is wanted, found `ftp`"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: ['http://b']}]\n",
            "p.yml:3:33: targets: `http://b` is no host:port; scheme and path have fields of their own, "
                + "scheme and metrics_path"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    honor_labels: maybe\n",
            "p.yml:3:19: honor_labels: true or false is wanted, found `maybe`"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    sample_limit: -1\n",
            "p.yml:3:19: sample_limit: a count is wanted, found `-1`"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    body_size_limit: 10X\n",
            "p.yml:3:22: body_size_limit: `10X` is no size; such as 10MB"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{action: repalce}]\n",
            "p.yml:3:32: action: `repalce` is no relabel action; did you mean `replace`?"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    relabel_configs: [{regex: a}]\n",
            "p.yml:3:23: target_label: relabel configuration for replace action requires 'target_label' value"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    basic_auth: {}\n    authorization: {}\n",
            "p.yml:4:20: basic_auth and authorization exclude each other"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    tls_config: {ca: x, ca_file: y}\n",
            "p.yml:3:34: ca and ca_file exclude each other"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    tls_config: {cert_file: y}\n",
            "p.yml:3:17: tls_config: a certificate and its key belong together"
        ),
        (
            "scrape_configs:\n  - job_name: a\n    tls_config: {max_version: TLS1.3}\n",
            "p.yml:3:31: max_version: `TLS1.3` is no TLS version; TLS10, TLS11, TLS12 or TLS13"
        ),
        ("global: {}\nglobal: {}\n", "p.yml:1:1: field `global` stands twice in one mapping"),
        (
            "global: [\n",
            "p.yml:2:1: not YAML: did not find expected node content while parsing a flow node"
        ),
    ])
func mistakes(text: String, message: String) {
    let failure = #expect(throws: ConfigurationFailure.self) { try read(text) }
    #expect(failure?.description == message)
}

@Test("a secret is not printed")
func secrets() {
    #expect("\(AuthenticationFields(userName: .value("u"), secret: .value("p")))" == "basic <secret>")
}

@Test("a file that is not there, or is a folder, is one line")
func unreadableFile() {
    let missing = #expect(throws: ConfigurationFailure.self) { try Configuration(file: "/nonexistent/p.yml") }
    #expect(missing?.description == "/nonexistent/p.yml: No such file or directory")
    let folder = #expect(throws: ConfigurationFailure.self) { try Configuration(file: "/") }
    #expect(folder?.description == "/: Is a directory")
}

@Test("a user name may stand in a file of its own; each protocol may be the one to fall back on")
func sectionFields() throws {
    let configuration = try Configuration(
        parsing: """
            scrape_configs:
              - job_name: a
                fallback_scrape_protocol: OpenMetricsText1.0.0
                basic_auth: {username_file: name, password: p}
                tls_config: {server_name: s, min_version: TLS12}
                http_headers: {X-A: {files: [f]}}
              - job_name: b
                fallback_scrape_protocol: PrometheusProto
            """, file: "p.yml", directory: "/etc/p")
    let job = try #require(configuration.scrapes.first)
    #expect(job.authentication == AuthenticationFields(userName: .file("/etc/p/name"), secret: .value("p")))
    #expect(job.tls?.minVersion == .tls12)
    #expect(job.tls?.serverName == "s")
    #expect(job.headers == [HeaderFields(name: "X-A", value: .file("/etc/p/f"))])
    #expect(job.fallbackProtocol == .openMetrics100)
    #expect(configuration.scrapes.last?.fallbackProtocol == .protobuf)
    #expect(configuration.warnings.isEmpty)
    let failure = #expect(throws: ConfigurationFailure.self) {
        try Configuration(
            parsing: "scrape_configs:\n- job_name: a\n  fallback_scrape_protocol: PrometheusText0.0.3\n", file: "p.yml")
    }
    #expect(
        failure?.description
            == "p.yml:3:29: fallback_scrape_protocol: `PrometheusText0.0.3` is no scrape protocol; "
            + "did you mean `PrometheusText0.0.4`?")
}

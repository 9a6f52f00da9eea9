// Texts of prometheus.yml with their verdicts: one table for our own reader and for a real promtool.
// Every line of what Prometheus documents of the sections that concern scraping has a row at least.

/// One text.
public struct ConfigurationRow: Sendable {
    public var text: String
    /// Nil: taken. Else the whole message, of a file called `p.yml`.
    public var message: String?
    /// Warnings, in whole; a text that is refused has none.
    public var warnings: [String]
    /// Why a promtool of 2.42 decides otherwise; nil: it decides the same.
    public var difference: String?

    /// A whole file that is taken.
    static func taken(_ text: String, warnings: [String] = [], _ difference: String? = nil) -> ConfigurationRow {
        ConfigurationRow(text: text, message: nil, warnings: warnings, difference: difference)
    }
    /// A whole file that is refused.
    static func refused(_ text: String, _ message: String, _ difference: String? = nil) -> ConfigurationRow {
        ConfigurationRow(text: text, message: message, warnings: [], difference: difference)
    }
    /// `fields` of one job, in the third line, which is indented by four.
    static func job(_ fields: String, warnings: [String] = [], _ difference: String? = nil) -> ConfigurationRow {
        .taken(head + fields + "\n", warnings: warnings, difference)
    }
    static func job(_ fields: String, refused message: String, _ difference: String? = nil) -> ConfigurationRow {
        .refused(head + fields + "\n", message, difference)
    }
    private static let head = "scrape_configs:\n  - job_name: a\n    "
}

extension ConfigurationRow {
    public static let all = global + strictness + jobs + clients + limits + discoveries + relabelling

    private static let isNewer = "a field of Prometheus 3"
    private static let unbuilt = "this kind of discovery is not built into Debian's"

    private static let global: [ConfigurationRow] = [
        .taken(""),
        .taken("global:\nscrape_configs:\n"),
        .taken("global: {scrape_interval: 1m30s, scrape_timeout: 10s, evaluation_interval: 1h}\n"),
        .taken("global: {external_labels: {a: b, c: '1'}}\n"),
        .taken(
            "global: {query_log_file: /tmp/q}\n",
            warnings: ["p.yml:1:10: `query_log_file` in global is not used by ferula"]),
        .taken("global: {scrape_protocols: [PrometheusText0.0.4]}\n", isNewer),
        .refused(
            "global: {scrape_interval: 1x}\n", "p.yml:1:27: scrape_interval: `1x` is no duration; such as 15s or 1m30s"),
        .refused(
            "global: {scrape_interval: -1s}\n",
            "p.yml:1:27: scrape_interval: `-1s` is no duration; such as 15s or 1m30s"),
        .refused(
            "global: {scrape_interval: 1s1m}\n",
            "p.yml:1:27: scrape_interval: `1s1m` is no duration; such as 15s or 1m30s"),
        .refused(
            "global: {scrape_interval: 10s, scrape_timeout: 11s}\n",
            "p.yml:1:48: scrape_timeout: 11s is longer than the scrape_interval of 10s"),
        .refused("global: {external_labels: {a: [b]}}\n", "p.yml:1:28: external_labels: `a` must have one value"),
        .refused(
            "global: {external_labels: {__name__: b}}\n", "p.yml:1:28: external_labels: `__name__` is no label name",
            "promtool takes it, and the label would be the name of every series"),
    ]

    private static let strictness: [ConfigurationRow] = [
        .refused("globals: {}\n", "p.yml:1:1: unknown field `globals` in the file; did you mean `global`?"),
        .refused(
            "global: {scrape_intervall: 1s}\n",
            "p.yml:1:10: unknown field `scrape_intervall` in global; did you mean `scrape_interval`?"),
        .refused("global: {}\nglobal: {}\n", "p.yml:1:1: field `global` stands twice in one mapping"),
        .refused(
            "scrape_configs:\n  - job_name: a\n  - job_name: a\n",
            "p.yml:3:15: job_name: `a` is already the name of the job at line 2"),
        .refused("scrape_configs:\n  - {}\n", "p.yml:2:5: scrape_configs: job_name is missing"),
        .refused(
            "scrape_configs:\n  - {job_nane: a}\n",
            "p.yml:2:6: unknown field `job_nane` in scrape_configs; did you mean `job_name`?"),
        .refused("scrape_configs:\n  - {job_name: ''}\n", "p.yml:2:5: scrape_configs: job_name is missing"),
        .refused("scrape_configs: {job_name: a}\n", "p.yml:1:17: scrape_configs: a list is wanted, found a mapping"),
        .refused("global: [\n", "p.yml:2:1: not YAML: did not find expected node content while parsing a flow node"),
        .refused("a\n", "p.yml:1:1: the file: a mapping is wanted, found `a`"),
        .taken(
            "rule_files: []\nalerting: {}\n",
            warnings: ["p.yml:1:1: `rule_files` is not used by ferula", "p.yml:2:1: `alerting` is not used by ferula"]),
        .taken("remote_write: [{url: 'http://a/b'}]\n", warnings: ["p.yml:1:1: `remote_write` is not used by ferula"]),
        .taken("remote_read: [{url: 'http://a/b'}]\n", warnings: ["p.yml:1:1: `remote_read` is not used by ferula"]),
        .taken(
            "storage: {}\ntracing: {}\n",
            warnings: ["p.yml:1:1: `storage` is not used by ferula", "p.yml:2:1: `tracing` is not used by ferula"],
            "its tracing wants an endpoint"),
        .taken(
            "otlp: {}\nruntime: {}\n",
            warnings: ["p.yml:1:1: `otlp` is not used by ferula", "p.yml:2:1: `runtime` is not used by ferula"], isNewer
        ),
        .taken("scrape_config_files: ['none-*.yml']\n", isNewer),
    ]

    private static let jobs: [ConfigurationRow] = [
        .job("static_configs: [{targets: ['b:1', 'c', '[::1]:2'], labels: {x: y}}]"),
        .job("metrics_path: /a"),
        .job("scheme: https"),
        .job("scheme: ''"),
        .job(
            "scheme: ftp", refused: "p.yml:3:13: scheme: http or https is wanted, found `ftp`", "promtool does not look"
        ),
        .job("params: {a: [b, c]}"),
        .job("honor_labels: true"),
        .job("honor_timestamps: false"),
        .job("honor_labels: 2", refused: "p.yml:3:19: honor_labels: true or false is wanted, found `2`"),
        .job(
            "scrape_interval: 0s", refused: "p.yml:3:22: scrape_interval: must be longer than 0s",
            "there 0s means the global one"),
        .job("scrape_timeout: 2m", refused: "p.yml:3:21: scrape_timeout: 2m is longer than the scrape_interval of 1m"),
        .job("scrape_interval: 5s"),
        .job("track_timestamps_staleness: true", isNewer),
        .job("extra_scrape_metrics: true", isNewer),
        .job(
            "extra_scrape_metrics: 2", refused: "p.yml:3:27: extra_scrape_metrics: true or false is wanted, found `2`"),
        .job("convert_classic_histograms_to_nhcb: true", isNewer),
        .job("metric_name_validation_scheme: legacy", isNewer),
        .job(
            "metric_name_validation_scheme: utf-8",
            refused: "p.yml:3:36: metric_name_validation_scheme: utf8 or legacy is wanted, found `utf-8`"),
        .job("metric_name_escaping_scheme: dots", isNewer),
        .job(
            "metric_name_escaping_scheme: dot",
            refused: "p.yml:3:34: metric_name_escaping_scheme: `dot` is no escaping scheme; did you mean `dots`?"),
        .job(
            "metric_name_validation_scheme: legacy\n    metric_name_escaping_scheme: allow-utf-8",
            refused: "p.yml:4:34: metric_name_escaping_scheme: allow-utf-8 asks for names that "
                + "metric_name_validation_scheme: legacy refuses"),
        .job("enable_compression: false", isNewer),
        .job("fallback_scrape_protocol: PrometheusText1.0.0", isNewer),
        .job(
            "fallback_scrape_protocol: Text",
            refused: "p.yml:3:31: fallback_scrape_protocol: `Text` is no scrape protocol"),
        .job(
            "static_configs: [{targets: ['http://b']}]",
            refused:
                "p.yml:3:33: targets: `http://b` is no host:port; scheme and path have fields of their own, scheme and metrics_path"
        ),
        .job(
            "static_configs: [{target: [b]}]",
            refused: "p.yml:3:23: unknown field `target` in static_configs; did you mean `targets`?"),
        .job("static_configs: [{targets: b}]", refused: "p.yml:3:32: targets: a list is wanted, found `b`"),
        .job("static_configs: b", refused: "p.yml:3:21: static_configs: a list is wanted, found `b`"),
        .job(
            "scrap_interval: 5s",
            refused: "p.yml:3:5: unknown field `scrap_interval` in scrape_configs; did you mean `scrape_interval`?"),
    ]

    private static let clients: [ConfigurationRow] = [
        .job("basic_auth: {username: a, password: b}"),
        .job("basic_auth: {username: a, password_file: b}"),
        .job(
            "basic_auth: {username: a, password: b, password_file: c}",
            refused: "p.yml:3:59: password and password_file exclude each other"),
        .job(
            "basic_auth: {user: a}", refused: "p.yml:3:18: unknown field `user` in basic_auth"
        ),
        .job("authorization: {credentials: a}"),
        .job("authorization: {type: Token, credentials: a}"),
        .job(
            "authorization: {type: Basic, credentials: a}",
            refused: "p.yml:3:27: authorization: the type cannot be `Basic`; basic_auth takes a name and a password"),
        .job(
            "authorization: {credentials: a, credentials_file: b}",
            refused: "p.yml:3:55: credentials and credentials_file exclude each other"),
        .job("bearer_token: a"),
        .job(
            "bearer_token: a\n    basic_auth: {username: a}",
            refused: "p.yml:3:5: bearer_token and basic_auth exclude each other"),
        .job(
            "bearer_token: a\n    authorization: {credentials: a}",
            refused: "p.yml:3:5: bearer_token and authorization exclude each other"),
        .job(
            "basic_auth: {}\n    authorization: {credentials: a}",
            refused: "p.yml:4:20: basic_auth and authorization exclude each other"),
        .job("tls_config: {insecure_skip_verify: true, server_name: b}"),
        .job("tls_config: {min_version: TLS12, max_version: TLS13}"),
        .job(
            "tls_config: {min_version: TLS1.2}",
            refused: "p.yml:3:31: min_version: `TLS1.2` is no TLS version; TLS10, TLS11, TLS12 or TLS13"),
        .job("tls_config: {cert: a}", refused: "p.yml:3:17: tls_config: a certificate and its key belong together"),
        .job("tls_config: {key_file: a}", refused: "p.yml:3:17: tls_config: a certificate and its key belong together"),
        .job(
            "tls_config: {ca: a, ca_file: b}", refused: "p.yml:3:34: ca and ca_file exclude each other"),
        .job("follow_redirects: false"),
        .job("enable_http2: false"),
        .job(
            "oauth2: {client_id: a, client_secret: b, token_url: 'http://c'}",
            warnings: ["p.yml:3:5: `oauth2` of job `a` is not used by ferula"]),
        .job("http_headers: {X-A: {values: [b], secrets: [c]}}", isNewer),
        .job(
            "http_headers: {Host: {values: [b]}}",
            refused: "p.yml:3:20: http_headers: `Host` is set by the client itself"),
        .job(
            "http_headers: {authorization: {values: [b]}}",
            refused:
                "p.yml:3:20: http_headers: `authorization` is set by the client itself; basic_auth or authorization says who asks"
        ),
        .job(
            "http_headers: {X-A: {value: b}}",
            refused: "p.yml:3:26: unknown field `value` in http_headers; did you mean `values`?"),
        .job("http_headers: {X-A: b}", refused: "p.yml:3:25: http_headers: a mapping is wanted, found a text"),
        .job("proxy_url: http://a:3128"),
        .job(
            "proxy_url: https://a:3128",
            refused:
                "p.yml:3:16: proxy_url: a proxy that wants TLS itself is not supported by ferula; http://host:3128 or socks5://host:1080",
            "Go's client speaks to such a proxy"),
        .job(
            "proxy_url: a",
            refused: "p.yml:3:16: proxy_url: this is no address of a proxy; http://host:3128 or socks5://host:1080",
            "promtool does not look"),
        .job(
            "proxy_url: http://:3128",
            refused:
                "p.yml:3:16: proxy_url: this is no address of a proxy: the host is missing; http://host:3128 or socks5://host:1080",
            "Go's client asks the proxy at this machine"),
        .job(
            "proxy_url: http://ada:s@a:70000/",
            refused:
                "p.yml:3:16: proxy_url: this is no address of a proxy: the port 70000 is not between 1 and 65535; http://host:3128 or socks5://host:1080",
            "Prometheus finds it at the first scrape"),
        .job(
            "proxy_url: socks5://ada:s@a",
            refused:
                "p.yml:3:16: proxy_url: a name and password for a SOCKS proxy are not supported by ferula; http://host:3128 or socks5://host:1080",
            "Go's client sends them"),
        .job("proxy_url: http://a\n    no_proxy: b,10.0.0.0/8", isNewer),
        .job("proxy_from_environment: true", isNewer),
        .job(
            "proxy_from_environment: true\n    proxy_url: http://a",
            refused: "p.yml:3:5: proxy_from_environment and proxy_url exclude each other"),
        .job(
            "proxy_from_environment: true\n    no_proxy: a",
            refused: "p.yml:3:5: proxy_from_environment and no_proxy exclude each other"),
        .job("no_proxy: a", refused: "p.yml:3:15: no_proxy needs a proxy_url"),
        .job(
            "proxy_connect_header: {A: [b]}",
            refused: "p.yml:3:27: proxy_connect_header needs a proxy_url or proxy_from_environment"),
        .job("proxy_url: http://a\n    proxy_connect_header: {A: [b]}"),
    ]

    private static let limits: [ConfigurationRow] = [
        .job(
            "sample_limit: 1\n    target_limit: 2\n    label_limit: 3\n    label_name_length_limit: 4\n    label_value_length_limit: 5"
        ),
        .job("body_size_limit: 10MB"),
        .job("body_size_limit: 0"),
        .job("body_size_limit: 10", refused: "p.yml:3:22: body_size_limit: `10` is no size; such as 10MB"),
        .job("body_size_limit: 10mb", refused: "p.yml:3:22: body_size_limit: `10mb` is no size; such as 10MB"),
        .job("sample_limit: a", refused: "p.yml:3:19: sample_limit: a count is wanted, found `a`"),
        .job("sample_limit: -1", refused: "p.yml:3:19: sample_limit: a count is wanted, found `-1`"),
        .job(
            "target_limit: 1.5", refused: "p.yml:3:19: target_limit: a count is wanted, found `1.5`",
            "its YAML cuts the fraction off"),
        .job("keep_dropped_targets: 1", isNewer),
    ]

    private static let discoveries: [ConfigurationRow] = [
        .job("file_sd_configs: [{files: ['a/*.json', b.yml], refresh_interval: 1m}]"),
        .job(
            "file_sd_configs: [{files: [a.txt]}]",
            refused:
                "p.yml:3:32: files: `a.txt` cannot name files of targets; they end in .json, .yml or .yaml, and a * stands in the last part only"
        ),
        .job("file_sd_configs: [{files: []}]", refused: "p.yml:3:23: file_sd_configs: files is missing"),
        .job("http_sd_configs: [{url: 'http://a/b'}]"),
        .job("http_sd_configs: [{}]", refused: "p.yml:3:23: http_sd_configs: url is missing"),
        .job("http_sd_configs: [{url: 'ftp://a'}]", refused: "p.yml:3:29: url: `ftp://a` is no URL of http or https"),
        .job("http_sd_configs: [{url: 'http:///b'}]", refused: "p.yml:3:29: url: `http:///b` has no host"),
        .job("dns_sd_configs: [{names: [a]}]"),
        .job("dns_sd_configs: [{names: [a], type: A, port: 80}]"),
        .job(
            "dns_sd_configs: [{names: [a], type: A}]",
            refused: "p.yml:3:22: dns_sd_configs: port is missing; records of type A have none"),
        .job(
            "dns_sd_configs: [{names: [a], type: TXT}]",
            refused: "p.yml:3:41: type: `TXT` is no record type that names targets; SRV, A, AAAA, MX or NS"),
        .job("dns_sd_configs: [{}]", refused: "p.yml:3:22: dns_sd_configs: names is missing"),
        .job("kubernetes_sd_configs: [{role: pod}]", unbuilt),
        .job(
            "kubernetes_sd_configs: [{role: pods}]",
            refused: "p.yml:3:36: role: `pods` is no role of Kubernetes discovery; did you mean `pod`?"
        ),
        .job(
            "consul_sd_configs: [{server: a}]",
            refused:
                "p.yml:3:5: consul_sd_configs of job `a`: this kind of discovery is not supported by ferula; static, file, http, dns and kubernetes are"
        ),
        .job(
            "ec2_sd_configs: [{region: a}]",
            refused:
                "p.yml:3:5: ec2_sd_configs of job `a`: this kind of discovery is not supported by ferula; static, file, http, dns and kubernetes are",
            "Prometheus has it"),
    ]

    private static let relabelling: [ConfigurationRow] = [
        .job("relabel_configs: [{source_labels: [a, b], target_label: c, regex: '(.*);(.*)', replacement: $2}]"),
        .job(
            "relabel_configs: [{action: keep, source_labels: [a], regex: b}, {action: drop, source_labels: [a], regex: b}]"
        ),
        .job(
            "relabel_configs: [{action: keepequal, source_labels: [a], target_label: b}, {action: dropequal, source_labels: [a], target_label: b}]"
        ),
        .job("relabel_configs: [{action: hashmod, source_labels: [a], target_label: b, modulus: 4}]"),
        .job(
            "relabel_configs: [{action: labelmap, regex: a_(.+)}, {action: labeldrop, regex: a}, {action: labelkeep, regex: a}]"
        ),
        .job(
            "relabel_configs: [{action: lowercase, source_labels: [a], target_label: b}, {action: UPPERCASE, source_labels: [a], target_label: b}]"
        ),
        .job("metric_relabel_configs: [{action: drop, source_labels: [__name__], regex: go_.*}]"),
        .job(
            "relabel_configs: [{action: hashmod, source_labels: [a], target_label: b}]",
            refused: "p.yml:3:23: modulus: relabel configuration for hashmod requires non-zero modulus"),
        .job(
            "relabel_configs: [{action: rename, source_labels: [a]}]",
            refused: "p.yml:3:32: action: `rename` is no relabel action"),
        .job(
            "relabel_configs: [{source_labels: [a]}]",
            refused: "p.yml:3:23: target_label: relabel configuration for replace action requires 'target_label' value"),
        .job(
            "relabel_configs: [{source_labels: [a], target_label: b, regex: '('}]",
            refused: "p.yml:3:68: regex: error parsing regexp: missing closing ): `(`"),
        .job(
            "relabel_configs: [{source_labels: [a], target_label: '0b'}]",
            "names of any letters are of Prometheus 3"),
        .job(
            "relabel_configs: [{action: labeldrop, regex: a, target_label: b}]",
            refused: "p.yml:3:32: action: labeldrop action requires only 'regex', and no other fields"),
        .job(
            "relabel_configs: [{action: keepequal, source_labels: [a], target_label: b, regex: c}]",
            refused:
                "p.yml:3:32: action: keepequal action requires only 'source_labels' and `target_label`, and no other fields"
        ),
        .job("relabel_configs: {}", refused: "p.yml:3:22: relabel_configs: a list is wanted, found a mapping"),
    ]
}

// One entry of scrape_configs: schedule, request, targets, relabelling, limits, credentials.
// Called by ConfigurationReading for each job.

import MetricModel
import Relabeling
import Yams

struct ScrapeReader {
    let document: YAMLDocument
    let directory: String
    let global: GlobalConfiguration

    func read(
        _ node: Located<Node>, warnings: inout [String]
    ) throws(ConfigurationFailure) -> (name: Located<String>, configuration: ScrapeConfiguration) {
        var fields = try YAMLFields(node.value, section: "scrape_configs", in: document)
        guard let name = try fields.text("job_name"), !name.value.isEmpty else {
            // Who has mistyped it is told so, and not that it is missing.
            if let mistyped = fields.names.first(where: {
                $0.name != "job_name" && nearestName(to: $0.name, among: ["job_name"]) != nil
            }) {
                throw document.failure(
                    at: mistyped.mark, "unknown field `\(mistyped.name)` in scrape_configs",
                    hint: "did you mean `job_name`?")
            }
            throw document.failure(at: node.mark, "scrape_configs: job_name is missing")
        }
        let (interval, timeout) = try schedule(&fields)
        var job = ScrapeConfiguration(jobName: name.value, interval: interval, timeout: timeout)
        try readRequest(&fields, into: &job, &warnings)
        job.honorsLabels = try fields.flag("honor_labels") ?? false
        job.honorsTimestamps = try fields.flag("honor_timestamps") ?? true
        job.tracksTimestampsStaleness = try fields.flag("track_timestamps_staleness") ?? false
        job.reportsExtraMetrics = try fields.flag("extra_scrape_metrics") ?? global.reportsExtraMetrics
        job.limits = try ScrapeLimits(&fields, defaults: global.limits)
        for group in try fields.list("static_configs") { job.groups.append(try targetGroup(group.value)) }
        job.discoveries = try discoveries(&fields, job: name.value, &warnings)
        for rule in try fields.list("relabel_configs") { job.relabeling.append(try relabelRule(rule)) }
        for rule in try fields.list("metric_relabel_configs") { job.metricRelabeling.append(try relabelRule(rule)) }
        // As the client has it anyway.
        _ = fields.skip(["enable_http2"])
        for field in fields.skip(Self.unusedFields) {
            warnings.append(
                "\(document.place(field.mark)): `\(field.name)` of job `\(name.value)` is not used by ferula")
        }
        try fields.finish()
        return (name, job)
    }

    private static let unusedFields = [
        "scrape_failure_log_file", "oauth2", "sigv4", "azuread", "google_iam",
    ]

    private func schedule(
        _ fields: inout YAMLFields
    ) throws(ConfigurationFailure) -> (interval: Milliseconds, timeout: Milliseconds) {
        var interval = global.scrapeInterval
        if let own = try fields.duration("scrape_interval") {
            interval = try positive(own, "scrape_interval", document)
        }
        guard let own = try fields.duration("scrape_timeout") else {
            return (interval, min(interval, global.scrapeTimeout))
        }
        let timeout = try positive(own, "scrape_timeout", document)
        guard timeout <= interval else {
            throw document.failure(
                at: own.mark, "scrape_timeout: \(timeout) is longer than the scrape_interval of \(interval)")
        }
        return (interval, timeout)
    }

    private func readRequest(
        _ fields: inout YAMLFields, into job: inout ScrapeConfiguration, _ warnings: inout [String]
    ) throws(ConfigurationFailure) {
        if let path = try fields.text("metrics_path")?.value, !path.isEmpty { job.metricsPath = path }
        if let scheme = try fields.text("scheme"), !scheme.value.isEmpty {
            guard ["http", "https"].contains(scheme.value) else {
                throw document.failure(
                    at: scheme.mark, "scheme: http or https is wanted, found `\(scheme.value)`")
            }
            job.scheme = scheme.value
        }
        if var parameters = try fields.mapping("params") {
            for (name, _, value) in parameters.names {
                if case .scalar(let scalar) = value {
                    job.parameters.append((name, [scalar.string]))
                } else {
                    job.parameters.append((name, try parameters.texts(name).map(\.value)))
                }
            }
        }
        job.acceptsGzip = try fields.flag("enable_compression") ?? true
        job.followsRedirects = try fields.flag("follow_redirects") ?? true
        job.protocols = try ProtocolFields(&fields, defaults: global.protocols)
        try job.protocols.readLimits(&fields)
        if let name = try fields.text("fallback_scrape_protocol"), !name.value.isEmpty {
            job.fallbackProtocol = try scrapeProtocol(name, "fallback_scrape_protocol", in: document)
        }
        job.authentication = try authentication(&fields)
        if var section = try fields.mapping("tls_config") { job.tls = try tls(&section) }
        job.headers = try headers(&fields)
        job.proxy = try proxy(&fields)
    }

    func authentication(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> AuthenticationFields? {
        let basic = try fields.mapping("basic_auth")
        let authorization = try fields.mapping("authorization")
        if basic != nil, let authorization {
            throw document.failure(at: authorization.mark, "basic_auth and authorization exclude each other")
        }
        let token = try secret(&fields, "bearer_token", "bearer_token_file")
        if token != nil, let other = basic ?? authorization {
            let place = fields.names.first { $0.name.hasPrefix("bearer_token") }?.mark
            throw document.failure(at: place, "bearer_token and \(other.section) exclude each other")
        }
        if var basic {
            let name = try secret(&basic, "username", "username_file")
            let password = try secret(&basic, "password", "password_file")
            try basic.finish()
            return AuthenticationFields(userName: name ?? .value(""), secret: password ?? .value(""))
        }
        if var authorization {
            let type = try authorization.text("type")
            if let type, type.value.lowercased() == "basic" {
                throw document.failure(
                    at: type.mark, "authorization: the type cannot be `\(type.value)`",
                    hint: "basic_auth takes a name and a password")
            }
            let credentials = try secret(&authorization, "credentials", "credentials_file")
            try authorization.finish()
            return AuthenticationFields(type: type?.value ?? "Bearer", secret: credentials ?? .value(""))
        }
        return token.map { AuthenticationFields(secret: $0) }
    }

    private func secret(
        _ fields: inout YAMLFields, _ valueName: String, _ fileName: String
    ) throws(ConfigurationFailure) -> AuthenticationFields.Secret? {
        let value = try fields.text(valueName)
        let file = try fields.text(fileName)
        if value != nil, let file {
            throw document.failure(at: file.mark, "\(valueName) and \(fileName) exclude each other")
        }
        if let file { return .file(absolute(file.value)) }
        return value.map { .value($0.value) }
    }

    func tls(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> TLSFields {
        var options = TLSFields()
        let authority = try secret(&fields, "ca", "ca_file")
        let certificate = try secret(&fields, "cert", "cert_file")
        let key = try secret(&fields, "key", "key_file")
        (options.authorityText, options.authorityFile) = Self.parts(authority)
        (options.certificateText, options.certificateFile) = Self.parts(certificate)
        (options.keyText, options.keyFile) = Self.parts(key)
        guard (certificate == nil) == (key == nil) else {
            throw document.failure(at: fields.mark, "tls_config: a certificate and its key belong together")
        }
        options.skipsVerification = try fields.flag("insecure_skip_verify") ?? false
        options.minVersion = try fields.tlsVersion("min_version")
        options.maxVersion = try fields.tlsVersion("max_version")
        options.serverName = try fields.text("server_name").flatMap { $0.value.isEmpty ? nil : $0.value }
        try fields.finish()
        return options
    }

    private static func parts(_ source: AuthenticationFields.Secret?) -> (text: String?, file: String?) {
        switch source {
        case .value(let text): (text, nil)
        case .file(let path): (nil, path)
        case nil: (nil, nil)
        }
    }

    func unused(_ fields: [(name: String, mark: Place?)], in section: String) -> [String] {
        fields.map { "\(document.place($0.mark)): `\($0.name)` in \(section) is not used by ferula" }
    }

    private func targetGroup(_ node: Node) throws(ConfigurationFailure) -> TargetGroup {
        var fields = try YAMLFields(node, section: "static_configs", in: document)
        var addresses: [String] = []
        for address in try fields.texts("targets") {
            guard !address.value.isEmpty, !address.value.utf8.contains(UInt8(ascii: "/")) else {
                throw document.failure(
                    at: address.mark, "targets: `\(PublicText.withoutUserInformation(address.value))` is no host:port",
                    hint: "scheme and path have fields of their own, scheme and metrics_path")
            }
            addresses.append(address.value)
        }
        var labels = LabelSet.empty
        if let section = try fields.mapping("labels") { labels = try labelSet(of: section) }
        try fields.finish()
        return TargetGroup(addresses: addresses, labels: labels)
    }

    private func relabelRule(_ node: Located<Node>) throws(ConfigurationFailure) -> RelabelRule {
        var fields = try YAMLFields(node.value, section: "relabel_configs", in: document)
        var chosen = RelabelAction.replace
        if let name = try fields.text("action") {
            guard let action = RelabelAction(rawValue: name.value.lowercased()) else {
                let near = nearestName(to: name.value.lowercased(), among: RelabelAction.allCases.map(\.rawValue))
                throw document.failure(
                    at: name.mark, "action: `\(name.value)` is no relabel action",
                    hint: near.map { "did you mean `\($0)`?" })
            }
            chosen = action
        }
        let sourceLabels = try fields.texts("source_labels")
        let separator = try fields.text("separator")?.value
        let regex = try fields.text("regex")?.value
        let modulus = try fields.count("modulus").map { UInt64($0) }
        let targetLabel = try fields.text("target_label")?.value
        // An empty replacement deletes the label, so it differs from an absent one: YAML's "" is no null.
        let replacement = try fields.text("replacement")?.value
        try fields.finish()
        do throws(RelabelRuleError) {
            return try RelabelRule(
                action: chosen, sourceLabels: sourceLabels.isEmpty ? nil : sourceLabels.map(\.value),
                separator: separator, regex: regex, modulus: modulus, targetLabel: targetLabel,
                replacement: replacement)
        } catch {
            let place = fields.names.first { $0.name == error.field }?.value.place ?? node.mark
            throw document.failure(at: place, "\(error.field): \(error.message)")
        }
    }

    func absolute(_ path: String) -> String {
        path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)"
    }
}

// From the text of prometheus.yml to Configuration: the document, its global part and external labels.
// ScrapeReading continues with the jobs.

import MetricModel
import Yams

/// The value of an environment variable; nil when it is not set.
package typealias EnvironmentLookup = (String) -> String?

extension Configuration {
    /// Reads the text of a file. An empty one is a valid configuration without jobs.
    ///
    /// `environment` gives the values of `$VAR` and `${VAR}` in external labels. Relative paths in the file are
    /// taken from `directory`.
    package init(
        parsing text: String, file: String, directory: String = "", environment: EnvironmentLookup = { _ in nil }
    ) throws(ConfigurationFailure) {
        self.init()
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else { return }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return }
        publicText = PublicText.make(root)
        var fields = try YAMLFields(root, section: "the file", in: document)
        if let section = try fields.mapping("global") {
            global = try GlobalConfiguration(section, environment: environment, warnings: &warnings)
        }
        let reader = ScrapeReader(document: document, directory: directory, global: global)
        var names: [String: (file: String, line: Int)] = [:]
        try readJobs(&fields, reader, &names)
        for pattern in try fields.texts("scrape_config_files") {
            let pattern = reader.absolute(pattern.value)
            sourcePatterns.append(pattern)
            for path in files(matching: pattern) { try readJobs(of: path, global, &names) }
        }
        try checkProxies(document, environment)
        let foreign = fields.skip([
            "runtime", "alerting", "rule_files", "storage", "tracing", "remote_write", "remote_read", "otlp",
        ])
        for section in foreign {
            warnings.append("\(document.place(section.mark)): `\(section.name)` is not used by ferula")
        }
        try fields.finish()
    }

    /// A proxy that the environment names is refused as one in the file is, where something asks for it.
    private func checkProxies(
        _ document: YAMLDocument, _ environment: EnvironmentLookup
    ) throws(ConfigurationFailure) {
        func wanting(_ job: ScrapeConfiguration) -> Bool {
            let clients = job.discoveries.map { discovery -> ProxyFields? in
                switch discovery {
                case .http(let http): http.client.proxy
                case .kubernetes(let kubernetes): kubernetes.client.proxy
                case .file, .dns: nil
                }
            }
            return (clients + [job.proxy]).contains { $0 != nil && $0?.url == nil }
        }
        guard let job = scrapes.first(where: wanting) else { return }
        for names in [["HTTP_PROXY", "http_proxy"], ["HTTPS_PROXY", "https_proxy"]] {
            let found = names.map { ($0, environment($0) ?? "") }.first { !$0.1.isEmpty }
            guard let (name, value) = found, let reason = ProxyFields.refusal(of: value, needsScheme: false) else {
                continue
            }
            throw document.failure(
                at: nil, "proxy_from_environment of job `\(job.jobName)`: \(name): \(reason)", hint: ProxyFields.hint)
        }
    }

    /// `names` has the place of each job that was read before.
    private mutating func readJobs(
        _ fields: inout YAMLFields, _ reader: ScrapeReader, _ names: inout [String: (file: String, line: Int)]
    ) throws(ConfigurationFailure) {
        for node in try fields.list("scrape_configs") {
            let job = try reader.read(node, warnings: &warnings)
            let name = job.name.value
            if let first = names[name] {
                let place = first.file == reader.document.file ? "line \(first.line)" : "\(first.file):\(first.line)"
                throw reader.document.failure(
                    at: job.name.mark, "job_name: `\(name)` is already the name of the job at \(place)")
            }
            names[name] = (reader.document.file, job.name.mark?.line ?? 0)
            scrapes.append(job.configuration)
        }
    }

    /// A file that `scrape_config_files` names: jobs, and nothing else. Its relative paths are taken from its folder.
    private mutating func readJobs(
        of path: String, _ global: GlobalConfiguration, _ names: inout [String: (file: String, line: Int)]
    ) throws(ConfigurationFailure) {
        let document = YAMLDocument(file: path)
        sources.append(ConfigurationSource(path))
        guard let root = try document.root(of: Self.text(of: path)) else { return }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        var fields = try YAMLFields(root, section: "a file of scrape_config_files", in: document)
        try readJobs(&fields, ScrapeReader(document: document, directory: folder, global: global), &names)
        try fields.finish()
    }
}

extension YAMLDocument {
    func place(_ mark: Place?) -> String { mark.map { "\(file):\($0.line):\($0.column)" } ?? file }
}

extension GlobalConfiguration {
    init(
        _ section: YAMLFields, environment: EnvironmentLookup, warnings: inout [String]
    ) throws(ConfigurationFailure) {
        self.init()
        var fields = section
        let interval = try fields.duration("scrape_interval")
        if let interval { scrapeInterval = try positive(interval, "scrape_interval", fields.document) }
        if let timeout = try fields.duration("scrape_timeout") {
            scrapeTimeout = try positive(timeout, "scrape_timeout", fields.document)
            guard scrapeTimeout <= scrapeInterval else {
                throw fields.document.failure(
                    at: timeout.mark,
                    "scrape_timeout: \(scrapeTimeout) is longer than the scrape_interval of \(scrapeInterval)")
            }
        } else {
            scrapeTimeout = min(scrapeTimeout, scrapeInterval)
        }
        if let evaluation = try fields.duration("evaluation_interval") {
            evaluationInterval = try positive(evaluation, "evaluation_interval", fields.document)
        }
        limits = try ScrapeLimits(&fields, defaults: limits)
        protocols = try ProtocolFields(&fields, defaults: protocols)
        reportsExtraMetrics = try fields.flag("extra_scrape_metrics") ?? false
        if let labels = try fields.mapping("external_labels") {
            externalLabels = try labelSet(of: labels) { expand($0, environment) }
        }
        for field in fields.skip(Self.unusedFields) {
            warnings.append(
                "\(fields.document.place(field.mark)): `\(field.name)` in global is not used by ferula")
        }
        try fields.finish()
    }

    private static let unusedFields = [
        "rule_query_offset", "query_log_file", "scrape_failure_log_file",
    ]
}

extension ScrapeLimits {
    init(_ fields: inout YAMLFields, defaults: ScrapeLimits) throws(ConfigurationFailure) {
        self.init()
        /// A job cannot lift a global limit: 0 is what it has without saying anything. Source: Prometheus config,
        /// ScrapeConfig.Validate.
        func limit(_ own: Int?, _ inherited: Int) -> Int { own == 0 ? inherited : own ?? inherited }
        samples = limit(try fields.count("sample_limit"), defaults.samples)
        targets = limit(try fields.count("target_limit"), defaults.targets)
        droppedTargets = limit(try fields.count("keep_dropped_targets"), defaults.droppedTargets)
        labels = limit(try fields.count("label_limit"), defaults.labels)
        labelNameLength = limit(try fields.count("label_name_length_limit"), defaults.labelNameLength)
        labelValueLength = limit(try fields.count("label_value_length_limit"), defaults.labelValueLength)
        bodyBytes = limit(try fields.bytes("body_size_limit"), defaults.bodyBytes)
    }
}

func positive(
    _ length: Located<Milliseconds>, _ name: String, _ document: YAMLDocument
) throws(ConfigurationFailure) -> Milliseconds {
    guard length.value > .zero else { throw document.failure(at: length.mark, "\(name): must be longer than 0s") }
    return length.value
}

/// Labels written as a mapping; values may be any scalar.
func labelSet(
    of fields: YAMLFields, transform: (String) -> String = { $0 }
) throws(ConfigurationFailure) -> LabelSet {
    var labels: [Label] = []
    for (name, mark, value) in fields.names {
        guard !name.isEmpty, !name.isSameBytes(as: LabelSet.metricNameLabel) else {
            throw fields.document.failure(at: mark, "\(fields.section): `\(name)` is no label name")
        }
        guard case .scalar(let scalar) = value else {
            throw fields.document.failure(at: mark, "\(fields.section): `\(name)` must have one value")
        }
        labels.append(Label(name, transform(scalar.string)))
    }
    return LabelSet(labels)
}

/// `$VAR` and `${VAR}`; an unset variable is the empty text, `$$` one dollar. Source: Prometheus 3, external labels.
func expand(_ text: String, _ environment: EnvironmentLookup) -> String {
    var expanded = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
        expanded += rest[..<dollar]
        rest = rest[rest.index(after: dollar)...]
        if rest.hasPrefix("$") {
            expanded += "$"
            rest = rest.dropFirst()
        } else if rest.hasPrefix("{"), let end = rest.firstIndex(of: "}") {
            expanded += environment(String(rest[rest.index(after: rest.startIndex)..<end])) ?? ""
            rest = rest[rest.index(after: end)...]
        } else {
            let name = rest.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
            expanded += name.isEmpty ? "$" : environment(String(name)) ?? ""
            rest = rest.dropFirst(name.count)
        }
    }
    return expanded + rest
}

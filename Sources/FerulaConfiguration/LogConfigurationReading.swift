// The log exporter's file: YAML to LogConfiguration, with the place of whatever is not understood.
// Read by ferula-log-exporter; docs/log-exporter.md has every field.

import LinearRegex
import LogMetrics
import MetricModel
import Yams

extension LogConfiguration {
    package init(file path: String) throws(ConfigurationFailure) {
        try self.init(parsing: try Configuration.text(of: path), file: path)
    }

    package init(parsing text: String, file: String) throws(ConfigurationFailure) {
        self.init()
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else {
            throw ConfigurationFailure(file: file, "an empty file: `logs:` is wanted")
        }
        var fields = try YAMLFields(root, section: "the file", in: document)
        let lineBytes = Limits.lineBytesLeast...Limits.lineBytesMax
        if let bytes = try fields.bounded("line_bytes", lineBytes, isSize: true) { lineBytesMax = bytes }
        if let count = try fields.bounded("files_max", 1...Limits.filesMax) { filesMax = count }
        let items = try fields.list("logs")
        try fields.finish()
        guard !items.isEmpty else {
            throw document.failure(at: fields.mark, "no logs: a list `logs:` is wanted")
        }
        guard items.count <= Limits.logsMax else {
            throw document.failure(at: items[Limits.logsMax].mark, "logs: more than \(Limits.logsMax)")
        }
        var reader = LogReading(document: document)
        for item in items { logs.append(try reader.log(item.value)) }
    }
}

/// Reads logs one by one; knows the metrics of those before.
private struct LogReading {
    let document: YAMLDocument
    private var logNames: [String] = []
    private var metrics: [String: LogMetric] = [:]
    private var metricCount = 0
    private var readsStandardInput = false

    init(document: YAMLDocument) { self.document = document }

    mutating func log(_ node: Node) throws(ConfigurationFailure) -> LogDefinition {
        var fields = try YAMLFields(node, section: "logs", in: document)
        let paths = try fields.textOrTexts("files")
        guard let first = paths.first else {
            throw document.failure(
                at: fields.mark, "logs: `files` is missing", hint: "patterns, or - for standard input")
        }
        for path in paths {
            guard !path.value.isEmpty else { throw document.failure(at: path.mark, "files: an empty name") }
            guard path.value == "-" else { continue }
            guard !readsStandardInput else {
                throw document.failure(at: path.mark, "files: the standard input can be read once")
            }
            readsStandardInput = true
        }
        let name = try fields.text("name")
        var log = LogDefinition(name: name?.value ?? first.value, paths: paths.map(\.value))
        guard !logNames.contains(log.name) else {
            throw document.failure(
                at: name?.mark ?? first.mark, "two logs are named `\(log.name)`", hint: "give them a `name:` each")
        }
        logNames.append(log.name)
        log.format = try format(&fields)
        log.match = try patterns("match", &fields).map(\.value)
        log.ignore = try patterns("ignore", &fields).map(\.value)
        if let from = try fields.word("from", ["start", "end"]) { log.readsFromStart = from.value == "start" }
        if let label = try fields.text("file_label") { log.fileLabel = try labelName(label) }
        if var constants = try fields.mapping("labels") {
            for (name, mark, _) in constants.names {
                let label = try labelName(Located(value: name, mark: mark))
                guard label != log.fileLabel else {
                    throw document.failure(at: mark, "labels: `\(label)` is the file's label")
                }
                log.labels.append(Label(label, try constants.text(name)?.value ?? ""))
            }
        }
        let items = try fields.list("metrics")
        try fields.finish()
        guard !items.isEmpty else {
            throw document.failure(
                at: fields.mark, "log `\(log.name)`: no metrics", hint: "a list `metrics:` is wanted")
        }
        for item in items { log.metrics.append(try metric(item.value, of: log)) }
        return log
    }

    private func format(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> LogFormat {
        let lines = try patterns("patterns", &fields)
        guard let preset = try fields.word("format", LogFormat.presets) else {
            return lines.isEmpty ? .none : .patterns(lines.map(\.value))
        }
        guard lines.isEmpty else {
            throw document.failure(at: preset.mark, "format: stands beside `patterns`", hint: "one of both")
        }
        return LogFormat(preset: preset.value) ?? .none
    }

    private func patterns(
        _ name: String, _ fields: inout YAMLFields
    ) throws(ConfigurationFailure) -> [Located<LinePattern>] {
        var patterns: [Located<LinePattern>] = []
        for text in try fields.textOrTexts(name) {
            patterns.append(Located(value: try pattern(name, text), mark: text.mark))
        }
        return patterns
    }

    private func pattern(_ name: String, _ text: Located<String>) throws(ConfigurationFailure) -> LinePattern {
        do {
            return try LinePattern(text.value)
        } catch {
            throw document.failure(at: text.mark, "\(name): \(error)")
        }
    }

    private func labelName(_ text: Located<String>) throws(ConfigurationFailure) -> String {
        guard text.value.isClassicLabelName, !text.value.hasPrefix("__") else {
            throw document.failure(
                at: text.mark, "`\(text.value)` is no name of a label", hint: "letters, digits and _, no digit first")
        }
        return text.value
    }

    // MARK: Metrics

    private mutating func metric(_ node: Node, of log: LogDefinition) throws(ConfigurationFailure) -> LogMetric {
        metricCount += 1
        guard metricCount <= LogConfiguration.Limits.metricsMax else {
            throw document.failure(at: node.place, "metrics: more than \(LogConfiguration.Limits.metricsMax)")
        }
        var fields = try YAMLFields(node, section: "metrics", in: document)
        guard let name = try fields.text("name") else {
            throw document.failure(at: fields.mark, "metrics: `name` is missing")
        }
        guard let kind = try fields.word("kind", LogMetric.Kind.allCases.map(\.rawValue)) else {
            throw document.failure(
                at: fields.mark, "metric `\(name.value)`: `kind` is missing", hint: "counter, gauge or histogram")
        }
        var metric = LogMetric(name: name.value, kind: LogMetric.Kind(rawValue: kind.value) ?? .counter)
        try checkName(name, metric.kind)
        metric.help = try fields.text("help")?.value ?? ""
        if let unit = try fields.text("unit") {
            metric.unit = unit.value
            let base = metric.kind == .counter ? name.value.dropLast("_total".count) : name.value[...]
            guard base.hasSuffix("_" + unit.value) else {
                let end = "_\(unit.value)" + (metric.kind == .counter ? "_total" : "")
                throw document.failure(
                    at: unit.mark, "unit: the name `\(name.value)` does not end with it", hint: "it would be `…\(end)`")
            }
        }
        if let text = try fields.text("pattern") { metric.pattern = try pattern("pattern", text) }
        let known = Known(log: log.format.fields, own: metric.pattern?.fields ?? [])
        if let subject = try fields.text("in") {
            guard metric.pattern != nil else { throw document.failure(at: subject.mark, "in: there is no `pattern`") }
            try check(subject, Known(log: known.log, own: []))
            metric.subject = subject.value
        }
        metric.conditions = try conditions(&fields, known)
        try readValue(&fields, known, &metric)
        metric.labels = try labels(&fields, known, log, metric.kind)
        if let count = try fields.bounded("labels_max", 1...LogConfiguration.Limits.labelsMax) {
            metric.labelsMax = count
        }
        try readBuckets(&fields, &metric)
        try fields.finish()
        guard metric.pattern != nil || log.format != .none || !metric.usesFields else {
            throw document.failure(
                at: fields.mark, "metric `\(name.value)`: its fields come from nowhere",
                hint: "a `pattern:` here, or `format:` or `patterns:` of the log")
        }
        try checkAgreement(metric, name)
        return metric
    }

    private func checkName(_ name: Located<String>, _ kind: LogMetric.Kind) throws(ConfigurationFailure) {
        guard name.value.isClassicMetricName else {
            throw document.failure(
                at: name.mark, "`\(name.value)` is no name of a metric", hint: "letters, digits, _ and :")
        }
        guard !name.value.hasPrefix(LogStore.ownPrefix) else {
            throw document.failure(
                at: name.mark, "`\(name.value)`: names with \(LogStore.ownPrefix) are the exporter's own")
        }
        if kind == .counter {
            guard name.value.hasSuffix("_total"), name.value != "_total" else {
                throw document.failure(
                    at: name.mark, "`\(name.value)`: a counter's name ends with _total", hint: "`\(name.value)_total`")
            }
            return
        }
        for ending in ["_total", "_bucket", "_count", "_sum"] where name.value.hasSuffix(ending) {
            throw document.failure(
                at: name.mark, "`\(name.value)`: a \(kind.rawValue)'s name does not end with \(ending)")
        }
    }

    /// Metrics of one name are one family.
    private mutating func checkAgreement(_ metric: LogMetric, _ name: Located<String>) throws(ConfigurationFailure) {
        guard let first = metrics[metric.name] else {
            metrics[metric.name] = metric
            return
        }
        let difference =
            first.kind != metric.kind
            ? "kind" : first.unit != metric.unit ? "unit" : first.buckets != metric.buckets ? "buckets" : nil
        guard let difference else { return }
        throw document.failure(
            at: name.mark, "`\(metric.name)` stands twice, with another `\(difference)`", hint: "they are one family")
    }

    /// Fields that names can stand for; nil: any.
    private struct Known {
        var log: [String]?
        var own: [String]
        var all: [String]? { log.map { own + $0 } }
    }

    private func check(_ field: Located<String>, _ known: Known) throws(ConfigurationFailure) {
        guard let all = known.all, !all.contains(field.value) else { return }
        let hint =
            nearestName(to: field.value, among: all).map { "did you mean `\($0)`?" }
            ?? (all.isEmpty ? "no pattern has a named group" : "there are \(all.joined(separator: ", "))")
        throw document.failure(at: field.mark, "no field `\(field.value)`", hint: hint)
    }

    private func conditions(
        _ fields: inout YAMLFields, _ known: Known
    ) throws(ConfigurationFailure) -> [LogMetric.Condition] {
        guard var section = try fields.mapping("when") else { return [] }
        var conditions: [LogMetric.Condition] = []
        for (name, mark, _) in section.names {
            try check(Located(value: name, mark: mark), known)
            guard let text = try section.text(name) else { continue }
            do {
                conditions.append(.init(field: name, pattern: try LinearRegex(anchored: text.value)))
            } catch {
                throw document.failure(at: text.mark, "when: \(name): \(error)")
            }
        }
        return conditions
    }

    private func readValue(
        _ fields: inout YAMLFields, _ known: Known, _ metric: inout LogMetric
    ) throws(ConfigurationFailure) {
        let operation = try fields.word("operation", LogMetric.Operation.allCases.map(\.rawValue))
        if let operation {
            guard metric.kind == .gauge else {
                throw document.failure(at: operation.mark, "operation: only a gauge has one")
            }
            metric.operation = LogMetric.Operation(rawValue: operation.value) ?? .set
        }
        let value = try fields.text("value")
        if let value {
            try check(value, known)
            metric.value = value.value
        } else if metric.kind == .histogram || (metric.kind == .gauge && metric.operation == .set) {
            throw document.failure(
                at: fields.mark, "metric `\(metric.name)`: `value` is missing", hint: "the field that holds the number")
        }
        guard let unit = try fields.text("value_unit") else { return }
        guard let known = MeasuredText.unit(unit.value) else {
            let names = MeasuredText.units.map(\.name).joined(separator: " ")
            throw document.failure(at: unit.mark, "value_unit: no unit `\(unit.value)`", hint: "one of \(names)")
        }
        guard value != nil else { throw document.failure(at: unit.mark, "value_unit: there is no `value`") }
        metric.valueUnit = known
    }

    /// `[method, http.status]` gives `method` and `http_status`; `{verb: method, code: http.status}` names them.
    private func labels(
        _ fields: inout YAMLFields, _ known: Known, _ log: LogDefinition, _ kind: LogMetric.Kind
    ) throws(ConfigurationFailure) -> [LogMetric.LabelSource] {
        guard let found = fields.peek("labels") else { return [] }
        var pairs: [(label: Located<String>, field: Located<String>)] = []
        if case .mapping = found.value, var section = try fields.mapping("labels") {
            for (name, mark, _) in section.names {
                let label = Located(value: name, mark: mark)
                pairs.append((label, try section.text(name) ?? label))
            }
        } else {
            pairs = try fields.texts("labels").map { field in
                (Located(value: String(field.value.map { $0 == "." || $0 == "-" ? "_" : $0 }), mark: field.mark), field)
            }
        }
        var labels: [LogMetric.LabelSource] = []
        for (label, field) in pairs {
            try check(field, known)
            let name = try labelName(label)
            guard kind != .histogram || name != "le" else {
                throw document.failure(at: label.mark, "labels: `le` is the histogram's own")
            }
            let taken = labels.map(\.label) + log.labels.map(\.name) + (log.fileLabel.map { [$0] } ?? [])
            guard !taken.contains(name) else {
                throw document.failure(at: label.mark, "labels: `\(name)` stands twice")
            }
            labels.append(.init(label: name, field: field.value))
        }
        return labels
    }

    private func readBuckets(_ fields: inout YAMLFields, _ metric: inout LogMetric) throws(ConfigurationFailure) {
        let bounds = try fields.texts("buckets")
        guard let first = bounds.first else { return }
        guard metric.kind == .histogram else {
            throw document.failure(at: first.mark, "buckets: only a histogram has them")
        }
        guard bounds.count <= LogConfiguration.Limits.bucketsMax else {
            let place = bounds[LogConfiguration.Limits.bucketsMax].mark
            throw document.failure(at: place, "buckets: more than \(LogConfiguration.Limits.bucketsMax)")
        }
        metric.buckets = []
        for bound in bounds {
            guard let number = MeasuredText.value(bound.value), number.isFinite else {
                throw document.failure(at: bound.mark, "buckets: `\(bound.value)` is no number")
            }
            guard metric.buckets.last.map({ $0 < number }) ?? true else {
                throw document.failure(at: bound.mark, "buckets: `\(bound.value)` is not above the one before")
            }
            metric.buckets.append(number)
        }
    }
}

extension LogMetric {
    /// Whether anything of it is taken from a field.
    fileprivate var usesFields: Bool { value != nil || !labels.isEmpty || !conditions.isEmpty || subject != nil }
}

extension YAMLFields {
    /// One text, or a list of texts.
    fileprivate mutating func textOrTexts(_ name: String) throws(ConfigurationFailure) -> [Located<String>] {
        guard let found = peek(name) else { return [] }
        if case .sequence = found.value { return try texts(name) }
        return try text(name).map { [$0] } ?? []
    }

    /// One of a few words.
    fileprivate mutating func word(
        _ name: String, _ words: [String]
    ) throws(ConfigurationFailure) -> Located<String>? {
        guard let found = try text(name) else { return nil }
        guard words.contains(found.value) else {
            let near = nearestName(to: found.value, among: words)
            throw document.failure(
                at: found.mark,
                "\(name): `\(printable(found.value, charactersMax: 200))` is none of \(words.joined(separator: ", "))",
                hint: near.map { "did you mean `\($0)`?" })
        }
        return found
    }

    fileprivate mutating func bounded(
        _ name: String, _ range: ClosedRange<Int>, isSize: Bool = false
    ) throws(ConfigurationFailure) -> Int? {
        guard let found = peek(name) else { return nil }
        let read = isSize ? try bytes(name) : try count(name)
        guard let number = read else { return nil }
        guard range.contains(number) else {
            throw document.failure(
                at: found.mark, "\(name): \(range.lowerBound) to \(range.upperBound) is wanted, found \(number)")
        }
        return number
    }

    /// The field without taking it.
    fileprivate func peek(_ name: String) -> Located<Node>? {
        var copy = self
        return copy.take(name)
    }
}

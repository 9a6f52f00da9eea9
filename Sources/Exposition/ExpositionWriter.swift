// Writes metric families as text 0.0.4 or OpenMetrics 1.0.
// Used by exporters, federation and `--save`; what it writes, ExpositionParser reads back.

import MetricModel

public struct ExpositionWriter: Sendable {
    public let format: ExpositionFormat
    public private(set) var bytes: [UInt8] = []
    private var isFinished = false

    public init(_ format: ExpositionFormat) { self.format = format }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Takes out what is written so far, for a writer that streams.
    public mutating func drain() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    /// The comment lines of a family; must come before its samples.
    ///
    /// `name` is that of the samples without `_bucket`, `_sum` and the like. In OpenMetrics a counter's family has no
    /// `_total`, which is taken off here; a unit is only written where it ends the name, as the format demands.
    public mutating func family(_ name: String, _ metadata: Metadata) {
        var family = name
        if format == .openMetrics, metadata.kind == .counter, name.hasSuffix("_total"), name.utf8.count > 6 {
            family = String(name.dropLast(6))
        }
        if !metadata.help.isEmpty {
            comment("HELP", family)
            escape(metadata.help, quotes: format == .openMetrics)
            bytes.append(0x0a)
        }
        comment("TYPE", family)
        append(kindName(metadata.kind))
        bytes.append(0x0a)
        guard format == .openMetrics, !metadata.unit.isEmpty, family.hasSuffix("_" + metadata.unit) else { return }
        comment("UNIT", family)
        append(metadata.unit)
        bytes.append(0x0a)
    }

    /// One sample. `labels` hold the name; `extra` is one more label, such as `le`, put last.
    public mutating func sample(
        _ labels: LabelSet, suffix: String = "", extra: Label? = nil, _ value: Double, timestamp: Timestamp? = nil,
        exemplar: Exemplar? = nil
    ) {
        series(labels, suffix: suffix, extra: extra)
        bytes.append(0x20)
        number(value)
        if let timestamp { self.timestamp(timestamp) }
        if format == .openMetrics, let exemplar {
            append(" # ")
            braces(exemplar.labels.labels, quotedName: nil, extra: nil, always: true)
            bytes.append(0x20)
            number(exemplar.value)
            if let timestamp = exemplar.timestamp { self.timestamp(timestamp) }
        }
        bytes.append(0x0a)
    }

    /// The last line of OpenMetrics. Must be called once, after everything.
    public mutating func finish() {
        guard !isFinished, format == .openMetrics else { return }
        isFinished = true
        append("# EOF\n")
    }

    // MARK: Pieces

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func comment(_ keyword: String, _ name: String) {
        append("# ")
        append(keyword)
        bytes.append(0x20)
        if name.isClassicMetricName { append(name) } else { quote(name) }
        bytes.append(0x20)
    }

    private func kindName(_ kind: Metadata.Kind) -> String {
        guard format == .text else { return kind.rawValue }
        switch kind {
        case .counter, .gauge, .histogram, .summary: return kind.rawValue
        case .gaugehistogram: return "histogram"
        case .info, .stateset: return "gauge"
        case .unknown: return "untyped"
        }
    }

    private mutating func series(_ labels: LabelSet, suffix: String, extra: Label?) {
        let name = (labels.metricName ?? "") + suffix
        let isClassic = name.isClassicMetricName
        if isClassic { append(name) }
        braces(labels.labels, quotedName: isClassic ? nil : name, extra: extra, always: false)
    }

    private mutating func braces(_ labels: [Label], quotedName: String?, extra: Label?, always: Bool) {
        var isFirst = true
        func separator(_ bytes: inout [UInt8]) {
            bytes.append(isFirst ? 0x7b : 0x2c)
            isFirst = false
        }
        if let quotedName {
            separator(&bytes)
            quote(quotedName)
        }
        for label in labels where label.name != LabelSet.metricNameLabel {
            separator(&bytes)
            pair(label)
        }
        if let extra {
            separator(&bytes)
            pair(extra)
        }
        if isFirst && always { bytes.append(0x7b) }
        if !isFirst || always { bytes.append(0x7d) }
    }

    private mutating func pair(_ label: Label) {
        if label.name.isClassicLabelName { append(label.name) } else { quote(label.name) }
        bytes.append(0x3d)
        quote(label.value)
    }

    private mutating func quote(_ text: String) {
        bytes.append(0x22)
        escape(text, quotes: true)
        bytes.append(0x22)
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || ($0 == 0x22 && quotes) }) else {
            return append(text)
        }
        for byte in text.utf8 {
            switch byte {
            case 0x5c: bytes += [0x5c, 0x5c]
            case 0x0a: bytes += [0x5c, 0x6e]
            case 0x22 where quotes: bytes += [0x5c, 0x22]
            default: bytes.append(byte)
            }
        }
    }

    private mutating func number(_ value: Double) {
        switch format {
        case .text: GoFloat.append(value, to: &bytes)
        case .openMetrics: GoFloat.appendOpenMetrics(value, to: &bytes)
        }
    }

    /// Milliseconds in text, seconds in OpenMetrics.
    private mutating func timestamp(_ timestamp: Timestamp) {
        bytes.append(0x20)
        switch format {
        case .text: GoFloat.appendInteger(timestamp.milliseconds, to: &bytes)
        case .openMetrics: append(Self.seconds(timestamp))
        }
    }

    /// Seconds that read back as the same millisecond. Readers multiply by 1000 and cut off what is left, which may be a
    /// hair below the whole number: half a millisecond more keeps the cut on the right side.
    static func seconds(_ timestamp: Timestamp) -> String {
        let text = timestamp.description
        if Timestamp(seconds: timestamp.seconds) == timestamp { return text }
        let fraction = text.utf8.reversed().prefix { $0 != 0x2e }.count
        guard text.utf8.contains(0x2e) else { return text }
        return text + String(repeating: "0", count: max(0, 3 - fraction)) + "5"
    }
}

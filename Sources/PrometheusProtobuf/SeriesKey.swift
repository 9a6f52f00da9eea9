// The line of text 0.0.4 under which a sample of a protobuf body is known to the line cache.
// Filled by ProtobufBody, one metric at a time.

import MetricModel

struct SeriesKey {
    private var name: [UInt8] = []
    private var isClassic = true
    private var labels: [UInt8] = []

    mutating func begin(_ family: String, _ pairs: [Io_Prometheus_Client_LabelPair]) {
        name.removeAll(keepingCapacity: true)
        isClassic = family.isClassicMetricName
        Self.escape(family, quotes: !isClassic, into: &name)
        labels.removeAll(keepingCapacity: true)
        for pair in pairs {
            if !labels.isEmpty { labels.append(UInt8(ascii: ",")) }
            if pair.name.isClassicLabelName {
                labels.append(contentsOf: pair.name.utf8)
            } else {
                Self.quote(pair.name, into: &labels)
            }
            labels.append(UInt8(ascii: "="))
            Self.quote(pair.value, into: &labels)
        }
    }

    /// Name, suffix, labels, and one more label whose value is a number as OpenMetrics writes it.
    func write(_ suffix: StaticString = "", extra: (name: StaticString, value: Double)? = nil, into key: inout [UInt8])
    {
        key.removeAll(keepingCapacity: true)
        if isClassic {
            key.append(contentsOf: name)
            Self.append(suffix, to: &key)
            guard !labels.isEmpty || extra != nil else { return }
            key.append(UInt8(ascii: "{"))
        } else {
            key.append(contentsOf: "{\"".utf8)
            key.append(contentsOf: name)
            Self.append(suffix, to: &key)
            key.append(UInt8(ascii: "\""))
            if !labels.isEmpty || extra != nil { key.append(UInt8(ascii: ",")) }
        }
        key.append(contentsOf: labels)
        if let extra {
            if !labels.isEmpty { key.append(UInt8(ascii: ",")) }
            Self.append(extra.name, to: &key)
            key.append(contentsOf: "=\"".utf8)
            GoFloat.appendOpenMetrics(extra.value, to: &key)
            key.append(UInt8(ascii: "\""))
        }
        key.append(UInt8(ascii: "}"))
    }

    static func statement(_ keyword: String, _ family: String, _ text: String, into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: "# \(keyword) ".utf8)
        if family.isClassicMetricName { key.append(contentsOf: family.utf8) } else { quote(family, into: &key) }
        key.append(UInt8(ascii: " "))
        escape(text, quotes: false, into: &key)
        key.append(0x0a)
    }

    private static func append(_ text: StaticString, to key: inout [UInt8]) {
        text.withUTF8Buffer { key.append(contentsOf: $0) }
    }

    private static func quote(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        escape(text, quotes: true, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ text: String, quotes: Bool, into bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
            default: bytes.append(byte)
            }
        }
    }
}

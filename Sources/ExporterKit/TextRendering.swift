// Metric families as Prometheus text 0.0.4.
// The last stage of an exporter before the socket.

import MetricModel

extension MetricFamilies {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Families sorted by name, each with HELP and TYPE.
    public func text() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(all.count * 200)
        for family in all.sorted(by: { $0.name.isBefore($1.name) }) {
            out += "# HELP \(family.name) ".utf8
            for byte in family.help.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): out += #"\\"#.utf8
                case UInt8(ascii: "\n"): out += #"\n"#.utf8
                default: out.append(byte)
                }
            }
            out += "\n# TYPE \(family.name) \(family.kind.textName)\n".utf8
            for sample in family.samples {
                out += family.name.utf8
                write(sample.labels, to: &out)
                out.append(UInt8(ascii: " "))
                out += describe(sample.value).utf8
                out.append(UInt8(ascii: "\n"))
            }
        }
        return out
    }

    private func write(_ labels: [Label], to out: inout [UInt8]) {
        guard !labels.isEmpty else { return }
        out.append(UInt8(ascii: "{"))
        for (index, label) in labels.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out += label.name.utf8
            out += "=\"".utf8
            for byte in label.value.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): out += #"\\"#.utf8
                case UInt8(ascii: "\""): out += #"\""#.utf8
                case UInt8(ascii: "\n"): out += #"\n"#.utf8
                default: out.append(byte)
                }
            }
            out.append(UInt8(ascii: "\""))
        }
        out.append(UInt8(ascii: "}"))
    }

    private func describe(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), !(value == 0 && value.sign == .minus) { return "\(whole)" }
        return "\(value)"
    }
}

extension Metadata.Kind {
    /// The classic format knows five types.
    fileprivate var textName: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .summary: "summary"
        default: "untyped"
        }
    }
}

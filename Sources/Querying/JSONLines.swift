// A query's answer as JSON Lines: one flat object a sample, for jq, DuckDB and log shippers.
// Printed by `ferula query -o jsonl`; the API's own envelope is in APIJSON.swift.

import MetricModel

/// `{"query":"name","metric":{"job":"a"},"timestamp":1700000000.5,"value":1.5}`, a line a sample.
///
/// Numbers are JSON numbers, so that tools compute with them; NaN and the infinities, which JSON has not, are strings.
package enum JSONLines {
    package static func append(_ value: QueryValue, name: String?, to bytes: inout [UInt8]) {
        switch value {
        case .scalar(let time, let number):
            line(name, .empty, time, to: &bytes) { append(number, key: "value", to: &$0) }
        case .string(let time, let text):
            line(name, .empty, time, to: &bytes) { bytes in
                bytes += #","value":"#.utf8
                JSONText.append(text, to: &bytes)
            }
        case .vector(let elements):
            for element in elements {
                line(name, element.labels, element.timestamp, to: &bytes) { append(element.value, to: &$0) }
            }
        case .matrix(let series):
            for series in series {
                for (index, time) in series.timestamps.enumerated() {
                    line(name, series.labels, time, to: &bytes) { append(series.samples[index], to: &$0) }
                }
            }
        }
    }

    private static func line(
        _ name: String?, _ labels: LabelSet, _ time: Timestamp, to bytes: inout [UInt8],
        _ body: (inout [UInt8]) -> Void
    ) {
        bytes += "{".utf8
        if let name {
            bytes += #""query":"#.utf8
            JSONText.append(name, to: &bytes)
            bytes += ",".utf8
        }
        bytes += #""metric":"#.utf8
        JSONText.append(labels, to: &bytes)
        bytes += #","timestamp":"#.utf8
        bytes += time.description.utf8
        body(&bytes)
        bytes += "}\n".utf8
    }

    private static func append(_ value: SampleValue, to bytes: inout [UInt8]) {
        switch value {
        case .float(let number): append(number, key: "value", to: &bytes)
        case .histogram(let histogram):
            append(histogram.count, key: "count", to: &bytes)
            append(histogram.sum, key: "sum", to: &bytes)
            bytes += #","buckets":"#.utf8
            // As in the API: boundary code, lower, upper, count.
            JSONText.list(histogram.buckets.filter { $0.count != 0 }, to: &bytes) { bucket, bytes in
                let boundary =
                    bucket.lowerInclusive ? (bucket.upperInclusive ? 3 : 1) : (bucket.upperInclusive ? 0 : 2)
                bytes += "[\(boundary)".utf8
                for number in [bucket.lower, bucket.upper, bucket.count] {
                    bytes += ",".utf8
                    append(number, to: &bytes)
                }
                bytes += "]".utf8
            }
        }
    }

    private static func append(_ number: Double, key: String, to bytes: inout [UInt8]) {
        bytes += ",\"\(key)\":".utf8
        append(number, to: &bytes)
    }

    private static func append(_ number: Double, to bytes: inout [UInt8]) {
        let text = GoFloat.format(number)
        bytes += number.isFinite ? text.utf8 : "\"\(text)\"".utf8
    }
}

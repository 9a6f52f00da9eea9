// The samples that every backend of the contract holds: one text, loaded by each in its own way.
// Times are fixed, within one block of Prometheus; ContractRows asks about them.

import MetricModel

package enum ContractData {
    /// A whole number of two-hour blocks after the epoch; all samples lie within the two hours that follow.
    package static let start: Int64 = 1_699_999_200

    package static func time(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: start * 1000 + Int64(seconds * 1000))
    }

    /// Forty samples at 15 s of requests (with a reset) and of a queue, special floats, odd label values, and one series
    /// that begins late.
    package static let openMetrics: String = {
        var text = "# HELP requests Requests \"served\".\n# TYPE requests counter\n"
        for (index, instance) in ["a", "b"].enumerated() {
            for (rank, code) in ["200", "500"].enumerated() {
                var total = 0
                for step in 0..<40 {
                    if index == 1, step == 25 { total = 0 }
                    total += (step * 7 + index * 3 + rank) % 11
                    text +=
                        "requests_total{code=\"\(code)\",instance=\"\(instance)\"} \(total) \(start + Int64(step) * 15)\n"
                }
            }
        }
        text += "# HELP queue_length Waiting.\n# TYPE queue_length gauge\n"
        for (index, instance) in ["a", "b"].enumerated() {
            for step in 0..<40 {
                let value = Double((step * 13 + index * 5) % 17) + 0.25
                text += "queue_length{instance=\"\(instance)\"} \(value) \(start + Int64(step) * 15)\n"
            }
        }
        text += "# TYPE special gauge\n"
        for (kind, value) in [
            ("huge", "1e+300"), ("large", "2890021420083890000"), ("minus_inf", "-Inf"), ("minus_zero", "-0"),
            ("nan", "NaN"), ("plus_inf", "+Inf"), ("third", "0.3333333333333333"), ("tiny", "1e-09"),
        ] {
            text += "special{kind=\"\(kind)\"} \(value) \(start).013\n"
        }
        text += "# TYPE odd gauge\n"
        for (kind, value) in [
            ("backslash", #"a\\b"#), ("brace", "}{,="), ("newline", #"a\nb"#), ("quote", #"a\"b"#), ("space", " a  b "),
            ("utf8", "é 😀"),
        ] {
            text += "odd{kind=\"\(kind)\",value=\"\(value)\"} 1 \(start)\n"
        }
        text += "# TYPE late gauge\nlate 1 \(start + 3000)\n"
        return text + "# EOF\n"
    }()

    /// The same samples in the classic format, with milliseconds, for servers that take no OpenMetrics.
    package static var classic: String {
        openMetrics.split(separator: "\n").compactMap { line -> String? in
            guard !line.hasPrefix("#"), let blank = line.lastIndex(of: " "),
                let seconds = Double(line[line.index(after: blank)...])
            else { return nil }
            return line[...blank] + "\(Int64((seconds * 1000).rounded()))"
        }.joined(separator: "\n") + "\n"
    }
}

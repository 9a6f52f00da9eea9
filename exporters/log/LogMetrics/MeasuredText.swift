// Numbers as logs write them: `0.012`, `12ms`, `1m30.5s`, `10KiB`, `45%`, in base units: seconds, bytes, ratios.
// Read for the values of metrics.

import MetricModel

package enum MeasuredText {
    package struct Unit: Hashable, Sendable {
        package var name: String
        /// In base units.
        package var factor: Double
    }

    /// Powers of 1000 for `KB`, of 1024 for `KiB`.
    package static let units: [Unit] = [
        Unit(name: "ns", factor: 1e-9), Unit(name: "us", factor: 1e-6), Unit(name: "µs", factor: 1e-6),
        Unit(name: "μs", factor: 1e-6), Unit(name: "ms", factor: 1e-3), Unit(name: "s", factor: 1),
        Unit(name: "m", factor: 60), Unit(name: "h", factor: 3600), Unit(name: "d", factor: 86400),
        Unit(name: "B", factor: 1), Unit(name: "KB", factor: 1e3), Unit(name: "kB", factor: 1e3),
        Unit(name: "MB", factor: 1e6), Unit(name: "GB", factor: 1e9), Unit(name: "TB", factor: 1e12),
        Unit(name: "KiB", factor: 1024), Unit(name: "MiB", factor: 1_048_576),
        Unit(name: "GiB", factor: 1_073_741_824), Unit(name: "TiB", factor: 1_099_511_627_776),
        Unit(name: "%", factor: 0.01),
    ]
    private static let byName = Dictionary(uniqueKeysWithValues: units.map { ($0.name, $0) })

    package static func unit(_ name: String) -> Unit? { byName[name] }

    /// Nil for what is no number. `unit` is that of a number without one.
    package static func value(_ text: String, unit: Unit? = nil) -> Double? {
        // Blanks around a number come from columns.
        let bytes = Array(text.utf8.drop { $0 == 0x20 || $0 == 0x09 })
        var rest = bytes[...]
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        if let number = NumberParsing.float(String(decoding: rest, as: UTF8.self)) {
            return number * (unit?.factor ?? 1)
        }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !($0 >= 0x30 && $0 <= 0x39) }
            rest = rest.dropFirst(name.count)
            guard let number = NumberParsing.float(String(decoding: digits, as: UTF8.self)),
                let unit = byName[String(decoding: name.drop { $0 == 0x20 }, as: UTF8.self)]
            else { return nil }
            sum += number * unit.factor
        }
        return isNegative ? -sum : sum
    }
}

// Numbers as logs write them: `0.012`, `12ms`, `1m30.5s`, `10KiB`, `45%`, in base units: seconds, bytes, ratios.
// Read for the values of metrics.

import MetricModel

package enum MeasuredText {
    package struct Unit: Hashable, Sendable {
        package var name: String
        private var factor: Double
        private var isPart = false

        init(_ name: String, times factor: Double) {
            self.name = name
            self.factor = factor
        }

        init(_ name: String, partOf factor: Double) {
            self.name = name
            self.factor = factor
            isPart = true
        }

        /// In base units. Divided where the unit is a part of one: a thousandth has no exact form to multiply by.
        func base(_ number: Double) -> Double { isPart ? number / factor : number * factor }
    }

    /// Powers of 1000 for `KB`, of 1024 for `KiB`.
    package static let units: [Unit] = [
        Unit("ns", partOf: 1e9), Unit("us", partOf: 1e6), Unit("µs", partOf: 1e6), Unit("μs", partOf: 1e6),
        Unit("ms", partOf: 1e3), Unit("s", times: 1), Unit("m", times: 60), Unit("h", times: 3600),
        Unit("d", times: 86400), Unit("B", times: 1), Unit("KB", times: 1e3), Unit("kB", times: 1e3),
        Unit("MB", times: 1e6), Unit("GB", times: 1e9), Unit("TB", times: 1e12), Unit("KiB", times: 1024),
        Unit("MiB", times: 1_048_576), Unit("GiB", times: 1_073_741_824), Unit("TiB", times: 1_099_511_627_776),
        Unit("%", partOf: 100),
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
            return unit?.base(number) ?? number
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
            sum += unit.base(number)
        }
        return isNegative ? -sum : sum
    }
}

// What a metric's numbers are: guessed from UNIT, from the name's words, from HELP and from the numbers themselves.
// Gives Grafana's ids of units, of the value and of its rate.

package enum Measure: Hashable, Sendable {
    case bytes, bits, seconds, milliseconds, microseconds, nanoseconds
    /// 0 to 1, and 0 to 100.
    case ratio, percent
    /// A moment, in seconds or milliseconds since 1970.
    case moment(perSecond: Double)
    case celsius, volts, amperes, watts, joules, hertz, bitsPerSecond, bytesPerSecond
    /// Things: the word that names them, such as `requests`; empty where there is none.
    case count(String)

    package init(_ family: MetricFamily) {
        let words = family.words.map { $0.lowercased() }
        let isMoment = Self.isMoment(words, family)
        if let moment = isMoment { self = .moment(perSecond: moment); return }
        if let found = Self.units[family.unit.lowercased()] { self = found; return }
        let telling = words.reversed().filter { !Self.mute.contains($0) }
        if let last = telling.first, let found = Self.units[last] ?? Self.lastWords[last] { self = found; return }
        if let found = Self.byNumbers(words, family) { self = found; return }
        if let found = telling.lazy.compactMap({ Self.units[$0] }).first { self = found; return }
        if let found = Self.hint(family.help) { self = found; return }
        self = .count(words.reversed().first { Self.things[$0] != nil } ?? "")
    }

    /// Units per second of a moment. Nil: it is none.
    private static func isMoment(_ words: [String], _ family: MetricFamily) -> Double? {
        if family.kind == .counter { return nil }
        let values = family.series.map(\.value).filter { $0 != 0 && $0.isFinite }
        let isNamedSo =
            words.contains("timestamp") || words.contains("time") || words.contains("expiry") || words.contains("date")
            || words.contains("created") || words.contains("modified") || words.contains("after")
            || words.contains("expires")
        guard isNamedSo else { return nil }
        if values.isEmpty { return words.contains("timestamp") && !words.contains("ms") ? 1 : nil }
        // Between 2001 and 2096.
        if values.allSatisfy({ (1e9...4e9).contains($0) }) { return 1 }
        if values.allSatisfy({ (1e12...4e12).contains($0) }) { return 1000 }
        return nil
    }

    private static let mute: Set<String> = ["total", "sum", "count", "current", "avg", "max", "min", "mean", "average"]

    private static let units: [String: Measure] = [
        "bytes": .bytes, "byte": .bytes, "octets": .bytes, "bits": .bits, "seconds": .seconds, "second": .seconds,
        "milliseconds": .milliseconds, "ms": .milliseconds, "millis": .milliseconds, "msec": .milliseconds,
        "microseconds": .microseconds, "usec": .microseconds, "nanoseconds": .nanoseconds, "ns": .nanoseconds,
        "ratio": .ratio, "percent": .percent, "percentage": .percent, "pct": .percent, "celsius": .celsius,
        "volts": .volts, "amperes": .amperes, "amps": .amperes, "watts": .watts, "joules": .joules, "hertz": .hertz,
        "hz": .hertz,
    ]
    /// Words that are a unit only at the end.
    private static let lastWords: [String: Measure] = [
        "utilization": .ratio, "utilisation": .ratio, "fraction": .ratio, "us": .microseconds, "s": .seconds,
    ]

    /// Of names without a unit: shares of a processor, and memory that is too much to be counted in anything but bytes.
    private static func byNumbers(_ words: [String], _ family: MetricFamily) -> Measure? {
        switch family.kind {
        case .classicHistogram, .nativeHistogram, .summary:
            guard let last = words.last, ["time", "duration", "latency", "length"].contains(last) else { return nil }
            // Nobody has a bucket for a quarter of an hour who measures in seconds.
            return family.boundMost ?? 0 >= 1000 ? .milliseconds : .seconds
        default: break
        }
        guard family.kind == .gauge, !family.series.isEmpty else { return nil }
        let values = family.series.map(\.value)
        if words.contains("cpu"), let last = words.last, ["usage", "load"].contains(last),
            values.allSatisfy({ (-1...1).contains($0) })
        {
            return .ratio
        }
        let isOfMemory = words.contains("memory") || words.contains("heap") || words.contains("rss")
        return isOfMemory && family.largest >= 65_536 && words.last != "count" ? .bytes : nil
    }

    private static func hint(_ help: String) -> Measure? {
        let text = help.lowercased()
        let hints: [(String, Measure)] = [
            ("in bytes", .bytes), ("in milliseconds", .milliseconds), ("in microseconds", .microseconds),
            ("in nanoseconds", .nanoseconds), ("in seconds", .seconds), ("(ms)", .milliseconds), ("(bytes)", .bytes),
            ("number of bytes", .bytes), ("in percent", .percent),
        ]
        return hints.first { text.contains($0.0) }?.1
    }

    /// Things that have a rate's unit of their own.
    private static let things: [String: String] = [
        "requests": "reqps", "request": "reqps", "rq": "reqps", "packets": "pps", "reads": "rps", "writes": "wps",
        "operations": "ops", "ops": "ops", "commands": "ops", "calls": "ops", "messages": "mps", "queries": "ops",
        "records": "recps", "rows": "rowsps", "events": "eps",
    ]

    /// Of the value itself; nil is a plain number.
    package var unit: String? {
        switch self {
        case .bytes: "bytes"
        case .bits: "bits"
        case .seconds: "s"
        case .milliseconds: "ms"
        case .microseconds: "µs"
        case .nanoseconds: "ns"
        case .ratio: "percentunit"
        case .percent: "percent"
        case .moment: "s"
        case .celsius: "celsius"
        case .volts: "volt"
        case .amperes: "amp"
        case .watts: "watt"
        case .joules: "joule"
        case .hertz: "hertz"
        case .bitsPerSecond: "bps"
        case .bytesPerSecond: "binBps"
        case .count: "short"
        }
    }

    /// Of the growth in a second: the unit, what the rate is divided by, and whether the title must say that it is one.
    package var rate: (unit: String, divisor: String?, saysSo: Bool) {
        switch self {
        case .bytes: ("binBps", nil, false)
        case .bits: ("bps", nil, false)
        // Time in a second is a share.
        case .seconds: ("percentunit", nil, false)
        case .milliseconds: ("percentunit", "1e3", false)
        case .microseconds: ("percentunit", "1e6", false)
        case .nanoseconds: ("percentunit", "1e9", false)
        case .joules: ("watt", nil, false)
        case .count(let thing): Self.things[thing].map { ($0, nil, false) } ?? ("short", nil, true)
        default: (unit ?? "short", nil, true)
        }
    }

    /// Whether the sum of several says something: bytes and things, no shares and no temperatures.
    package var isAdditive: Bool {
        switch self {
        case .bytes, .bits, .count, .watts, .joules, .amperes, .bitsPerSecond, .bytesPerSecond: true
        default: false
        }
    }
}

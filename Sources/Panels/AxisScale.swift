// The value axis: which range is shown, where its ticks are, how they are labelled, in one unit for the whole axis.
// Comes after the extents of the series; plots and gutters read it.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// How an axis counts: in tens, in 1024s, in seconds and minutes.
enum AxisUnit: Hashable {
    /// K, M, G go to the labels; the name to the border.
    case plain(String)
    /// B, KiB, MiB: one prefix for the axis.
    case binary(String)
    /// B, kB, MB: one prefix for the axis.
    case metric(String)
    /// The value of one unit in seconds.
    case duration(Double)
    /// A percentage; the factor makes per cent of the value.
    case percent(Double)

    init(unit: String?) {
        switch unit ?? "" {
        case "", "none", "short", "string", "locale", "sishort": self = .plain("")
        case "percent": self = .percent(1)
        case "percentunit": self = .percent(100)
        case "bytes", "binbytes": self = .binary("B")
        case "decbytes": self = .metric("B")
        case "bits": self = .binary("b")
        case "decbits": self = .metric("b")
        case "binBps": self = .binary("B/s")
        case "Bps": self = .metric("B/s")
        case "binbps": self = .binary("b/s")
        case "bps": self = .metric("b/s")
        case "pps": self = .metric("p/s")
        case "hertz", "rothz": self = .metric("Hz")
        case "watt": self = .metric("W")
        case "volt": self = .metric("V")
        case "amp": self = .metric("A")
        case "joule": self = .metric("J")
        case "s", "dtdurations", "clocks": self = .duration(1)
        case "ms", "dtdurationms", "clockms": self = .duration(1e-3)
        case "µs", "us": self = .duration(1e-6)
        case "ns": self = .duration(1e-9)
        case "m": self = .duration(60)
        case "h": self = .duration(3600)
        case "d": self = .duration(86400)
        case "ops": self = .plain("ops/s")
        case "reqps": self = .plain("req/s")
        case "rps": self = .plain("rd/s")
        case "wps": self = .plain("wr/s")
        case "iops": self = .plain("io/s")
        case "cps": self = .plain("c/s")
        case "opm": self = .plain("ops/min")
        case "rpm": self = .plain("r/min")
        case "celsius": self = .plain("°C")
        case "fahrenheit": self = .plain("°F")
        case "humidity": self = .plain("%H")
        case "rotrpm": self = .plain("rpm")
        case let other:
            if other.hasPrefix("suffix:") {
                self = .plain(String(other.dropFirst(7)))
            } else if other.hasPrefix("si:") {
                self = .metric(String(other.dropFirst(3)))
            } else if other.hasPrefix("currency") {
                self = .plain(String(other.dropFirst(8)))
            } else if other.hasPrefix("prefix:") {
                self = .plain(String(other.dropFirst(7)))
            } else {
                self = .plain(other)
            }
        }
    }
}

struct AxisScale {
    struct Tick {
        var value: Double
        var label: String
    }
    var low: Double
    var high: Double
    var ticks: [Tick] = []
    /// What the labels are counted in: `MiB`, `ms`, `%`; empty when they say it themselves.
    var unitLabel = ""
    /// One `unitLabel` in the unit of the values.
    private(set) var unitSize = 1.0
    private var counting = Counting(.plain(""), most: 1)
    /// 0: linear.
    var logBase: Double = 0

    /// Share of the height at which `value` lies, 0 at the bottom; kept within -2...3, so that it converts to Int.
    func position(_ value: Double) -> Double {
        let share: Double
        if logBase > 1 {
            guard value > 0 else { return -2 }
            let bottom = log(low)
            share = (log(value) - bottom) / (log(high) - bottom)
        } else {
            share = (value - low) / (high - low)
        }
        return share.isNaN ? 0 : max(-2, min(3, share))
    }

    /// A value as the axis' labels are written, beside which it stands without its unit.
    func label(_ value: Double, decimals: Int) -> String { counting.label(value, decimals: decimals) }

    var longestLabel: Int { ticks.map { $0.label.count }.max() ?? 0 }

    struct Request {
        var least: Double
        var most: Double
        var hardMin: Double?
        var hardMax: Double?
        var softMin: Double?
        var softMax: Double?
        /// Bars and areas stand on zero.
        var includesZero = false
        var logBase: Double = 0
        var unit: AxisUnit = .plain("")
        var rows: Int
    }

    init(_ request: Request) {
        var least = request.least
        var most = request.most
        if !least.isFinite || !most.isFinite || least > most {
            least = 0
            most = 1
        }
        least = max(-1e300, min(1e300, least))
        most = max(-1e300, min(1e300, most))
        if let soft = request.softMin, soft.isFinite { least = min(least, soft) }
        if let soft = request.softMax, soft.isFinite { most = max(most, soft) }
        let hardMin = request.hardMin.flatMap { $0.isFinite && abs($0) < 1e300 ? $0 : nil }
        let hardMax = request.hardMax.flatMap { $0.isFinite && abs($0) < 1e300 ? $0 : nil }
        if let hardMin { least = hardMin }
        if let hardMax { most = hardMax }
        if request.logBase > 1, hardMin.map({ $0 > 0 }) ?? true {
            low = 1
            high = 10
            logBase = request.logBase
            makeLogarithmic(least, most, request)
            return
        }
        if most <= least {
            let pad = least == 0 ? 1 : abs(least) * 0.1
            if hardMin == nil { least = most == 0 ? 0 : most - pad }
            most = max(most, least) + pad
        }
        // Lines near zero are read against zero; lines far from it use the height.
        if hardMin == nil, least > 0, request.includesZero || least < most * 0.6 { least = 0 }
        if hardMax == nil, most < 0, request.includesZero || most > least * 0.6 { most = 0 }
        low = least
        high = most
        makeLinear(request, keepsLow: hardMin != nil, keepsHigh: hardMax != nil)
    }

    private mutating func makeLinear(_ request: Request, keepsLow: Bool, keepsHigh: Bool) {
        // An axis with both signs has at least a tick on either side of zero.
        let intervals = max(low < 0 && high > 0 ? 2 : 1, request.rows * 2 / 5)
        var counting = Counting(request.unit, most: max(abs(low), abs(high)))
        counting.isFine = intervals <= 2
        self.counting = counting
        unitLabel = counting.unitLabel
        unitSize = counting.divisor
        var step = counting.leastStep(atLeast: (high - low) / counting.divisor / Double(intervals)) * counting.divisor
        var bottom = (low / step + 1e-9).rounded(.down)
        var top = (high / step - 1e-9).rounded(.up)
        var tries = 0
        while top - bottom > Double(intervals) + 0.01, tries < 8, !(keepsLow && keepsHigh) {
            step = counting.leastStep(atLeast: step / counting.divisor * 1.001) * counting.divisor
            bottom = (low / step + 1e-9).rounded(.down)
            top = (high / step - 1e-9).rounded(.up)
            tries += 1
        }
        guard step.isFinite, step > 0, bottom.isFinite, top.isFinite, top - bottom < 1000 else { return }
        if !keepsLow { low = bottom * step }
        if !keepsHigh { high = top * step }
        if !(high > low) { high = low + step }
        let decimals = counting.decimals(ofStep: step)
        var multiple = (low / step - 1e-9).rounded(.up)
        while multiple * step <= high + step * 1e-9, ticks.count < 100 {
            let value = multiple * step
            ticks.append(Tick(value: value, label: counting.label(value, decimals: decimals)))
            multiple += 1
        }
    }

    private mutating func makeLogarithmic(_ least: Double, _ most: Double, _ request: Request) {
        let base = request.logBase
        let top = max(most, 1e-300)
        let bottom = least > 0 ? least : min(top / base, 1)
        let low = pow(base, (log(bottom) / log(base) + 1e-9).rounded(.down))
        var high = pow(base, (log(top) / log(base) - 1e-9).rounded(.up))
        guard low > 0, low.isFinite, high.isFinite else { return }
        if high <= low { high = low * base }
        let powerCount = ((log(high) - log(low)) / log(base)).rounded()
        guard high.isFinite, high > low, powerCount < 5000 else { return }
        self.low = low
        self.high = high
        let counting = Counting(request.unit, most: high, spansPrefixes: true)
        unitLabel = counting.unitLabel
        let powers = max(1, Int(powerCount))
        let intervals = max(1, request.rows * 2 / 5)
        let stride = max(1, (powers + intervals - 1) / intervals)
        for index in Swift.stride(from: 0, through: powers, by: stride) {
            let value = low * pow(base, Double(index))
            ticks.append(Tick(value: value, label: counting.label(value, decimals: NumberText.decimals(ofStep: value))))
        }
    }
}

/// One way of counting along an axis: a prefix, its nice steps and labels.
private struct Counting {
    var divisor = 1.0
    var unitLabel = ""
    var labelSuffix = ""
    var steps: Steps = .tens
    /// Every label chooses its own prefix (logarithmic axes).
    var spansPrefixes = false
    /// Short axes cannot afford to round their end up far.
    var isFine = false
    enum Steps { case tens, powersOfTwo, time }

    init(_ unit: AxisUnit, most: Double, spansPrefixes: Bool = false) {
        self.spansPrefixes = spansPrefixes
        switch unit {
        case .plain(let name):
            unitLabel = name
            if spansPrefixes { return }
            for (size, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "K")] where most >= size {
                divisor = suffix == "K" ? 1e3 : size
                labelSuffix = suffix
                break
            }
        case .binary(let name):
            let prefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
            var index = 0
            while index + 1 < prefixes.count, most >= divisor * 1024 {
                divisor *= 1024
                index += 1
            }
            steps = .powersOfTwo
            unitLabel = prefixes[index] + name
        case .metric(let name):
            let prefixes = ["", "k", "M", "G", "T", "P", "E"]
            var index = 0
            while index + 1 < prefixes.count, most >= divisor * 1000 {
                divisor *= 1000
                index += 1
            }
            unitLabel = prefixes[index] + name
        case .percent(let factor):
            divisor = 1 / factor
            unitLabel = "%"
        case .duration(let seconds):
            let longest = most * seconds
            if longest >= 120 {
                divisor = 1 / seconds
                steps = .time
                return
            }
            for (size, name) in [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")] {
                divisor = size / seconds
                unitLabel = name
                if longest >= size { break }
            }
        }
    }

    /// The least nice step that is not below `wanted`, both in this way of counting.
    func leastStep(atLeast wanted: Double) -> Double {
        guard wanted > 0, wanted.isFinite else { return 1 }
        switch steps {
        case .powersOfTwo where wanted > 0.25:
            var step = 0.5
            while step < wanted, step < 1e300 { step *= 2 }
            return step
        case .time where wanted > 0.5:
            let nice: [Double] = [
                1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172_800,
                604_800, 1_209_600,
            ]
            for step in nice where step >= wanted { return step }
            var step = 2_592_000.0
            while step < wanted, step < 1e300 { step *= 2 }
            return step
        default:
            let power = pow(10, log10(wanted).rounded(.down))
            guard power > 0, power.isFinite else { return wanted }
            let factors = isFine ? [1, 1.5, 2, 3, 4, 5, 6, 8, 10] : [1, 2, 2.5, 5, 10]
            for factor in factors where factor * power >= wanted * (1 - 1e-9) {
                if factor == 2.5, power < 10 { continue }
                return factor * power
            }
            return 10 * power
        }
    }

    func decimals(ofStep step: Double) -> Int { NumberText.decimals(ofStep: step / divisor) }

    func label(_ value: Double, decimals: Int) -> String {
        let counted = value / divisor
        if steps == .time {
            guard abs(counted) < 9e15 else { return NumberText.fixed(counted, 0) }
            return Milliseconds(seconds: counted).shortDescription
        }
        if spansPrefixes, abs(counted) >= 1e4 {
            for (size, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")] where abs(counted) >= size {
                let part = counted / size
                return NumberText.fixed(part, NumberText.decimals(ofStep: part)) + suffix
            }
        }
        let text = NumberText.fixed(counted, decimals)
        return text == "0" ? text : text + labelSuffix
    }
}

extension Milliseconds {
    /// Days and below, at most two units: `2d`, `1h30m`, `45s`.
    var shortDescription: String {
        guard count != 0 else { return "0" }
        var rest = count.magnitude
        var text = count < 0 ? "-" : ""
        var parts = 0
        let units: [(UInt64, String)] = [
            (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"),
        ]
        for (size, name) in units where parts < 2 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: size)
            if quotient > 0 {
                text += "\(quotient)\(name)"
                parts += 1
            } else if parts > 0 {
                break
            }
            rest = remainder
        }
        return text
    }
}

extension Milliseconds {
    /// `12 s`, `3 min`, `2 h`, `4 d`: one unit, as states in borders are written.
    var spacedDescription: String {
        let seconds = max(0, count / 1000)
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7200 { return "\(seconds / 60) min" }
        if seconds < 172_800 { return "\(seconds / 3600) h" }
        return "\(seconds / 86400) d"
    }
}

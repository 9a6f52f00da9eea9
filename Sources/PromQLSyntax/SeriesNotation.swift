// Series lines of test scripts: `name{l="v"} 0+5x20 _ stale {{schema:0 count:1}}`, and their start-timestamp lines.
// Read by FerulaTestKit for loads, expected results and rule unit tests.

import MetricModel

/// Source: Prometheus docs, configuration/unit_testing_rules, "series"; promqltest.
public enum SeriesNotation {
    public struct Item: Hashable, Sendable {
        /// Nil: no sample at this step.
        public var value: SampleValue?
        /// Whether `counter_reset_hint` was written: an expected hint counts only then.
        public var hasCounterResetHint = false

        public init(_ value: SampleValue?, hasCounterResetHint: Bool = false) {
            self.value = value
            self.hasCounterResetHint = hasCounterResetHint
        }
    }

    /// More items than this are a slip of the pen, not a test.
    public static let itemsMax = 10_000_000

    /// Labels, and one item a step.
    public static func parse(_ line: String) throws(SyntaxError) -> (labels: LabelSet, items: [Item]) {
        var scanner = SeriesScanner(line)
        let labels = try scanner.labels()
        return (labels, try scanner.items())
    }

    /// Labels alone, `name{l="v"}`.
    public static func parseLabels(_ text: String) throws(SyntaxError) -> LabelSet {
        var scanner = SeriesScanner(text)
        let labels = try scanner.labels()
        scanner.skipBlanks()
        guard scanner.isAtEnd else { throw scanner.unexpected("end of input") }
        return labels
    }

    /// Start timestamps of the next line's samples, `name{..}@st -1m _x3 -30s-1mx2`, each relative to its sample's
    /// time; nil where there is none. Returns nil when the line is no such line.
    public static func parseStartTimestamps(
        _ line: String
    ) throws(SyntaxError) -> (labels: LabelSet, offsets: [Milliseconds?])? {
        var scanner = SeriesScanner(line)
        guard let labels = try? scanner.labels(), scanner.take("@st") else { return nil }
        guard scanner.isAtEnd || scanner.current.isBlank else { return nil }
        return (labels, try scanner.startOffsets())
    }
}

struct SeriesScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ line: String) { bytes = Array(line.utf8) }

    // MARK: Bytes

    var isAtEnd: Bool { position >= bytes.count }
    /// Zero at the end.
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    mutating func skipBlanks() { while current.isBlank { position += 1 } }

    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    func unexpected(_ wanted: String, hint: String? = nil) -> SyntaxError {
        var end = position
        while end < bytes.count, !bytes[end].isBlank, end - position < 20 || bytes[end] & 0xc0 == 0x80 { end += 1 }
        end = max(end, min(position + 1, bytes.count))
        let found =
            isAtEnd ? "end of input" : String(decoding: bytes[position..<end], as: UTF8.self).quotedForPrometheus
        return SyntaxError(
            range: SourceRange(position, end), message: "unexpected \(found) in series values, expected \(wanted)",
            hint: hint)
    }

    // MARK: Labels

    mutating func labels() throws(SyntaxError) -> LabelSet {
        skipBlanks()
        var labels: [Label] = []
        let start = position
        if current.isLetter || current == UInt8(ascii: ":") {
            while current.isLetterOrDigit || current == UInt8(ascii: ":") { position += 1 }
        }
        let name = text(from: start)
        while current.isBlank, hasBraceAhead { position += 1 }
        if take("{") {
            skipBlanks()
            while !take("}") {
                labels.append(try label())
                skipBlanks()
                if current == UInt8(ascii: "}") { continue }
                guard take(",") else { throw unexpected("\",\" or \"}\"") }
                skipBlanks()
            }
        }
        // The name before the braces wins over one inside.
        if !name.isEmpty { labels.append(Label(LabelSet.metricNameLabel, name)) }
        return LabelSet(labels)
    }

    /// Whether the next that is no blank opens labels, not a histogram.
    private var hasBraceAhead: Bool {
        var ahead = position
        while ahead < bytes.count, bytes[ahead].isBlank { ahead += 1 }
        guard ahead < bytes.count, bytes[ahead] == UInt8(ascii: "{") else { return false }
        return ahead + 1 >= bytes.count || bytes[ahead + 1] != UInt8(ascii: "{")
    }

    private mutating func label() throws(SyntaxError) -> Label {
        let name: String
        if current.isQuote {
            name = try string()
            skipBlanks()
            if current == UInt8(ascii: ",") || current == UInt8(ascii: "}") {
                return Label(LabelSet.metricNameLabel, name)
            }
        } else {
            let start = position
            guard current.isLetter else { throw unexpected("identifier or \"}\"") }
            while current.isLetterOrDigit { position += 1 }
            name = text(from: start)
            skipBlanks()
        }
        guard take("=") else { throw unexpected("\"=\"") }
        skipBlanks()
        guard current.isQuote else { throw unexpected("string") }
        return Label(name, try string())
    }

    private mutating func string() throws(SyntaxError) -> String {
        let start = position
        let quote = current
        position += 1
        while !isAtEnd, current != quote {
            if current == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") { position += 1 }
            position += 1
        }
        guard position < bytes.count else {
            throw SyntaxError(range: SourceRange(start, bytes.count), message: "unterminated quoted string")
        }
        position += 1
        do {
            return try StringText.unquote(bytes[start..<position])
        } catch {
            throw SyntaxError(
                range: SourceRange(start + error.start, start + error.end),
                message: "error unquoting string: \(error.reason)")
        }
    }

    // MARK: Items

    mutating func items() throws(SyntaxError) -> [SeriesNotation.Item] {
        var items: [SeriesNotation.Item] = []
        while true {
            let before = position
            skipBlanks()
            if isAtEnd { return items }
            guard position > before else { throw unexpected("a blank") }
            let start = position
            if take("_") {
                let count = try repetition() ?? 1
                try checkCount(items.count, count, from: start)
                items.append(contentsOf: repeatElement(SeriesNotation.Item(nil), count: count))
            } else if current == UInt8(ascii: "{") {
                try appendHistograms(to: &items)
            } else if takeWord("stale") {
                items.append(SeriesNotation.Item(.float(.staleMarker)))
            } else {
                try appendFloats(to: &items)
            }
        }
    }

    func checkCount(_ present: Int, _ added: Int, from start: Int) throws(SyntaxError) {
        guard added > SeriesNotation.itemsMax - present else { return }
        throw SyntaxError(
            range: SourceRange(start, position),
            message: "more than \(SeriesNotation.itemsMax) items in a series")
    }

    /// `xN`, nil when there is none.
    mutating func repetition() throws(SyntaxError) -> Int? {
        guard take("x") else { return nil }
        let start = position
        while current.isDigit { position += 1 }
        guard position > start else { throw unexpected("a number of repetitions") }
        guard let count = Int(text(from: start)), count < Int.max else {
            throw SyntaxError(range: SourceRange(start, position), message: "invalid repetition in series values")
        }
        return count
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let start = position
        guard take(word), !current.isLetterOrDigit else {
            position = start
            return false
        }
        return true
    }

    private mutating func appendFloats(to items: inout [SeriesNotation.Item]) throws(SyntaxError) {
        let start = position
        var value = try number(maySign: true)
        var step = 0.0
        let isStepped = current == UInt8(ascii: "+") || current == UInt8(ascii: "-")
        if isStepped { step = try number(maySign: true) }
        guard let count = try repetition() else {
            guard !isStepped else { throw unexpected("x and a number of repetitions") }
            items.append(SeriesNotation.Item(.float(value)))
            return
        }
        try checkCount(items.count, count + 1, from: start)
        for _ in 0...count {
            items.append(SeriesNotation.Item(.float(value)))
            if isStepped { value += step }
        }
    }

    /// Decimal, without hex: an `x` begins a repetition. `Inf` and `NaN` in any case.
    mutating func number(maySign: Bool) throws(SyntaxError) -> Double {
        let start = position
        let isNegative = maySign && current == UInt8(ascii: "-")
        if isNegative || (maySign && current == UInt8(ascii: "+")) { position += 1 }
        let first = position
        if current.isLetter {
            while current.isLetterOrDigit { position += 1 }
        } else {
            while current.isDigit || current == UInt8(ascii: ".") || current == UInt8(ascii: "_") { position += 1 }
            if position > first, current | 0x20 == UInt8(ascii: "e") {
                position += 1
                if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
                while current.isDigit { position += 1 }
            }
        }
        let written = text(from: first)
        let isName = bytes[first..<position].first?.isLetter ?? false
        let isSpecial = ["inf", "nan"].contains(written.lowercased())
        guard !written.isEmpty, isSpecial || !isName, let value = try? NumberText.value(of: written) else {
            position = start
            throw unexpected("number or \"stale\"")
        }
        return isNegative ? -value : value
    }

    // MARK: Start timestamps

    mutating func startOffsets() throws(SyntaxError) -> [Milliseconds?] {
        var offsets: [Milliseconds?] = []
        while true {
            skipBlanks()
            if isAtEnd { return offsets }
            let start = position
            if take("_") {
                let count = try repetition() ?? 1
                try checkCount(offsets.count, count, from: start)
                offsets.append(contentsOf: repeatElement(nil, count: count))
                continue
            }
            var offset = try signedDuration()
            var step: Int64 = 0
            let isStepped = current == UInt8(ascii: "+") || current == UInt8(ascii: "-")
            if isStepped { step = try signedDuration() }
            let count = try repetition()
            guard count != nil || !isStepped else { throw unexpected("x and a number of repetitions") }
            guard isAtEnd || current.isBlank else { throw unexpected("a blank") }
            try checkCount(offsets.count, (count ?? 0) + 1, from: start)
            for _ in 0...(count ?? 0) {
                offsets.append(Milliseconds(offset))
                offset = offset.addingReportingOverflow(step).partialValue
            }
        }
    }

    private mutating func signedDuration() throws(SyntaxError) -> Int64 {
        let isNegative = current == UInt8(ascii: "-")
        if isNegative || current == UInt8(ascii: "+") { position += 1 }
        let start = position
        while current.isDigit || current.isDurationUnit { position += 1 }
        guard let length = Milliseconds(parsing: text(from: start)) else {
            position = start
            throw unexpected("a duration")
        }
        return isNegative ? -length.count : length.count
    }
}

extension UInt8 {
    var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") || self == UInt8(ascii: "`") }
}

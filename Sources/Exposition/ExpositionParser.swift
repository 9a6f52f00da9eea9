// A pull parser over the bytes of a scraped body: text 0.0.4 and OpenMetrics 1.0, as Prometheus' scrape parser takes them.
// Between the body and Ingestion, which compares raw series bytes first and asks for labels only when they are new.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads one entry a call. After `series`, the properties say what it was until the next call.
///
/// Must not outlive the bytes. Cost: one pass; no allocation but for labels, metadata texts and errors.
/// Source: Prometheus 3, model/textparse; where this is laxer or stricter than the formats' documents, so is Prometheus.
public struct ExpositionParser: ~Copyable {
    public enum Entry: Hashable, Sendable {
        case series, type, help, unit, comment, end
    }

    let body: UnsafeBufferPointer<UInt8>
    let base: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    let classes: UnsafePointer<UInt8>
    public let format: ExpositionFormat

    /// Where the next entry begins.
    var cursor: UnsafePointer<UInt8>
    /// Bytes of the body that are read.
    public var position: Int { cursor - base }

    // What the last entry was.
    /// Name and labels as they stand in the body; the key of a cache of series.
    public internal(set) var seriesRange: Range<Int> = 0..<0
    public internal(set) var value: Double = 0
    /// Nil when the sample has none.
    public internal(set) var timestamp: Timestamp?
    var exemplarLabels: Range<Int>?
    var exemplarValue: Double = 0
    var exemplarTimestamp: Timestamp?
    var nameRange: Range<Int> = 0..<0
    var textRange: Range<Int> = 0..<0
    /// The whole line of the last metadata entry or comment, with its line feed.
    public internal(set) var lineRange: Range<Int> = 0..<0
    /// Kind of the last `# TYPE` line; it governs how `le` and `quantile` are written.
    public internal(set) var kind: Metadata.Kind = .unknown

    /// `body` must stay in place and unchanged while the parser lives.
    public init(_ body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat) {
        self.body = body
        base = body.baseAddress ?? ByteClass.emptyBody
        end = base + body.count
        cursor = base
        classes = ByteClass.table
        self.format = format
    }

    /// The next entry; after `end` and after an error, `end`.
    public mutating func next() throws(ExpositionError) -> Entry {
        do {
            switch format {
            case .text: return try nextText()
            case .openMetrics: return try nextOpenMetrics()
            }
        } catch {
            cursor = end
            hasEnded = true
            throw error
        }
    }

    var hasEnded = false

    /// The fast way for a line whose series is known: when the next line begins with exactly these bytes as its series,
    /// reads the rest of the line and returns true. When it does not, nothing is read and false is returned.
    ///
    /// `expected` must be the `seriesRange` bytes of an earlier entry of the same format.
    public mutating func nextSeries(
        ifEqualTo expected: UnsafeBufferPointer<UInt8>
    ) throws(ExpositionError) -> Bool {
        let count = expected.count
        guard end - cursor > count, count > 0, let bytes = expected.baseAddress, memcmp(cursor, bytes, count) == 0
        else {
            return false
        }
        let after = cursor + count
        switch format {
        case .openMetrics:
            guard after.pointee == 0x20 else { return false }
        case .text:
            // After a bare name, a letter would make it another name and a brace would bring labels.
            if after[-1] != 0x7d || !isBlank(after.pointee) {
                var next = after
                while next < end, isBlank(next.pointee) { next += 1 }
                guard after[-1] == 0x7d || (next > after && next < end && next.pointee != 0x7b) else { return false }
            }
        }
        seriesRange = (cursor - base)..<(after - base)
        do {
            switch format {
            case .text: try finishTextSample(after)
            case .openMetrics: try finishOpenMetricsSample(after)
            }
        } catch {
            cursor = end
            hasEnded = true
            throw error
        }
        return true
    }

    /// Skips a line of metadata known from before: when the next line is exactly these bytes, returns true.
    ///
    /// - Parameter kind: for a `# TYPE` line, the kind that it set.
    public mutating func skipLine(ifEqualTo expected: UnsafeBufferPointer<UInt8>, kind: Metadata.Kind? = nil) -> Bool {
        let count = expected.count
        guard end - cursor >= count, count > 0, let bytes = expected.baseAddress, memcmp(cursor, bytes, count) == 0,
            bytes[count - 1] == 0x0a
        else { return false }
        cursor += count
        if let kind { self.kind = kind }
        return true
    }

    // MARK: Pieces that both formats share

    @inline(__always)
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// At the end of a name that begins at `start`; `start` itself when there is none.
    @inline(__always)
    func endOfName(_ start: UnsafePointer<UInt8>, _ first: UInt8, _ rest: UInt8) -> UnsafePointer<UInt8> {
        var next = start
        guard next < end, classes[Int(next.pointee)] & first != 0 else { return start }
        repeat { next += 1 } while next < end && classes[Int(next.pointee)] & rest != 0
        return next
    }

    func failure(
        _ place: UnsafePointer<UInt8>, _ wanted: String, found: String? = nil, hint: String? = nil
    ) -> ExpositionError {
        var hint = hint
        if place < end, place.pointee == 0x0d {
            hint = "lines end in CRLF (\\r\\n); the format has line feeds alone"
        }
        return ExpositionError(body, at: place - base, wanted: wanted, found: found, hint: hint)
    }

    /// At an opening quote; returns the place after the closing one.
    func endOfQuoted(
        _ start: UnsafePointer<UInt8>, _ what: String, allowsLineFeed: Bool
    ) throws(ExpositionError) -> UnsafePointer<UInt8> {
        var next = start + 1
        var all: UInt8 = 0
        while next < end {
            let byte = next.pointee
            if classes[Int(byte)] & ByteClass.quoteEnd == 0 {
                all |= byte
                next += 1
                continue
            }
            if byte == 0x22 {
                if all >= 0x80 { try checkUTF8(start + 1, next, what) }
                return next + 1
            }
            if byte == 0x0a {
                guard allowsLineFeed else { break }
                next += 1
                continue
            }
            guard next + 1 < end, next[1] != 0x0a else { break }
            all |= next[1]
            next += 2
        }
        throw failure(
            min(next, end), "a closing `\"` of the \(what)", hint: "line feeds in a quoted text are written \\n")
    }

    func checkUTF8(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, _ what: String
    ) throws(ExpositionError) {
        if let bad = UTF8Check.firstMalformed(start, stop) {
            throw failure(bad, "UTF-8 in the \(what)", found: "a malformed byte sequence")
        }
    }

    /// After an opening brace; returns the place after the closing one and whether a metric name stood inside.
    ///
    /// `strict`: OpenMetrics, so no blanks, and commas between labels. `hasName`: another name is an error.
    func endOfLabels(
        _ start: UnsafePointer<UInt8>, strict: Bool, hasName: Bool, isExemplar: Bool = false
    ) throws(ExpositionError) -> (place: UnsafePointer<UInt8>, hasName: Bool) {
        var next = start
        var hasName = hasName
        while true {
            if !strict { while next < end, isBlank(next.pointee) { next += 1 } }
            guard next < end else { throw failure(next, "a label name or `}`") }
            if next.pointee == 0x7d { return (next + 1, hasName) }
            let nameStart = next
            let isQuoted = next.pointee == 0x22
            if isQuoted {
                next = try endOfQuoted(next, "name", allowsLineFeed: !isExemplar)
            } else {
                next = endOfName(next, ByteClass.labelStart, ByteClass.labelRest)
                guard next > nameStart else {
                    throw failure(nameStart, "a label name or `}`", hint: labelHint(nameStart, strict))
                }
            }
            if !strict { while next < end, isBlank(next.pointee) { next += 1 } }
            if isQuoted, !isExemplar, next < end, next.pointee == 0x2c || next.pointee == 0x7d {
                guard !hasName else {
                    throw failure(nameStart, "`=` after the label name", found: "a second metric name")
                }
                hasName = true
                if next.pointee == 0x2c { next += 1 }
                continue
            }
            guard next < end, next.pointee == 0x3d else { throw failure(next, "`=` after the label name") }
            next += 1
            if !strict { while next < end, isBlank(next.pointee) { next += 1 } }
            guard next < end, next.pointee == 0x22 else { throw failure(next, "a label value in double quotes") }
            next = try endOfQuoted(next, "label value", allowsLineFeed: !strict)
            if !strict { while next < end, isBlank(next.pointee) { next += 1 } }
            if next < end, next.pointee == 0x2c {
                next += 1
            } else if strict, !(next < end && next.pointee == 0x7d) {
                throw failure(next, "`,` or `}` after the label value")
            }
        }
    }

    private func labelHint(_ place: UnsafePointer<UInt8>, _ strict: Bool) -> String? {
        switch place.pointee {
        case 0x20, 0x09: return strict ? "OpenMetrics has no blanks between the braces" : nil
        case 0x2c: return "one comma between labels, and at most one after the last"
        case 0x27: return "names and values are quoted with \""
        default: return place.pointee >= 0x30 && place.pointee < 0x3a ? "a label name does not begin with a digit" : nil
        }
    }

    /// A float that fills `start..<stop`.
    @inline(__always)
    func number(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, _ what: StaticString
    ) throws(ExpositionError) -> Double {
        do {
            return try NumberParsing.float(start, stop - start)
        } catch {
            throw numberFailure(start, stop, what, error)
        }
    }

    private func numberFailure(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, _ what: StaticString,
        _ reason: NumberParsing.Failure
    ) -> ExpositionError {
        let token = UnsafeBufferPointer(start: start, count: stop - start)
        let shown = token.count > 40 ? token[..<40] : token[...]
        let found = "\"\(ExpositionError.printable(shown))\""
        if token.last == 0x0d {
            return failure(
                stop - 1, "a \(what) and the end of the line", found: found,
                hint: "lines end in CRLF (\\r\\n); the format has line feeds alone")
        }
        var hint: String?
        if reason == .range {
            hint = "it is larger than the largest 64-bit float"
        } else if isHexadecimal(token) {
            hint = "hexadecimal floats are not accepted"
        } else if token.contains(0x5f) {
            hint = "underscores in numbers are not accepted"
        } else if token.contains(0x2c) {
            hint = "a decimal point is written ."
        }
        return failure(start, "a \(what)", found: found, hint: hint)
    }

    /// `0x` or a binary exponent after a digit.
    private func isHexadecimal(_ token: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in token.indices.dropFirst() {
            let before = token[index - 1]
            if before == 0x30, token[index] | 0x20 == 0x78 { return true }
            if before >= 0x30, before <= 0x39, token[index] | 0x20 == 0x70 { return true }
        }
        return false
    }
}

/// What a byte may be a part of.
enum ByteClass {
    static let metricStart: UInt8 = 1
    static let metricRest: UInt8 = 2
    static let labelStart: UInt8 = 4
    static let labelRest: UInt8 = 8
    /// `"`, `\` and line feed.
    static let quoteEnd: UInt8 = 16
    /// What ends a value of the text format: blank, tab, line feed, `{`.
    static let valueEnd: UInt8 = 32

    // Written once before anyone reads it, and never again.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in 0..<256 {
            let lower = byte | 0x20
            var bits: UInt8 = 0
            if (lower >= 0x61 && lower <= 0x7a) || byte == 0x5f {
                bits = metricStart | metricRest | labelStart | labelRest
            }
            if byte == 0x3a { bits = metricStart | metricRest }
            if byte >= 0x30 && byte <= 0x39 { bits = metricRest | labelRest }
            if byte == 0x22 || byte == 0x5c || byte == 0x0a { bits = quoteEnd }
            if byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x7b { bits |= valueEnd }
            table[byte] = bits
        }
        return UnsafePointer(table)
    }()

    /// Stands for the address of an empty body; never read.
    nonisolated(unsafe) static let emptyBody: UnsafePointer<UInt8> = {
        let byte = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        byte.pointee = 0x0a
        return UnsafePointer(byte)
    }()
}

enum UTF8Check {
    /// Start of the first malformed sequence; surrogates and overlong forms are malformed.
    static func firstMalformed(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        var next = start
        while next < stop {
            let lead = next.pointee
            if lead < 0x80 {
                next += 1
                continue
            }
            let count: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xbf
            switch lead {
            case 0xc2...0xdf: count = 2
            case 0xe0:
                count = 3
                low = 0xa0
            case 0xed:
                count = 3
                high = 0x9f
            case 0xe1...0xef: count = 3
            case 0xf0:
                count = 4
                low = 0x90
            case 0xf4:
                count = 4
                high = 0x8f
            case 0xf1...0xf3: count = 4
            default: return next
            }
            guard stop - next >= count, next[1] >= low, next[1] <= high else { return next }
            for index in 2..<max(count, 2) where next[index] & 0xc0 != 0x80 { return next }
            next += count
        }
        return nil
    }
}

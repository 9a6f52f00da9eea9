// The parser's part for Prometheus text 0.0.4.
// Called by ExpositionParser.next.

import MetricModel

extension ExpositionParser {
    mutating func nextText() throws(ExpositionError) -> Entry {
        while true {
            let lineStart = cursor
            var next = cursor
            while next < end, isBlank(next.pointee) { next += 1 }
            // A NUL byte at the start of a line ends the body, as it does in Prometheus.
            guard next < end, next.pointee != 0 else {
                cursor = end
                return .end
            }
            if next.pointee == 0x0a {
                cursor = next + 1
                continue
            }
            if next.pointee == 0x23 { return try textComment(lineStart, next) }
            let nameEnd = endOfName(next, ByteClass.metricStart, ByteClass.metricRest)
            guard nameEnd > next || next.pointee == 0x7b else {
                throw failure(next, "a metric name, `{` or `#`", hint: startHint(next))
            }
            var after = nameEnd
            while after < end, isBlank(after.pointee) { after += 1 }
            var seriesEnd = nameEnd
            if after < end, after.pointee == 0x7b {
                let labels = try endOfLabels(after + 1, strict: false, hasName: nameEnd > next)
                seriesEnd = labels.place
                guard labels.hasName else {
                    throw failure(
                        after, "a metric name", found: "labels alone", hint: "{\"name\", ...} or name{...}")
                }
            }
            seriesRange = (next - base)..<(seriesEnd - base)
            try finishTextSample(seriesEnd)
            return .series
        }
    }

    func startHint(_ place: UnsafePointer<UInt8>) -> String? {
        switch place.pointee {
        case 0x30...0x39: "a metric name does not begin with a digit"
        case 0x22: "a quoted metric name stands in braces: {\"name\"}"
        case 0x3c: "this looks like HTML"
        case 0x20, 0x09: "OpenMetrics has no blanks at the start of a line"
        case 0x0a: "OpenMetrics has no blank lines"
        case 0xef, 0xfe, 0xff: "this looks like a byte order mark"
        default: nil
        }
    }

    /// From the end of the series: value, timestamp, end of the line.
    mutating func finishTextSample(_ start: UnsafePointer<UInt8>) throws(ExpositionError) {
        var next = start
        while next < end, isBlank(next.pointee) { next += 1 }
        let valueStart = next
        while next < end, classes[Int(next.pointee)] & ByteClass.valueEnd == 0 { next += 1 }
        guard next > valueStart else { throw failure(next, "a value after the series") }
        value = try number(valueStart, next, "value")
        timestamp = nil
        if next < end, next.pointee == 0x0a {
            cursor = next + 1
            return
        }
        while next < end, isBlank(next.pointee) { next += 1 }
        if next < end, next.pointee &- 0x30 <= 9 {
            let timestampStart = next
            var milliseconds: Int64 = 0
            var overflows = false
            while next < end, next.pointee &- 0x30 <= 9 {
                let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int64(next.pointee &- 0x30))
                overflows = overflows || overflow || carry
                milliseconds = sum
                next += 1
            }
            guard !overflows else {
                throw failure(timestampStart, "a timestamp in milliseconds", hint: "it does not fit into 64 bits")
            }
            timestamp = Timestamp(milliseconds: milliseconds)
            let timestampEnd = next
            while next < end, isBlank(next.pointee) { next += 1 }
            guard next == end || next.pointee == 0x0a else {
                let hint = next == timestampEnd ? "timestamps are whole milliseconds" : nil
                throw failure(next, "the end of the line after the timestamp", hint: hint)
            }
        } else if next < end, next.pointee != 0x0a {
            throw failure(
                next, "a timestamp in milliseconds or the end of the line",
                hint: next.pointee == 0x23 ? "exemplars are a part of OpenMetrics, not of the text format" : nil)
        }
        cursor = next < end ? next + 1 : end
    }

    /// At `#`: metadata or a comment.
    private mutating func textComment(
        _ lineStart: UnsafePointer<UInt8>, _ hash: UnsafePointer<UInt8>
    ) throws(ExpositionError) -> Entry {
        var lineEnd = hash
        while lineEnd < end, lineEnd.pointee != 0x0a { lineEnd += 1 }
        var next = hash + 1
        while next < lineEnd, isBlank(next.pointee) { next += 1 }
        var entry = Entry.comment
        if next > hash + 1, lineEnd - next > 4, isBlank(next[4]) {
            if isKeyword(next, "HELP") { entry = .help }
            if isKeyword(next, "TYPE") { entry = .type }
        }
        if entry != .comment {
            next += 4
            while next < lineEnd, isBlank(next.pointee) { next += 1 }
            // A quoted name may hold a line feed, so the line's end is looked for again.
            next = try metadataName(next, entry)
            lineEnd = next
            while lineEnd < end, lineEnd.pointee != 0x0a { lineEnd += 1 }
            var blanks = next
            while blanks < lineEnd, isBlank(blanks.pointee) { blanks += 1 }
            // The byte after the name is dropped whatever it is; blanks alone are no text.
            let text = blanks == lineEnd ? lineEnd : next + 1
            textRange = (text - base)..<(lineEnd - base)
            if entry == .type {
                try readKind(text, lineEnd)
            } else {
                try checkUTF8(text, lineEnd, "help text")
            }
        } else {
            textRange = (hash - base)..<(lineEnd - base)
        }
        cursor = lineEnd < end ? lineEnd + 1 : end
        lineRange = (lineStart - base)..<(cursor - base)
        return entry
    }

    func isKeyword(_ place: UnsafePointer<UInt8>, _ word: StaticString) -> Bool {
        guard end - place >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount where place[index] != word.utf8Start[index] { return false }
        return true
    }

    /// The family's name after a keyword, quoted or not; returns the place after it.
    mutating func metadataName(
        _ start: UnsafePointer<UInt8>, _ entry: Entry
    ) throws(ExpositionError) -> UnsafePointer<UInt8> {
        if start < end, start.pointee == 0x22 {
            let close = try endOfQuoted(start, "name", allowsLineFeed: true)
            nameRange = (start + 1 - base)..<(close - 1 - base)
            return close
        }
        let nameEnd = endOfName(start, ByteClass.metricStart, ByteClass.metricRest)
        guard nameEnd > start else {
            throw failure(start, "a metric name after \(entry == .help ? "HELP" : entry == .type ? "TYPE" : "UNIT")")
        }
        nameRange = (start - base)..<(nameEnd - base)
        return nameEnd
    }

    mutating func readKind(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>
    ) throws(ExpositionError) {
        let token = UnsafeBufferPointer(start: start, count: max(stop - start, 0))
        let word = String(decoding: token, as: UTF8.self)
        switch format {
        case .text:
            if word == "untyped" {
                kind = .unknown
                return
            }
            if let known = Metadata.Kind(rawValue: word),
                known == .counter || known == .gauge || known == .histogram || known == .summary
            {
                kind = known
                return
            }
        case .openMetrics:
            if let known = Metadata.Kind(rawValue: word) {
                kind = known
                return
            }
        }
        let found = "\"\(ExpositionError.printable(token.count > 40 ? token[..<40] : token[...]))\""
        throw failure(
            start, "a metric type", found: found, hint: kindHint(word))
    }

    private func kindHint(_ word: String) -> String {
        if word.hasSuffix("\r") { return "lines end in CRLF (\\r\\n); the format has line feeds alone" }
        switch format {
        case .text: return "counter, gauge, histogram, summary or untyped, and nothing after it"
        case .openMetrics:
            return "counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown, and nothing after it"
        }
    }
}

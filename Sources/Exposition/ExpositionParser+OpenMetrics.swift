// The parser's part for OpenMetrics 1.0.
// Called by ExpositionParser.next.

import MetricModel

extension ExpositionParser {
    mutating func nextOpenMetrics() throws(ExpositionError) -> Entry {
        guard !hasEnded else { return .end }
        let start = cursor
        guard start < end else { throw missingEOF(end) }
        if start.pointee == 0x23 { return try openMetricsComment() }
        let nameEnd = endOfName(start, ByteClass.metricStart, ByteClass.metricRest)
        guard nameEnd > start || start.pointee == 0x7b else {
            throw failure(start, "a metric name, `{` or `# `", hint: startHint(start))
        }
        var seriesEnd = nameEnd
        if nameEnd < end, nameEnd.pointee == 0x7b {
            let labels = try endOfLabels(nameEnd + 1, strict: true, hasName: nameEnd > start)
            seriesEnd = labels.place
            guard labels.hasName else {
                throw failure(start, "a metric name", found: "labels alone", hint: "{\"name\",...} or name{...}")
            }
        }
        seriesRange = (start - base)..<(seriesEnd - base)
        try finishOpenMetricsSample(seriesEnd)
        return .series
    }

    private func missingEOF(_ place: UnsafePointer<UInt8>) -> ExpositionError {
        failure(place, "`# EOF`", hint: "an OpenMetrics body ends with the line # EOF; the answer may be cut off")
    }

    /// A blank and a token that begins there; returns the token's end.
    private func token(
        _ start: UnsafePointer<UInt8>, _ wanted: String
    ) throws(ExpositionError) -> UnsafePointer<UInt8> {
        guard start < end, start.pointee == 0x20 else {
            throw failure(start, "one blank and \(wanted)", hint: openMetricsHint(start))
        }
        var next = start + 1
        while next < end, next.pointee != 0x20, next.pointee != 0x0a { next += 1 }
        guard next > start + 1 else {
            throw failure(next, wanted, hint: next < end ? "OpenMetrics has exactly one blank between tokens" : nil)
        }
        return next
    }

    private func openMetricsHint(_ place: UnsafePointer<UInt8>) -> String? {
        place < end && place.pointee == 0x09 ? "OpenMetrics has no tabs between tokens" : nil
    }

    /// From the end of the series: value, timestamp, exemplar, end of the line.
    mutating func finishOpenMetricsSample(_ start: UnsafePointer<UInt8>) throws(ExpositionError) {
        timestamp = nil
        exemplarLabels = nil
        var next = try token(start, "a value")
        value = try number(start + 1, next, "value")
        if next < end, next.pointee == 0x20, !isExemplar(next) {
            let stop = try token(next, "a timestamp")
            timestamp = try seconds(next + 1, stop, "timestamp in seconds")
            next = stop
        }
        if next < end, next.pointee == 0x20 {
            guard isExemplar(next) else {
                throw failure(next, "the end of the line or an exemplar", hint: "an exemplar is ` # {labels} value`")
            }
            next = try exemplar(next)
        }
        guard next < end else { throw missingEOF(next) }
        guard next.pointee == 0x0a else { throw failure(next, "the end of the line") }
        cursor = next + 1
    }

    /// Whether ` # {` stands here.
    @inline(__always)
    private func isExemplar(_ place: UnsafePointer<UInt8>) -> Bool {
        end - place >= 4 && place[1] == 0x23 && place[2] == 0x20 && place[3] == 0x7b
    }

    private mutating func exemplar(_ start: UnsafePointer<UInt8>) throws(ExpositionError) -> UnsafePointer<UInt8> {
        let labels = try endOfLabels(start + 4, strict: true, hasName: false, isExemplar: true)
        exemplarLabels = (start + 4 - base)..<(labels.place - base)
        var next = try token(labels.place, "the exemplar's value")
        exemplarValue = try number(labels.place + 1, next, "value")
        exemplarTimestamp = nil
        if next < end, next.pointee == 0x20 {
            let stop = try token(next, "the exemplar's timestamp")
            exemplarTimestamp = try seconds(next + 1, stop, "timestamp in seconds")
            next = stop
        }
        return next
    }

    /// Float seconds, cut to milliseconds towards zero.
    private func seconds(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, _ what: StaticString
    ) throws(ExpositionError) -> Timestamp {
        let seconds = try number(start, stop, what)
        guard seconds.isFinite else { throw failure(start, "a finite timestamp") }
        return Timestamp(milliseconds: Int64(saturating: seconds * 1000))
    }

    /// At `#`: metadata or the end.
    private mutating func openMetricsComment() throws(ExpositionError) -> Entry {
        let start = cursor
        var next = start + 2
        guard end - start >= 2, start[1] == 0x20 else {
            throw failure(start, "`# HELP`, `# TYPE`, `# UNIT` or `# EOF`", hint: "OpenMetrics has no comments")
        }
        let entry: Entry
        if isKeyword(next, "HELP ") {
            entry = .help
        } else if isKeyword(next, "TYPE ") {
            entry = .type
        } else if isKeyword(next, "UNIT ") {
            entry = .unit
        } else if isKeyword(next, "EOF") {
            next += 3
            if next < end, next.pointee == 0x0a { next += 1 }
            guard next == end else { throw failure(next, "nothing after # EOF") }
            cursor = end
            hasEnded = true
            return .end
        } else {
            throw failure(next, "HELP, TYPE, UNIT or EOF after `# `", hint: "OpenMetrics has no comments")
        }
        next = try metadataName(next + 5, entry)
        guard next < end, next.pointee == 0x20 else {
            throw failure(next, "one blank and a text after the name", hint: openMetricsHint(next))
        }
        let text = next + 1
        next = text
        while next < end, next.pointee != 0x0a { next += 1 }
        guard next < end else { throw missingEOF(next) }
        textRange = (text - base)..<(next - base)
        switch entry {
        case .type: try readKind(text, next)
        case .unit: try checkUnit(text, next)
        case .help, .series, .comment, .end: try checkUTF8(text, next, "help text")
        }
        cursor = next + 1
        lineRange = (start - base)..<(cursor - base)
        return entry
    }

    /// An empty unit, or one that ends the name after an underscore.
    private func checkUnit(_ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>) throws(ExpositionError) {
        try checkUTF8(start, stop, "unit")
        let unit = UnsafeBufferPointer(start: start, count: stop - start)
        guard !unit.isEmpty else { return }
        let name = body[nameRange]
        let place = name.endIndex - unit.count
        if place > name.startIndex, name[(place - 1)] == 0x5f, name[place...].elementsEqual(unit) { return }
        let shown = unit.count > 40 ? unit[..<40] : unit[...]
        throw failure(
            start, "a unit that ends the name after `_`", found: "\"\(ExpositionError.printable(shown))\"",
            hint: "the family's name is \"\(ExpositionError.printable(name))\"")
    }
}

// Labels, exemplars and metadata texts of the current entry, decoded when asked for.
// Called by Ingestion for series that it has not seen before.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ExpositionParser {
    /// The labels of the current series; `le` of a histogram and `quantile` of a summary in their normal form.
    ///
    /// - Throws: for a label name that stands twice or is empty, and for an empty metric name. Prometheus finds these in
    ///   its scrape loop and fails the whole scrape, too.
    public func labels() throws(ExpositionError) -> LabelSet {
        var absent: [String] = []
        return try labels(absent: &absent)
    }

    /// The same; labels with an empty value, which are no labels of the series, have their names added to `absent`.
    package func labels(absent: inout [String]) throws(ExpositionError) -> LabelSet {
        var labels: [Label] = []
        labels.reserveCapacity(8)
        var next = base + seriesRange.lowerBound
        let stop = base + seriesRange.upperBound
        let nameEnd = endOfName(next, ByteClass.metricStart, ByteClass.metricRest)
        if nameEnd > next {
            let bytes = UnsafeBufferPointer(start: next, count: min(nameEnd, stop) - next)
            labels.append(Label(LabelSet.metricNameLabel, String(decoding: bytes, as: UTF8.self)))
            next = nameEnd
        }
        while next < stop, next.pointee != 0x7b { next += 1 }
        if next < stop { decode(next + 1, stop, isExemplar: false, &labels) }
        return try finish(labels, &absent)
    }

    /// The current sample's exemplar, if any.
    public func exemplar() -> Exemplar? {
        guard let range = exemplarLabels else { return nil }
        var labels: [Label] = []
        decode(base + range.lowerBound, base + range.upperBound, isExemplar: true, &labels)
        return Exemplar(labels: LabelSet(labels), value: exemplarValue, timestamp: exemplarTimestamp)
    }

    /// Whether the current sample has an exemplar; costs nothing.
    public var hasExemplar: Bool { exemplarLabels != nil }

    /// The family of the current metadata entry.
    public var metadataName: String {
        unescaped(base + nameRange.lowerBound, base + nameRange.upperBound, quotes: true)
    }

    /// Help text, unit, or a comment with its `#`.
    public var metadataText: String {
        unescaped(base + textRange.lowerBound, base + textRange.upperBound, quotes: format == .openMetrics)
    }

    private func finish(_ labels: consuming [Label], _ absent: inout [String]) throws(ExpositionError) -> LabelSet {
        let place = base + seriesRange.lowerBound
        var hasEmptyValue = false
        // Insertion sort: label sets are short and mostly in order. A hostile one has a million in descending order.
        if labels.count > 64 { labels.sort { Self.order($0.name, $1.name) < 0 } }
        for index in labels.indices {
            if labels[index].name.isEmpty { throw failure(place, "a label name", found: "an empty one") }
            if labels[index].value.isEmpty {
                if labels[index].name == LabelSet.metricNameLabel {
                    throw failure(place, "a metric name", found: "an empty one")
                }
                hasEmptyValue = true
                absent.append(labels[index].name)
            }
            var position = index
            while position > 0 {
                let order = Self.order(labels[position].name, labels[position - 1].name)
                if order == 0 {
                    throw failure(
                        place, "each label name once",
                        found: "\"\(ExpositionError.printable(Self.slice(labels[index].name)))\" twice")
                }
                if order > 0 { break }
                labels.swapAt(position, position - 1)
                position -= 1
            }
        }
        return LabelSet(sorted: hasEmptyValue ? labels.filter { !$0.value.isEmpty } : labels)
    }

    /// Below, at or above zero, by bytes.
    private static func order(_ left: String, _ right: String) -> Int {
        let quick = left.utf8.withContiguousStorageIfAvailable { first in
            right.utf8.withContiguousStorageIfAvailable { second -> Int in
                guard let one = first.baseAddress, let other = second.baseAddress else {
                    return first.count - second.count
                }
                let order = Int(memcmp(one, other, min(first.count, second.count)))
                return order != 0 ? order : first.count - second.count
            }
        }
        if let quick, let order = quick { return order }
        return left.isBefore(right) ? -1 : left.isSameBytes(as: right) ? 0 : 1
    }

    private static func slice(_ text: String) -> String { text.utf8.count > 40 ? String(text.prefix(40)) : text }

    /// Between the braces of a series that has been checked.
    private func decode(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, isExemplar: Bool, _ labels: inout [Label]
    ) {
        var next = start
        while next < stop, next.pointee != 0x7d {
            if isBlank(next.pointee) || next.pointee == 0x2c {
                next += 1
                continue
            }
            let name: String
            let isQuoted = next.pointee == 0x22
            if isQuoted {
                let close = closingQuote(next, stop)
                name = unescaped(next + 1, close, quotes: true)
                next = close + 1
            } else {
                let nameEnd = endOfName(next, ByteClass.labelStart, ByteClass.labelRest)
                guard nameEnd > next else { return }
                name = String(decoding: UnsafeBufferPointer(start: next, count: nameEnd - next), as: UTF8.self)
                next = nameEnd
            }
            while next < stop, isBlank(next.pointee) { next += 1 }
            if isQuoted, next < stop, next.pointee != 0x3d {
                labels.append(Label(LabelSet.metricNameLabel, name))
                continue
            }
            next += 1
            while next < stop, isBlank(next.pointee) { next += 1 }
            guard next < stop, next.pointee == 0x22 else { return }
            let close = closingQuote(next, stop)
            let value = unescaped(next + 1, close, quotes: true)
            labels.append(Label(name, isExemplar ? value : normalized(name, value)))
            next = close + 1
        }
    }

    private func closingQuote(_ open: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var next = open + 1
        while next < stop, next.pointee != 0x22 { next += next.pointee == 0x5c ? 2 : 1 }
        return min(next, stop)
    }

    /// `le="1"` and `le="1.0"` are one bucket. Source: Prometheus 3.0.
    private func normalized(_ name: String, _ value: String) -> String {
        guard (kind == .histogram && name == "le") || (kind == .summary && name == "quantile") else { return value }
        guard let number = NumberParsing.float(value) else { return value }
        return GoFloat.openMetrics(number)
    }

    /// `\\`, `\n` and, with `quotes`, `\"`; any other backslash stays as it is.
    private func unescaped(
        _ start: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, quotes: Bool
    ) -> String {
        let raw = UnsafeBufferPointer(start: start, count: max(stop - start, 0))
        guard raw.contains(0x5c) else { return String(decoding: raw, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            if byte == 0x5c, index + 1 < raw.count {
                let escaped: UInt8? =
                    switch raw[index + 1] {
                    case 0x5c: 0x5c
                    case 0x6e: 0x0a
                    case 0x22 where quotes: 0x22
                    default: nil
                    }
                if let escaped {
                    bytes.append(escaped)
                    index += 2
                    continue
                }
            }
            bytes.append(byte)
            index += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// Native histograms of test scripts: `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}`, repeated and added up.
// Part of SeriesNotation.

import MetricModel

extension SeriesScanner {
    mutating func appendHistograms(to items: inout [SeriesNotation.Item]) throws(SyntaxError) {
        let start = position
        var (histogram, hasHint) = try histogram()
        let isSum = current == UInt8(ascii: "+")
        guard isSum || current == UInt8(ascii: "-") else {
            let count = try repetition()
            try checkCount(items.count, (count ?? 0) + 1, from: start)
            let item = SeriesNotation.Item(.histogram(histogram), hasCounterResetHint: hasHint)
            items.append(contentsOf: repeatElement(item, count: (count ?? 0) + 1))
            return
        }
        position += 1
        let stepStart = position
        let (step, stepHasHint) = try self.histogram()
        // As in Prometheus, the hint that was written last counts for all.
        hasHint = stepHasHint
        guard let count = try repetition() else { throw unexpected("x and a number of repetitions") }
        try checkCount(items.count, count + 1, from: start)
        items.append(SeriesNotation.Item(.histogram(histogram), hasCounterResetHint: hasHint))
        for _ in 0..<count {
            if let reason = Self.combine(&histogram, step, isSum: isSum) {
                throw SyntaxError(
                    range: SourceRange(stepStart, position), message: "error combining histograms: \(reason)")
            }
            items.append(SeriesNotation.Item(.histogram(histogram), hasCounterResetHint: hasHint))
        }
    }

    /// Nil, or why the two do not fit: the step may be of finer resolution than what it is added to, never of coarser.
    private static func combine(_ histogram: inout NativeHistogram, _ step: NativeHistogram, isSum: Bool) -> String? {
        guard histogram.schema <= step.schema else {
            return "cannot merge from schema \(step.schema) to \(histogram.schema)"
        }
        let outcome = isSum ? histogram.add(step) : histogram.subtract(step)
        return outcome == nil ? "one has custom buckets, the other exponential ones" : nil
    }

    private static let keys = [
        "schema", "sum", "count", "z_bucket", "z_bucket_w", "custom_values", "buckets", "offset", "n_buckets",
        "n_offset", "counter_reset_hint",
    ]

    /// From `{{` to behind `}}`.
    private mutating func histogram() throws(SyntaxError) -> (NativeHistogram, hasHint: Bool) {
        guard take("{{") else { throw unexpected("\"{{\"") }
        var histogram = NativeHistogram()
        var seen: Set<String> = []
        var offset: Int32 = 0
        var negativeOffset: Int32 = 0
        skipBlanks()
        while !take("}}") {
            let start = position
            while current.isLetter { position += 1 }
            let key = text(from: start)
            let place = SourceRange(start, max(position, min(start + 1, bytes.count)))
            guard Self.keys.contains(key) else {
                if key.isEmpty { throw unexpected("histogram description key, e.g. buckets:[5 10 7]") }
                throw SyntaxError(
                    range: place, message: "bad histogram descriptor found: \"\(key)\"",
                    hint: NearestName.of(key, among: Self.keys).map { "did you mean `\($0)`?" })
            }
            guard take(":") else {
                throw SyntaxError(range: place, message: "missing `:` for histogram descriptor")
            }
            guard seen.insert(key).inserted else {
                throw SyntaxError(range: place, message: "duplicate key \"\(key)\" in histogram")
            }
            switch key {
            case "schema": histogram.schema = try integer()
            case "sum": histogram.sum = try number(maySign: true)
            case "count": histogram.count = try number(maySign: true)
            case "z_bucket": histogram.zeroCount = try number(maySign: true)
            case "z_bucket_w": histogram.zeroThreshold = try number(maySign: false)
            case "custom_values": histogram.customValues = try numbers()
            case "buckets": histogram.positiveBuckets = try numbers()
            case "n_buckets": histogram.negativeBuckets = try numbers()
            case "offset": offset = try integer()
            case "n_offset": negativeOffset = try integer()
            default: histogram.counterResetHint = try hint()
            }
            guard current.isBlank || current == UInt8(ascii: "}") else {
                throw unexpected("a blank or \"}}\"")
            }
            skipBlanks()
        }
        histogram.positiveSpans = Self.span(offset, histogram.positiveBuckets)
        histogram.negativeSpans = Self.span(negativeOffset, histogram.negativeBuckets)
        return (histogram, seen.contains("counter_reset_hint"))
    }

    private static func span(_ offset: Int32, _ buckets: [Double]) -> [NativeHistogram.Span] {
        buckets.isEmpty ? [] : [NativeHistogram.Span(offset: offset, length: UInt32(clamping: buckets.count))]
    }

    private mutating func integer() throws(SyntaxError) -> Int32 {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        while current.isDigit { position += 1 }
        guard let value = Int32(text(from: start)) else {
            position = start
            throw unexpected("a whole number")
        }
        return value
    }

    private mutating func numbers() throws(SyntaxError) -> [Double] {
        guard take("[") else { throw unexpected("\"[\"") }
        var numbers = [try number(maySign: true)]
        while true {
            let before = position
            skipBlanks()
            if take("]") { return numbers }
            guard position > before else { throw unexpected("a blank or \"]\"") }
            numbers.append(try number(maySign: true))
        }
    }

    private mutating func hint() throws(SyntaxError) -> NativeHistogram.CounterResetHint {
        let start = position
        while current.isLetter { position += 1 }
        switch text(from: start) {
        case "unknown": return .unknown
        case "reset": return .reset
        case "not_reset": return .notReset
        case "gauge": return .gauge
        default:
            position = start
            throw unexpected("unknown, reset, not_reset or gauge")
        }
    }
}

// Holds an answer against what a test wants, and says what differs, element by element.
// Between Expected and the failure that Monitor's expectations throw.

import MetricModel
import PromQLSyntax
import Querying

/// What differs. `lines` show elements, each with a mark: blank for as wanted, `!` for another value, `-` for missing,
/// `+` for one that nobody wanted.
struct Mismatch {
    var kind = ExpectationFailure.Kind.mismatch
    /// Nil: as the expectation says it.
    var wanted: String?
    var found: String
    var lines: [String] = []

    /// More lines than this help nobody.
    static let linesMax = 20

    init(_ found: String, _ lines: [String] = [], wanted: String? = nil) {
        self.found = found
        self.wanted = wanted
        if lines.count > Self.linesMax {
            // What differs must be among them.
            let others = lines.filter { !$0.hasPrefix(" ") } + lines.filter { $0.hasPrefix(" ") }
            self.lines = others.prefix(Self.linesMax) + ["... and \(lines.count - Self.linesMax) more"]
        } else {
            self.lines = lines
        }
    }

    /// What the test asks for makes no sense.
    init(misuse: [String]) {
        kind = .notation
        found = ""
        lines = misuse
    }

    /// The test's own text cannot be read.
    init(unreadable text: String, _ error: SyntaxError) {
        kind = .notation
        found = ""
        lines = error.rendered(in: text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

struct ExpectationComparison {
    let expectation: Expected
    let value: QueryValue
    /// Asked only whether, not what: elements are not written.
    var isBrief = false

    /// Nil when the answer is as wanted.
    func mismatch() -> Mismatch? {
        if let misuse = expectation.misuse { return Mismatch(misuse: misuse) }
        if case .matrix(let series) = value, expectation.asksForNumbers {
            let noun = series.count == 1 ? "1 series" : "\(series.count) series"
            return Mismatch(
                "a range vector of \(noun), which is no number; did you mean rate(...) or last_over_time(...)?")
        }
        switch expectation.kind {
        case .number(let number, let tolerance): return compare(number, tolerance)
        case .histogram(let notation): return compare(histogram: notation)
        case .elements(let elements, let tolerance):
            var wanted: [Element] = []
            for element in elements.sorted(by: { $0.labels.isBefore($1.labels) }) {
                do throws(SyntaxError) {
                    let labels = try SeriesNotation.parseLabels(element.labels)
                    wanted.append(Element(labels: labels, value: .float(element.value)))
                } catch {
                    return Mismatch(unreadable: element.labels, error)
                }
            }
            return compare(wanted, tolerance)
        case .lines(let lines, let tolerance):
            var wanted: [Element] = []
            for line in Expected.split(lines) {
                do throws(SyntaxError) {
                    wanted.append(try Self.element(line.text))
                } catch {
                    return Mismatch(unreadable: lines, error.moved(by: line.start))
                }
            }
            return compare(wanted, tolerance)
        case .bound(let bound, let number): return compareAll { bound.holds($0, number) }
        case .between(let range): return compareAll { range.contains($0) }
        case .empty:
            guard !value.isEmpty else { return nil }
            return Mismatch(found.counted, lines(found.elements, " "))
        case .present: return value.isEmpty ? Mismatch("none") : nil
        }
    }

    // MARK: What was found

    struct Element {
        var labels: LabelSet
        var value: SampleValue

        /// `! {code="200"} 5`, with the mark before it.
        func line(_ mark: String, _ note: String = "") -> String {
            let text = "\(mark) \(labels) \(ExpectationComparison.text(value))"
            return note.isEmpty ? text : text + "   " + note
        }
    }

    private struct Found {
        var elements: [Element]
        var counted: String
    }

    private var found: Found {
        switch value {
        case .scalar(_, let number):
            return Found(
                elements: [Element(labels: .empty, value: .float(number))], counted: NumberInText.of(number))
        case .string(_, let text): return Found(elements: [], counted: text.quotedForPrometheus)
        case .vector(let vector):
            return Found(
                elements: vector.map { Element(labels: $0.labels, value: $0.value) },
                counted: vector.isEmpty ? "none" : Expected.count(vector.count))
        case .matrix(let matrix):
            // The answer of a range selector: the newest sample stands for all.
            let elements = matrix.compactMap { series in
                series.samples.count == 0
                    ? nil : Element(labels: series.labels, value: series.samples[series.samples.count - 1])
            }
            return Found(elements: elements, counted: Expected.count(elements.count) + " of a range vector")
        }
    }

    static func text(_ value: SampleValue) -> String {
        switch value {
        case .float(let number): NumberInText.of(number)
        case .histogram(let histogram): histogram.testNotation
        }
    }

    private func lines(_ elements: [Element], _ mark: String) -> [String] {
        isBrief ? [] : elements.map { $0.line(mark) }
    }

    // MARK: Numbers

    private func compare(_ wanted: Double, _ tolerance: Tolerance) -> Mismatch? {
        let found = found
        if case .string = value { return Mismatch(found.counted) }
        guard found.elements.count == 1, let element = found.elements.first else {
            return Mismatch(found.counted, lines(found.elements, " "))
        }
        guard case .float(let number) = element.value else { return Mismatch(Self.text(element.value)) }
        if tolerance.holds(number, wanted: wanted) { return nil }
        var text = NumberInText.of(number)
        if number.isFinite, wanted.isFinite {
            let difference = NumberInText.rough(abs(number - wanted))
            text += number < wanted ? "   (\(difference) less)" : "   (\(difference) more)"
        }
        return Mismatch(text)
    }

    private func compare(histogram notation: String) -> Mismatch? {
        let wanted: Element
        do throws(SyntaxError) {
            wanted = try Self.element("{} " + notation.trimmingBlanks)
        } catch {
            return Mismatch(unreadable: notation, error.moved(by: -3))
        }
        let found = found
        guard found.elements.count == 1, let element = found.elements.first else {
            return Mismatch(found.counted, lines(found.elements, " "), wanted: Self.text(wanted.value))
        }
        if Self.isSame(element.value, wanted.value, .standard) { return nil }
        return Mismatch(Self.text(element.value), wanted: Self.text(wanted.value))
    }

    private func compareAll(_ holds: (Double) -> Bool) -> Mismatch? {
        let found = found
        if found.elements.isEmpty { return Mismatch(found.counted) }
        func isGood(_ element: Element) -> Bool {
            guard case .float(let number) = element.value else { return false }
            return holds(number)
        }
        let bad = found.elements.filter { !isGood($0) }
        if bad.isEmpty { return nil }
        if found.elements.count == 1, let only = bad.first { return Mismatch(Self.text(only.value)) }
        return Mismatch("\(bad.count) of \(found.counted) otherwise", lines(bad, "!"))
    }

    // MARK: Vectors

    /// One line of an expected vector: labels and one value.
    private static func element(_ line: String) throws(SyntaxError) -> Element {
        let (labels, items) = try SeriesNotation.parse(line)
        guard items.count == 1, let value = items.first?.value else {
            throw SyntaxError(
                range: SourceRange(0, line.utf8.count), message: "an element of a vector has one value",
                hint: items.isEmpty ? "write it after the labels" : "this line has \(items.count)")
        }
        return Element(labels: labels, value: value)
    }

    private static func isSame(_ found: SampleValue, _ wanted: SampleValue, _ tolerance: Tolerance) -> Bool {
        switch (found, wanted) {
        case (.float(let found), .float(let wanted)): tolerance.holds(found, wanted: wanted)
        case (.histogram(let found), .histogram(let wanted)): wanted.isAlmostEqual(to: found)
        default: false
        }
    }

    private func compare(_ wanted: [Element], _ tolerance: Tolerance) -> Mismatch? {
        let found = found
        let isVector: Bool
        switch value {
        case .vector, .matrix: isVector = true
        case .scalar, .string: isVector = false
        }
        guard isVector else { return Mismatch("\(found.counted), which is no vector") }
        var places: [LabelSet: Int] = [:]
        for (place, element) in found.elements.enumerated() where places[element.labels] == nil {
            places[element.labels] = place
        }
        var missing: [Element] = []
        var pairs: [(found: Element, wanted: Element)] = []
        for element in wanted {
            // A second line for the same labels has none left.
            if let place = places.removeValue(forKey: element.labels) {
                pairs.append((found.elements[place], element))
            } else {
                missing.append(element)
            }
        }
        func isSame(_ pair: (found: Element, wanted: Element)) -> Bool {
            Self.isSame(pair.found.value, pair.wanted.value, tolerance)
        }
        if missing.isEmpty, places.isEmpty, pairs.allSatisfy(isSame) { return nil }
        if isBrief { return Mismatch(found.counted) }
        // One that another line has met is not what this one meant.
        let labels = found.elements.enumerated().filter { places[$1.labels] == $0 }.map(\.element.labels)
        let taken = Set(pairs.map(\.found.labels))
        var lines = missing.sorted(by: { $0.labels < $1.labels }).enumerated().map { index, element in
            if taken.contains(element.labels) { return (element.labels, element.line("-", "wanted twice")) }
            // Each is a walk over all that was found; more are not shown.
            let nearest = index < Mismatch.linesMax ? LabelDifference.nearest(to: element.labels, among: labels) : nil
            return (
                element.labels, element.line("-", nearest.map { "missing; the nearest one found: \($0)" } ?? "missing")
            )
        }
        lines += pairs.map { pair in
            let note = isSame(pair) ? "" : "wanted \(Self.text(pair.wanted.value))"
            return (pair.found.labels, pair.found.line(note.isEmpty ? " " : "!", note))
        }
        lines.sort { $0.0 < $1.0 }
        let left = found.elements.enumerated().filter { places[$1.labels] == $0 }
        return Mismatch(found.counted, lines.map(\.1) + left.map { $1.line("+", "not wanted") })
    }
}

/// How two label sets differ, and which of many differs least.
enum LabelDifference {
    /// `{code="500"}, where code is "500" instead of "404"`; nil when there is nothing to compare with.
    static func nearest(to wanted: LabelSet, among candidates: [LabelSet]) -> String? {
        var least = Int.max
        var near: [LabelSet] = []
        for candidate in candidates {
            let count = between(candidate, and: wanted).count
            if count < least { (least, near) = (count, []) }
            if count == least { near.append(candidate) }
        }
        // Of those that differ in as many labels the one whose values are most alike.
        let ranked = near.prefix(comparedMax).map { (edits: edits(from: $0, to: wanted), labels: $0) }
        guard let best = ranked.min(by: { ($0.edits, $0.labels) < ($1.edits, $1.labels) })?.labels else { return nil }
        return "\(best), where " + between(best, and: wanted).joined(separator: ", ")
    }

    /// Candidates whose values are compared letter by letter, and bytes of each value: this is asked for each missing
    /// element.
    static let comparedMax = 500
    private static let comparedBytes = 32

    /// Edits that make the differing values the wanted ones.
    static func edits(from found: LabelSet, to wanted: LabelSet) -> Int {
        var sum = 0
        for label in wanted.labels {
            guard let value = found[label.name], !value.isSameBytes(as: label.value) else { continue }
            sum += NearestName.distance(
                Array(value.utf8.prefix(comparedBytes)), Array(label.value.utf8.prefix(comparedBytes)))
        }
        return sum
    }

    /// One phrase for each label in which `found` is not as `wanted`.
    static func between(_ found: LabelSet, and wanted: LabelSet) -> [String] {
        var phrases: [String] = []
        func name(_ label: String) -> String { label == LabelSet.metricNameLabel ? "the metric's name" : label }
        for label in wanted.labels {
            guard let value = found[label.name] else {
                phrases.append("\(name(label.name)) is absent")
                continue
            }
            if !value.isSameBytes(as: label.value) {
                phrases.append(
                    "\(name(label.name)) is \(value.quotedForPrometheus) instead of "
                        + label.value.quotedForPrometheus)
            }
        }
        for label in found.labels where wanted[label.name] == nil {
            phrases.append("\(name(label.name)) is \(label.value.quotedForPrometheus) and not absent")
        }
        return phrases
    }
}

extension SyntaxError {
    /// The same error of a text that begins so many bytes later.
    func moved(by bytes: Int) -> SyntaxError {
        SyntaxError(
            range: SourceRange(max(range.start + bytes, 0), max(range.end + bytes, 0)), message: message, hint: hint)
    }
}

extension NativeHistogram {
    /// In series notation, so that it can be pasted into a test. Buckets that the notation's runs leave out are zero.
    var testNotation: String {
        var parts = ["schema:\(schema)", "count:\(NumberInText.of(count))", "sum:\(NumberInText.of(sum))"]
        if zeroCount != 0 || zeroThreshold != 0 {
            parts += ["z_bucket:\(NumberInText.of(zeroCount))", "z_bucket_w:\(NumberInText.of(zeroThreshold))"]
        }
        func list(_ numbers: [Double]) -> String { numbers.map { NumberInText.of($0) }.joined(separator: " ") }
        if usesCustomBuckets { parts.append("custom_values:[\(list(customValues))]") }
        func side(_ entries: [Entry], _ prefix: String) {
            guard let first = entries.first, let last = entries.last else { return }
            let width = Int(last.index) - Int(first.index) + 1
            guard width > 0, width <= 1000 else { return }
            var counts = [Double](repeating: 0, count: width)
            for entry in entries { counts[Int(entry.index) - Int(first.index)] = entry.count }
            if first.index != 0 { parts.append("\(prefix)offset:\(first.index)") }
            parts.append("\(prefix)buckets:[\(list(counts))]")
        }
        side(positiveEntries, "")
        side(negativeEntries, "n_")
        return "{{" + parts.joined(separator: " ") + "}}"
    }
}

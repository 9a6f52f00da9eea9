// Two pages of metrics without regard to order: what is missing, what is new, what has another value or type.
// Used by tests of services that keep their /metrics page as a file.

import Exposition
import MetricModel

/// Throws unless two pages of metrics say the same, in any order of lines and labels.
///
/// ```swift
/// try expectExposition(page, equals: wanted, ignoringValuesOf: ["process_start_time_seconds"])
/// ```
///
/// Series, values and types are compared; help, comments, exemplars and timestamps are not. A series that stands twice in
/// either page is a difference. Unless `within` says otherwise, a whole number is not met by another whole one.
///
/// - Parameters:
///   - page: what a service answered.
///   - wanted: what it should.
///   - format: of both.
///   - tolerance: of values.
///   - names: of series, such as `http_request_duration_seconds_sum`, that must be there with any value.
/// - Throws: `ExpectationFailure` with a line for each difference: `-` missing, `+` new, `!` changed; and with line and
///   column when one of the pages is malformed.
public func expectExposition(
    _ page: String, equals wanted: String, format: ExpositionFormat = .text, within tolerance: Tolerance = .standard,
    ignoringValuesOf names: Set<String> = [], fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line, column: Int = #column
) throws(ExpectationFailure) {
    let place = SourcePlace(fileID: fileID, filePath: filePath, line: line, column: column)
    if let misuse = tolerance.misuse {
        throw ExpectationFailure(.notation, "what is expected cannot be read", misuse, at: place)
    }
    let found = try ExpositionContents(page, format, "the page", place)
    let expected = try ExpositionContents(wanted, format, "the wanted page", place)
    let lines = found.differences(from: expected, tolerance, names)
    if lines.isEmpty { return }
    let noun = lines.count == 1 ? "1 line" : "\(lines.count) lines"
    throw ExpectationFailure(
        .mismatch, "the page of metrics differs in \(noun)", Mismatch("", lines).lines, at: place)
}

private struct ExpositionContents {
    private var values: [LabelSet: Double] = [:]
    private var kinds: [String: Metadata.Kind] = [:]
    /// Values of the series that stand more than once, in the page's order.
    private var repeated: [LabelSet: [Double]] = [:]

    init(
        _ text: String, _ format: ExpositionFormat, _ what: String, _ place: SourcePlace
    ) throws(ExpectationFailure) {
        do throws(ExpositionError) {
            try read(Array(text.utf8), format)
        } catch {
            let lines = error.rendered.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            throw ExpectationFailure(.notation, "\(what) is malformed", lines, at: place)
        }
    }

    private mutating func read(_ bytes: [UInt8], _ format: ExpositionFormat) throws(ExpositionError) {
        try bytes.withUnsafeBufferPointer { body throws(ExpositionError) in
            var parser = ExpositionParser(body, format: format)
            while true {
                switch try parser.next() {
                case .series:
                    let labels = try parser.labels()
                    if let before = values[labels] { repeated[labels, default: [before]].append(parser.value) }
                    values[labels] = parser.value
                case .type: kinds[parser.metadataName] = parser.kind
                case .help, .unit, .comment: continue
                case .end: return
                }
            }
        }
    }

    func differences(from wanted: ExpositionContents, _ tolerance: Tolerance, _ anyValue: Set<String>) -> [String] {
        var lines: [(key: LabelSet, text: String)] = []
        for (page, contents) in [("the page", self), ("the wanted page", wanted)] {
            for (labels, all) in contents.repeated {
                let said =
                    all.prefix(3).map { NumberInText.of($0) }.joined(separator: ", ") + (all.count > 3 ? ", ..." : "")
                lines.append((labels, "! \(labels) \(said)   \(all.count) times in \(page)"))
            }
        }
        for (labels, value) in wanted.values {
            guard let found = values[labels] else {
                lines.append((labels, "- \(labels) \(NumberInText.of(value))   missing"))
                continue
            }
            if let name = labels.metricName, anyValue.contains(name) { continue }
            if tolerance.holds(found, wanted: value) { continue }
            lines.append((labels, "! \(labels) \(NumberInText.of(found))   wanted \(NumberInText.of(value))"))
        }
        for (labels, value) in values where wanted.values[labels] == nil {
            lines.append((labels, "+ \(labels) \(NumberInText.of(value))   new"))
        }
        for name in Set(kinds.keys).union(wanted.kinds.keys) {
            let (found, kind) = (kinds[name], wanted.kinds[name])
            if found == kind { continue }
            let said = found.map { $0.rawValue } ?? "without a type"
            lines.append(
                (LabelSet(metric: name), "! # TYPE \(name) \(said)   wanted \(kind.map { $0.rawValue } ?? "none")"))
        }
        return lines.sorted { ($0.key, $0.text) < ($1.key, $1.text) }.map(\.text)
    }
}

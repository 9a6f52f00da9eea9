// A page taken apart for the linter: metric families with the places of their lines and samples.
// Made from the body by ExpositionParser; LintRules and LabelCosts read it.

import MetricModel

/// Where something stands in a page, both from 1; the column counts bytes.
package struct LintPlace: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
    package static func < (left: LintPlace, right: LintPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

struct LintSample {
    var name: String
    /// Without the metric's name.
    var labels: LabelSet
    var value: Double
    var hasTimestamp: Bool
    var place: LintPlace
    /// The line in the body, with its line feed.
    var range: Range<Int>
}

struct LintFamily {
    var name: String
    /// Nil without a TYPE line.
    var kind: Metadata.Kind?
    /// Nil without a HELP line.
    var help: String?
    var typePlace: LintPlace?
    var helpPlace: LintPlace?
    var samples: [LintSample] = []

    /// Of what is said about the family as a whole.
    var place: LintPlace {
        typePlace ?? helpPlace ?? samples.first?.place ?? LintPlace(line: 1, column: 1)
    }
}

/// Families in the order of their first line.
struct LintPage {
    let format: ExpositionFormat
    private(set) var families: [LintFamily] = []
    /// What cannot be read, and what is wrong with the order of lines.
    private(set) var problems: [LintProblem] = []
    /// False when reading ended at a mistake: what follows is not known.
    private(set) var isComplete = true

    private var places: [String: Int] = [:]
    private var line = 1
    private var lineStart = 0
    private var counted = 0

    init(_ body: UnsafeBufferPointer<UInt8>, format: ExpositionFormat) {
        self.format = format
        var samples: [LintSample] = []
        var parser = ExpositionParser(body, format: format)
        do throws(ExpositionError) {
            reading: while true {
                switch try parser.next() {
                case .end: break reading
                case .comment: continue
                case .unit: continue
                case .type: takeType(parser, body, samples)
                case .help: takeHelp(parser, body)
                case .series: takeSample(parser, body, &samples)
                }
            }
        } catch {
            isComplete = false
            problems.append(LintProblem(error))
        }
        assign(samples)
    }

    private mutating func place(of offset: Int, _ body: UnsafeBufferPointer<UInt8>) -> LintPlace {
        while counted < offset, counted < body.count {
            if body[counted] == 0x0a {
                line += 1
                lineStart = counted + 1
            }
            counted += 1
        }
        return LintPlace(line: line, column: max(1, offset - lineStart + 1))
    }

    private mutating func index(of name: String) -> Int {
        if let known = places[name] { return known }
        places[name] = families.count
        families.append(LintFamily(name: name))
        return families.count - 1
    }

    // MARK: Lines

    private mutating func takeType(
        _ parser: borrowing ExpositionParser, _ body: UnsafeBufferPointer<UInt8>, _ samples: [LintSample]
    ) {
        let place = place(of: parser.nameRange.lowerBound, body)
        let name = parser.metadataName
        let index = index(of: name)
        guard families[index].typePlace == nil else {
            problems.append(LintProblem(.order, name, "second TYPE line for metric name \"\(name)\"", place))
            return
        }
        families[index].kind = parser.kind
        families[index].typePlace = place
        if let before = samples.last, before.name.isSameBytes(as: name) {
            problems.append(LintProblem(.order, name, "TYPE line stands after samples of the metric", place))
        }
    }

    private mutating func takeHelp(_ parser: borrowing ExpositionParser, _ body: UnsafeBufferPointer<UInt8>) {
        let place = place(of: parser.nameRange.lowerBound, body)
        let name = parser.metadataName
        let index = index(of: name)
        guard families[index].helpPlace == nil else {
            problems.append(LintProblem(.order, name, "second HELP line for metric name \"\(name)\"", place))
            return
        }
        families[index].help = parser.metadataText
        families[index].helpPlace = place
    }

    private mutating func takeSample(
        _ parser: borrowing ExpositionParser, _ body: UnsafeBufferPointer<UInt8>, _ samples: inout [LintSample]
    ) {
        let place = place(of: parser.seriesRange.lowerBound, body)
        do throws(ExpositionError) {
            let labels = try parser.labels()
            samples.append(
                LintSample(
                    name: labels.metricName ?? "", labels: labels.withoutMetricName, value: parser.value,
                    hasTimestamp: parser.timestamp != nil, place: place,
                    range: parser.seriesRange.lowerBound..<max(parser.seriesRange.upperBound, parser.position)))
        } catch {
            problems.append(LintProblem(error))
        }
    }

    // MARK: Families

    private mutating func assign(_ samples: [LintSample]) {
        var last: Int?
        var left: Set<Int> = []
        var scattered: Set<Int> = []
        for sample in samples {
            let name = familyName(of: sample.name)
            let index = index(of: name)
            if index != last {
                if let last { left.insert(last) }
                if left.contains(index), scattered.insert(index).inserted {
                    let text = "samples of one metric should stand together, without those of others between them"
                    problems.append(LintProblem(.order, name, text, sample.place))
                }
                last = index
            }
            families[index].samples.append(sample)
        }
    }

    /// A histogram's `_bucket` belongs to the histogram. The TYPE line may stand anywhere.
    private func familyName(of name: String) -> String {
        if kind(name) != nil { return name }
        for (suffix, kinds) in Self.suffixes where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            guard let found = kind(base), kinds.contains(found) else { continue }
            if suffix == "_total" || suffix == "_info" || suffix == "_created", format == .text { continue }
            return base
        }
        return name
    }

    private func kind(_ name: String) -> Metadata.Kind? { places[name].flatMap { families[$0].kind } }

    private static let suffixes: [(String, Set<Metadata.Kind>)] = [
        ("_bucket", [.histogram, .gaugehistogram]), ("_count", [.histogram, .summary]),
        ("_sum", [.histogram, .summary]), ("_gcount", [.gaugehistogram]), ("_gsum", [.gaugehistogram]),
        ("_total", [.counter]), ("_created", [.counter, .histogram, .summary]), ("_info", [.info]),
    ]
}

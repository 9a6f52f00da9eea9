// The rules for one metric family: names, units, reserved words, buckets, values.
// Wording and reach of the common rules are those of `promtool check metrics`, which other tools read; the rest is ours.

import MetricModel

/// Source: Prometheus docs, practices/naming; client_golang, promlint (the list of its rules, checked against promtool 2.42).
struct LintRules {
    let family: LintFamily
    let format: ExpositionFormat
    let body: [UInt8]

    func problems() -> [LintProblem] {
        var found = metadata() + names() + suffixes() + labels() + samples()
        if family.kind == .histogram { found += histogram() }
        if family.kind == .summary { found += summary() }
        return found
    }

    private var name: String { family.name }

    private func problem(_ rule: LintProblem.Rule, _ text: String, at place: LintPlace? = nil) -> LintProblem {
        LintProblem(rule, name, text, place ?? family.place)
    }

    private func metadata() -> [LintProblem] {
        var found: [LintProblem] = []
        if family.help?.isEmpty ?? true {
            found.append(problem(.help, "no help text", at: family.helpPlace))
        }
        if family.kind == nil { found.append(problem(.type, "no type: a TYPE line says what can be asked of it")) }
        return found
    }

    // MARK: Names

    private func names() -> [LintProblem] {
        var found: [LintProblem] = []
        let lowered = name.lowercased()
        if let (unit, base) = LintUnits.find(in: name), unit != base {
            found.append(problem(.unit, "use base unit \"\(base)\" instead of \"\(unit)\""))
        }
        for type in ["counter", "gauge", "histogram", "summary", "gauge_histogram"]
        where lowered.contains("_\(type)_") || lowered.hasSuffix("_\(type)") {
            found.append(problem(.typeInName, "metric name should not include type '\(type)'"))
        }
        if name.utf8.contains(UInt8(ascii: ":")) {
            found.append(problem(.characters, "metric names should not contain ':'"))
        }
        if isCamelCase(name) {
            found.append(problem(.camelCase, "metric names should be written in 'snake_case' not 'camelCase'"))
        }
        if LintUnits.abbreviations.contains(where: { lowered.contains("_\($0)_") || lowered.hasSuffix("_\($0)") }) {
            found.append(problem(.abbreviation, "metric names should not contain abbreviated units"))
        }
        return found
    }

    private func suffixes() -> [LintProblem] {
        guard let kind = family.kind, kind != .unknown else { return [] }
        var found: [LintProblem] = []
        if kind == .counter {
            // In OpenMetrics the family's name has no suffix and its samples have one.
            let isTotal = format == .text ? name.hasSuffix("_total") : !name.hasSuffix("_total")
            if !isTotal {
                let text =
                    format == .text
                    ? "counter metrics should have \"_total\" suffix"
                    : "the family of a counter is named without \"_total\"; its samples have the suffix"
                found.append(problem(.counter, text))
            }
        } else if name.hasSuffix("_total") {
            found.append(problem(.counter, "non-counter metrics should not have \"_total\" suffix"))
        }
        let hasBuckets = kind == .histogram || kind == .gaugehistogram
        if !hasBuckets, name.hasSuffix("_bucket") {
            found.append(problem(.reserved, "non-histogram metrics should not have \"_bucket\" suffix"))
        }
        for suffix in ["_count", "_sum"] where !hasBuckets && kind != .summary && name.hasSuffix(suffix) {
            let text = "non-histogram and non-summary metrics should not have \"\(suffix)\" suffix"
            found.append(problem(.reserved, text))
        }
        return found
    }

    // MARK: Labels

    private func labels() -> [LintProblem] {
        var found: [LintProblem] = []
        var seen: Set<String> = []
        let kind = family.kind ?? .unknown
        for sample in family.samples {
            for label in sample.labels.labels where seen.insert(label.name).inserted {
                let name = label.name
                let place = place(ofLabel: name, in: sample)
                if isCamelCase(name) {
                    found.append(
                        problem(.camelCase, "label names should be written in 'snake_case' not 'camelCase'", at: place))
                }
                if kind != .unknown, kind != .histogram, kind != .gaugehistogram, name == "le" {
                    found.append(problem(.reserved, "non-histogram metrics should not have \"le\" label", at: place))
                }
                if kind != .unknown, kind != .summary, name == "quantile" {
                    found.append(
                        problem(.reserved, "non-summary metrics should not have \"quantile\" label", at: place))
                }
                if name.hasPrefix("__") {
                    found.append(problem(.label, "label names beginning with \"__\" are reserved", at: place))
                }
                if name == "job" || name == "instance" {
                    let text = "label \"\(name)\" is set by the scrape: this one becomes \"exported_\(name)\""
                    found.append(problem(.label, text, at: place))
                }
            }
        }
        return found
    }

    /// Of the label's name in the sample's line.
    private func place(ofLabel name: String, in sample: LintSample) -> LintPlace {
        let line = body[sample.range.clamped(to: body.indices)]
        let wanted = Array(name.utf8)
        guard let brace = line.firstIndex(of: UInt8(ascii: "{")) else { return sample.place }
        var index = brace + 1
        while index + wanted.count < line.endIndex {
            let before = line[index - 1]
            let after = line[index + wanted.count]
            if [0x7b, 0x2c, 0x20, 0x22].contains(before), [0x3d, 0x20, 0x22].contains(after),
                line[index...].starts(with: wanted)
            {
                return LintPlace(line: sample.place.line, column: sample.place.column + index - line.startIndex)
            }
            index += 1
        }
        return sample.place
    }

    // MARK: Samples

    private func samples() -> [LintProblem] {
        var found: [LintProblem] = []
        var first: [LabelSet: Int] = [:]
        first.reserveCapacity(family.samples.count)
        for (index, sample) in family.samples.enumerated() {
            let key = sample.labels.setting(LabelSet.metricNameLabel, to: sample.name)
            if let before = first[key] {
                let line = family.samples[before].place.line
                let text = "series \(key) stands twice, first in line \(line): only one is kept"
                found.append(problem(.duplicate, text, at: sample.place))
            } else {
                first[key] = index
            }
        }
        if let timed = family.samples.first(where: \.hasTimestamp) {
            let text = "samples should not have timestamps: they hide when a target stops updating"
            found.append(problem(.timestamp, text, at: timed.place))
        }
        if family.kind == .counter, let wrong = family.samples.first(where: { $0.value < 0 || $0.value.isNaN }) {
            let text = "counters should not be negative or NaN, found \(GoFloat.format(wrong.value))"
            found.append(problem(.value, text, at: wrong.place))
        }
        return found
    }

    // MARK: Histograms and summaries

    private struct Buckets {
        var bounds: [(bound: Double, count: Double, place: LintPlace)] = []
        var count: Double?
        var hasSum = false
        var place: LintPlace
    }

    private func histogram() -> [LintProblem] {
        var groups: [LabelSet: Buckets] = [:]
        var order: [LabelSet] = []
        var found: [LintProblem] = []
        for sample in family.samples {
            let key = sample.labels.without(CollectionOfOne("le"))
            if groups[key] == nil { order.append(key) }
            var group = groups.removeValue(forKey: key) ?? Buckets(place: sample.place)
            if sample.name.hasSuffix("_bucket") {
                if let text = sample.labels["le"], let bound = NumberParsing.float(text) {
                    group.bounds.append((bound, sample.value, sample.place))
                } else {
                    let text = "a bucket needs a label \"le\" with its upper bound"
                    found.append(problem(.histogram, text, at: sample.place))
                }
            } else if sample.name.hasSuffix("_count") {
                group.count = sample.value
            } else if sample.name.hasSuffix("_sum") {
                group.hasSum = true
            }
            groups[key] = group
        }
        for key in order { if let group = groups[key] { found += check(group, key) } }
        return found
    }

    private func check(_ group: Buckets, _ labels: LabelSet) -> [LintProblem] {
        var found: [LintProblem] = []
        let suffix = labels.isEmpty ? "" : " of \(labels)"
        let bounds = group.bounds.sorted { $0.bound < $1.bound }
        // One with native buckets only has none of the classic ones.
        if bounds.last?.bound != .infinity, !(bounds.isEmpty && group.count == nil) {
            let text = "histogram\(suffix) should have a bucket with le=\"+Inf\""
            found.append(problem(.histogram, text, at: bounds.last?.place ?? group.place))
        }
        for (before, next) in zip(bounds, bounds.dropFirst()) where next.count < before.count {
            let text =
                "buckets should be cumulative: le=\"\(GoFloat.format(next.bound))\" has \(GoFloat.format(next.count)), "
                + "le=\"\(GoFloat.format(before.bound))\" has \(GoFloat.format(before.count))\(suffix)"
            found.append(problem(.histogram, text, at: next.place))
            break
        }
        if let last = bounds.last, last.bound == .infinity, let count = group.count, count != last.count {
            let text =
                "_count should equal the bucket le=\"+Inf\": \(GoFloat.format(count)) and "
                + "\(GoFloat.format(last.count))\(suffix)"
            found.append(problem(.histogram, text, at: last.place))
        }
        let missing = [(group.count == nil, "_count"), (!group.hasSum, "_sum")].filter(\.0).map(\.1)
        if !missing.isEmpty {
            let text = "histogram\(suffix) should have \(missing.joined(separator: " and "))"
            found.append(problem(.histogram, text, at: group.place))
        }
        return found
    }

    private func summary() -> [LintProblem] {
        for sample in family.samples {
            guard let text = sample.labels["quantile"] else { continue }
            let quantile = NumberParsing.float(text)
            if let quantile, quantile >= 0, quantile <= 1 { continue }
            return [problem(.summary, "quantiles should be between 0 and 1, found \"\(text)\"", at: sample.place)]
        }
        return []
    }

    /// A small letter before a capital one.
    private func isCamelCase(_ text: String) -> Bool {
        zip(text.utf8, text.utf8.dropFirst()).contains { left, right in
            (0x61...0x7a).contains(left) && (0x41...0x5a).contains(right)
        }
    }
}

/// Units in names. Source: Prometheus docs, practices/naming, "Base units", and promlint's list of what it knows.
enum LintUnits {
    static let abbreviations = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"]

    private static let base = [
        "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "moles", "seconds", "volts",
    ]
    private static let other = [
        "minutes": "seconds", "hours": "seconds", "days": "seconds", "weeks": "seconds", "kelvins": "kelvin",
        "fahrenheit": "celsius", "rankine": "celsius", "inches": "meters", "yards": "meters", "miles": "meters",
        "bits": "bytes", "calories": "joules", "pounds": "grams", "ounces": "grams",
    ]
    private static let prefixes = [
        "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mebi", "mibi",
        "giga", "gibi", "tera", "tebi", "peta", "pebi",
    ]

    /// The first unit among the words of a name, and the one to be used for it; nil when no word is a unit.
    static func find(in name: String) -> (unit: String, base: String)? {
        for word in name.split(separator: "_") {
            if let base = base(of: word) { return (String(word), base) }
            for prefix in prefixes where word.hasPrefix(prefix) {
                if let base = base(of: word.dropFirst(prefix.count)) { return (String(word), base) }
            }
        }
        return nil
    }

    private static func base(of word: Substring) -> String? {
        base.contains(String(word)) ? String(word) : other[String(word)]
    }
}

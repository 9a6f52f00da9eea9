// JavaScript's regular expressions as dashboards write them: `/pattern/flags` or bare.
// Used for field matchers, mappings, variable filters and renames: a few hundred short texts, never samples. They need
// look-ahead and named groups, which LinearRegex leaves out on purpose.

/// Compiled once, matched anywhere in a text.
struct TextPattern {
    private let regex: Regex<AnyRegexOutput>
    let isGlobal: Bool

    /// Texts longer than this are never matched: a pattern may take exponential time.
    static let textBytesMax = 10_000

    /// Nil for a pattern that does not compile.
    init?(_ source: String) {
        var body = source
        var flags = ""
        if source.hasPrefix("/"), source.utf8.count > 1, let end = source.lastIndex(of: "/"), end > source.startIndex {
            let tail = source[source.index(after: end)...]
            if tail.allSatisfy({ "gimsuy".contains($0) }) {
                body = String(source[source.index(after: source.startIndex)..<end])
                flags = String(tail)
            }
        }
        // JavaScript's escape of the delimiter means the slash alone.
        guard let compiled = try? Regex(body) else { return nil }  // A pattern that does not compile matches nothing.
        var regex = compiled.matchingSemantics(.unicodeScalar)
        if flags.contains("i") { regex = regex.ignoresCase() }
        if flags.contains("s") { regex = regex.dotMatchesNewlines() }
        if flags.contains("m") { regex = regex.anchorsMatchLineEndings() }
        self.regex = regex
        isGlobal = flags.contains("g")
    }

    func matches(_ text: String) -> Bool {
        guard text.utf8.count <= Self.textBytesMax else { return false }
        return text.firstMatch(of: regex) != nil
    }

    struct Match {
        /// Group 0 is the whole match; nil for a group that took no part.
        var groups: [String?]
        var names: [String: String]
        var range: Range<String.Index>
    }

    /// All matches in order, one at most without the `g` flag unless `all` is set.
    func allMatches(in text: String, all: Bool = false) -> [Match] {
        guard text.utf8.count <= Self.textBytesMax else { return [] }
        if !isGlobal && !all { return text.firstMatch(of: regex).map { [Self.match($0)] } ?? [] }
        return text.matches(of: regex).map { Self.match($0) }
    }

    private static func match(_ found: Regex<AnyRegexOutput>.Match) -> Match {
        var groups: [String?] = []
        var names: [String: String] = [:]
        for element in found.output {
            groups.append(element.substring.map(String.init))
            if let name = element.name, let text = element.substring { names[name] = String(text) }
        }
        return Match(groups: groups, names: names, range: found.range)
    }

    /// Replaces the matches, `$1` and `$&` standing for groups; every one with the `g` flag, else the first.
    func replacing(in text: String, with format: String, all: Bool = false) -> String {
        var result = ""
        var position = text.startIndex
        for match in allMatches(in: text, all: all) {
            result += text[position..<match.range.lowerBound]
            result += Self.expand(format, match)
            position = match.range.upperBound
        }
        return result + text[position...]
    }

    private static func expand(_ format: String, _ match: Match) -> String {
        var result = ""
        var rest = Substring(format)
        while let first = rest.first {
            rest = rest.dropFirst()
            guard first == "$", let next = rest.first else {
                result.append(first)
                continue
            }
            if next == "&" {
                result += match.groups.first.flatMap { $0 } ?? ""
                rest = rest.dropFirst()
            } else if next == "$" {
                result.append("$")
                rest = rest.dropFirst()
            } else if let group = next.wholeNumberValue, next.isASCII, group > 0, group < match.groups.count {
                result += match.groups[group] ?? ""
                rest = rest.dropFirst()
            } else {
                result.append("$")
            }
        }
        return result
    }
}

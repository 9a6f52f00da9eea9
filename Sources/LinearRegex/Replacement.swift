// Templates with $1 and ${name}, filled from a match.
// Used by label_replace, relabel rules and templates. Source: Go's Regexp.Expand and ReplaceAllString.

extension LinearRegex {
    /// `$1`, `${1}`, `$name`, `${name}`, `$$`; a group that is unknown or took no part gives nothing, a lone `$` stays.
    ///
    /// `match` must come from `text`.
    public func expand(_ template: String, _ match: Match, in text: String) -> String {
        ReplacementTemplate(template, groupNames: match.names).expand(match, in: text)
    }
}

/// A template read once for one pattern: what a match puts into it costs no more than its pieces and their bytes.
public struct ReplacementTemplate: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        /// The first of these groups that took part; a name may belong to several.
        case groups([Int])
    }
    private var pieces: [Piece] = []

    public init(_ template: String, for regex: LinearRegex) { self.init(template, groupNames: regex.groupNames) }

    init(_ template: String, groupNames: [String?]) {
        let bytes = Array(template.utf8)
        var groups: [String: [Int]] = [:]
        for (index, name) in groupNames.enumerated() {
            if let name { groups[name, default: []].append(index) }
        }
        var literal: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$") else {
                literal.append(bytes[index])
                index += 1
                continue
            }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "$") {
                literal.append(UInt8(ascii: "$"))
                index += 2
                continue
            }
            guard let (name, end) = Self.reference(bytes, index + 1) else {
                literal.append(UInt8(ascii: "$"))
                index += 1
                continue
            }
            index = end
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = []
            if let number = Self.number(name) {
                pieces.append(.groups(number < groupNames.count ? [number] : []))
            } else {
                pieces.append(.groups(groups[name] ?? []))
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
    }

    public var pieceCount: Int { pieces.count }

    /// Bytes of what `expand` gives when no text is cut within a character.
    public func byteCount(_ match: Match) -> Int {
        var count = 0
        for piece in pieces {
            switch piece {
            case .text(let bytes): count += bytes.count
            case .groups(let groups): count += range(groups, match)?.count ?? 0
            }
        }
        return count
    }

    /// `match` must come from `text` and from the pattern of the template.
    public func expand(_ match: Match, in text: String) -> String {
        Bytes.of(text) { bytes in
            var result: [UInt8] = []
            append(match, bytes, to: &result)
            return String(decoding: result, as: UTF8.self)
        }
    }

    func append(_ match: Match, _ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
        for piece in pieces {
            switch piece {
            case .text(let bytes): result.append(contentsOf: bytes)
            case .groups(let groups):
                guard let range = range(groups, match), range.upperBound <= text.count else { continue }
                result.append(contentsOf: text[range])
            }
        }
    }

    private func range(_ groups: [Int], _ match: Match) -> Range<Int>? {
        for group in groups where match.ranges.indices.contains(group) {
            if let range = match.ranges[group] { return range }
        }
        return nil
    }

    /// The name after a dollar sign, and where the text goes on; nil when it is not a reference.
    private static func reference(_ bytes: [UInt8], _ start: Int) -> (name: String, end: Int)? {
        guard start < bytes.count else { return nil }
        let isBraced = bytes[start] == UInt8(ascii: "{")
        let nameStart = isBraced ? start + 1 : start
        // No more than a name's bytes are decoded: templates of many references are read in one pass.
        var nameEnd = nameStart
        while nameEnd < bytes.count, bytes[nameEnd] >= 0x80 || RegexParser.isWord(bytes[nameEnd]) { nameEnd += 1 }
        let rest = String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self)
        let name = String(String.UnicodeScalarView(rest.unicodeScalars.prefix { isNamePart($0) }))
        var end = nameStart + name.utf8.count
        guard !name.isEmpty else { return nil }
        if isBraced {
            guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
            end += 1
        }
        return (name, end)
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return RegexParser.isWord(UInt8(truncatingIfNeeded: scalar.value)) }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            return true
        default: return false
        }
    }

    /// A name of digits is a number, but for one that begins with a zero; past every group when it is too large.
    private static func number(_ name: String) -> Int? {
        let digits = name.utf8
        guard digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), digits.count == 1 || digits.first != 0x30 else {
            return nil
        }
        return Int(name) ?? .max
    }
}

extension CompiledRegex {
    func replacingAll(in text: UnsafeBufferPointer<UInt8>, with template: String) -> String {
        let template = ReplacementTemplate(template, groupNames: groupNames)
        var result: [UInt8] = []
        var copied = 0
        var searchFrom = 0
        var lastEnd = -1
        while searchFrom <= text.count, let match = firstMatch(in: text, from: searchFrom) {
            let range = match.range
            // An empty match right after the last one is not taken.
            if range.upperBound > lastEnd || !range.isEmpty || lastEnd < 0 {
                result.append(contentsOf: text[copied..<range.lowerBound])
                template.append(match, text, to: &result)
                copied = range.upperBound
                lastEnd = range.upperBound
            }
            searchFrom = range.isEmpty ? Self.nextBoundary(text, after: range.upperBound) : range.upperBound
            guard isSearching else { break }
        }
        result.append(contentsOf: text[min(copied, text.count)...])
        return String(decoding: result, as: UTF8.self)
    }

    private static func nextBoundary(_ text: UnsafeBufferPointer<UInt8>, after position: Int) -> Int {
        var next = position + 1
        while next < text.count, text[next] & 0xc0 == 0x80 { next += 1 }
        return next
    }
}

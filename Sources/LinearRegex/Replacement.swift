// Templates with $1 and ${name}, filled from a match.
// Used by label_replace, relabel rules and templates. Source: Go's Regexp.Expand and ReplaceAllString.

extension LinearRegex {
    /// `$1`, `${1}`, `$name`, `${name}`, `$$`; a group that is unknown or took no part gives nothing, a lone `$` stays.
    ///
    /// `match` must come from `text`.
    public func expand(_ template: String, _ match: Match, in text: String) -> String {
        Bytes.of(text) { bytes in
            var result: [UInt8] = []
            Replacement.append(template, match, bytes, to: &result)
            return String(decoding: result, as: UTF8.self)
        }
    }
}

enum Replacement {
    static func append(
        _ template: String, _ match: Match, _ text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]
    ) {
        let bytes = Array(template.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "$") {
                result.append(UInt8(ascii: "$"))
                index += 2
                continue
            }
            guard let (name, end) = reference(bytes, index + 1) else {
                result.append(UInt8(ascii: "$"))
                index += 1
                continue
            }
            index = end
            guard let range = range(named: name, match), range.upperBound <= text.count else { continue }
            result.append(contentsOf: text[range])
        }
    }

    /// The name after a dollar sign, and where the text goes on; nil when it is not a reference.
    private static func reference(_ bytes: [UInt8], _ start: Int) -> (name: String, end: Int)? {
        guard start < bytes.count else { return nil }
        let isBraced = bytes[start] == UInt8(ascii: "{")
        let nameStart = isBraced ? start + 1 : start
        let rest = String(decoding: bytes[nameStart...], as: UTF8.self)
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

    private static func range(named name: String, _ match: Match) -> Range<Int>? {
        let digits = name.utf8
        if digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), digits.count == 1 || digits.first != 0x30 {
            guard let number = Int(name), match.ranges.indices.contains(number) else { return nil }
            return match.ranges[number]
        }
        for (index, known) in match.names.enumerated() where known == name && match.ranges[index] != nil {
            return match.ranges[index]
        }
        return nil
    }
}

extension CompiledRegex {
    func replacingAll(in text: UnsafeBufferPointer<UInt8>, with template: String) -> String {
        var result: [UInt8] = []
        var copied = 0
        var searchFrom = 0
        var lastEnd = -1
        while searchFrom <= text.count, let match = firstMatch(in: text, from: searchFrom) {
            let range = match.range
            // An empty match right after the last one is not taken.
            if range.upperBound > lastEnd || !range.isEmpty || lastEnd < 0 {
                result.append(contentsOf: text[copied..<range.lowerBound])
                Replacement.append(template, match, text, to: &result)
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

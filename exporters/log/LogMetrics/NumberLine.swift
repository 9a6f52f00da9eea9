// The numbers of a line that a program printed for people: bare ones, a name and a value, columns, `name=value` pairs.
// Read by `ferula plot`; pure, linear in the line.

package enum NumberLine {
    package struct Value: Hashable, Sendable {
        package var name: String
        package var number: Double

        package init(_ name: String, _ number: Double) {
            self.name = name
            self.number = number
        }
    }

    /// Of a line with one number alone.
    package static let bareName = "value"
    package static let nameBytesMax = 200

    /// - `12.5`: `value`; `1 2 3` or `1,2,3`: `col1`, `col2`, `col3`.
    /// - `name=1 other=2ms rest of the line`: what is written as a pair.
    /// - `one 1 two 2`: names and values in turn.
    /// - `some name 12`, `requests{code="200"} 12`, `load: 0.4`: a name, then a value.
    ///
    /// Nil for a line without a number in one of these ways. Numbers may have units, see MeasuredText.
    package static func values(_ line: String) -> [Value]? {
        let words = line.split(whereSeparator: isBlank)
        guard let last = words.last else { return nil }
        if let pairs = pairs(words) { return pairs }
        // Only between numbers are a comma and a semicolon blanks: `requests{a="b",c="d"} 1` is one name.
        let cells = line.split { isBlank($0) || $0 == "," || $0 == ";" }
        let numbers = cells.map { MeasuredText.value(String($0)) }
        if !numbers.isEmpty, !numbers.contains(nil) { return columns(numbers.compactMap { $0 }) }
        if let turns = turns(words) { return turns }
        guard words.count > 1, let number = MeasuredText.value(String(last)) else { return nil }
        return [Value(name(line[..<last.startIndex]), number)]
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    private static func columns(_ numbers: [Double]) -> [Value] {
        if numbers.count == 1 { return [Value(bareName, numbers[0])] }
        return numbers.enumerated().map { Value(columnName($0.offset), $0.element) }
    }

    /// From 0.
    static func columnName(_ column: Int) -> String { "col\(column + 1)" }

    /// The columns' names of a line that may be the head of a table: words without any number, at least two. What is there
    /// twice gets its number. Empty for any other line.
    package static func head(_ line: String) -> [String] {
        let words = line.split { isBlank($0) || $0 == "," || $0 == ";" }
        guard (2...columnsMax).contains(words.count), words.allSatisfy({ MeasuredText.value(String($0)) == nil }) else {
            return []
        }
        var seen: [Substring: Int] = [:]
        return words.map { word in
            seen[word, default: 0] += 1
            let count = seen[word, default: 1]
            return count == 1 ? name(word) : "\(name(word)) \(count)"
        }
    }

    private static let columnsMax = 1000

    /// Nil when there is none. A unit may stand apart: `time=12.3 ms`.
    private static func pairs(_ words: [Substring]) -> [Value]? {
        var values: [Value] = []
        for (index, word) in words.enumerated() {
            let trimmed = word.last == "," || word.last == ";" ? word.dropLast() : word
            guard let sign = trimmed.firstIndex(of: "="), sign > trimmed.startIndex,
                // Within braces it belongs to a label.
                !trimmed[..<sign].contains("{"),
                let number = MeasuredText.value(String(trimmed[trimmed.index(after: sign)...]))
            else { continue }
            let next = index + 1 < words.count ? MeasuredText.unit(String(words[index + 1])) : nil
            values.append(Value(name(trimmed[..<sign]), next?.base(number) ?? number))
        }
        return values.isEmpty ? nil : values
    }

    /// Names and numbers in turn, at least two of each.
    private static func turns(_ words: [Substring]) -> [Value]? {
        guard words.count >= 4, words.count.isMultiple(of: 2) else { return nil }
        var values: [Value] = []
        for index in stride(from: 0, to: words.count, by: 2) {
            guard MeasuredText.value(String(words[index])) == nil,
                let number = MeasuredText.value(String(words[index + 1]))
            else { return nil }
            values.append(Value(name(words[index]), number))
        }
        return values
    }

    private static func name(_ text: Substring) -> String {
        var text = text
        while let last = text.last, isBlank(last) || last == ":" || last == "," { text = text.dropLast() }
        guard text.utf8.count > nameBytesMax else { return text.isEmpty ? bareName : String(text) }
        var bytes = Array(text.utf8.prefix(nameBytesMax + 1))
        // Back to the first byte of the character that would be cut.
        while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}

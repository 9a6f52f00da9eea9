// A few strings that a regular expression matches, for labels whose values only a pattern describes.
// Used by SeriesWishes; whoever takes a sample checks it against the matcher, so what is not understood does no harm.

enum PatternSamples {
    private static let most = 6

    /// Up to six, shortest ways first; empty when nothing of the pattern is understood.
    static func of(_ pattern: String) -> [String] {
        var reader = Reader(Array(pattern))
        let found = reader.alternatives()
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }

    private struct Reader {
        var characters: [Character]
        var place = 0
        var depth = 0
        init(_ characters: [Character]) { self.characters = characters }

        var next: Character? { place < characters.count ? characters[place] : nil }

        mutating func alternatives() -> [String] {
            depth += 1
            defer { depth -= 1 }
            guard depth < 20 else { return [] }
            var all = sequence()
            while next == "|" {
                place += 1
                all += sequence()
            }
            return Array(all.prefix(PatternSamples.most * 4))
        }

        mutating func sequence() -> [String] {
            var results = [""]
            while let character = next, character != "|", character != ")" {
                place += 1
                let atom = repeated(atom(character))
                var longer: [String] = []
                for result in results {
                    for piece in atom where longer.count < PatternSamples.most { longer.append(result + piece) }
                }
                results = longer
            }
            return results
        }

        private mutating func atom(_ character: Character) -> [String] {
            switch character {
            case "(":
                if next == "?" {
                    while let one = next, one != ":", one != ">", one != ")" { _ = (one, place += 1) }
                    if next == ":" || next == ">" { place += 1 }
                }
                let inner = alternatives()
                if next == ")" { place += 1 }
                return inner
            case "[": return [bracket()]
            case ".": return ["a", "b"]
            case "^", "$": return [""]
            case "\\":
                guard let escaped = next else { return [""] }
                place += 1
                switch escaped {
                case "d": return ["1", "2"]
                case "w": return ["w"]
                case "s": return [" "]
                case "b", "B", "A", "z": return [""]
                default: return [String(escaped)]
                }
            default: return [String(character)]
            }
        }

        /// The first character that the class has; `x` for one that excludes.
        private mutating func bracket() -> String {
            let isNegated = next == "^"
            if isNegated { place += 1 }
            var first: String?
            while let character = next {
                place += 1
                if character == "]", first != nil { break }
                if character == "\\", let escaped = next {
                    place += 1
                    if first == nil { first = escaped == "d" ? "1" : escaped == "w" ? "w" : String(escaped) }
                } else if first == nil {
                    first = String(character)
                }
            }
            return isNegated ? "x" : first ?? ""
        }

        private mutating func repeated(_ atom: [String]) -> [String] {
            switch next {
            case "*", "+":
                place += 1
                if next == "?" { place += 1 }
                return atom
            case "?":
                place += 1
                return atom
            case "{":
                guard let end = characters[place...].firstIndex(of: "}") else { return atom }
                let text = String(characters[(place + 1)..<end])
                place = end + 1
                let least = max(1, min(20, Int(text.prefix { $0.isNumber }) ?? 1))
                return atom.map { String(repeating: $0, count: least) }
            default: return atom
            }
        }
    }
}

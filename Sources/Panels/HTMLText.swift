// HTML reduced to the markdown that Markdown reads: tags become structure or vanish, entities become characters.
// No tag is ever shown; scripts and style sheets go with their content.

enum HTMLText {
    /// Markdown may hold tags anywhere; `isDocument` also folds white space, as HTML does.
    static func reduced(_ text: String, isDocument: Bool = false) -> String {
        guard isDocument || text.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }) else {
            return text
        }
        var reducer = Reducer(isDocument: isDocument)
        reducer.read(Array(text))
        return reducer.output
    }

    private struct Reducer {
        let isDocument: Bool
        var output = ""
        private var addresses: [String] = []
        private var lists: [String] = []

        init(isDocument: Bool) { self.isDocument = isDocument }

        mutating func read(_ characters: [Character]) {
            var index = 0
            while index < characters.count {
                let character = characters[index]
                if character == "<", let end = tagEnd(characters, index) {
                    let tag = String(characters[index + 1..<end])
                    index = end + 1
                    let name = Self.name(tag)
                    if name == "script" || name == "style" || name == "head", !tag.hasSuffix("/") {
                        index = skip(characters, index, until: "/" + name)
                    } else {
                        open(name, tag)
                    }
                    continue
                }
                if character == "&", let (decoded, end) = Self.entity(characters, index) {
                    output += decoded
                    index = end
                    continue
                }
                if isDocument, character.isWhitespace {
                    if let last = output.last, !last.isWhitespace { output += " " }
                } else {
                    output.append(character)
                }
                index += 1
            }
        }

        /// The `>` of a tag at `start`; nil when this is no tag.
        private func tagEnd(_ characters: [Character], _ start: Int) -> Int? {
            guard start + 1 < characters.count else { return nil }
            let first = characters[start + 1]
            guard first.isLetter || first == "/" || first == "!" else { return nil }
            if start + 3 < characters.count, first == "!", characters[start + 2] == "-" {
                var at = start + 3
                while at + 2 < characters.count {
                    if characters[at] == "-", characters[at + 1] == "-", characters[at + 2] == ">" { return at + 2 }
                    at += 1
                }
                return characters.count - 1
            }
            var at = start + 1
            var quote: Character?
            while at < characters.count {
                let character = characters[at]
                if let open = quote {
                    if character == open { quote = nil }
                } else if character == "\"" || character == "'" {
                    quote = character
                } else if character == ">" {
                    return at
                }
                at += 1
            }
            return nil
        }

        private func skip(_ characters: [Character], _ start: Int, until name: String) -> Int {
            var at = start
            while at < characters.count {
                if characters[at] == "<", let end = tagEnd(characters, at) {
                    if Self.name(String(characters[at + 1..<end])) == name { return end + 1 }
                }
                at += 1
            }
            return characters.count
        }

        static func name(_ tag: String) -> String {
            var name = ""
            for character in tag {
                if character.isLetter || character.isNumber || character == "/" && name.isEmpty {
                    name.append(character)
                } else {
                    break
                }
            }
            return name.lowercased()
        }

        private mutating func newLine(_ count: Int = 1) {
            while output.last == " " { output.removeLast() }
            var have = 0
            for character in output.reversed() {
                guard character == "\n" else { break }
                have += 1
            }
            if output.isEmpty { return }
            while have < count {
                output += "\n"
                have += 1
            }
        }

        private mutating func open(_ name: String, _ tag: String) {
            switch name {
            case "br", "br/": output += isDocument ? "\n" : "  \n"
            case "p", "/p", "div", "/div", "section", "/section", "table", "/table", "ul", "ol", "center", "/center":
                newLine(name.hasSuffix("p") || name.hasSuffix("table") ? 2 : 1)
                if name == "ul" || name == "ol" { lists.append(name) }
            case "/ul", "/ol":
                newLine()
                if !lists.isEmpty { lists.removeLast() }
            case "li":
                newLine()
                output += String(repeating: "  ", count: max(0, lists.count - 1)) + "- "
            case "/li", "/blockquote": newLine()
            case "tr":
                newLine()
                output += "| "
            case "/tr": newLine()
            case "/td", "/th": output += " | "
            case "hr", "hr/":
                newLine()
                output += "---\n"
            case "h1", "h2", "h3", "h4", "h5", "h6":
                newLine(2)
                output += "# "
            case "/h1", "/h2", "/h3", "/h4", "/h5", "/h6": newLine()
            case "b", "strong", "/b", "/strong": output += "**"
            case "i", "em", "/i", "/em": output += "*"
            case "code", "/code", "kbd", "/kbd": output += "`"
            case "blockquote":
                newLine()
                output += "> "
            case "a":
                addresses.append(Self.attribute("href", tag) ?? "")
                output += "["
            case "/a":
                guard let address = addresses.popLast() else { return }
                output += "](" + address + ")"
            case "img": output += "![" + (Self.attribute("alt", tag) ?? "") + "](image)"
            default: break
            }
        }

        private static func attribute(_ name: String, _ tag: String) -> String? {
            let characters = Array(tag)
            let wanted = Array(name)
            var at = 0
            while at + wanted.count < characters.count {
                guard characters[at].isWhitespace else {
                    at += 1
                    continue
                }
                at += 1
                guard at + wanted.count < characters.count,
                    String(characters[at..<at + wanted.count]).lowercased() == name,
                    characters[at + wanted.count] == "="
                else { continue }
                let rest = characters[(at + wanted.count + 1)...]
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    return String(rest.dropFirst().prefix { $0 != quote })
                }
                return String(rest.prefix { !$0.isWhitespace })
            }
            return nil
        }

        static func entity(_ characters: [Character], _ start: Int) -> (String, Int)? {
            var name = ""
            var at = start + 1
            while at < characters.count, name.count < 10, characters[at] != ";" {
                guard characters[at].isASCII,
                    characters[at].isLetter || characters[at].isNumber || characters[at] == "#"
                else { return nil }
                name.append(characters[at])
                at += 1
            }
            guard at < characters.count, characters[at] == ";" else { return nil }
            if name.hasPrefix("#") {
                let digits = name.dropFirst()
                let value =
                    digits.first == "x" || digits.first == "X"
                    ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
                guard let value, let scalar = Unicode.Scalar(value) else { return nil }
                return (String(Character(scalar)), at + 1)
            }
            let known = [
                "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "mdash": "—",
                "ndash": "–", "hellip": "…", "bull": "•", "rarr": "→", "larr": "←", "deg": "°", "micro": "µ",
                "times": "×", "middot": "·", "laquo": "«", "raquo": "»", "ensp": " ", "emsp": " ", "thinsp": " ",
            ]
            return known[name].map { ($0, at + 1) }
        }
    }
}

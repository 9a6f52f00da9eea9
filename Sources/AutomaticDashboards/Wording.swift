// Names of metrics to words of titles and legends, and texts of others made safe for a dashboard's file.
// Used by everything that writes a title.

import MetricModel

package enum Wording {
    static let titleMost = 60
    static let helpMost = 400

    /// The runs of letters and digits of a name.
    package static func words(of name: String) -> [String] {
        name.split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }

    /// Words that a title does without: they say the type or the unit, which the values say themselves.
    private static let mute: Set<String> = ["total", "bytes", "seconds", "ratio", "celsius", "info", "percent"]

    static func isMute(_ word: String) -> Bool { mute.contains(word.lowercased()) }

    /// - `prefix`: how many first words the heading above says already.
    static func title(_ words: [String], without prefix: Int = 0) -> String {
        var shown = words.dropFirst(min(prefix, max(0, words.count - 1)))
        // A unit alone is no name: then the heading's word is said once more.
        if shown.allSatisfy({ isMute($0) }) { shown = words[...] }
        while shown.count > 1, let last = shown.last, mute.contains(last.lowercased()) { shown.removeLast() }
        let kept = shown.count > 1 ? shown.filter { !mute.contains($0.lowercased()) || $0 == "seconds" } : Array(shown)
        let text = (kept.isEmpty ? Array(shown) : kept).joined(separator: " ")
        return safe(text, most: titleMost)
    }

    /// A row's name, with words in capitals that are written so.
    static func heading(_ title: String) -> String {
        let words = title.split(separator: " ").map { word in
            capitals.contains(word.lowercased()) ? word.uppercased() : String(word)
        }
        guard let first = words.first, let letter = first.first else { return "Metrics" }
        return ([letter.uppercased() + first.dropFirst()] + words.dropFirst()).joined(separator: " ")
    }

    private static let capitals: Set<String> = [
        "http", "cpu", "jvm", "db", "gc", "tsdb", "grpc", "dns", "api", "tcp", "udp", "ip", "ssl", "tls", "sql", "aof",
        "rdb", "io", "os", "ipv4", "ipv6", "arp",
    ]

    /// One line without control characters and without what a dashboard takes for a variable.
    package static func safe(_ text: String, most: Int) -> String {
        var result = ""
        var count = 0
        for character in text {
            guard count < most else { return result.trimmed + "…" }
            let isSpace = character.isNewline || character == "\t"
            if isSpace {
                if result.last != " " { result.append(" ") }
            } else if character.unicodeScalars.contains(where: isControl) || "$[]{}".contains(character) {
                continue
            } else {
                result.append(character)
            }
            count += 1
        }
        return result.trimmed
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.generalCategory == .format
    }
}

extension String {
    var trimmed: String {
        let start = drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...last])
    }
}

// Dashboards lifted out of Helm charts: braces that a chart's template language would have eaten are written as
// {{ "{{" }} or between backticks there, which often leaves no JSON.
// Before JSONReader; everything else passes untouched.

enum HelmEscapes {
    /// The bytes with every escaped brace as it is meant. Nil when there is none, the usual case.
    ///
    /// Cost: one pass.
    static func undone(_ bytes: [UInt8]) -> [UInt8]? {
        // One buffer that grows in place: a second reference to it would copy all of it at each escape.
        var text: [UInt8] = []
        var hasFound = false
        var kept = 0
        var index = 0
        let brace = UInt8(ascii: "{")
        while index + 1 < bytes.count {
            guard bytes[index] == brace, bytes[index + 1] == brace, let found = escape(bytes, at: index) else {
                index += 1
                continue
            }
            text += bytes[kept..<index]
            text += bytes[found.text]
            hasFound = true
            index = found.end
            kept = index
        }
        guard hasFound else { return nil }
        text += bytes[kept...]
        return text
    }

    /// `{{ "{{" }}`, `{{ \"}}\" }}`, and between backticks any text; `{{-` and `-}}` too.
    private static func escape(_ bytes: [UInt8], at start: Int) -> (text: Range<Int>, end: Int)? {
        var index = skipped(bytes, start + 2)
        func takes(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard index + count <= bytes.count else { return false }
            for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
            index += count
            return true
        }
        let first: Int
        let last: Int
        if takes("`") {
            first = index
            guard let end = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "\n") }),
                bytes[end] == UInt8(ascii: "`")
            else { return nil }
            last = end
            index = end + 1
        } else {
            let isEscaped = takes("\\\"")
            guard isEscaped || takes("\"") else { return nil }
            first = index
            guard takes("{{") || takes("}}") else { return nil }
            last = index
            guard isEscaped ? takes("\\\"") : takes("\"") else { return nil }
        }
        index = skipped(bytes, index)
        return takes("}}") ? (first..<last, index) : nil
    }

    /// Past spaces and the dash that trims them.
    private static func skipped(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "-") { index += 1 }
        return index
    }
}

// Text of others, as it may stand in one line of a terminal or a log.
// Used wherever a peer's words, a file's or a user's are shown: no control character of theirs arrives.

/// `text` with its control characters written as escapes: `\n`, `\t`, `\u{1b}`; cut after `charactersMax` with `…`.
///
/// Escaped are C0, DEL and C1, line and paragraph separators, and what turns the direction of writing.
package func printable(_ text: some StringProtocol, charactersMax: Int = 2000) -> String {
    if text.utf8.count <= charactersMax, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return String(text) }
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < charactersMax else { return shown + "…" }
        count += 1
        switch scalar.value {
        case 0x0a: shown += #"\n"#
        case 0x0d: shown += #"\r"#
        case 0x09: shown += #"\t"#
        case 0..<0x20, 0x7f...0x9f, 0x061c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
            shown += #"\u{"# + String(scalar.value, radix: 16) + "}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown
}

// Text for the clipboard, as terminals take it: OSC 52, wrapped where a multiplexer stands between.
// Written by CursesTerminal; what is copied is decided by the application.

public enum Clipboard {
    /// Bytes of text that are copied at most: its base64 is within what terminals take at one time.
    public static let bytesMax = 48 << 10

    /// The text without what could do something to a terminal or a shell it is pasted into: line ends and tabs stay.
    public static func cleaned(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    $0 == "\n" || $0 == "\t" || !TextWidth.isControl($0)
                }))
    }

    /// As much of the text as is copied: whole lines where there are several.
    public static func clipped(_ text: String) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var used = 0
        var end = text.startIndex
        var lineEnd: String.Index?
        for index in text.indices {
            used += text[index].utf8.count
            guard used <= bytesMax else { break }
            end = text.index(after: index)
            if text[index].isNewline { lineEnd = index }
        }
        return String(text[..<(lineEnd ?? end)])
    }

    /// What a multiplexer between the program and the terminal makes of escape sequences.
    public enum Wrapping: Hashable, Sendable {
        case none
        /// Takes the sequence itself (`set-clipboard on`), or hands through what is wrapped (`allow-passthrough on`).
        case tmux
        /// Hands through what is wrapped, in short pieces.
        case screen

        public init(environment: (String) -> String?) {
            if environment("TMUX")?.isEmpty == false {
                self = .tmux
            } else if environment("STY")?.isEmpty == false {
                self = .screen
            } else {
                self = .none
            }
        }
    }

    private static let screenPieceBytes = 76

    /// The bytes that make the terminal copy.
    public static func sequence(_ text: String, _ wrapping: Wrapping = .none) -> [UInt8] {
        let osc = Array("\u{1b}]52;c;".utf8) + base64(Array(clipped(cleaned(text)).utf8)) + [0x07]
        switch wrapping {
        case .none: return osc
        case .tmux:
            // Within its wrapping every ESC is doubled.
            let doubled = osc.flatMap { $0 == 0x1b ? [0x1b, 0x1b] : [$0] }
            return osc + Array("\u{1b}Ptmux;".utf8) + doubled + Array("\u{1b}\\".utf8)
        case .screen:
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: osc.count, by: screenPieceBytes) {
                bytes += Array("\u{1b}P".utf8) + osc[start..<min(start + screenPieceBytes, osc.count)]
                bytes += Array("\u{1b}\\".utf8)
            }
            return bytes
        }
    }

    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(0)
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for place in 0..<4 {
                text.append(place <= count ? letters[Int(group >> UInt32(18 - 6 * place) & 63)] : 0x3d)
            }
        }
        return text
    }
}

// Text in double quotes as Go's strconv.Quote writes it, which is how Prometheus prints strings.
// Used by Printer.

extension String {
    /// Printable characters as they are; `\a \b \f \n \r \t \v \\ \"`; other ones as `\x..`, `\u....` or `\U........`.
    package var quotedAsGo: String {
        var text = "\""
        text.reserveCapacity(utf8.count + 2)
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x22: text += "\\\""
            case 0x5c: text += "\\\\"
            case 0x07: text += "\\a"
            case 0x08: text += "\\b"
            case 0x0c: text += "\\f"
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x09: text += "\\t"
            case 0x0b: text += "\\v"
            case 0x20...0x7e: text.unicodeScalars.append(scalar)
            case ..<0x80: text += "\\x" + Self.hex(scalar.value, digits: 2)
            default:
                if scalar.isPrintableInGo {
                    text.unicodeScalars.append(scalar)
                } else if scalar.value < 0x10000 {
                    text += "\\u" + Self.hex(scalar.value, digits: 4)
                } else {
                    text += "\\U" + Self.hex(scalar.value, digits: 8)
                }
            }
        }
        return text + "\""
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: Swift.max(0, digits - text.utf8.count)) + text
    }
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation and symbols; of the blanks only U+0020. Source: Go, strconv.IsPrint.
    fileprivate var isPrintableInGo: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }
}

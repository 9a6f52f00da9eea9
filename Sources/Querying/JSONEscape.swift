// The escape sequences of JSON's strings.
// Read by JSONCursor in answers and by Dashboards' JSONReader in files; each says in its own words where one is wrong.

package enum JSONEscape {
    package enum Failure: Error, Hashable, Sendable {
        /// The byte at `index` follows a backslash in no JSON, or the text ends there.
        case unknown
        /// Four hexadecimal digits are missing at `index`.
        case digits
    }

    /// Appends what the sequence stands for whose backslash is just before `index`, and moves `index` behind it.
    ///
    /// Half of a surrogate pair becomes the replacement character, as browsers show it.
    package static func read(
        _ bytes: [UInt8], _ index: inout Int, into text: inout [UInt8]
    ) throws(Failure) {
        guard index < bytes.count else { throw .unknown }
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            index += 1
            let code = try scalar(bytes, &index)
            text.append(contentsOf: String(Unicode.Scalar(code).map(Character.init) ?? "\u{fffd}").utf8)
            return
        default: throw .unknown
        }
        index += 1
    }

    /// Four digits, and four more behind another `\u` when both are the halves of one scalar.
    private static func scalar(_ bytes: [UInt8], _ index: inout Int) throws(Failure) -> UInt32 {
        let code = try hexadecimal(bytes, &index)
        guard code & 0xfc00 == 0xd800, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return code }
        let afterFirst = index
        index += 2
        let low = try hexadecimal(bytes, &index)
        guard low & 0xfc00 == 0xdc00 else {
            index = afterFirst
            return code
        }
        return 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff)
    }

    private static func hexadecimal(_ bytes: [UInt8], _ index: inout Int) throws(Failure) -> UInt32 {
        guard index + 4 <= bytes.count else { throw .digits }
        var code: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            switch byte {
            case 0x30...0x39: code = code << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: code = code << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: code = code << 4 | UInt32(byte - 0x61 + 10)
            default: throw .digits
            }
        }
        index += 4
        return code
    }
}

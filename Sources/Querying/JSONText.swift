// JSON written straight into bytes: what the API answers and `-o json` prints, without a tree in between.

import MetricModel

package enum JSONText {
    /// A string in quotes; control characters, quotes and backslashes escaped.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += [0x5c, 0x22]
            case UInt8(ascii: "\\"): bytes += [0x5c, 0x5c]
            case 0x0a: bytes += [0x5c, 0x6e]
            case 0x0d: bytes += [0x5c, 0x72]
            case 0x09: bytes += [0x5c, 0x74]
            case 0..<0x20:
                bytes += Array("\\u00".utf8)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

    /// Elements between `open` and `close`, separated by commas.
    package static func list<Elements: Sequence>(
        _ elements: Elements, open: String = "[", close: String = "]", to bytes: inout [UInt8],
        _ element: (Elements.Element, inout [UInt8]) -> Void
    ) {
        bytes += open.utf8
        var isFirst = true
        for value in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            element(value, &bytes)
        }
        bytes += close.utf8
    }

    package static func append(_ labels: LabelSet, to bytes: inout [UInt8]) {
        list(labels.labels, open: "{", close: "}", to: &bytes) { label, bytes in
            append(label.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(label.value, to: &bytes)
        }
    }

    package static func strings(_ texts: some Sequence<String>, to bytes: inout [UInt8]) {
        list(texts, to: &bytes) { text, bytes in append(text, to: &bytes) }
    }
}

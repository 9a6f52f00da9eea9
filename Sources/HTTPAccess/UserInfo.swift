// Names and passwords written into an address: `http://name:password@host:9100`.
// Client sends them as basic authentication; labels, errors and status answers show the address without them.

import MetricModel

/// An address in two parts. The user information ends at the last `@` before the path.
package struct AddressParts: Hashable, Sendable {
    /// Percent-decoded; nil when the address names nobody.
    package var authentication: Authentication?
    /// The address without user information. Where a password has a slash that nobody escaped, `<secret>` stands in its
    /// place, and nothing can be asked there.
    package var address: String

    /// A URL, or `host:port` with or without a path.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        let slash = UInt8(ascii: "/")
        var start = 0
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: Array("://".utf8)) {
            start = colon + 3
        }
        let authority = bytes[start...].prefix { $0 != slash && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
            address = text
            if let at = bytes[authority.endIndex...].lastIndex(of: UInt8(ascii: "@")),
                (try? HostAndPort(String(decoding: authority, as: UTF8.self))) == nil
            {
                address = String(decoding: bytes[..<start] + Array("<secret>".utf8) + bytes[at...], as: UTF8.self)
            }
            return
        }
        let parts = authority[..<at].split(
            separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        authentication = .basic(
            name: parts.first.map(percentDecoded) ?? "", password: parts.dropFirst().first.map(percentDecoded) ?? "")
        address = String(decoding: bytes[..<start] + bytes[(at + 1)...], as: UTF8.self)
    }
}

/// `%41` is `A`; what is no valid escape stands as it is.
func percentDecoded(_ bytes: ArraySlice<UInt8>) -> String {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
        // Digits one by one: a number may have a sign, an escape has none.
        let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        if byte == UInt8(ascii: "%"), digits.count == 2 {
            decoded.append(UInt8(digits[0] << 4 | digits[1]))
            rest = rest.dropFirst(2)
        } else {
            decoded.append(byte)
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}

// Host and port of an address, refused in words when no connection could be made to them.
// Read by HTTPAccess before each request, and by FerulaConfiguration for addresses of proxies.

/// `host`, `host:9100`, `[::1]:9100`.
package struct HostAndPort: Hashable, Sendable {
    /// What a name in DNS may have. A longer one has no place in a request to a SOCKS proxy.
    package static let hostBytesMax = 253

    /// Without brackets.
    package var host: String
    /// 1 to 65535; nil: not written.
    package var port: Int?

    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    package init(_ text: some StringProtocol) throws(Refusal) {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        let isBracketed = rest.first == UInt8(ascii: "[")
        if isBracketed {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
                throw Refusal(description: "`[` without `]` in the host")
            }
            let inner = rest[1..<end]
            guard Self.isAddress(inner) else { throw Refusal(description: Self.noHost(inner, bracketed: true)) }
            host = String(decoding: inner, as: UTF8.self)
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            guard Self.isName(name) else { throw Refusal(description: Self.noHost(name, bracketed: false)) }
            host = String(decoding: name, as: UTF8.self)
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.popFirst() else { return }
        // What is no number may be the rest of a password: it is not repeated.
        guard colon == UInt8(ascii: ":"), rest.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Refusal(description: "the port is no number")
        }
        guard !rest.isEmpty else { return }
        let digits = String(decoding: rest.prefix(12), as: UTF8.self)
        guard let number = Int(digits), (1...65_535).contains(number) else {
            throw Refusal(description: "the port \(digits) is not between 1 and 65535")
        }
        port = number
    }

    private static func noHost(_ bytes: ArraySlice<UInt8>, bracketed: Bool) -> String {
        if bytes.isEmpty { return "the host is missing" }
        if bytes.count > hostBytesMax { return "the host is longer than \(hostBytesMax) bytes" }
        let text = printable(String(decoding: bytes, as: UTF8.self))
        return bracketed ? "`[\(text)]` is no address" : "`\(text)` is no host"
    }

    /// Letters, digits and `-._~`: what the names of machines have, and no character that means something in a URL.
    package static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= hostBytesMax
            && bytes.allSatisfy { byte in isAlphanumeric(byte) || "-._~".utf8.contains(byte) }
    }

    /// An IPv6 address, with the zone that may stand behind `%`.
    private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= hostBytesMax else { return false }
        let address = bytes.prefix { $0 != UInt8(ascii: "%") }
        let zone = bytes[address.endIndex...].dropFirst()
        let isHex = address.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || ":.".utf8.contains(byte)
        }
        return isHex && address.contains(UInt8(ascii: ":")) && (address.count == bytes.count || isName(zone))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }
}

// Where a request goes, read from its URL and checked: what lies behind it traps on what is not.
// Every request passes here, and every hop of a redirect; Client writes the URL for async-http-client from it.

import MetricModel

struct Destination: Hashable, Sendable {
    enum Scheme: String, Sendable {
        case http, https
        case httpSocket = "http+unix"
        case httpsSocket = "https+unix"

        var isSocket: Bool { self == .httpSocket || self == .httpsSocket }
        var isTLS: Bool { self == .https || self == .httpsSocket }
    }

    struct Refusal: Error, Hashable, Sendable { var reason: String }

    var scheme: Scheme
    /// Without brackets; of a socket its path, percent-encoded.
    var host: String
    /// Nil: the scheme's own.
    var port: Int?
    /// Path and query, from the first slash on; all that may not stand in a URL is percent-encoded.
    var target: String

    /// `url` is absolute and without user information; a fragment in it does not count.
    init(_ url: String) throws(Refusal) {
        guard let (name, rest) = Self.scheme(of: url) else { throw Refusal(reason: "not a URL") }
        guard let scheme = Scheme(rawValue: name) else {
            throw Refusal(reason: "scheme is neither http nor https")
        }
        self.scheme = scheme
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        let behind = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Refusal(reason: "in a name or password `/`, `?`, `#` and `@` are written %2F, %3F, %23 and %40")
        }
        target = (behind.first == UInt8(ascii: "/") ? "" : "/") + Self.encoded(behind)
        let text = String(decoding: authority, as: UTF8.self)
        if scheme.isSocket {
            try Self.check(socket: text)
            host = text
            return
        }
        do throws(HostAndPort.Refusal) {
            let place = try HostAndPort(text)
            host = place.host
            port = place.port
        } catch {
            throw Refusal(reason: error.description)
        }
    }

    /// The scheme in small letters, and what follows `://`; nil: this is no absolute URL.
    private static func scheme(of url: String) -> (String, ArraySlice<UInt8>)? {
        let bytes = Array(url.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        return (String(decoding: bytes[..<colon], as: UTF8.self).lowercased(), bytes[(colon + 3)...])
    }

    /// What an address of a socket has room for, on Linux; the zero at its end not counted.
    static let socketPathBytesMax = 107

    private static func check(socket text: String) throws(Refusal) {
        let path = percentDecoded(Array(text.utf8)[...])
        let isEncoded = text.utf8.allSatisfy { $0 == UInt8(ascii: "%") || HostAndPort.isName([$0]) }
        guard isEncoded, !path.isEmpty, !path.utf8.contains(0) else {
            throw Refusal(reason: "the path of the socket is missing or malformed")
        }
        guard path.utf8.count <= socketPathBytesMax else {
            throw Refusal(reason: "the path of the socket is longer than \(socketPathBytesMax) bytes")
        }
    }

    /// Bytes that no URL has, and a `%` that begins no escape, are escaped.
    private static func encoded(_ bytes: ArraySlice<UInt8>) -> String {
        let isPlain = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"<>\\^`{|}%".utf8.contains($0) }
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        let hex = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for (index, byte) in zip(bytes.indices, bytes) {
            let isEscape =
                byte == UInt8(ascii: "%") && bytes[(index + 1)...].prefix(2).count == 2
                && bytes[(index + 1)...].prefix(2).allSatisfy { hex.contains($0 & 0xdf) || hex.contains($0) }
            if isEscape || (byte > 0x20 && byte < 0x7f && !"\"<>\\^`{|}%".utf8.contains(byte)) {
                encoded.append(byte)
            } else {
                encoded += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    // MARK: Parts

    /// `host:9100`, `[::1]:9100`: as the Host header names it.
    var authority: String {
        (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }
    var origin: String { "\(scheme.rawValue)://\(scheme.isSocket ? host : authority)" }
    var url: String { origin + target }
    var portOrDefault: Int { port ?? (scheme.isTLS ? 443 : 80) }
    /// Without the query.
    var path: Substring { target.prefix { $0 != "?" } }

    /// Whether what is secret for `self` may be told there too: it is the same server, or the same with TLS added at the
    /// same port or at its own (80 to 443). Another port may belong to somebody else. Go's client looks at the name of
    /// the host alone.
    func isTrustedWithSecrets(_ other: Destination) -> Bool {
        guard host.lowercased() == other.host.lowercased(), scheme.isSocket == other.scheme.isSocket else {
            return false
        }
        guard portOrDefault != other.portOrDefault else { return scheme == other.scheme || other.scheme.isTLS }
        return !scheme.isTLS && other.scheme.isTLS && portOrDefault == 80 && other.portOrDefault == 443
    }
}

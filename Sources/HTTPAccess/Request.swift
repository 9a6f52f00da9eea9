// What an HTTP request asks for, and what came back.
// Built by Scraping and by RemoteBackend; only Client turns it into packets.

import MetricModel

/// Name and password or token. Never printed: `description` hides the secret.
package enum Authentication: Hashable, Sendable, CustomStringConvertible {
    case basic(name: String, password: String)
    /// `type` is the scheme's name, `Bearer` for most.
    case credentials(type: String, String)

    package var description: String {
        switch self {
        case .basic(let name, _): "basic \(name):<secret>"
        case .credentials(let type, _): "\(type) <secret>"
        }
    }

    /// The value of the Authorization header.
    var headerValue: String {
        switch self {
        case .basic(let name, let password): "Basic " + base64("\(name):\(password)")
        case .credentials(let type, let secret): "\(type) \(secret)"
        }
    }
}

/// Files are PEM. Empty means the system's trust and no client certificate.
package struct TLSOptions: Hashable, Sendable {
    package var authorityFile: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var skipsVerification = false
    /// PEM as text, in place of the files.
    package var authorityText: String?
    package var certificateText: String?
    package var keyText: String?
    /// Nil: what the library thinks safe today.
    package var minVersion: Version?
    package var maxVersion: Version?
    /// The name that is asked for and that the certificate must have; nil: the host of the URL.
    package var serverName: String?

    package enum Version: Hashable, Sendable { case tls10, tls11, tls12, tls13 }

    package init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        skipsVerification: Bool = false
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.skipsVerification = skipsVerification
    }
}

package struct Request: Hashable, Sendable {
    package static let bodyBytesMaxDefault = 64 << 20

    package var url: String
    /// Sent as they are, after `User-Agent` and what authentication adds.
    package var headers: [Header] = []
    /// Nil: GET. Otherwise POST with these fields as `application/x-www-form-urlencoded`.
    package var form: [Header]?
    package var authentication: Authentication?
    package var tls: TLSOptions?
    /// Nil: every host is asked directly.
    package var proxies: ProxyRule?
    /// What they say of this URL; set when the request is made ready.
    var proxy: Proxy?
    /// Covers connecting, the head and the whole body.
    package var timeout: Duration = .seconds(10)
    /// Of the body after decompression; checked while the body arrives.
    package var bodyBytesMax = Request.bodyBytesMaxDefault
    package var acceptsGzip = true
    package var followsRedirects = true
    /// A form stays a form where a browser would ask again without it: at 301 and 302.
    package var keepsForm = false
    /// False: any status but 2xx is a failure and its body is not read.
    package var acceptsAnyStatus = false

    package init(url: String) { self.url = url }

    /// A name and password in the URL become the authentication unless there is one, and leave the URL: errors show it.
    var withoutUserInformation: Request {
        let parts = AddressParts(url)
        guard parts.address != url else { return self }
        var request = self
        request.url = parts.address
        request.authentication = authentication ?? parts.authentication
        return request
    }
}

package struct Header: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The head of an answer; its body is in the buffer that the caller lent.
package struct Answer: Hashable, Sendable {
    package var status: Int
    package var reason: String
    package var headers: [Header]
    /// After redirects.
    package var url: String

    /// Value of the first header of that name, in any case; nil when absent.
    package subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
    package var contentType: String { self[header: "content-type"] ?? "" }
}

/// Why there is no answer: the URL and one line.
package struct AccessFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case badURL, unknownHost, refused, unreachable, timeout, cancelled, tls, protocolError, redirects
        case status(Int)
        case bodyTooLarge
        case other
    }
    package var url: String
    package var kind: Kind
    package var reason: String

    /// A server's own words may be among these: no control character of theirs gets further.
    package init(url: String, kind: Kind, reason: String) {
        self.url = printable(url)
        self.kind = kind
        self.reason = printable(reason)
    }
    package var description: String { "\(url): \(reason)" }
}

/// `10 s`, `1.5 s`, `250 ms`.
package func describe(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard rest != 0 else { return "\(whole) s" }
    var digits = String(rest)
    while digits.utf8.count < 3 { digits = "0" + digits }
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits) s"
}

/// `64 MiB`, `10 KiB`, `1000 bytes`: the largest binary unit that divides the count.
package func describe(bytes: Int) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    where bytes >= unit && bytes % unit == 0 {
        return "\(bytes / unit) \(name)"
    }
    return "\(bytes) bytes"
}

private func base64(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = Array(text.utf8)
    var encoded: [UInt8] = []
    encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits: UInt32 = 0
        for offset in 0..<3 { bits = bits << 8 | UInt32(offset < group.count ? group[start + offset] : 0) }
        for position in 0..<4 {
            let isPadding = position > group.count
            encoded.append(isPadding ? 0x3d : alphabet[Int(bits >> UInt32(18 - 6 * position)) & 63])
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// `a=1&b=%20`: everything but letters, digits and `-._~` is percent-encoded.
package func formEncoded(_ fields: [Header]) -> String {
    fields.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
}

package func percentEncoded(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
        let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
        let isPlain = isLetter || (byte >= 0x30 && byte <= 0x39) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
        if isPlain {
            encoded.append(byte)
        } else {
            encoded += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

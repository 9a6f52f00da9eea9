// Requests and answers of the HTTP server, free of any package's types.
// Made by Server from the socket, read by PrometheusAPI's and ExporterKit's routes.

/// Names and values in the order in which they were sent; a name may repeat (`match[]`).
package struct Parameters: Hashable, Sendable {
    package private(set) var fields: [(name: String, value: String)]

    package init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    /// Reads `a=1&b=%20+`. A field without `=` has the empty value; what is no valid escape stands as it is.
    package init(formEncoded text: some StringProtocol) {
        fields = text.utf8.split(separator: UInt8(ascii: "&")).map { field in
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (
                percentDecoded(parts[0], plusIsSpace: true),
                parts.count > 1 ? percentDecoded(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    /// Value of the first field of that name, nil when absent.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Values of all fields of that name, in order.
    package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    package static func + (left: Parameters, right: Parameters) -> Parameters { Parameters(left.fields + right.fields) }

    package static func == (left: Parameters, right: Parameters) -> Bool {
        left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
    package func hash(into hasher: inout Hasher) {
        for field in fields {
            hasher.combine(field.name)
            hasher.combine(field.value)
        }
    }
}

/// `%41` and, in queries and forms, `+`. Invalid UTF-8 is repaired.
func percentDecoded(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String {
    var decoded: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "+"), plusIsSpace {
            decoded.append(UInt8(ascii: " "))
        } else if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hexDigit),
            let low = rest.dropFirst().first.flatMap(hexDigit)
        {
            decoded.append(high << 4 | low)
            rest = rest.dropFirst(2)
        } else {
            decoded.append(byte)
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

package struct Request: Sendable {
    package var method: String
    /// Decoded, without the query.
    package var path: String
    /// Fields of the query.
    package var query: Parameters
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// What the route's `:name` parts stood for.
    package var pathParameters: [String: String] = [:]

    /// Value of the first header of that name, in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Fields of a form body, then those of the query: of one name the body's come first, as Go's FormValue has it.
    package var parameters: Parameters {
        let type = header("content-type") ?? ""
        guard !body.isEmpty, type.lowercased().hasPrefix("application/x-www-form-urlencoded") else { return query }
        return Parameters(formEncoded: String(decoding: body, as: UTF8.self)) + query
    }
}

/// Takes the pieces of a streamed body. `write` waits while the client reads slowly and throws when it is gone.
package protocol BodyWriter {
    mutating func write(_ bytes: [UInt8]) async throws
}

package struct Response: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Pieces written one after the other; the connection is cut when the closure throws.
        case stream(@Sendable (inout any BodyWriter) async throws -> Void)
    }
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(status: Int = 200, contentType: String, body: Body) {
        self.status = status
        headers = [("Content-Type", contentType)]
        self.body = body
    }
    package static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
    }
    package static func html(_ text: String) -> Response {
        Response(contentType: "text/html; charset=utf-8", body: .bytes(Array(text.utf8)))
    }
    package static func redirect(to path: String) -> Response {
        var response = Response(status: 302, contentType: "text/plain; charset=utf-8", body: .bytes([]))
        response.headers.append(("Location", path))
        return response
    }
}

/// One path and what answers there. A path's parts are literal or `:name`, which stands for one part; a last part `*`
/// stands for any number of them.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request) async throws -> Response
    package let methods: [String]
    package let path: String
    let parts: [Substring]
    package let handler: Handler
    /// Asked before the body is read, with a request that has none: an answer refuses it.
    package private(set) var refusal: @Sendable (Request) -> Response? = { _ in nil }

    /// Answers GET and HEAD.
    package init(_ path: String, _ handler: @escaping Handler) { self.init(["GET"], path, handler) }

    package init(_ methods: [String], _ path: String, _ handler: @escaping Handler) {
        self.methods = methods
        self.path = path
        parts = path.split(separator: "/", omittingEmptySubsequences: true)
        self.handler = handler
    }

    package func refusing(_ refusal: @escaping @Sendable (Request) -> Response?) -> Route {
        var route = self
        route.refusal = refusal
        return route
    }

    /// Nil when the path is another one.
    func match(_ candidate: [String]) -> [String: String]? {
        let isOpen = parts.last == "*"
        guard isOpen ? candidate.count >= parts.count - 1 : candidate.count == parts.count else { return nil }
        var found: [String: String] = [:]
        for (part, text) in zip(isOpen ? parts.dropLast() : parts[...], candidate) {
            if part.hasPrefix(":") {
                found[String(part.dropFirst())] = text
            } else if part != text {
                return nil
            }
        }
        return found
    }
}

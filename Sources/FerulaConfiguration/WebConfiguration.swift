// The web configuration file in Prometheus' form: TLS, response headers and users of the HTTP server.
// Read here, used by FerulaServer for HTTPService; the position of every mistake is kept until it is reported.

import MetricModel
import Yams

/// Source: Prometheus exporter-toolkit, web-configuration.
package struct WebConfiguration: Hashable, Sendable {
    /// By the file's names.
    package enum ClientAuthentication: String, Hashable, Sendable, CaseIterable {
        case none = "NoClientCert"
        case request = "RequestClientCert"
        case requireAny = "RequireAnyClientCert"
        case verifyIfGiven = "VerifyClientCertIfGiven"
        case requireAndVerify = "RequireAndVerifyClientCert"
    }
    package enum TLSVersion: String, Hashable, Sendable, CaseIterable {
        case tls10 = "TLS10"
        case tls11 = "TLS11"
        case tls12 = "TLS12"
        case tls13 = "TLS13"
    }
    package struct TLS: Hashable, Sendable {
        package var certificate: PEMSource
        package var key: PEMSource
        package var clientAuthority: PEMSource?
        package var clientAuthentication = ClientAuthentication.none
        package var minVersion = TLSVersion.tls12
        package var maxVersion = TLSVersion.tls13
    }
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// Nil: plain HTTP.
    package var tls: TLS?
    /// Added to every answer.
    package var headers: [Header] = []
    /// Names and the bcrypt hashes of their passwords; empty: everybody may ask.
    package var users: [String: String] = [:]
    /// Parts of the file that are not used here, one line each.
    package var warnings: [String] = []
    /// The text says nothing at all: an empty file, or one in the middle of being written.
    package var isBlank = false

    package init() {}

    /// Reads a file; relative paths in it are taken from its folder.
    package init(file path: String) throws(ConfigurationFailure) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try self.init(parsing: try Configuration.text(of: path), file: path, directory: folder)
    }

    package init(parsing text: String, file: String, directory: String = "") throws(ConfigurationFailure) {
        isBlank = text.allSatisfy(\.isWhitespace)
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else { return }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return }
        var fields = try YAMLFields(root, section: "the file", in: document)
        let reader = WebReader(document: document, directory: directory)
        if let section = try fields.mapping("tls_server_config") { tls = try reader.tls(section, &warnings) }
        if let section = try fields.mapping("http_server_config") { headers = try reader.headers(section, &warnings) }
        if let section = try fields.mapping("basic_auth_users") { users = try reader.users(section) }
        for unused in fields.skip(["rate_limit"]) {
            warnings.append("\(document.place(unused.mark)): `\(unused.name)` is not used by ferula")
        }
        try fields.finish()
    }
}

private struct WebReader {
    let document: YAMLDocument
    let directory: String

    func tls(_ section: YAMLFields, _ warnings: inout [String]) throws(ConfigurationFailure) -> WebConfiguration.TLS {
        var fields = section
        let certificate = try source(&fields, "cert")
        let key = try source(&fields, "key")
        let authority = try source(&fields, "client_ca")
        let type = try fields.text("client_auth_type")
        let minVersion = try fields.tlsVersion("min_version")
        let maxVersion = try fields.tlsVersion("max_version")
        if (minVersion ?? .tls12).rawValue > (maxVersion ?? .tls13).rawValue {
            throw document.failure(
                at: section.mark,
                "tls_server_config: min_version (\((minVersion ?? .tls12).rawValue)) is above max_version (\((maxVersion ?? .tls13).rawValue))"
            )
        }
        // Who relies on this list must not find it ignored.
        if let names = fields.skip(["client_allowed_sans"]).first {
            throw document.failure(at: names.mark, "tls_server_config: `client_allowed_sans` is not supported")
        }
        for unused in fields.skip(["cipher_suites", "curve_preferences", "prefer_server_cipher_suites"]) {
            warnings.append(
                "\(document.place(unused.mark)): `\(unused.name)` in tls_server_config is not used by ferula")
        }
        try fields.finish()
        guard let certificate else {
            throw document.failure(at: section.mark, "tls_server_config: cert or cert_file is wanted")
        }
        guard let key else {
            throw document.failure(at: section.mark, "tls_server_config: key or key_file is wanted")
        }
        var tls = WebConfiguration.TLS(certificate: certificate, key: key, clientAuthority: authority)
        tls.minVersion = minVersion ?? .tls12
        tls.maxVersion = maxVersion ?? .tls13
        tls.clientAuthentication = try clientAuthentication(type)
        if authority != nil, tls.clientAuthentication == .none {
            throw document.failure(
                at: section.mark, "tls_server_config: a client CA without a client_auth_type that asks for certificates"
            )
        }
        let verifies = [.verifyIfGiven, .requireAndVerify].contains(tls.clientAuthentication)
        if verifies, authority == nil, let type {
            throw document.failure(at: type.mark, "client_auth_type: `\(type.value)` needs client_ca_file")
        }
        return tls
    }

    private func clientAuthentication(
        _ type: Located<String>?
    ) throws(ConfigurationFailure) -> WebConfiguration.ClientAuthentication {
        guard let type, !type.value.isEmpty else { return .none }
        // The older name of one of them.
        if type.value == "RequireClientCert" { return .requireAny }
        if let known = WebConfiguration.ClientAuthentication(rawValue: type.value) { return known }
        let near = nearestName(to: type.value, among: WebConfiguration.ClientAuthentication.allCases.map(\.rawValue))
        throw document.failure(
            at: type.mark, "client_auth_type: `\(type.value)` is none", hint: near.map { "did you mean `\($0)`?" })
    }

    private func source(
        _ fields: inout YAMLFields, _ name: String
    ) throws(ConfigurationFailure) -> PEMSource? {
        let text = try fields.text(name)
        let file = try fields.text("\(name)_file")
        if text != nil, let file {
            throw document.failure(at: file.mark, "\(name) and \(name)_file exclude each other")
        }
        if let file {
            let path = file.value
            return .file(path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)")
        }
        return text.map { .text($0.value) }
    }

    /// Source: exporter-toolkit, the headers that may be configured.
    private static let headerNames = [
        "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection",
        "Content-Security-Policy",
    ]

    func headers(
        _ section: YAMLFields, _ warnings: inout [String]
    ) throws(ConfigurationFailure) -> [WebConfiguration.Header] {
        var fields = section
        for unused in fields.skip(["http2"]) {
            warnings.append("\(document.place(unused.mark)): `http2` is not used by ferula")
        }
        var headers: [WebConfiguration.Header] = []
        if var names = try fields.mapping("headers") {
            for (name, mark, _) in names.names {
                guard let text = try names.text(name) else { continue }
                guard Self.headerNames.contains(where: { $0.lowercased() == name.lowercased() }) else {
                    throw document.failure(
                        at: mark, "headers: `\(name)` cannot be configured",
                        hint: nearestName(to: name, among: Self.headerNames).map { "did you mean `\($0)`?" })
                }
                guard !text.value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
                    throw document.failure(at: text.mark, "headers: the value of `\(name)` has a control character")
                }
                headers.append(WebConfiguration.Header(name: name, value: text.value))
            }
        }
        try fields.finish()
        return headers
    }

    func users(_ section: YAMLFields) throws(ConfigurationFailure) -> [String: String] {
        var fields = section
        var users: [String: String] = [:]
        for (name, mark, _) in section.names {
            guard let hash = try fields.text(name), Self.isBcrypt(hash.value) else {
                throw document.failure(
                    at: mark, "basic_auth_users: the password of `\(name)` is no bcrypt hash",
                    hint: "made by `htpasswd -nBC 10 \"\"`")
            }
            users[name] = hash.value
        }
        return users
    }

    /// `$2b$10$` and 53 letters: salt and digest.
    private static func isBcrypt(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(where: text.hasPrefix), bytes[6] == 0x24,
            let cost = Int(text.dropFirst(4).prefix(2)), (4...31).contains(cost)
        else { return false }
        return bytes[7...].allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x2e || byte == 0x2f
        }
    }
}

extension YAMLFields {
    mutating func tlsVersion(_ name: String) throws(ConfigurationFailure) -> WebConfiguration.TLSVersion? {
        guard let text = try text(name) else { return nil }
        guard let version = WebConfiguration.TLSVersion(rawValue: text.value) else {
            throw document.failure(
                at: text.mark, "\(name): `\(text.value)` is no TLS version", hint: "TLS10, TLS11, TLS12 or TLS13")
        }
        return version
    }
}

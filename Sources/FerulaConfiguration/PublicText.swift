// A configuration's text without its secrets, for /api/v1/status/config.
// Made when the file is read; everything but the secrets stays, comments do not.

import Yams

enum PublicText {
    static let secret = "<secret>"

    /// Fields whose value is a secret, in every section. Source: fields of type Secret in Prometheus' configuration.
    private static let secretFields: Set<String> = [
        "password", "credentials", "bearer_token", "client_secret", "secret_key", "secret", "token", "api_key",
        "application_credential_secret", "proxy_connect_header", "key", "service_key", "routing_key", "refresh_token",
        "basic_auth_users", "account_key",
    ]

    static func make(_ root: Node?) -> String {
        guard let root else { return "" }
        // What was composed from text can be written as text.
        return (try? serialize(node: masked(root))) ?? ""
    }

    private static func masked(_ node: Node) -> Node {
        switch node {
        case .mapping(let mapping):
            return .mapping(
                Node.Mapping(
                    mapping.map { key, value in
                        let isSecret = key.string.map(secretFields.contains) ?? false
                        // Headers carry keys as often as not: Prometheus hides their `secrets` too.
                        return (key, isSecret || key.string == "secrets" ? hidden(value) : masked(value))
                    }))
        case .sequence(let sequence): return .sequence(Node.Sequence(sequence.map(masked)))
        case .scalar(let scalar):
            guard let text = withoutPassword(scalar.string) else { return node }
            var kept = scalar
            kept.string = text
            return .scalar(kept)
        case .alias: return node
        }
    }

    /// Every value below.
    private static func hidden(_ node: Node) -> Node {
        switch node {
        case .mapping(let mapping): .mapping(Node.Mapping(mapping.map { ($0, hidden($1)) }))
        case .sequence(let sequence): .sequence(Node.Sequence(sequence.map(hidden)))
        case .scalar(let scalar): scalar.string.isEmpty ? node : .scalar(Node.Scalar(secret))
        case .alias: node
        }
    }

    /// `http://user:word@host` and `user:word@host` with the word hidden; nil when there is none.
    private static func withoutPassword(_ text: String) -> String? {
        var authority = text[...]
        if let scheme = text.firstRange(of: "://") { authority = text[scheme.upperBound...] }
        authority = authority.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":"),
            !authority[..<at].contains(where: \.isWhitespace)
        else { return nil }
        return text[...colon] + secret + text[at...]
    }
}

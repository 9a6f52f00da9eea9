// A configuration's text without its secrets, for /api/v1/status/config.
// Made when the file is read; everything but the secrets stays, comments do not.

import Yams

package enum PublicText {
    package static let secret = "<secret>"

    /// Fields whose value is a secret, in every section. Source: fields of type Secret in Prometheus' configuration.
    private static let secretFields: Set<String> = [
        "password", "credentials", "bearer_token", "client_secret", "secret_key", "secret", "token", "api_key",
        "application_credential_secret", "proxy_connect_header", "key", "service_key", "routing_key", "refresh_token",
        "basic_auth_users", "account_key",
    ]
    /// Names that servers give to what a request proves itself by.
    private static let secretParameters: Set<String> = [
        "apikey", "api-key", "access_key", "access-key", "private_key", "pass", "pwd", "sig", "auth",
    ]
    /// Whatever stands before these: `id_token`, `X-Amz-Signature`.
    private static let secretWords: Set<Substring> = ["token", "password", "passwd", "secret", "signature", "jwt"]

    /// Whether the value of a parameter of a request is one, by the parameter's name or that of its label.
    package static func isSecret(parameter name: String) -> Bool {
        let name = String(name.lowercased().trimmingPrefix("__param_"))
        let word = name.split { $0 == "_" || $0 == "-" || $0 == "." }.last ?? ""
        return secretFields.contains(name) || secretParameters.contains(name) || secretWords.contains(word)
    }

    /// A URL, or a path with its query, without the values of parameters that are secrets.
    package static func withoutSecretParameters(_ text: String) -> String {
        guard let question = text.firstIndex(of: "?") else { return text }
        let fields = text[question...].dropFirst().split(separator: "&", omittingEmptySubsequences: false)
        let shown = fields.map { field -> Substring in
            guard let equals = field.firstIndex(of: "="), field.index(after: equals) < field.endIndex,
                isSecret(parameter: String(field[..<equals]))
            else { return field }
            return field[...equals] + secret
        }
        return text[...question] + shown.joined(separator: "&")
    }

    /// A section where any value may be one, also where it stands in the wrong place.
    static func isOfSecrets(_ section: String) -> Bool {
        ["basic_auth", "authorization", "http_headers", "oauth2", "tls_config", "secrets", "values"].contains(section)
            || secretFields.contains(section)
    }

    /// What stands before the last `@` may be a name and a password, wherever else the text is wrong.
    static func withoutUserInformation(_ address: String) -> String {
        address.lastIndex(of: "@").map { secret + address[$0...] } ?? address
    }

    /// A mistyped name hides its value too; it stands in sections that are not used here, and not read.
    private static func isSecret(_ field: String) -> Bool {
        secretFields.contains(field) || field == "secrets"
            || nearestName(to: field, among: secretFields.sorted()) != nil
    }

    static func make(_ root: Node?) -> String {
        guard let root else { return "" }
        // What was composed from text can be written as text.
        return (try? serialize(node: masked(root))) ?? ""
    }

    private static func masked(_ node: Node) -> Node {
        switch node {
        case .mapping(let mapping):
            let target = mapping["target_label"]?.string ?? ""
            let makesSecret = target.hasPrefix("__param_") && isSecret(parameter: target)
            return .mapping(
                Node.Mapping(
                    mapping.map { key, value in
                        let name = key.string ?? ""
                        let isHidden =
                            isSecret(name) || isSecret(parameter: name) || makesSecret && name == "replacement"
                        return (key, isHidden ? hidden(value) : masked(value))
                    }))
        case .sequence(let sequence): return .sequence(Node.Sequence(sequence.map(masked)))
        case .scalar(let scalar):
            let text = withoutSecretParameters(withoutPassword(scalar.string) ?? scalar.string)
            guard text != scalar.string else { return node }
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

    /// `http://user:word@host` and `user:word@host` with the word hidden, and what stands alone before the `@` of a URL,
    /// which is a token; nil when there is none.
    package static func withoutPassword(_ text: String) -> String? {
        var authority = text[...]
        let scheme = text.firstRange(of: "://")
        if let scheme { authority = text[scheme.upperBound...] }
        authority = authority.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if !authority.contains("@"), let colon = authority.firstIndex(of: ":"),
            authority[colon...].dropFirst().contains(where: { !$0.isNumber }), let last = text.lastIndex(of: "@")
        {
            // A slash in the password that nobody escaped.
            authority = text[authority.startIndex...last]
        }
        guard let at = authority.lastIndex(of: "@"), !authority[..<at].contains(where: \.isWhitespace) else {
            return nil
        }
        guard let colon = authority[..<at].firstIndex(of: ":") else {
            guard scheme != nil else { return nil }
            return text[..<authority.startIndex] + secret + text[at...]
        }
        return text[...colon] + secret + text[at...]
    }
}

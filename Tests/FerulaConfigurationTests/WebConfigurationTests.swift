// The web configuration file: what it means, and every refusal word for word.

import Testing

@testable import FerulaConfiguration

private let hash = "$2b$04$KkCdWnMsGqfXvBzPyR5HeOHkS4J6mBd4bv/bfWgW.eGQOFiP1VAGe"

@Suite("web configuration")
struct WebConfigurationTests {
    @Test("a whole file")
    func whole() throws {
        let web = try WebConfiguration(
            parsing: """
                tls_server_config:
                  cert_file: server.crt
                  key_file: /etc/server.key
                  client_ca_file: ca.crt
                  client_auth_type: RequireAndVerifyClientCert
                  min_version: TLS13
                  cipher_suites: [TLS_AES_128_GCM_SHA256]
                http_server_config:
                  http2: true
                  headers:
                    X-Frame-Options: deny
                basic_auth_users:
                  ann: \(hash)
                """, file: "web.yml", directory: "conf")
        var tls = WebConfiguration.TLS(
            certificate: .file("conf/server.crt"), key: .file("/etc/server.key"),
            clientAuthority: .file("conf/ca.crt"))
        tls.clientAuthentication = .requireAndVerify
        tls.minVersion = .tls13
        #expect(web.tls == tls)
        #expect(web.headers == [WebConfiguration.Header(name: "X-Frame-Options", value: "deny")])
        #expect(web.users == ["ann": hash])
        #expect(
            web.warnings == [
                "web.yml:7:3: `cipher_suites` in tls_server_config is not used by ferula",
                "web.yml:9:3: `http2` is not used by ferula",
            ])
    }

    @Test(
        "an empty file lets everybody in over plain HTTP; one without a word may be one that is being written",
        arguments: [("", true), (" \n", true), ("# nothing\n", false), ("null\n", false), ("{}", false)])
    func empty(text: String, isBlank: Bool) throws {
        var expected = WebConfiguration()
        expected.isBlank = isBlank
        #expect(try WebConfiguration(parsing: text, file: "web.yml") == expected)
    }

    @Test(
        "refusals",
        arguments: [
            ("tls_server_config: {key: a}", "web.yml:1:20: tls_server_config: cert or cert_file is wanted"),
            ("tls_server_config: {cert: a}", "web.yml:1:20: tls_server_config: key or key_file is wanted"),
            (
                "tls_server_config: {cert: a, cert_file: b, key: c}",
                "web.yml:1:41: cert and cert_file exclude each other"
            ),
            (
                "tls_server_config: {cert: a, key: b, client_auth_type: RequireClientCerts}",
                "web.yml:1:56: client_auth_type: `RequireClientCerts` is none; did you mean `RequestClientCert`?"
            ),
            (
                "tls_server_config: {cert: a, key: b, client_ca: c}",
                "web.yml:1:20: tls_server_config: a client CA without a client_auth_type that asks for certificates"
            ),
            (
                "tls_server_config: {cert: a, key: b, client_auth_type: RequireAndVerifyClientCert}",
                "web.yml:1:56: client_auth_type: `RequireAndVerifyClientCert` needs client_ca_file"
            ),
            (
                "tls_server_config: {cert: a, key: b, max_version: TLS11}",
                "web.yml:1:20: tls_server_config: min_version (TLS12) is above max_version (TLS11)"
            ),
            (
                "tls_server_config: {cert: a, key: b, min_version: TLS9}",
                "web.yml:1:51: min_version: `TLS9` is no TLS version; TLS10, TLS11, TLS12 or TLS13"
            ),
            (
                "tls_server_config: {cert: a, key: b, client_allowed_sans: [c]}",
                "web.yml:1:38: tls_server_config: `client_allowed_sans` is not supported"
            ),
            (
                "http_server_config: {headers: {X-Frame-Option: deny}}",
                "web.yml:1:32: headers: `X-Frame-Option` cannot be configured; did you mean `X-Frame-Options`?"
            ),
            (
                "http_server_config: {headers: {X-Frame-Options: \"a\\nb\"}}",
                "web.yml:1:49: headers: the value of `X-Frame-Options` has a control character"
            ),
            (
                "basic_auth_users:\n  ann: fennel",
                "web.yml:2:3: basic_auth_users: the password of `ann` is no bcrypt hash; "
                    + "made by `htpasswd -nBC 10 \"\"`"
            ),
            (
                "basic_auth_user: {}",
                "web.yml:1:1: unknown field `basic_auth_user` in the file; did you mean `basic_auth_users`?"
            ),
        ])
    func refusals(text: String, message: String) {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try WebConfiguration(parsing: text, file: "web.yml")
        }
        #expect(failure?.description == message)
    }
}

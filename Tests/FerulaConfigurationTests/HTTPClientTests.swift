// promtool's --http.config.file, and the files of secrets that it and a scrape configuration name.

import Foundation
import Testing

@testable import FerulaConfiguration

private func read(_ text: String) throws -> HTTPClientConfiguration {
    try HTTPClientConfiguration(parsing: text, file: "http.yml", directory: "/etc/x")
}

@Suite("HTTP client configuration")
struct HTTPClientTests {
    @Test("authentication, TLS and headers; relative files are taken from the file's folder")
    func everything() throws {
        let read = try read(
            """
            basic_auth: {username: ada, password_file: secret}
            tls_config: {ca_file: /ca.pem, insecure_skip_verify: true}
            http_headers: {X-Scope-OrgID: {values: [team]}}
            follow_redirects: true
            proxy_url: http://ada:s@proxy:3128
            no_proxy: 10.0.0.0/8,.here
            proxy_connect_header: {X-Who: [a, b]}
            """)
        #expect(read.authentication == AuthenticationFields(userName: .value("ada"), secret: .file("/etc/x/secret")))
        #expect(read.tls?.authorityFile == "/ca.pem")
        #expect(read.tls?.skipsVerification == true)
        #expect(read.headers == [HeaderFields(name: "X-Scope-OrgID", value: .value("team"))])
        #expect(read.proxy?.url == "http://ada:s@proxy:3128")
        #expect(read.proxy?.exceptions == "10.0.0.0/8,.here")
        #expect(
            read.proxy?.headers == [
                HeaderFields(name: "X-Who", value: .value("a")), HeaderFields(name: "X-Who", value: .value("b")),
            ])
        #expect(read.warnings == [])
    }

    @Test("an empty file is one")
    func empty() throws {
        #expect(try read("") == HTTPClientConfiguration())
        #expect(
            try read("authorization: {credentials: x}").authentication
                == AuthenticationFields(type: "Bearer", secret: .value("x")))
    }

    @Test("a mistake has its place and a hint")
    func mistake() {
        do {
            _ = try read("basic_auht: {}")
            Issue.record("taken")
        } catch {
            #expect(
                "\(error)" == "http.yml:1:1: unknown field `basic_auht` in the file; did you mean `basic_auth`?")
        }
    }

    @Test("a secret of 64 KiB is read without the line feed at its end, one byte more is refused")
    func secretFile() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "ferula-secret-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let longest = String(repeating: "x", count: AuthenticationFields.Secret.fileBytesMax - 1)
        try (longest + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try AuthenticationFields.Secret.file(path).text() == longest)
        try (longest + "x\n").write(toFile: path, atomically: true, encoding: .utf8)
        do throws(ConfigurationFailure) {
            _ = try AuthenticationFields.Secret.file(path).text()
            Issue.record("taken")
        } catch {
            #expect(error.description == "\(path): larger than 64 KiB")
        }
    }
}

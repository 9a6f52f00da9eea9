// The flags that name a server: what they become, and what is refused.

import ArgumentParser
import FerulaConfiguration
import Foundation
import HTTPAccess
import PrometheusAPI
import Testing

@testable import FerulaCommand

@Suite("Server options")
struct ServerOptionsTests {
    private static let authority =
        ((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
        + "/HTTPServiceTests/Certificates/authority.crt"

    @Test("whoever names a certificate without a scheme speaks of https")
    func scheme() throws {
        #expect(
            try ServerOptions.parse(["--server", "a:1", "--tls-skip-verify"]).remoteServer { _ in }?.url
                == "https://a:1")
        #expect(
            try ServerOptions.parse(["--server", "http://a:1", "--tls-skip-verify"]).remoteServer { _ in }?.url
                == "http://a:1")
    }

    @Test("flags become a server")
    func flags() throws {
        let options = try ServerOptions.parse([
            "--server", "https://a/prefix/", "--header", "X-Scope-OrgID: team: a", "--header", "B:c", "--username",
            "ada",
            "--password-file", "/secret", "--tls-ca-file", Self.authority, "--tls-skip-verify", "--server-timeout",
            "1m30s",
        ])
        let server = try #require(try options.remoteServer { _ in })
        #expect(server.url == "https://a/prefix")
        #expect(server.headers == [Header("X-Scope-OrgID", "team: a"), Header("B", "c")])
        #expect(server.authentication == AuthenticationFields(userName: .value("ada"), secret: .file("/secret")))
        #expect(server.tls == TLSOptions(authorityFile: Self.authority, skipsVerification: true))
        #expect(server.timeout == .seconds(90))
    }

    @Test("a bearer token's file goes before a name in the address")
    func bearer() throws {
        let options = try ServerOptions.parse(["--server", "http://ada:x@a", "--bearer-token-file", "/token"])
        #expect(
            try options.remoteServer { _ in }?.authentication == AuthenticationFields(secret: .file("/token")))
    }

    @Test(
        "what does not go together is refused in words",
        arguments: [
            (["--username", "a"], "--username needs --password-file"),
            (["--password-file", "a"], "--password-file needs --username"),
            (
                ["--username", "a", "--password-file", "b", "--bearer-token-file", "c"],
                "--bearer-token-file and --username exclude each other"
            ),
            (["--tls-key-file", "a"], "--tls-cert-file and --tls-key-file go together"),
            (["--header", "a b: c"], "--header: `a b: c` is no header; wanted something like 'X-Scope-OrgID: tenant'"),
            (
                ["--header", "a: b\nc: d"],
                "--header: `a: b\nc: d` is no header; wanted something like 'X-Scope-OrgID: tenant'"
            ),
        ])
    func refusals(arguments: [String], message: String) {
        do {
            _ = try ServerOptions.parse(arguments)
            Issue.record("taken")
        } catch {
            #expect(ServerOptions.message(for: error) == message)
        }
    }
}

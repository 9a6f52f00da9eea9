// RemoteBackend over TLS with an authority of its own, client certificates, users, tokens and tenants; and what of all
// that another host gets to see. Real HTTPS over loopback; the certificates are those of Tests/HTTPServiceTests.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Querying
import Synchronization
import Testing

@testable import PrometheusAPI

private func certificate(_ name: String) -> String {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(folder)/HTTPServiceTests/Certificates/\(name)"
}

private let empty = #"{"status":"success","data":{"resultType":"vector","result":[]}}"#

/// `fennel`, cost 4.
private let fennel = "$2b$04$KkCdWnMsGqfXvBzPyR5HeOHkS4J6mBd4bv/bfWgW.eGQOFiP1VAGe"

/// A server that notes path, credentials and tenant of each request. `moved` is where `/query` leads; nil: it answers.
private final class Noting: Sendable {
    private let seen = Mutex<[String]>([])
    private let movedTo = Mutex<String?>(nil)
    var all: [String] { seen.withLock { $0 } }
    func move(to url: String) { movedTo.withLock { $0 = url } }

    var routes: [Route] {
        ["query", "moved"].map { name in
            Route(["GET", "POST"], "/api/v1/\(name)") { [self] request in
                let words = [request.path, request.header("authorization"), request.header("x-scope-orgid")]
                seen.withLock { $0.append(words.map { $0 ?? "-" }.joined(separator: " ")) }
                guard name == "query", let target = movedTo.withLock({ $0 }) else {
                    return Response(contentType: "application/json", body: .bytes(Array(empty.utf8)))
                }
                var moved = Response.redirect(to: target)
                moved.status = 307
                return moved
            }
        }
    }
}

/// Only who shows a certificate of the authority gets through.
private func verified(users: [String: String] = [:]) -> ServerSecurity {
    var security = ServerSecurity()
    security.tls = ServerSecurity.TLS(
        certificate: .file(certificate("server.crt")), key: .file(certificate("server.key")),
        clientAuthority: .file(certificate("authority.crt")))
    security.tls?.clientCertificate = .verified
    security.users = users
    return security
}

private func options(authority: Bool = true, client: String? = "client") -> TLSOptions {
    TLSOptions(
        authorityFile: authority ? certificate("authority.crt") : nil,
        certificateFile: client.map { certificate("\($0).crt") }, keyFile: client.map { certificate("\($0).key") })
}

private func server(
    _ address: ListenAddress, tls: TLSOptions?, _ authentication: AuthenticationFields? = nil
) throws -> RemoteServer {
    var server = try RemoteServer("https://\(address)")
    server.tls = tls
    server.authentication = authentication
    server.headers = [Header("X-Scope-OrgID", "team-a")]
    server.timeout = .seconds(50)
    return server
}

/// Nil when the server answered; its address is taken out of the words.
private func failure(of server: RemoteServer) async -> QueryFailure? {
    let client = Client()
    var failure: QueryFailure?
    do throws(QueryFailure) {
        _ = try await RemoteBackend(server, client: client)
            .instant(InstantRequest(query: "up", time: Timestamp(milliseconds: 1_700_000_000_000)))
    } catch {
        failure = error
        if error.message.hasPrefix(server.url) {
            failure?.message = "SERVER" + error.message.dropFirst(server.url.count)
        }
    }
    await client.shutdown()
    return failure
}

@Suite("Remote backend over TLS", .timeLimit(.minutes(1)))
struct RemoteSecurityTests {
    static let right = AuthenticationFields(userName: .value("ann"), secret: .value("fennel"))

    @Test("own authority, client certificate, token and tenant reach the server")
    func everything() async throws {
        let noting = Noting()
        try await Server(routes: noting.routes, security: { verified() }).whileRunning { address in
            let token = AuthenticationFields(secret: .value("t0ken"))
            let outcome = try await failure(of: server(address, tls: options(), token))
            #expect(outcome == nil)
        }
        #expect(noting.all == ["/api/v1/query Bearer t0ken team-a"])
    }

    @Test("a user of the server's web configuration; a wrong password is told with what to give")
    func users() async throws {
        let noting = Noting()
        try await Server(routes: noting.routes, security: { verified(users: ["ann": fennel]) }).whileRunning {
            address in
            let outcome = try await failure(of: server(address, tls: options(), Self.right))
            #expect(outcome == nil)
            let wrong = AuthenticationFields(userName: .value("ann"), secret: .value("dill"))
            let refusal = try await failure(of: server(address, tls: options(), wrong))
            #expect(
                refusal
                    == QueryFailure(
                        .unavailable, "SERVER: HTTP status 401 Unauthorized: Unauthorized",
                        hint: "the credentials are refused"))
        }
        #expect(noting.all == ["/api/v1/query Basic YW5uOmZlbm5lbA== team-a"])
    }

    static let refusals: [(authority: Bool, client: String?, QueryFailure)] = [
        (
            false, "client",
            QueryFailure(
                .unavailable,
                "SERVER: TLS: the server's certificate is not trusted: unknown authority, expired, or signed by itself",
                hint: "--tls-ca-file names the authority to trust")
        ),
        (
            true, nil,
            QueryFailure(
                .unavailable, "SERVER: TLS: the server wants a client certificate",
                hint: "--tls-cert-file and --tls-key-file name the one to show")
        ),
        (
            true, "stranger",
            QueryFailure(
                .unavailable, "SERVER: TLS: the server refuses the client certificate",
                hint: "--tls-cert-file and --tls-key-file name the one to show")
        ),
    ]

    @Test(
        "without the authority, without a certificate, with a stranger's: nothing is asked",
        arguments: refusals.indices)
    func refused(row: Int) async throws {
        let (authority, client, expected) = Self.refusals[row]
        let noting = Noting()
        try await Server(routes: noting.routes, security: { verified() }).whileRunning { address in
            let refusal = try await failure(
                of: server(address, tls: options(authority: authority, client: client), Self.right))
            #expect(refusal == expected)
        }
        #expect(noting.all == [])
    }

    @Test("https asked of a server that speaks http")
    func plain() async throws {
        try await Server(routes: Noting().routes).whileRunning { address in
            let refusal = try await failure(of: server(address, tls: nil))
            #expect(
                refusal
                    == QueryFailure(
                        .unavailable, "SERVER: TLS: the server does not speak TLS"))
        }
    }

    @Test("whom nobody's authority vouches for is taken by --tls-skip-verify alone")
    func unverified() async throws {
        let noting = Noting()
        try await Server(routes: noting.routes, security: { verified() }).whileRunning { address in
            var tls = options(authority: false)
            tls.skipsVerification = true
            let outcome = try await failure(of: server(address, tls: tls))
            #expect(outcome == nil)
        }
        #expect(noting.all == ["/api/v1/query - team-a"])
    }

    @Test("a redirect within the host keeps certificate, credentials and tenant")
    func sameHost() async throws {
        let noting = Noting()
        noting.move(to: "/api/v1/moved")
        try await Server(routes: noting.routes, security: { verified(users: ["ann": fennel]) }).whileRunning {
            address in
            let outcome = try await failure(of: server(address, tls: options(), Self.right))
            #expect(outcome == nil)
        }
        let seen = " Basic YW5uOmZlbm5lbA== team-a"
        #expect(noting.all == ["/api/v1/query" + seen, "/api/v1/moved" + seen])
    }

    @Test("another host gets neither credentials nor tenant")
    func otherHost() async throws {
        let (first, second) = (Noting(), Noting())
        try await Server(routes: second.routes).whileRunning { other in
            first.move(to: "http://\(other)/api/v1/moved")
            try await Server(routes: first.routes, security: { verified() }).whileRunning { address in
                let outcome = try await failure(of: server(address, tls: options(), Self.right))
                #expect(outcome == nil)
            }
        }
        #expect(first.all == ["/api/v1/query Basic YW5uOmZlbm5lbA== team-a"])
        #expect(second.all == ["/api/v1/moved - -"])
    }

    // Whom to trust is taken along, who asks is not: the second server of the same authority ends the connection.
    @Test("another host is not shown the client certificate")
    func otherHostOverTLS() async throws {
        let (first, second) = (Noting(), Noting())
        try await Server(routes: second.routes, security: { verified() }).whileRunning { other in
            first.move(to: "https://\(other)/api/v1/moved")
            try await Server(routes: first.routes, security: { verified() }).whileRunning { address in
                let outcome = try await failure(of: server(address, tls: options(), Self.right))
                #expect(outcome?.kind == .unavailable)
                // The second one by itself is one that would have answered.
                let direct = try await failure(of: server(other, tls: options()))
                #expect(direct == nil)
            }
        }
        #expect(first.all == ["/api/v1/query Basic YW5uOmZlbm5lbA== team-a"])
        #expect(second.all == ["/api/v1/query - team-a"])
    }
}

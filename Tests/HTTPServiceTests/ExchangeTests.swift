// A real server and a real client on a loopback port that the system chooses.

import Glibc
import Synchronization
import Testing

@testable import HTTPAccess
@testable import HTTPService

private func withClient<Value>(_ body: (Client) async throws -> Value) async throws -> Value {
    let client = Client()
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}

private func exchange(
    _ routes: [Route], limits: ServerLimits = ServerLimits(),
    _ prepare: @Sendable @escaping (inout HTTPAccess.Request) -> Void
) async throws -> (result: Result<Answer, AccessFailure>, body: String, address: ListenAddress) {
    try await Server(routes: routes, limits: limits).whileRunning { address in
        try await withClient { client in
            var request = HTTPAccess.Request(url: "http://\(address)")
            prepare(&request)
            var body: [UInt8] = []
            do throws(AccessFailure) {
                let answer = try await client.send(request, into: &body)
                return (.success(answer), String(decoding: body, as: UTF8.self), address)
            } catch {
                return (.failure(error), String(decoding: body, as: UTF8.self), address)
            }
        }
    }
}

private let large = String(repeating: "ferula_series 12345\n", count: 5000)

@Suite("HTTP client and server", .timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test("a large answer travels compressed and arrives whole")
    func gzip() async throws {
        let (result, body, _) = try await exchange([Route("/metrics") { _ in .text(large) }]) { $0.url += "/metrics" }
        let answer = try result.get()
        #expect(answer.status == 200)
        #expect(answer.contentType == "text/plain; charset=utf-8")
        #expect(answer[header: "content-encoding"] == "gzip")
        #expect(body == large)
    }

    @Test("a client that accepts no gzip gets plain bytes, and so does a small answer")
    func plain() async throws {
        let routes = [Route("/large") { _ in .text(large) }, Route("/small") { _ in .text("a") }]
        let (uncompressed, body, _) = try await exchange(routes) {
            $0.url += "/large"
            $0.acceptsGzip = false
        }
        #expect(try uncompressed.get()[header: "content-encoding"] == nil)
        #expect(body == large)
        let (small, _, _) = try await exchange(routes) { $0.url += "/small" }
        #expect(try small.get()[header: "content-encoding"] == nil)
        #expect(try small.get()[header: "x-ferula-plain"] == nil)
    }

    @Test("the body limit counts decompressed bytes: at it all is well, one past it the request fails")
    func bodyLimit() async throws {
        let routes = [Route("/") { _ in .text(large) }]
        let (atLimit, body, _) = try await exchange(routes) { $0.bodyBytesMax = 100_000 }
        #expect(try atLimit.get().status == 200)
        #expect(body.utf8.count == 100_000)
        let (past, _, address) = try await exchange(routes) { $0.bodyBytesMax = 99_999 }
        #expect(past.failureText == "http://\(address): body exceeds 99999 bytes")
        let (mebibytes, _, _) = try await exchange(routes) { $0.bodyBytesMax = 64 << 10 }
        #expect(mebibytes.failureText?.hasSuffix(": body exceeds 64 KiB") == true)
    }

    @Test("a status outside 2xx is a failure that names it")
    func status() async throws {
        let (result, _, address) = try await exchange([]) { $0.url += "/none" }
        #expect(result.failureText == "http://\(address)/none: HTTP status 404 Not Found")
        let (kept, body, _) = try await exchange([]) { $0.acceptsAnyStatus = true }
        #expect(try kept.get().status == 404)
        #expect(body == "404 page not found\n")
    }

    @Test("a server that is slow to answer, or slow within the body, times out", arguments: [false, true])
    func timeout(startsBody: Bool) async throws {
        let route = Route("/") { _ in
            Response(
                contentType: "text/plain",
                body: .stream { writer in
                    if startsBody { try await writer.write(Array("a 1\n".utf8)) }
                    try await Task.sleep(for: .seconds(20))
                })
        }
        var limits = ServerLimits()
        limits.drain = .milliseconds(100)
        let (result, _, address) = try await exchange([route], limits: limits) { $0.timeout = .milliseconds(200) }
        #expect(result.failureText == "http://\(address): timed out after 200 ms")
    }

    @Test("a port without listener is refused at once")
    func refused() async throws {
        let address = try await Server(routes: []).whileRunning { $0 }
        try await withClient { client in
            var body: [UInt8] = []
            let failure = await #expect(throws: AccessFailure.self) {
                try await client.send(HTTPAccess.Request(url: "http://\(address)/metrics"), into: &body)
            }
            #expect(failure?.description == "http://\(address)/metrics: connection refused")
            #expect(failure?.kind == .refused)
        }
    }

    @Test(
        "what is no URL is refused in words",
        arguments: [
            ("ftp://a/", "scheme is neither http nor https"), ("a:9100", "not a URL"), ("", "not a URL"),
            ("http://", "the host is missing"), ("http:///metrics", "the host is missing"),
            ("http://:9100", "the host is missing"), ("http://[]/", "the host is missing"),
            ("http://%5B%5D/", "`%5B%5D` is no host"), ("http://[::1/", "`[` without `]` in the host"),
            ("http://[fennel]/", "`[fennel]` is no address"), ("http://a\u{1b}b/", #"`a\u{1b}b` is no host"#),
            ("http://a b/", "`a b` is no host"), ("http://a\\b/", #"`a\b` is no host"#),
            ("http://a:0/", "the port 0 is not between 1 and 65535"),
            ("http://a:65536/", "the port 65536 is not between 1 and 65535"),
            ("http://a:70000", "the port 70000 is not between 1 and 65535"),
            ("http://a:99999999999999999999/", "the port 999999999999 is not between 1 and 65535"),
            ("http://a:-1/", "the port is no number"), ("http://a:+1/", "the port is no number"),
            ("http://[::1]x/", "the port is no number"),
            ("http+unix:///metrics", "the path of the socket is missing or malformed"),
            ("http+unix://%00/metrics", "the path of the socket is missing or malformed"),
        ])
    func badURL(url: String, message: String) async throws {
        try await withClient { client in
            var body: [UInt8] = []
            let failure = await #expect(throws: AccessFailure.self) {
                try await client.send(HTTPAccess.Request(url: url), into: &body)
            }
            #expect(failure?.reason == message)
            #expect(failure?.kind == .badURL)
        }
    }

    @Test("the host and the path of a socket have a longest length")
    func longestHost() async throws {
        let name = String(repeating: "a.", count: 126) + "a"
        #expect(try Destination("http://\(name)/").host == name)
        #expect(throws: Destination.Refusal(reason: "the host is longer than 253 bytes")) {
            try Destination("http://\(name)b/")
        }
        let path = "%2F" + String(repeating: "a", count: 106)
        #expect(try Destination("http+unix://\(path)/").host == path)
        #expect(throws: Destination.Refusal(reason: "the path of the socket is longer than 107 bytes")) {
            try Destination("http+unix://\(path)b/")
        }
    }

    @Test("redirects are followed, or not; a loop is named")
    func redirects() async throws {
        let routes = [
            Route("/a") { _ in .redirect(to: "/b") }, Route("/b") { _ in .text("here") },
            Route("/loop") { _ in .redirect(to: "/loop") },
        ]
        let (followed, body, address) = try await exchange(routes) { $0.url += "/a" }
        #expect(try followed.get().url == "http://\(address)/b")
        #expect(body == "here")
        let (kept, _, _) = try await exchange(routes) {
            $0.url += "/a"
            $0.followsRedirects = false
        }
        #expect(kept.failureText?.hasSuffix("/a: HTTP status 302 Found") == true)
        let (loop, _, _) = try await exchange(routes) { $0.url += "/loop" }
        #expect(loop.failureText?.hasSuffix("/loop: redirect loop") == true)
    }

    @Test("authentication and headers arrive")
    func headers() async throws {
        let route = Route("/") { request in
            .text("\(request.header("Authorization") ?? "-") \(request.header("X-Scope-OrgID") ?? "-")")
        }
        let (_, basic, _) = try await exchange([route]) {
            $0.authentication = .basic(name: "Aladdin", password: "open sesame")
            $0.headers = [Header("X-Scope-OrgID", "7")]
        }
        #expect(basic == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== 7")
        let (_, bearer, _) = try await exchange([route]) { $0.authentication = .credentials(type: "Bearer", "t") }
        #expect(bearer == "Bearer t -")
        #expect("\(Authentication.basic(name: "a", password: "b"))" == "basic a:<secret>")
    }

    @Test("a form is posted; path parameters are decoded; an error is a plain 500")
    func forms() async throws {
        let routes = [
            Route(["POST"], "/label/:name") { request in
                .text("\(request.pathParameters["name"] ?? "") \(request.parameters.all("match[]"))")
            },
            Route("/broken") { _ in throw ServiceFailure("secret") },
        ]
        let (_, body, _) = try await exchange(routes) {
            $0.url += "/label/a%20b?match[]=c"
            $0.form = [Header("match[]", "up{a=\"ü\"}"), Header("match[]", "b+c")]
        }
        #expect(body == #"a b ["up{a=\"ü\"}", "b+c", "c"]"#)
        let (broken, text, _) = try await exchange(routes) {
            $0.url += "/broken"
            $0.acceptsAnyStatus = true
        }
        #expect(try broken.get().status == 500)
        #expect(text == "internal error\n")
        let (wrong, _, _) = try await exchange(routes) { $0.url += "/label/a" }
        #expect(wrong.failureText?.hasSuffix(": HTTP status 405 Method Not Allowed") == true)
    }

    @Test("a request body at the limit is read, one byte more is refused")
    func requestBodyLimit() async throws {
        var limits = ServerLimits()
        limits.requestBodyBytesMax = 10
        let route = Route(["POST"], "/") { .text("\($0.body.count)") }
        let (_, body, _) = try await exchange([route], limits: limits) { $0.form = [Header("a", "12345678")] }
        #expect(body == "10")
        let (past, _, _) = try await exchange([route], limits: limits) { $0.form = [Header("a", "123456789")] }
        #expect(past.failureText?.hasSuffix(": HTTP status 413 Payload Too Large") == true)
    }

    @Test("an address in use is one clear line")
    func addressInUse() async throws {
        try await Server(routes: []).whileRunning { address in
            let failure = await #expect(throws: ServiceFailure.self) {
                try await Server(routes: []).run(on: address) { _ in }
            }
            #expect(failure?.description == "cannot listen on \(address): Address already in use")
        }
    }
}

extension Result where Failure == AccessFailure {
    fileprivate var failureText: String? {
        if case .failure(let failure) = self { return failure.description }
        return nil
    }
}

@Test(
    "a name and password in an address are told apart from it",
    arguments: [
        ("http://u:p@h:9100/metrics", "http://h:9100/metrics", Authentication.basic(name: "u", password: "p")),
        ("u%40x:p%3Aq@h:9100", "h:9100", .basic(name: "u@x", password: "p:q")),
        ("https://token@[::1]:1", "https://[::1]:1", .basic(name: "token", password: "")),
        ("http://u:a@b@h/", "http://h/", .basic(name: "u", password: "a@b")),
        ("http://u:a%-0b%+1c%4@h/", "http://h/", .basic(name: "u", password: "a%-0b%+1c%4")),
        ("h:9100/a@b?c=d@e", "h:9100/a@b?c=d@e", nil),
        ("", "", nil),
    ] as [(String, String, Authentication?)])
func addressParts(text: String, address: String, authentication: Authentication?) {
    let parts = AddressParts(text)
    #expect(parts.address == address)
    #expect(parts.authentication == authentication)
}

@Test("a name and password in a URL are sent, and no error shows them")
func userInformation() async throws {
    let routes = [Route("/who") { .text($0.header("authorization") ?? "nobody") }]
    try await Server(routes: routes).whileRunning { address in
        try await withClient { client in
            var body: [UInt8] = []
            _ = try await client.send(HTTPAccess.Request(url: "http://me:secret@\(address)/who"), into: &body)
            #expect(String(decoding: body, as: UTF8.self) == "Basic bWU6c2VjcmV0")
            let failure = await #expect(throws: AccessFailure.self) {
                _ = try await client.send(HTTPAccess.Request(url: "http://me:secret@\(address)/no"), into: &body)
            }
            #expect(failure?.description == "http://\(address)/no: HTTP status 404 Not Found")
        }
    }
}

@Test("an address that cannot be resolved is said in a few words")
func unknownListenHost() async {
    let failure = await #expect(throws: ServiceFailure.self) {
        try await Server(routes: []).run(on: ListenAddress(host: "nohost.invalid", port: 0)) { _ in }
    }
    #expect(failure?.reason == "cannot listen on nohost.invalid:0: no such host: nohost.invalid")
}

@Test("a connection that sends nothing is closed after the limit", .timeLimit(.minutes(1)))
func idleConnection() async throws {
    var limits = ServerLimits()
    limits.idle = .milliseconds(100)
    try await Server(routes: [], limits: limits).whileRunning { address in
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(address.port).bigEndian
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafeBytes(of: &place) { bytes in
            connect(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        #expect(connected == 0)
        // Zero is the end of the stream; the time limit ends a wait in vain.
        let count = try await onBlockingThread { () -> Int in
            var byte: UInt8 = 0
            return read(descriptor, &byte, 1)
        }
        #expect(count == 0)
    }
}

// Redirects between real servers: which are followed, with what method, and what a second host gets to see.
// Whatever a server writes into Location, the process goes on.

import Synchronization
import Testing

@testable import HTTPAccess
@testable import HTTPService

/// A server whose `/go` leads to where the test says, and which notes what arrives.
private final class Signpost: Sendable {
    private let seen = Mutex<[String]>([])
    private let target = Mutex<(status: Int, location: String)>((302, "/here"))
    var all: [String] { seen.withLock { $0 } }

    func point(to location: String, status: Int = 302) { target.withLock { $0 = (status, location) } }

    var routes: [Route] {
        [
            Route(["GET", "POST"], "/go") { [self] request in
                note(request)
                let (status, location) = target.withLock { $0 }
                var moved = Response.redirect(to: location)
                moved.status = status
                return moved
            },
            Route(["GET", "POST"], "/step/:number") { request in
                let number = Int(request.pathParameters["number"] ?? "") ?? 0
                return number == 0 ? .text("arrived") : .redirect(to: "\(number - 1)")
            },
            Route(["GET", "POST"], "/*") { [self] request in
                note(request)
                return .text("\(request.path) arrived")
            },
        ]
    }

    private func note(_ request: HTTPService.Request) {
        let secrets = ["authorization", "cookie", "x-key"].compactMap { request.header($0) }
        let words = [request.method, request.path, String(decoding: request.body, as: UTF8.self)] + secrets
        seen.withLock { $0.append(words.filter { !$0.isEmpty }.joined(separator: " ")) }
    }
}

private func outcome(_ client: Client, _ request: HTTPAccess.Request) async -> String {
    var request = request
    request.timeout = .seconds(50)
    var body: [UInt8] = []
    do throws(AccessFailure) {
        let answer = try await client.send(request, into: &body)
        return "\(answer.status) \(String(decoding: body, as: UTF8.self))"
    } catch {
        return error.reason
    }
}

/// The same through the road of answers without an end.
private func streamed(_ client: Client, _ request: HTTPAccess.Request) async -> String {
    var request = request
    request.timeout = .seconds(50)
    var body: [UInt8] = []
    do throws(AccessFailure) {
        let answer = try await client.stream(request) { _, bytes in
            body += bytes
            return true
        }
        return "\(answer.status) \(String(decoding: body, as: UTF8.self))"
    } catch {
        return error.reason
    }
}

/// `body` is told the address of the server and a client; the client ends with it.
private func withSignpost(
    _ signpost: Signpost, on place: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
    _ body: @Sendable @escaping (ListenAddress, Client) async throws -> Void
) async throws {
    try await Server(routes: signpost.routes).whileRunning(on: place) { address in
        let client = Client()
        do {
            try await body(address, client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }
}

@Suite("redirects", .timeLimit(.minutes(1)))
struct RedirectTests {
    @Test(
        "a Location that leads nowhere is a failure in words, on both roads",
        arguments: [
            ("http://10.0.0.1:70000/", "the port 70000 is not between 1 and 65535"),
            ("http://10.0.0.1:0/", "the port 0 is not between 1 and 65535"),
            ("http://[::1]:65536/", "the port 65536 is not between 1 and 65535"),
            ("//a:70000/", "the port 70000 is not between 1 and 65535"),
            ("http://%5B%5D/", "`%5B%5D` is no host"), ("http:///x", "the host is missing"),
            ("http://", "the host is missing"), ("https://[]:1/", "the host is missing"),
            ("//", "the host is missing"), ("http:x", "not a URL"), ("mailto:a@b", "not a URL"),
            ("file:///etc/passwd", "scheme is neither http nor https"),
            ("http+unix://%2Frun%2Fdocker.sock/x", "scheme is neither http nor https"),
        ])
    func nowhere(location: String, reason: String) async throws {
        let signpost = Signpost()
        signpost.point(to: location)
        try await withSignpost(signpost) { address, client in
            let request = HTTPAccess.Request(url: "http://\(address)/go")
            let expected = "redirected to `\(location)`: \(reason)"
            #expect(await outcome(client, request) == expected)
            #expect(await streamed(client, request) == expected)
        }
    }

    @Test(
        "relative and absolute Locations",
        arguments: [
            ("/here", "/here"), ("here", "/here"), ("./here", "/here"), ("../../here", "/here"), ("a/../here", "/here"),
            ("//HOST/here", "/here"), ("http://HOST/here?a=b#c", "/here"), ("HTTP://HOST/here", "/here"),
            ("http://HOST", "/"), ("/a%20b/ü", "/a b/ü"), ("/a b", "/a b"), ("/100%", "/100%"),
            ("http://me:word@HOST/here", "/here"),
            ("//me:word@HOST/here", "/here"), ("a@b", "/a@b"), ("/a:b@c/d", "/a:b@c/d"),
        ])
    func locations(location: String, path: String) async throws {
        let signpost = Signpost()
        try await withSignpost(signpost) { address, client in
            signpost.point(to: location.replacing("HOST", with: "\(address)"))
            let request = HTTPAccess.Request(url: "http://\(address)/go")
            #expect(await outcome(client, request) == "200 \(path) arrived")
            #expect(await streamed(client, request) == "200 \(path) arrived")
        }
    }

    @Test("to a server of IPv6 and back to one of IPv4")
    func addresses() async throws {
        let (first, second) = (Signpost(), Signpost())
        try await withSignpost(second, on: ListenAddress(host: "::1", port: 0)) { other, _ in
            try await withSignpost(first) { address, client in
                first.point(to: "http://\(other)/go")
                second.point(to: "http://\(address)/here")
                #expect("\(other)".hasPrefix("[::1]:"))
                #expect(await outcome(client, HTTPAccess.Request(url: "http://\(address)/go")) == "200 /here arrived")
            }
        }
    }

    @Test("nine redirects are followed, the tenth is not; loops end; an empty Location is no redirect")
    func counts() async throws {
        let signpost = Signpost()
        try await withSignpost(signpost) { address, client in
            func ask(_ path: String) async -> String {
                let request = HTTPAccess.Request(url: "http://\(address)\(path)")
                let sent = await outcome(client, request)
                #expect(await streamed(client, request) == sent)
                return sent
            }
            #expect(await ask("/step/9") == "200 arrived")
            #expect(await ask("/step/10") == "stopped after 10 redirects")
            signpost.point(to: "/go")
            #expect(await ask("/go") == "redirect loop")
            signpost.point(to: "")
            #expect(await outcome(client, HTTPAccess.Request(url: "http://\(address)/go")) == "HTTP status 302 Found")
        }
    }

    @Test(
        "the method and the form after each status",
        arguments: [
            (301, false, "GET /here"), (302, false, "GET /here"), (303, false, "GET /here"),
            (307, false, "POST /here a=b"), (308, false, "POST /here a=b"), (301, true, "POST /here a=b"),
            (302, true, "POST /here a=b"), (303, true, "GET /here"),
        ])
    func methods(status: Int, keepsForm: Bool, second: String) async throws {
        let signpost = Signpost()
        signpost.point(to: "/here", status: status)
        try await withSignpost(signpost) { address, client in
            var request = HTTPAccess.Request(url: "http://\(address)/go")
            request.form = [Header("a", "b")]
            request.keepsForm = keepsForm
            #expect(await outcome(client, request) == "200 /here arrived")
            request.followsRedirects = false
            request.acceptsAnyStatus = true
            #expect(await outcome(client, request) == "\(status) ")
        }
        #expect(signpost.all == ["POST /go a=b", second, "POST /go a=b"])
    }

    @Test("another host or port sees no secret, nor does the first one when the way leads back")
    func secrets() async throws {
        let (first, second) = (Signpost(), Signpost())
        try await withSignpost(second) { other, _ in
            try await withSignpost(first) { address, client in
                var request = HTTPAccess.Request(url: "http://\(address)/go")
                request.authentication = .credentials(type: "Bearer", "fennel")
                request.headers = [Header("Cookie", "a=b"), Header("X-Key", "dill"), Header("Accept", "text/plain")]
                for outcome in [outcome, streamed] {
                    first.point(to: "/here")
                    #expect(await outcome(client, request) == "200 /here arrived")
                    first.point(to: "http://\(other)/go")
                    second.point(to: "http://\(address)/here")
                    #expect(await outcome(client, request) == "200 /here arrived")
                    first.point(to: "http://localhost:\(address.port)/here")
                    #expect(await outcome(client, request) == "200 /here arrived")
                }
            }
        }
        let secret = " Bearer fennel a=b dill"
        let seen = [
            "GET /go" + secret, "GET /here" + secret, "GET /go" + secret, "GET /here", "GET /go" + secret, "GET /here",
        ]
        #expect(first.all == seen + seen)
        #expect(second.all == ["GET /go", "GET /go"])
    }

    @Test("a name and password in Location count where nothing else does, and no error shows them")
    func userInformation() async throws {
        let signpost = Signpost()
        try await withSignpost(signpost) { address, client in
            signpost.point(to: "http://me:word@\(address)/here")
            var request = HTTPAccess.Request(url: "http://\(address)/go")
            #expect(await outcome(client, request) == "200 /here arrived")
            request.authentication = .credentials(type: "Bearer", "fennel")
            #expect(await outcome(client, request) == "200 /here arrived")
            signpost.point(to: "http://me:word@127.0.0.1:1/here")
            #expect(
                await outcome(client, request) == "redirected to http://127.0.0.1:1/here: connection refused")
            signpost.point(to: "http://me:word@127.0.0.1:70000/here")
            #expect(
                await outcome(client, request)
                    == "redirected to `http://127.0.0.1:70000/here`: the port 70000 is not between 1 and 65535")
        }
        #expect(
            signpost.all.prefix(4) == [
                "GET /go", "GET /here Basic bWU6d29yZA==", "GET /go Bearer fennel", "GET /here Bearer fennel",
            ])
    }

    @Test("a target's own control characters do not come through an error")
    func controlCharacters() async throws {
        let signpost = Signpost()
        signpost.point(to: "http://a\u{9b}31mb/")
        try await withSignpost(signpost) { address, client in
            #expect(
                await outcome(client, HTTPAccess.Request(url: "http://\(address)/go"))
                    == #"redirected to `http://a\u{9b}31mb/`: `a\u{9b}31mb` is no host"#)
        }
    }

    @Test(
        "who is trusted with secrets",
        arguments: [
            ("http://a/", "http://a/b", true), ("http://a/", "http://A:80/", true), ("http://a/", "https://a/", true),
            ("http://a:1/", "https://a:1/", true), ("http://a:1/", "https://a:2/", false),
            ("http://a:1/", "https://a/", false), ("http://a/", "https://a:444/", false),
            ("http://a:80/", "https://a:443/", true), ("http://a:443/", "https://a/", true),
            ("https://a/", "http://a/", false), ("https://a:1/", "http://a:1/", false),
            ("https://a:80/", "https://a/", false),
            ("http://a/", "http://a:81/", false), ("http://a/", "http://b.a/", false),
            ("http+unix://%2Fa/", "http+unix://%2Fa/b", true), ("http+unix://%2Fa/", "https+unix://%2Fa/", true),
            ("https+unix://%2Fa/", "http+unix://%2Fa/", false), ("http+unix://%2Fa/", "http://%2Fa/", false),
        ])
    func trust(from: String, to: String, isTrusted: Bool) throws {
        guard let other = try? Destination(to) else { return #expect(!isTrusted) }
        #expect(try Destination(from).isTrustedWithSecrets(other) == isTrusted)
    }

    @Test(
        "a socket's own name leads back into it, others do not",
        arguments: [
            ("/b", "http+unix://%2Fs/b"), ("http://localhost/b", "http+unix://%2Fs/b"),
            ("//localhost/b", "http+unix://%2Fs/b"), ("http://localhost:80/b", "http://localhost:80/b"),
            ("http://a/b", "http://a/b"), ("//a/b", "http://a/b"),
        ])
    func sockets(location: String, url: String) throws {
        let base = try Destination("http+unix://%2Fs/metrics")
        #expect(try RedirectWay.destination(of: location, from: base).url == url)
    }
}

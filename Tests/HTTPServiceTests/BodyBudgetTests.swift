// Bodies of requests over real sockets: how many bytes of them a server holds, for how long, and which it never reads.

import Glibc
import Synchronization
import Testing

@testable import HTTPAccess
@testable import HTTPService

/// Lets the other tasks run until it holds; the suite's time limit ends a wait in vain.
private func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}

/// Sends bytes that no client would, and reads until the server closes, or until an answer ends so: a server that has
/// refused a body waits for it, since its client may be about to send it.
private func rawExchange(
    _ address: ListenAddress, _ text: String, endsSending: Bool = false, until end: String? = nil
) async throws -> String {
    try await onBlockingThread {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        // A wait in vain ends.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(address.port).bigEndian
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafeBytes(of: &place) { bytes in
            connect(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard status == 0, Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count else {
            return "cannot connect"
        }
        if endsSending { shutdown(descriptor, Int32(SHUT_WR)) }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0 { return "nothing within 20 s behind: \(String(decoding: answer, as: UTF8.self))" }
            answer += piece[..<count]
            let text = String(decoding: answer, as: UTF8.self)
            if count == 0 || end.map(text.hasSuffix) ?? false { return text }
        }
    }
}

private func post(_ client: Client, _ address: ListenAddress, _ count: Int) async throws -> (Answer, String) {
    var request = HTTPAccess.Request(url: "http://\(address)/take")
    request.form = [Header("a", String(repeating: "x", count: count - 2))]
    request.acceptsAnyStatus = true
    request.timeout = .seconds(50)
    var body: [UInt8] = []
    let answer = try await client.send(request, into: &body)
    return (answer, String(decoding: body, as: UTF8.self))
}

@Suite("bodies of requests", .timeLimit(.minutes(1)))
struct BodyBudgetTests {
    private static func limits() -> ServerLimits {
        var limits = ServerLimits()
        limits.heldBodyBytesMax = 10_000
        limits.smallBodyBytesMax = 1_000
        return limits
    }

    @Test("as many bytes as may be held are; past them a body is for later, a small one is taken all the same")
    func budget() async throws {
        let (release, releasing) = AsyncStream<Void>.makeStream()
        let (arrivals, arrived) = AsyncStream<Int>.makeStream()
        let isFirst = Atomic(true)
        let route = Route(["POST"], "/take") { request in
            arrived.yield(request.body.count)
            if isFirst.exchange(false, ordering: .relaxed) { for await _ in release {} }
            return .text("taken")
        }
        let server = Server(routes: [route], limits: Self.limits())
        try await server.whileRunning { address in
            let client = Client()
            let first = Task { try await post(client, address, 11_000) }
            var sizes = arrivals.makeAsyncIterator()
            #expect(await sizes.next() == 11_000)
            // Held while it is worked on, not only while it arrives.
            #expect(server.bodies.heldBytes == 10_000)
            #expect(try await post(client, address, 1_000).1 == "taken")
            let (refusal, text) = try await post(client, address, 1_001)
            #expect(refusal.status == 503)
            #expect(refusal[header: "Retry-After"] == "1")
            #expect(text == "too many request bodies at one time, ask again later\n")
            #expect(server.bodies.heldBytes == 10_000)
            releasing.finish()
            #expect(try await first.value.1 == "taken")
            await until { server.bodies.heldBytes == 0 }
            #expect(try await post(client, address, 1_001).1 == "taken")
            await client.shutdown()
        }
    }

    @Test("a body that stops in the middle loses its place after a time, one that is cut never comes to a handler")
    func unfinished() async throws {
        let calls = Atomic(0)
        let route = Route(["POST"], "/take") { _ in
            calls.add(1, ordering: .relaxed)
            return .text("taken")
        }
        var limits = Self.limits()
        limits.bodyTime = .milliseconds(50)
        let head = "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n"
        let server = Server(routes: [route], limits: limits)
        try await server.whileRunning { address in
            let part = head + String(repeating: "x", count: 5_000)
            let answer = try await rawExchange(address, part)
            #expect(answer == "")
            await until { server.bodies.heldBytes == 0 }
        }
        let patient = Server(routes: [route], limits: Self.limits())
        try await patient.whileRunning { address in
            let part = head + String(repeating: "x", count: 5_000)
            let answer = try await rawExchange(address, part, endsSending: true)
            #expect(answer == "" || answer.hasPrefix("HTTP/1.1 400 "))
            let chunk = "POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n"
            let cut = try await rawExchange(
                address, chunk + String(repeating: "x", count: 5_000), endsSending: true)
            #expect(cut == "" || cut.hasPrefix("HTTP/1.1 400 "))
            await until { patient.bodies.heldBytes == 0 }
        }
        #expect(calls.load(ordering: .relaxed) == 0)
    }

    @Test("what is refused by its head, or announces too much, is answered before a byte of its body has come")
    func refused() async throws {
        let calls = Atomic(0)
        let route = Route(["POST"], "/take") { _ in
            calls.add(1, ordering: .relaxed)
            return .text("taken")
        }.refusing { $0.header("x-key") == nil ? .text("no key\n", status: 403) : nil }
        try await Server(routes: [route]).whileRunning { address in
            let head = "POST /take HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            let refused = try await rawExchange(address, head + "Content-Length: 5000\r\n\r\n", until: "no key\n")
            #expect(refused.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(refused.hasSuffix("\r\n\r\nno key\n"))
            let large = try await rawExchange(
                address, head + "X-Key: a\r\nContent-Length: 8388609\r\n\r\n", until: "too large\n")
            #expect(large.hasPrefix("HTTP/1.1 413 ") && large.hasSuffix("request body too large\n"))
            #expect(calls.load(ordering: .relaxed) == 0)
            let taken = try await rawExchange(address, head + "X-Key: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(taken.hasSuffix("\r\n\r\ntaken"))
        }
    }
}

// What a target may do to its neighbours, and does not: hang, send bombs, renew its certificates.
// Real servers over loopback.

import Foundation
import Synchronization
import Testing

@testable import HTTPAccess
@testable import HTTPService

private func certificate(_ name: String) -> String {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/Certificates/\(name)"
}

private func send(_ client: Client, _ request: HTTPAccess.Request) async -> String {
    var body: [UInt8] = []
    do throws(AccessFailure) {
        return "\(try await client.send(request, into: &body).status)"
    } catch {
        return error.reason
    }
}

@Suite("hostile answers", .timeLimit(.minutes(1)))
struct HostileAnswerTests {
    @Test("a hundred answers that hang at one address do not keep another one waiting")
    func hanging() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let routes = [
            Route("/hang") { _ in
                arrived.yield()
                try await Task.sleep(for: .seconds(50))
                return .text("")
            },
            Route("/good") { _ in .text("fennel 1\n") },
        ]
        var limits = ServerLimits()
        limits.drain = .milliseconds(100)
        try await Server(routes: routes, limits: limits).whileRunning { address in
            let client = Client()
            let good = await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        var request = HTTPAccess.Request(url: "http://\(address)/hang")
                        request.timeout = .seconds(40)
                        _ = await send(client, request)
                    }
                }
                var count = 0
                for await _ in arrivals {
                    count += 1
                    if count == 100 { break }
                }
                let good = await send(client, HTTPAccess.Request(url: "http://\(address)/good"))
                group.cancelAll()
                return good
            }
            #expect(good == "200")
            await client.shutdown()
        }
    }

    /// 64 MiB of zeros in 64 KiB, made by the zlib that the system has.
    private static func bomb(in folder: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "head -c \(64 << 20) /dev/zero | gzip -9 > '\(folder)/bomb'"]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: folder + "/bomb")))
    }

    @Test("ten bombs at once are refused at their limit, and cost no memory beyond it")
    func bombs() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ferula-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bytes = try Self.bomb(in: folder)
        #expect(bytes.count < 128 << 10)
        let route = Route("/") { _ in
            var response = Response(contentType: "text/plain", body: .bytes(bytes))
            response.headers.append(("Content-Encoding", "gzip"))
            return response
        }
        try await Server(routes: [route]).whileRunning { address in
            let client = Client()
            func ask(_ limit: Int) async -> (outcome: String, bytesHeld: Int) {
                var request = HTTPAccess.Request(url: "http://\(address)/")
                request.bodyBytesMax = limit
                // The server must not compress what is compressed.
                request.acceptsGzip = false
                var body: [UInt8] = []
                do throws(AccessFailure) {
                    return ("\(try await client.send(request, into: &body).status)", body.capacity)
                } catch {
                    return (error.reason, body.capacity)
                }
            }
            #expect(await ask(64 << 20).outcome == "200")
            #expect(await ask(64 << 20 - 1).outcome == "body exceeds 67108863 bytes")
            let answers = await withTaskGroup(of: (outcome: String, bytesHeld: Int).self) { group in
                for _ in 0..<10 { group.addTask { await ask(1 << 20) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map { $0.outcome } == Array(repeating: "body exceeds 1 MiB", count: 10))
            // A buffer doubles as it grows. What a whole process takes is measured in FerulaCommandTests.
            #expect(answers.allSatisfy { $0.bytesHeld <= 4 << 20 })
            await client.shutdown()
        }
    }

    @Test(
        "a compressed body that is cut, damaged, doubled, followed by rubbish, or empty",
        arguments: [
            ("whole", "200"), ("cut", "gzip body is damaged"), ("plain", "gzip body is damaged"), ("double", "200"),
            ("followed", "gzip body is damaged"), ("empty", "200"),
        ])
    func damaged(kind: String, outcome: String) async throws {
        // `fennel 1\n`, as gzip writes it.
        let whole: [UInt8] = [
            0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x4b, 0x4b, 0xcd, 0xcb, 0x4b, 0xcd, 0x51, 0x30,
            0xe4, 0x02, 0x00, 0x07, 0x03, 0xeb, 0x86, 0x09, 0x00, 0x00, 0x00,
        ]
        let bytes: [UInt8] =
            switch kind {
            case "cut": Array(whole.dropLast(3))
            case "plain": Array("fennel 1\n".utf8)
            case "double": whole + whole
            case "followed": whole + [1]
            case "empty": []
            default: whole
            }
        let route = Route("/") { _ in
            var response = Response(contentType: "text/plain", body: .bytes(bytes))
            response.headers.append(("Content-Encoding", "gzip"))
            return response
        }
        try await Server(routes: [route]).whileRunning { address in
            let client = Client()
            var body: [UInt8] = []
            let request = HTTPAccess.Request(url: "http://\(address)/")
            do throws(AccessFailure) {
                #expect("\(try await client.send(request, into: &body).status)" == outcome)
                let text = ["whole": "fennel 1\n", "double": "fennel 1\nfennel 1\n"][kind] ?? ""
                #expect(String(decoding: body, as: UTF8.self) == text)
            } catch {
                #expect(error.reason == outcome)
            }
            var streamed: [UInt8] = []
            do throws(AccessFailure) {
                let answer = try await client.stream(request) { _, bytes in
                    streamed += bytes
                    return true
                }
                #expect("\(answer.status)" == outcome)
                #expect(streamed == body)
            } catch {
                #expect(error.reason == outcome)
            }
            await client.shutdown()
        }
    }

    @Test("a renewed authority and certificate count at the next request, without another client")
    func renewed() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ferula-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        @Sendable func renew(_ name: String, from source: String) throws {
            try Data(contentsOf: URL(filePath: certificate(source))).write(
                to: URL(filePath: "\(folder)/\(name)"), options: .atomic)
        }
        var security = ServerSecurity()
        security.tls = ServerSecurity.TLS(
            certificate: .file(certificate("server.crt")), key: .file(certificate("server.key")))
        security.tls?.clientAuthority = .file(certificate("authority.crt"))
        security.tls?.clientCertificate = .verified
        let server = Server(routes: [Route("/") { _ in .text("fennel") }], security: { [security] in security })
        try renew("authority", from: "stranger.crt")
        try renew("certificate", from: "stranger.crt")
        try renew("key", from: "stranger.key")
        try await server.whileRunning { address in
            let client = Client()
            var request = HTTPAccess.Request(url: "https://\(address)/")
            request.timeout = .seconds(50)
            request.tls = TLSOptions(
                authorityFile: folder + "/authority", certificateFile: folder + "/certificate",
                keyFile: folder + "/key")
            let untrusted =
                "TLS: the server's certificate is not trusted: unknown authority, expired, or signed by itself"
            #expect(await send(client, request) == untrusted)
            let prepared = try client.prepare(request)
            #expect(prepared.isCurrent)
            try renew("authority", from: "authority.crt")
            #expect(!prepared.isCurrent)
            #expect(await send(client, request) == "TLS: the server refuses the client certificate")
            try renew("certificate", from: "client.crt")
            try renew("key", from: "client.key")
            #expect(await send(client, request) == "200")
            // The files are read once for all requests, until one is renewed.
            #expect(try client.prepare(request).lane === client.prepare(request).lane)
            try FileManager.default.removeItem(atPath: folder + "/authority")
            #expect(await send(client, request).hasPrefix("TLS options: "))
            try renew("authority", from: "stranger.crt")
            #expect(await send(client, request) == untrusted)
            await client.shutdown()
        }
    }
}

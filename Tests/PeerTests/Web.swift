// Our own HTTP client as the tests use it: one GET, status and body.

import Foundation
import HTTPAccess

enum Web {
    private static let client = Client(userAgent: "ferula-tests")

    static func get(_ url: String) async throws -> (status: Int, body: [UInt8]) {
        var request = Request(url: url)
        request.acceptsAnyStatus = true
        request.timeout = .seconds(10)
        var body: [UInt8] = []
        let answer = try await client.send(request, into: &body)
        return (answer.status, body)
    }

    /// Type and body of an answer in the form asked for.
    static func get(_ url: String, accept: String) async throws -> (type: String, body: [UInt8]) {
        var request = Request(url: url)
        request.timeout = .seconds(10)
        request.headers = [Header("Accept", accept)]
        var body: [UInt8] = []
        let answer = try await client.send(request, into: &body)
        return (answer.contentType, body)
    }
}

extension Web {
    /// The status of a POST with `body`, sent by the system's curl: our client sends forms only.
    static func post(_ url: String, _ body: [UInt8], type: String) async throws -> Int {
        let file = try Peers.temporaryFolder() + "/body"
        try Data(body).write(to: URL(filePath: file))
        let run = try await PeerProcess.run(
            "/usr/bin/curl",
            [
                "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: \(type)", "--data-binary",
                "@\(file)", "--max-time", "20", url,
            ])
        return Int(run.output) ?? 0
    }
}

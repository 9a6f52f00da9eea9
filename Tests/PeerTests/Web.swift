// Our own HTTP client as the tests use it: one GET, status and body.

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
}

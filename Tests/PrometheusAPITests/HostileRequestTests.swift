// Thousands of malformed requests over real sockets: each is refused with a 4xx, and the server lives on.
// FUZZ_SEED and FUZZ_ROUNDS change the seed and how many there are; 10,000 take a minute.

import Glibc
import HTTPAccess
import HTTPService
import Ingestion
import PromQLEngine
import Testing

@testable import PrometheusAPI

/// SplitMix64: small, and the same everywhere.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

private func environment(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

private struct HostileRequest: Sendable {
    var bytes: [UInt8]
    /// A request that never ended may be left without an answer.
    var isWhole: Bool
}

private enum Kind: CaseIterable { case randomBytes, truncated, damaged, tooLong, badParameter, badBody }

/// Requests that are refused whole: path, and what is wrong with it.
private let badTargets = [
    "query?query=", "query?query=sum(", "query?query=up&time=x", "query?query=up&time=NaN", "query?query=up&limit=-1",
    "query?query=up&limit=99999999999999999999", "query?query=up&timeout=x", "query?query=up&lookback_delta=1h1h",
    "query?query=%FF%FE%00", "query?query=a%7Bb%3D~%22(%22%7D", "query_range?query=up&start=1&end=0&step=1",
    "query_range?query=up&start=0&end=1&step=0", "query_range?query=up&start=0&end=1&step=-1",
    "query_range?query=up&start=0&end=99999999&step=1", "query_range?query=up%5B5m%5D&start=0&end=1&step=1",
    "query_range?query=%22x%22&start=0&end=1&step=1", "query_range?query=up&start=1e400&end=1&step=1",
    "query_range", "series", "series?match%5B%5D=", "series?match%5B%5D=%7B%7D", "series?match%5B%5D=up%5B5m%5D",
    "series?match%5B%5D=up&start=x", "labels?match%5B%5D=%7B", "labels?limit=x", "labels?end=9e99",
    "label//values", "label/x/values?limit=1.5", "label/x/values?match%5B%5D=1", "metadata?limit=x",
    "targets/metadata?match_target=(", "rules?type=x", "rules?group_limit=x", "rules?exclude_alerts=maybe",
    "query_exemplars?query=", "format_query?query=(", "parse_query?query=)", "status/tsdb?limit=0",
    "status/tsdb?limit=x", "nothing", "query/x", "admin", "../query", "%2e%2e/query",
]

private func hostile(_ generator: inout SeededGenerator) -> HostileRequest {
    func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
    let target = "/api/v1/" + (badTargets.randomElement(using: &generator) ?? "")
    let whole = Array("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
    switch Kind.allCases.randomElement(using: &generator) ?? .randomBytes {
    case .randomBytes:
        let count = Int.random(in: 1...200, using: &generator)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return HostileRequest(bytes: bytes + Array("\r\n\r\n".utf8), isWhole: false)
    case .truncated:
        let count = Int.random(in: 1..<whole.count - 1, using: &generator)
        return HostileRequest(bytes: Array(whole[..<count]), isWhole: false)
    case .damaged:
        var bytes = whole
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            // Behind the method, and by bytes that no request may have: another letter could make it a sound one.
            let place = Int.random(in: 4..<bytes.count, using: &generator)
            bytes[place] = UInt8.random(in: 0...8, using: &generator)
        }
        return HostileRequest(bytes: bytes, isWhole: false)
    case .tooLong:
        let head =
            Bool.random(using: &generator)
            ? "GET /api/v1/query?query=\(letters(100_000)) HTTP/1.1\r\nHost: a\r\n\r\n"
            : "GET /api/v1/query?query= HTTP/1.1\r\nHost: a\r\nX: \(letters(100_000))\r\n\r\n"
        return HostileRequest(bytes: Array(head.utf8), isWhole: false)
    case .badParameter: return HostileRequest(bytes: whole, isWhole: true)
    case .badBody:
        let path = target.prefix { $0 != "?" }
        let body = String(target.drop { $0 != "?" }.dropFirst())
        let declared = body.utf8.count + Int.random(in: 0...1, using: &generator)
        let head =
            "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(declared)\r\n\r\n"
        return HostileRequest(bytes: Array((head + body).utf8), isWhole: declared == body.utf8.count)
    }
}

@Suite("Malformed requests", .timeLimit(.minutes(5)))
struct HostileRequestTests {
    @Test("every malformed request gets a 4xx, none a 5xx, none hangs")
    func malformed() async throws {
        let seed = environment("FUZZ_SEED") ?? 20_260_101
        let rounds = Int(environment("FUZZ_ROUNDS") ?? 2000)
        var generator = SeededGenerator(state: seed)
        let requests = (0..<rounds).map { _ in hostile(&generator) }
        let store = try filledStore()
        var process = APIProcess(now: { apiNow })
        process.source = store
        process.head = { _ in HeadStatus() }
        let server = APIServer(
            backend: EmbeddedBackend(source: store), status: FixedStatus(), process: process)
        let counts = try await Server(routes: server.routes).whileRunning { address in
            let counts = try await withThrowingTaskGroup(of: [String: Int].self) { group in
                for part in 0..<4 {
                    group.addTask {
                        var counts: [String: Int] = [:]
                        for number in stride(from: part, to: requests.count, by: 4) {
                            let verdict = try await Self.verdict(requests[number], address)
                            counts[verdict, default: 0] += 1
                            let isRefused = verdict.hasPrefix("4") || (verdict == "closed" && !requests[number].isWhole)
                            if !isRefused {
                                let text = String(decoding: requests[number].bytes.prefix(300), as: UTF8.self)
                                Issue.record("seed \(seed), request \(number): \(verdict) for \(text.debugDescription)")
                            }
                        }
                        return counts
                    }
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
            }
            // It still answers.
            let sound = Array("GET /api/v1/query?query=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
            let last = try await RawSocket.exchange(address, sound, endsSending: false)
            #expect(String(decoding: last ?? [], as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
            return counts
        }
        let told = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        print("seed \(seed), \(rounds) malformed requests: \(told)")
    }

    @Test(
        "what is no HTTP gets a 400 and the connection's end",
        arguments: [
            ("rubbish\r\n\r\n", ["400"]), ("GET\r\n\r\n", ["400"]), ("GET / HTTP/9.9\r\n\r\n", ["400"]),
            ("GET /-/healthy HTTP/1.1\r\nbad header\r\n\r\n", ["400"]),
            ("POST /api/v1/query HTTP/1.1\r\nContent-Length: x\r\n\r\n", ["400"]),
        ])
    func noHTTP(text: String, statuses: [String]) async throws {
        let server = APIServer(
            backend: EmbeddedBackend(source: try filledStore()), status: FixedStatus(),
            process: APIProcess(now: { apiNow }))
        try await Server(routes: server.routes).whileRunning { address in
            let answer = try await RawSocket.exchange(address, Array(text.utf8), endsSending: false)
            let lines = String(decoding: answer ?? [], as: UTF8.self).split(separator: "\r\n")
            #expect(lines.filter { $0.hasPrefix("HTTP/1.1 ") }.map { String($0.split(separator: " ")[1]) } == statuses)
            #expect(lines.last == "400 Bad Request")
        }
    }

    private static func verdict(_ request: HostileRequest, _ address: ListenAddress) async throws -> String {
        guard let answer = try await RawSocket.exchange(address, request.bytes) else { return "hangs" }
        if answer.isEmpty { return "closed" }
        let line = String(decoding: answer.prefix { $0 != 0x0d }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard words.count > 1, words[0].hasPrefix("HTTP/1.") else { return "no HTTP: \(line.prefix(40))" }
        return String(words[1])
    }
}

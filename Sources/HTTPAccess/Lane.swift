// Clients for requests whose connections are not like the others': through a proxy, or under another name in TLS.
// Beside the shared clients of Client; each lives as long as a prepared request that uses it.

import AsyncHTTPClient
import NIOHTTP1
import Synchronization

/// What a connection must be like.
struct LaneKey: Hashable, Sendable {
    /// The host of the URL, and the name that its certificate must have; nil: the host's own.
    struct Naming: Hashable, Sendable {
        var host: String
        var serverName: String
    }
    var proxy: Proxy?
    var naming: Naming?
    var followsRedirects: Bool
}

final class Lane: Sendable {
    let client: HTTPClient

    init(_ client: HTTPClient) { self.client = client }

    deinit {
        // Nobody is left who could use it, or wait for its end.
        client.shutdown { _ in }
    }
}

/// The lanes that are in use, by what they are like.
struct Lanes {
    private struct Holder { weak var lane: Lane? }
    private var holders: [LaneKey: Holder] = [:]
    /// The count at which those whose lane is gone are looked for.
    private var sweepCount = 64

    /// The lane of that kind, made when there is none.
    mutating func lane(_ key: LaneKey, make: () -> HTTPClient) -> Lane {
        if let known = holders[key]?.lane { return known }
        if holders.count >= sweepCount {
            holders = holders.filter { $0.value.lane != nil }
            sweepCount = max(64, holders.count * 2)
        }
        let lane = Lane(make())
        holders[key] = Holder(lane: lane)
        return lane
    }

    var all: [Lane] { holders.values.compactMap(\.lane) }
}

extension HTTPClient.Configuration.Proxy {
    init(_ proxy: Proxy) {
        switch proxy.kind {
        case .socks5: self = .socksServer(host: proxy.host, port: proxy.port)
        case .http:
            self = .server(
                host: proxy.host, port: proxy.port,
                connectHeaders: HTTPHeaders(proxy.headers.map { ($0.name, $0.value) }))
            switch proxy.authentication {
            case .basic(let name, let password):
                authorization = .basic(username: name, password: password)
            case .credentials(_, let secret): authorization = .bearer(tokens: secret)
            case nil: break
            }
        }
    }
}

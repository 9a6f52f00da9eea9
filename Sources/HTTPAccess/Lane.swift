// Clients for requests whose connections are not like the others': through a proxy, with certificates of their own.
// Beside the shared client of Client; each lives as long as a prepared request that uses it.

import AsyncHTTPClient
import MetricModel
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
    /// Nil: the system's trust and no certificate.
    var identity: TLSIdentity?
}

/// TLS options with their files as they were when they were read: a renewed one makes another lane.
struct TLSIdentity: Hashable, Sendable {
    var options: TLSOptions
    private var stamps: [FileStamp?]

    init(_ options: TLSOptions) {
        self.options = options
        stamps = Self.stamps(options)
    }

    /// Cost: one stat a file.
    var isCurrent: Bool { Self.stamps(options) == stamps }

    private static func stamps(_ options: TLSOptions) -> [FileStamp?] {
        [options.authorityFile, options.certificateFile, options.keyFile].map { $0.flatMap { FileStamp($0) } }
    }
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

    /// The last ones, kept for requests that are made ready each time anew: their connections stay open.
    private var recent: [Lane] = []
    private static let recentMax = 16

    /// The lane of that kind; nil when there is none.
    mutating func known(_ key: LaneKey) -> Lane? {
        guard let lane = holders[key]?.lane else { return nil }
        keep(lane)
        return lane
    }

    /// Takes the client for a new lane, unless another has come first.
    mutating func add(_ key: LaneKey, _ client: HTTPClient) -> Lane {
        if holders.count >= sweepCount {
            holders = holders.filter { $0.value.lane != nil }
            sweepCount = max(64, holders.count * 2)
        }
        let lane = Lane(client)
        if let known = known(key) { return known }
        holders[key] = Holder(lane: lane)
        keep(lane)
        return lane
    }

    private mutating func keep(_ lane: Lane) {
        guard recent.last !== lane else { return }
        recent.removeAll { $0 === lane }
        if recent.count == Self.recentMax { recent.removeFirst() }
        recent.append(lane)
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

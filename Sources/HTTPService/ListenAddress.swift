// Where a server listens: HOST:PORT as users write it.
// Read by the programs, bound by Server.

package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    /// 0: the system chooses.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
    package static let loopback = ListenAddress(host: "127.0.0.1", port: 0)

    /// `127.0.0.1:9090`, `[::1]:9090`, `:9090` (every interface), `localhost:0`; nil for anything else.
    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// True when only this machine can reach it.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

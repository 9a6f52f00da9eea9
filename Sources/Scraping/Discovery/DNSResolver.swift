// Asks the name servers of /etc/resolv.conf, name by name along its search list.
// Used by DNSDiscoverer; the C library resolves addresses only, and targets may stand in SRV, MX and NS records.

import FerulaConfiguration
import HTTPAccess
import MetricModel

/// What resolv.conf(5) says.
struct ResolverConfiguration: Hashable, Sendable {
    static let serversMax = 8

    var servers: [NameServer] = []
    var search: [String] = []
    /// A name with at least so many dots is tried as it stands first.
    var dots = 1
    var timeout = Duration.seconds(5)
    var attempts = 2

    /// No server named means the one of this machine.
    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else { continue }
            switch keyword {
            case "nameserver":
                if words.count > 1, servers.count < Self.serversMax { servers.append(NameServer(address: words[1])) }
            case "domain", "search": search = Array(words.dropFirst())
            case "options": for option in words.dropFirst() { read(option) }
            default: break
            }
        }
        if servers.isEmpty { servers = [NameServer(address: "127.0.0.1")] }
    }

    private mutating func read(_ option: String) {
        let parts = option.split(separator: ":")
        guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return }
        switch parts[0] {
        case "ndots": dots = min(number, 15)
        case "timeout": timeout = .seconds(max(1, min(number, 30)))
        case "attempts": attempts = max(1, min(number, 5))
        default: break
        }
    }

    /// The names to ask for, each with a last dot, in order.
    func names(for name: String) -> [String] {
        guard !name.hasSuffix(".") else { return [name] }
        let searched = search.map { domain in
            let end = domain.hasSuffix(".") ? domain : domain + "."
            return end == "." ? name + "." : name + "." + end
        }
        let isQualified = name.utf8.count { $0 == UInt8(ascii: ".") } >= dots
        return isQualified ? [name + "."] + searched : searched + [name + "."]
    }
}

struct DNSResolver: Sendable {
    let configuration: ResolverConfiguration

    init(_ configuration: ResolverConfiguration) { self.configuration = configuration }

    /// With the machine's resolv.conf as it is now.
    init() throws(DiscoveryFailure) {
        do throws(ConfigurationFailure) {
            self.init(ResolverConfiguration(parsing: try Configuration.text(of: "/etc/resolv.conf")))
        } catch {
            throw DiscoveryFailure("\(error)")
        }
    }

    /// The records of the first name along the search list that exists; none when no server knows any of them.
    /// Source: Prometheus discovery/dns, lookupWithSearchPath.
    func records(_ name: String, type: UInt16) async throws(DiscoveryFailure) -> [DNSRecord] {
        var failure: DiscoveryFailure?
        for full in configuration.names(for: name) {
            do throws(DiscoveryFailure) {
                if let records = try await askAll(full, type) { return records }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return []
    }

    /// Nil: there is no such name.
    private func askAll(_ name: String, _ type: UInt16) async throws(DiscoveryFailure) -> [DNSRecord]? {
        var failures: [String] = []
        for _ in 0..<configuration.attempts {
            failures = []
            for server in configuration.servers {
                do throws(DiscoveryFailure) {
                    let answer = try await ask(server, name, type)
                    switch answer.code {
                    case 0: return answer.records
                    case 3: return nil
                    default: failures.append("\(server): \(DNSAnswer.name(ofCode: answer.code))")
                    }
                } catch {
                    failures.append(error.description)
                }
            }
        }
        throw DiscoveryFailure("could not resolve `\(name)`: \(failures.joined(separator: ", "))")
    }

    private func ask(_ server: NameServer, _ name: String, _ type: UInt16) async throws(DiscoveryFailure) -> DNSAnswer {
        var answer = try await ask(server, name, type, overTCP: false, withOptions: true)
        // An old server that does not know the option.
        if answer.code == 1 { answer = try await ask(server, name, type, overTCP: false, withOptions: false) }
        guard answer.isTruncated else { return answer }
        return try await ask(server, name, type, overTCP: true, withOptions: true)
    }

    private func ask(
        _ server: NameServer, _ name: String, _ type: UInt16, overTCP: Bool, withOptions: Bool
    ) async throws(DiscoveryFailure) -> DNSAnswer {
        let identifier = UInt16.random(in: .min ... .max)
        let question = DNSQuestion(name: name, type: type, identifier: identifier)
        guard let bytes = question.encoded(withOptions: withOptions) else {
            throw DiscoveryFailure("`\(name)` is no domain name")
        }
        do throws(AccessFailure) {
            let answer = try await server.ask(bytes, overTCP: overTCP, timeout: configuration.timeout) { answer in
                DNSAnswer(answer)?.identifier == identifier
            }
            guard let answer = DNSAnswer(answer) else {
                throw AccessFailure(url: "\(server)", kind: .protocolError, reason: "no answer")
            }
            return answer
        } catch {
            throw DiscoveryFailure("\(error)")
        }
    }
}

// DNS discovery against a real name server: Debian's dnsmasq on a free loopback port.
// Run by `make test-peers`.

import FerulaConfiguration
import Foundation
import HTTPAccess
import MetricModel
import Testing

@testable import Scraping

@Suite(
    "DNS discovery beside dnsmasq", .enabled(if: Peers.isRequested, "run by make test-peers"), .timeLimit(.minutes(1)))
struct DNSPeerTests {
    private static let zone = [
        "--srv-host=_m._tcp.ferula.test,one.ferula.test,9100", "--srv-host=_m._tcp.ferula.test,two.ferula.test,9101",
        "--address=/one.ferula.test/127.0.0.2", "--address=/one.ferula.test/::2",
        "--mx-host=ferula.test,mail.ferula.test,10",
        // Too many for a datagram: asked for again over TCP.
        "--max-cache-ttl=0", "--edns-packet-max=512",
    ]

    @Test("SRV, A, AAAA, MX, truncated answers, names that are not there, a server that is not there")
    func records() async throws {
        let port = try Peers.freePort()
        let folder = try Peers.temporaryFolder()
        let many = (0..<60).map { "--srv-host=_many._tcp.ferula.test,host-\($0).ferula.test,\(1000 + $0)" }
        let server = try PeerProcess(
            Peers.program("dnsmasq", folder: "sbin"),
            [
                "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--local=/ferula.test/",
                "--listen-address=127.0.0.1", "--bind-interfaces", "--port=\(port)", "--user=root",
                "--pid-file=\(folder)/pid",
            ] + Self.zone + many, log: folder + "/log", libraries: try Peers.libraries())
        defer { server.end() }
        var configuration = ResolverConfiguration(parsing: "search nowhere.test ferula.test")
        configuration.servers = [NameServer(address: "127.0.0.1", port: UInt16(port))]
        configuration.timeout = .seconds(2)
        let resolver = DNSResolver(configuration)
        // Until it listens it refuses.
        while (try? await resolver.records("one.ferula.test.", type: 1)) == nil {
            try server.check()
            try await Task.sleep(for: .milliseconds(20))
        }

        func targets(
            _ name: String, _ type: DNSDiscoveryConfiguration.RecordType, _ resolver: DNSResolver
        ) async throws -> (targets: [LabelSet], failure: String?) {
            var discovery = DNSDiscoveryConfiguration(names: [name])
            discovery.type = type
            discovery.port = 80
            let record = DiscoveryRecord(.dns(discovery)) {}
            let refreshed = try await DNSDiscoverer(discovery, resolver: resolver).refresh(record)
            return (refreshed.groups.flatMap(\.targets).sorted(), refreshed.failure)
        }
        #expect(
            try await targets("_m._tcp.ferula.test", .srv, resolver).targets == [
                [
                    "__address__": "one.ferula.test:9100", "__meta_dns_name": "_m._tcp.ferula.test",
                    "__meta_dns_srv_record_port": "9100", "__meta_dns_srv_record_target": "one.ferula.test.",
                ],
                [
                    "__address__": "two.ferula.test:9101", "__meta_dns_name": "_m._tcp.ferula.test",
                    "__meta_dns_srv_record_port": "9101", "__meta_dns_srv_record_target": "two.ferula.test.",
                ],
            ])
        // The second domain of the search list has it.
        #expect(
            try await targets("one", .a, resolver).targets == [
                ["__address__": "127.0.0.2:80", "__meta_dns_name": "one"]
            ])
        #expect(
            try await targets("one", .aaaa, resolver).targets == [
                ["__address__": "[::2]:80", "__meta_dns_name": "one"]
            ])
        #expect(
            try await targets("ferula.test", .mx, resolver).targets == [
                [
                    "__address__": "mail.ferula.test:80", "__meta_dns_mx_record_target": "mail.ferula.test.",
                    "__meta_dns_name": "ferula.test",
                ]
            ])
        #expect(try await targets("_many._tcp.ferula.test", .srv, resolver).targets.count == 60)
        let missing = try await targets("none.ferula.test.", .a, resolver)
        #expect(missing.targets.isEmpty && missing.failure == nil)

        configuration.servers = [NameServer(address: "127.0.0.1", port: 1)]
        configuration.search = []
        let failure = try await targets("one.ferula.test", .a, DNSResolver(configuration)).failure
        #expect(failure == "could not resolve `one.ferula.test.`: 127.0.0.1:1: connection refused")
    }
}

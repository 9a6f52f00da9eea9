// Kubernetes discovery against a real control plane, with a proxy process in between that makes faults.
// Run by `make test-real`, which starts the control plane and says in FERULA_KUBECONFIG how to reach it.

import FerulaConfiguration
import Foundation
import HTTPAccess
import MetricModel
import Testing
import TimeSeriesStore

@testable import Scraping

private enum Real {
    static let kubeconfig = ProcessInfo.processInfo.environment["FERULA_KUBECONFIG"]
    static let isRequested = kubeconfig != nil
}

private struct Faults: Decodable {
    var lists: Int
    var watches: Int
    var version: String
    var open: Int
}

/// The proxy and what can be asked of it.
private struct FaultyProxy {
    let process: PeerProcess
    let url: String

    init() async throws {
        let server = try Kubeconfig(file: try #require(Real.kubeconfig))
        guard case .value(let token)? = server.authentication?.secret else {
            throw PeerFailure("no token")
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "faulty-proxy.py"
        ).path
        let log = try Peers.temporaryFolder() + "/log"
        process = try PeerProcess(
            "/usr/bin/env", ["python3", script, server.server, token], log: log)
        var port = ""
        while port.isEmpty {
            try process.check()
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            port = text.hasSuffix("\n") ? String(text.dropLast()) : ""
            try await Task.sleep(for: .milliseconds(20))
        }
        url = "http://127.0.0.1:\(port)"
    }

    @discardableResult
    func fault(_ name: String) async throws -> Faults {
        try JSONDecoder().decode(
            Faults.self, from: Data(try await Web.get("\(url)/fault/\(name)").body))
    }

    /// Asks the API server with any method; the answer's body.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String = "", type: String = "application/json")
        async throws -> String
    {
        let answer = try await PeerProcess.run(
            "/usr/bin/curl",
            [
                "-s", "--max-time", "20", "-X", method, "-H", "Content-Type: \(type)", "--data-binary",
                body, url + path,
            ])
        guard
            !answer.output.contains(
                "\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"")
        else { throw PeerFailure("\(method) \(path): \(answer.output)") }
        return answer.output
    }

    /// A pod as a kubelet would have it run: with an address, ready.
    func makePod(_ name: String, address: String) async throws {
        try await ask(
            "POST", "/api/v1/namespaces/default/pods",
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","labels":{"app.kubernetes.io/name":"t"},
            "annotations":{"example.com/scrape-it":"yes"}},"spec":{"nodeName":"node-1","terminationGracePeriodSeconds":0,
            "initContainers":[{"name":"first","image":"busybox"}],
            "containers":[{"name":"main","image":"nginx:1","ports":[{"name":"metrics","containerPort":9100}]}]}}
            """)
        try await ask(
            "PATCH", "/api/v1/namespaces/default/pods/\(name)/status",
            """
            {"status":{"phase":"Running","podIP":"\(address)","hostIP":"127.0.0.1","podIPs":[{"ip":"\(address)"}],
            "conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"main","ready":true,
            "restartCount":0,"image":"nginx:1","imageID":"x","containerID":"containerd://abc"}]}}
            """, type: "application/strategic-merge-patch+json")
    }

    func deletePod(_ name: String) async throws {
        try await ask(
            "DELETE", "/api/v1/namespaces/default/pods/\(name)", #"{"gracePeriodSeconds":0}"#)
    }
}

/// A source that runs, and what it knows.
private final class Source: Sendable {
    let record: DiscoveryRecord
    private let running: Task<Void, Never>
    private let client = Client(userAgent: "ferula-tests")

    init(_ text: String) throws {
        let configuration = try Configuration(
            parsing: "scrape_configs: [{job_name: k, kubernetes_sd_configs: [\(text)]}]", file: "p.yml")
        let source = try #require(configuration.scrapes.first?.discoveries.first)
        let record = DiscoveryRecord(source) {}
        self.record = record
        let discoverer = source.makeDiscoverer(client: client)
        running = Task { await discoverer.run(record) }
    }

    func end() async {
        running.cancel()
        await running.value
        await client.shutdown()
    }

    /// Of all targets, group labels and own ones together.
    var targets: [LabelSet] {
        record.groups.flatMap { group in group.targets.map { LabelSet(group.labels.labels + $0.labels) }
        }
    }
    func target(pod: String, container: String = "main") -> LabelSet? {
        targets.first {
            $0["__meta_kubernetes_pod_name"] == pod
                && $0["__meta_kubernetes_pod_container_name"] == container
        }
    }
}

private func until(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw PeerFailure("waited in vain for: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

@Suite(
    "Kubernetes discovery on a real control plane", .serialized,
    .enabled(if: Real.isRequested, "run by `make test-real`, which needs a control plane"),
    .timeLimit(.minutes(5)))
struct RealKubernetesTests {
    private static func name() -> String { "ferula-" + UUID().uuidString.lowercased().prefix(8) }

    @Test("every role finds what the control plane has, by a kubeconfig file")
    func roles() async throws {
        let kubeconfig = try #require(Real.kubeconfig)
        for (role, expected) in [
            (
                "node",
                [
                    "__address__": "127.0.0.1:0", "instance": "node-1",
                    "__meta_kubernetes_node_name": "node-1",
                    "__meta_kubernetes_node_address_InternalIP": "127.0.0.1",
                    "__meta_kubernetes_node_condition_ready": "true",
                    "__meta_kubernetes_node_label_topology_kubernetes_io_zone": "ap-northeast-2a",
                ]
            ),
            (
                "service",
                [
                    "__address__": "web.default.svc:80", "__meta_kubernetes_namespace": "default",
                    "__meta_kubernetes_service_port_name": "metrics",
                    "__meta_kubernetes_service_port_protocol": "TCP",
                    "__meta_kubernetes_service_type": "NodePort", "__meta_kubernetes_service_name": "web",
                ]
            ),
            (
                "pod",
                [
                    "__address__": "127.0.0.2:19100", "__meta_kubernetes_pod_label_app": "web",
                    "__meta_kubernetes_pod_container_port_number": "19100",
                    "__meta_kubernetes_pod_ready": "true",
                    "__meta_kubernetes_pod_annotation_prometheus_io_scrape": "true",
                    "__meta_kubernetes_pod_annotationpresent_prometheus_io_port": "true",
                    "__meta_kubernetes_pod_controller_kind": "ReplicaSet",
                    "__meta_kubernetes_pod_node_name": "node-1",
                    "__meta_kubernetes_pod_deployment_name": "web",
                    "__meta_kubernetes_node_label_kubernetes_io_hostname": "node-1",
                ]
            ),
            (
                "endpointslice",
                [
                    "__address__": "127.0.0.2:19100", "__meta_kubernetes_service_name": "web",
                    "__meta_kubernetes_endpointslice_port_name": "metrics",
                    "__meta_kubernetes_endpointslice_address_type": "IPv4",
                    "__meta_kubernetes_endpointslice_endpoint_conditions_ready": "true",
                    "__meta_kubernetes_endpointslice_address_target_kind": "Pod",
                    "__meta_kubernetes_pod_container_name": "web", "__meta_kubernetes_pod_ip": "127.0.0.2",
                ]
            ),
            (
                "ingress",
                [
                    "__address__": "shop.example.com", "__meta_kubernetes_ingress_path": "/",
                    "__meta_kubernetes_ingress_scheme": "http", "__meta_kubernetes_ingress_name": "web",
                ]
            ),
        ] {
            let attached = role == "pod" ? ", attach_metadata: {node: true, deployment: true}" : ""
            let source = try Source("{role: \(role), kubeconfig_file: \(kubeconfig)\(attached)}")
            try await until("a target of role \(role), error \(source.record.report.lastError ?? "none")") {
                source.targets.contains { target in
                    expected.allSatisfy { target[$0.key]?.isSameBytes(as: $0.value) == true }
                }
            }
            await source.end()
        }
    }

    @Test("an Endpoints object makes targets of its addresses, with the labels of its service")
    func endpoints() async throws {
        let proxy = try await FaultyProxy()
        let name = Self.name()
        let source = try Source(
            "{role: endpoints, api_server: \"\(proxy.url)\", namespaces: {names: [default]}}")
        try await proxy.ask(
            "POST", "/api/v1/namespaces/default/services",
            #"{"metadata":{"name":"\#(name)","labels":{"team":"a"}},"spec":{"ports":[{"name":"m","port":9100}]}}"#
        )
        // The API server refuses loopback addresses here.
        try await proxy.ask(
            "POST", "/api/v1/namespaces/default/endpoints",
            """
            {"metadata":{"name":"\(name)"},"subsets":[{"addresses":[{"ip":"192.0.2.7","nodeName":"node-1"}],
            "notReadyAddresses":[{"ip":"192.0.2.8"}],"ports":[{"name":"m","port":9100}]}]}
            """)
        func mine() -> [LabelSet] {
            source.targets.filter { $0["__meta_kubernetes_endpoints_name"] == name }
        }
        try await until("two targets") { mine().count == 2 }
        try await until("labels of the service") {
            mine().allSatisfy { $0["__meta_kubernetes_service_label_team"] == "a" }
        }
        let byAddress = mine().sorted()
        #expect(byAddress.map { $0["__address__"] } == ["192.0.2.7:9100", "192.0.2.8:9100"])
        #expect(byAddress.map { $0["__meta_kubernetes_endpoint_ready"] } == ["true", "false"])
        #expect(byAddress.first?["__meta_kubernetes_endpoint_node_name"] == "node-1")
        // Its endpoints go with it.
        try await proxy.ask("DELETE", "/api/v1/namespaces/default/services/\(name)")
        try await until("no target") { mine().isEmpty }
        await source.end()
    }

    @Test("a pod that is deleted is no target 2 s later, and its series end")
    func deletion() async throws {
        let proxy = try await FaultyProxy()
        let name = Self.name()
        let client = Client(userAgent: "ferula-tests")
        let store = TimeSeriesStore()
        let manager = ScrapeManager(
            configuration: try Configuration(
                parsing: """
                    scrape_configs:
                      - job_name: pods
                        scrape_interval: 1s
                        kubernetes_sd_configs: [{role: pod, api_server: "\(proxy.url)"}]
                        relabel_configs:
                          - {action: keep, source_labels: [__meta_kubernetes_pod_name], regex: \(name)}
                          - {action: keep, source_labels: [__meta_kubernetes_pod_container_init], regex: "false"}
                          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
                    """, file: "p.yml"), client: client, sink: store, spreadsTargets: false)
        let running = Task { await manager.run() }
        func targets() async -> [String] { await manager.targets().map(\.url) }
        let clock = ContinuousClock()

        try await proxy.makePod(name, address: "127.0.0.77")
        let made = clock.now
        try await until("the pod's target") { await targets() == ["http://127.0.0.77:9100/metrics"] }
        let appeared = clock.now - made
        try await until("a scrape") { await manager.targets().first?.health == .down }
        try await proxy.deletePod(name)
        let deleted = clock.now
        try await until("no target") { await targets().isEmpty }
        let vanished = clock.now - deleted
        print(
            "kubernetes: a new pod was a target after \(appeared), a deleted one none after \(vanished)")
        #expect(appeared < .seconds(2))
        #expect(vanished < .seconds(2))
        try await until("the end of its series") {
            let up = Selection(
                matchers: [Matcher(LabelSet.metricNameLabel, equals: "up"), Matcher("pod", equals: name)],
                start: .distantPast, end: .distantFuture)
            return try await store.select([up], limits: SelectionLimits()).first?.first?.samples.floats?
                .last?
                .isStaleMarker == true
        }
        running.cancel()
        await running.value
        await client.shutdown()
    }

    @Test(
        "a dropped connection goes on from the last version; a bookmark moves it; 410 lists anew; 503 keeps all"
    )
    func faults() async throws {
        let proxy = try await FaultyProxy()
        let source = try Source("{role: pod, api_server: \"\(proxy.url)\"}")
        var names: [String] = []
        var address = 80
        func find(_ after: String) async throws {
            let name = Self.name()
            names.append(name)
            address += 1
            try await proxy.makePod(name, address: "127.0.0.\(address)")
            try await until("a pod made after \(after)") { source.target(pod: name) != nil }
        }
        try await until("the first list") { source.record.hasAnswered }
        try await find("the first list")
        try await until("a watch") { try await proxy.fault("count").open == 1 }
        let first = try await proxy.fault("count")
        #expect(first.lists == 1)
        #expect(
            source.target(pod: names[0])?["__meta_kubernetes_pod_container_id"] == "containerd://abc")
        #expect(source.target(pod: names[0], container: "first")?["__address__"] == "127.0.0.81")
        #expect(
            source.target(pod: names[0])?["__meta_kubernetes_pod_label_app_kubernetes_io_name"] == "t")

        // Dropped: the next watch begins where this one was, and misses nothing that happened meanwhile.
        for _ in 0..<3 {
            try await proxy.fault("drop")
            try await find("a drop")
        }
        let dropped = try await proxy.fault("count")
        #expect(dropped.lists == 1)
        #expect(dropped.watches >= first.watches + 3)
        #expect(dropped.version != first.version)

        // A bookmark moves the version without an event.
        let newest = try await proxy.ask("GET", "/api/v1/namespaces/default/pods?limit=1")
        let version = try #require(newest.firstMatch(of: /"resourceVersion":"(\d+)"/)?.1)
        try await until("a watch") { try await proxy.fault("count").open == 1 }
        try await proxy.fault("bookmark?\(version)")
        try await proxy.fault("drop")
        try await until("the version of the bookmark") {
            try await proxy.fault("count").version == version
        }
        try await find("a bookmark")

        // Both forms of 410: an event, and a status.
        for (number, fault) in ["expire", "gone"].enumerated() {
            try await until("a watch") { try await proxy.fault("count").open == 1 }
            try await proxy.fault(fault)
            // The list above was another one.
            try await until("a new list") { try await proxy.fault("count").lists == 3 + number }
            #expect(source.target(pod: names[0]) != nil)
            try await find(fault)
        }

        // A server that refuses: everything stays, the error is told, and all is well afterwards.
        let known = source.targets.count
        try await proxy.fault("refuse")
        let error = "pods: HTTP status 503 Service Unavailable: refused on request"
        try await until("the error") { source.record.report.lastError == error }
        #expect(source.targets.count == known)
        try await proxy.fault("heal")
        try await until("no error") { source.record.report.lastError == nil }
        try await find("503")
        for name in names { try await proxy.deletePod(name) }
        try await until("the end of all") { names.allSatisfy { source.target(pod: $0) == nil } }
        await source.end()
    }

    @Test("selectors are the server's work; what may not be listed is told with the server's words")
    func selectorsAndRefusals() async throws {
        let proxy = try await FaultyProxy()
        let source = try Source(
            "{role: pod, api_server: \"\(proxy.url)\", selectors: [{role: pod, label: \"app=none\"}]}")
        try await until("an answer") { source.record.hasAnswered }
        #expect(source.record.report.lastError == nil)
        #expect(source.targets.isEmpty)
        await source.end()

        let server = try Kubeconfig(file: try #require(Real.kubeconfig)).server
        let stranger = try Source(
            "{role: node, api_server: \"\(server)\", tls_config: {insecure_skip_verify: true}, "
                + "authorization: {credentials: wrong}}")
        try await until("a refusal") { stranger.record.report.lastError != nil }
        #expect(stranger.record.report.lastError == "nodes: HTTP status 401 Unauthorized: Unauthorized")
        await stranger.end()
    }
}

// The dashboards that come with the program, as bytes inside it: nothing to install beside the binary.
// Read by FerulaCommand; each one is checked and drawn in a test.

import CShippedDashboards

/// One of dashboards/, as a Grafana file or in the short form.
public struct ShippedDashboard: Hashable, Sendable {
    /// What one types: `-d envoy`.
    public let name: String
    public let aliases: [String]
    /// One sentence for lists.
    public let summary: String
    /// In dashboards/; its ending says which form it has.
    public let file: String

    init(_ name: String, aliases: [String] = [], file: String? = nil, _ summary: String) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.file = file ?? name + ".yml"
    }

    /// A copy. Nothing of it is touched before.
    public var bytes: [UInt8] {
        var count = 0
        guard let start = shipped_dashboard(file, &count) else { preconditionFailure("\(file) is not embedded") }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }
}

public enum ShippedDashboards {
    /// What a machine is shown by when nothing was chosen.
    public static var host: ShippedDashboard { all[0] }

    /// Of `ferula demo`, which alone has what it shows; in no list.
    public static let demo = ShippedDashboard("demo", file: "demo.json", "A shop that exists only in numbers.")

    /// In the order of lists.
    public static let all: [ShippedDashboard] = [
        ShippedDashboard(
            "host", aliases: ["node"], file: "host.json", "A machine: processors, memory, disks, network."),
        ShippedDashboard("prometheus", "A Prometheus server: scrapes, storage, queries, rules, remote write."),
        ShippedDashboard("ferula", aliases: ["self"], "Ferula itself: its store, its scrapes, what it takes."),
        ShippedDashboard("go", aliases: ["golang"], "Programs in Go: memory, goroutines, collections."),
        ShippedDashboard("jvm", aliases: ["java"], "Java machines: heap, collections, threads."),
        ShippedDashboard("python", "Programs in Python: memory, processor, collections."),
        ShippedDashboard("http", aliases: ["red"], "Any HTTP service: rate, errors, duration."),
        ShippedDashboard(
            "valet", aliases: ["slo"],
            "Volume, availability, latency, errors and tickets of services, against objectives."),
        ShippedDashboard(
            "kubernetes", aliases: ["k8s", "kubernetes-cluster", "cluster-autoscaler"],
            "A Kubernetes cluster: capacity, namespaces, nodes, the cluster autoscaler."),
        ShippedDashboard(
            "kubernetes-namespace", aliases: ["k8s-namespace", "namespace", "hpa"],
            "A Kubernetes namespace: workloads, pods, horizontal autoscalers."),
        ShippedDashboard(
            "kubernetes-pod", aliases: ["k8s-pod", "pod"],
            "A Kubernetes pod: its containers, their limits, why they ended."),
        ShippedDashboard("envoy", "Envoy: what comes in, its upstream clusters, health of endpoints."),
        ShippedDashboard("nginx", "nginx: requests and connections."),
        ShippedDashboard(
            "ingress-nginx", aliases: ["nginx-ingress"],
            "The ingress-nginx controller: each ingress, certificates, the controller."),
        ShippedDashboard("haproxy", "HAProxy: frontends, backends, servers."),
        ShippedDashboard("etcd", "etcd: leader, disk, database, calls."),
        ShippedDashboard("redis", aliases: ["valkey"], "Redis: hits, memory, commands, replicas."),
        ShippedDashboard(
            "postgres", aliases: ["postgresql", "pg"], "PostgreSQL: transactions, connections, cache, locks."),
        ShippedDashboard("elasticsearch", aliases: ["es"], "Elasticsearch: health, shards, heap, rates."),
        ShippedDashboard("fluent-bit", aliases: ["fluentbit"], "Fluent Bit: does every record get through."),
        ShippedDashboard(
            "blackbox", aliases: ["probes"],
            "Probes of blackbox_exporter: what answers, how fast, its certificate."),
    ]

    /// By its name or one of its aliases, as they are written.
    public static func named(_ text: String) -> ShippedDashboard? {
        all.first { $0.name == text || $0.aliases.contains(text) }
    }

    /// Every word that `named` knows, names first.
    public static var words: [String] { all.map(\.name) + all.flatMap(\.aliases) }

    /// What links of this one lead to, itself left out: of `kubernetes` the namespace and the pod.
    public static func companions(of one: ShippedDashboard) -> [ShippedDashboard] {
        let family = one.name.prefix { $0 != "-" }
        guard family == "kubernetes" else { return [] }
        return all.filter { $0 != one && $0.name.hasPrefix(family) }
    }
}

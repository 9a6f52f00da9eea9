// The targets that an object stands for, with all `__meta_kubernetes_*` labels.
// Pure: KubernetesStore keeps the objects and calls this for those that changed.
// Source: Prometheus docs, configuration, `<kubernetes_sd_config>`.

import FerulaConfiguration
import MetricModel

/// Makes one group; remembers which other objects it looked at, since a change of those changes the group.
struct KubernetesTargets {
    struct Name: Hashable, Sendable {
        var kind: KubernetesKind
        var key: String
    }

    let configuration: KubernetesDiscoveryConfiguration
    /// Nil: there is no such object, or none that was asked for.
    let find: (Name) -> KubernetesObject?
    private(set) var dependencies: Set<Name> = []

    init(_ configuration: KubernetesDiscoveryConfiguration, find: @escaping (Name) -> KubernetesObject?) {
        self.configuration = configuration
        self.find = find
    }

    mutating func group(of object: KubernetesObject) -> DiscoveredGroup {
        let meta = object.meta
        switch object.body {
        case .node(let node): return nodeGroup(meta, node)
        case .pod(let pod): return podGroup(meta, pod)
        case .service(let service): return serviceGroup(meta, service)
        case .endpoints(let endpoints): return endpointsGroup(meta, endpoints)
        case .slice(let slice): return sliceGroup(meta, slice)
        case .ingress(let ingress): return ingressGroup(meta, ingress)
        case .other: return DiscoveredGroup(key: meta.key, labels: .empty, targets: [])
        }
    }

    private mutating func look(_ kind: KubernetesKind, _ key: String) -> KubernetesObject? {
        let name = Name(kind: kind, key: key)
        dependencies.insert(name)
        return find(name)
    }

    // MARK: Labels of objects

    private static let prefix = "__meta_kubernetes_"

    private static func label(_ name: String, _ value: String) -> Label { Label(prefix + name, value) }

    /// Letters, digits and underscores stay, every other character is an underscore.
    static func sanitized(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    let isPlain =
                        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                    return isPlain ? scalar : "_"
                }))
    }

    private static func labels(_ meta: KubernetesMeta, _ role: String, withName: Bool = true) -> [Label] {
        var labels: [Label] = []
        if withName { labels.append(label("\(role)_name", meta.name)) }
        for (pairs, kind) in [(meta.labels, "label"), (meta.annotations, "annotation")] {
            for pair in pairs {
                let name = sanitized(pair.name)
                labels.append(label("\(role)_\(kind)_\(name)", pair.value))
                labels.append(label("\(role)_\(kind)present_\(name)", "true"))
            }
        }
        return labels
    }

    private mutating func namespaceLabels(_ namespace: String) -> [Label] {
        guard configuration.attaches.namespace, let object = look(.namespace, namespace) else { return [] }
        return Self.labels(object.meta, "namespace", withName: false)
    }

    private mutating func nodeLabels(_ name: String?) -> [Label] {
        guard configuration.attaches.node, let name, let object = look(.node, name) else { return [] }
        return Self.labels(object.meta, "node")
    }

    private static func address(_ host: String, _ port: Int) -> Label {
        Label("__address__", host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)")
    }

    // MARK: Nodes

    /// Source: Prometheus discovery/kubernetes, nodeAddress.
    private static let addressTypes = [
        "InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname",
    ]

    private func nodeGroup(_ meta: KubernetesMeta, _ node: KubernetesNode) -> DiscoveredGroup {
        var labels = [Self.label("node_provider_id", node.providerID)]
        for condition in node.conditions {
            let type = Self.sanitized(condition.type.lowercased())
            labels.append(Self.label("node_condition_\(type)", condition.status.lowercased()))
        }
        labels += Self.labels(meta, "node")
        let first = Self.addressTypes.lazy.compactMap { type in node.addresses.first { $0.type == type } }.first
        var targets: [LabelSet] = []
        if let first {
            var own = [Self.address(first.address, node.kubeletPort), Label("instance", meta.name)]
            // Of two addresses of one type the first counts.
            for address in node.addresses.reversed() {
                own.append(Self.label("node_address_\(Self.sanitized(address.type))", address.address))
            }
            targets = [LabelSet(own)]
        }
        return DiscoveredGroup(key: "node/\(meta.key)", labels: LabelSet(labels), targets: targets)
    }

    // MARK: Pods

    private mutating func podLabels(_ meta: KubernetesMeta, _ pod: KubernetesPod) -> [Label] {
        var labels = [
            Self.label("pod_ip", pod.address), Self.label("pod_ready", pod.ready),
            Self.label("pod_phase", pod.phase), Self.label("pod_node_name", pod.nodeName),
            Self.label("pod_host_ip", pod.hostAddress), Self.label("pod_uid", meta.uid),
        ]
        labels += Self.labels(meta, "pod")
        guard let controller = meta.controller else { return labels }
        labels.append(Self.label("pod_controller_kind", controller.kind))
        labels.append(Self.label("pod_controller_name", controller.name))
        let key = "\(meta.namespace)/\(controller.name)"
        if controller.kind == "ReplicaSet", configuration.attaches.deployment,
            let owner = look(.replicaset, key)?.meta.controller, owner.kind == "Deployment"
        {
            labels.append(Self.label("pod_deployment_name", owner.name))
        }
        if controller.kind == "Job" {
            if configuration.attaches.job { labels.append(Self.label("pod_job_name", controller.name)) }
            if configuration.attaches.cronJob, let owner = look(.job, key)?.meta.controller, owner.kind == "CronJob" {
                labels.append(Self.label("pod_cronjob_name", owner.name))
            }
        }
        return labels
    }

    private static func labels(_ container: KubernetesPod.Container) -> [Label] {
        [
            label("pod_container_name", container.name), label("pod_container_image", container.image),
            label("pod_container_init", container.isInit ? "true" : "false"),
        ]
    }

    private static func labels(_ port: KubernetesPort, transport: String?) -> [Label] {
        [
            label("pod_container_port_name", port.name ?? ""),
            label("pod_container_port_number", port.number.map { "\($0)" } ?? ""),
            label("pod_container_port_protocol", transport ?? ""),
        ]
    }

    private mutating func podGroup(_ meta: KubernetesMeta, _ pod: KubernetesPod) -> DiscoveredGroup {
        var group = DiscoveredGroup(key: "pod/\(meta.key)", labels: .empty, targets: [])
        // A pod that starts, or was evicted, has no address.
        guard !pod.address.isEmpty else { return group }
        // A node that a selector leaves out leaves out its pods.
        if configuration.attaches.node, look(.node, pod.nodeName) == nil { return group }
        group.labels = LabelSet(
            podLabels(meta, pod) + [Self.label("namespace", meta.namespace)] + nodeLabels(pod.nodeName)
                + namespaceLabels(meta.namespace))
        for container in pod.containers {
            let own = Self.labels(container) + [Self.label("pod_container_id", container.identifier)]
            if container.ports.isEmpty {
                group.targets.append(LabelSet(own + [Label("__address__", pod.address)]))
            }
            for port in container.ports {
                let address = Self.address(pod.address, port.number ?? 0)
                group.targets.append(LabelSet(own + [address] + Self.labels(port, transport: port.transport)))
            }
        }
        return group
    }

    // MARK: Services

    private mutating func serviceGroup(_ meta: KubernetesMeta, _ service: KubernetesService) -> DiscoveredGroup {
        let labels =
            [Self.label("namespace", meta.namespace)] + Self.labels(meta, "service") + namespaceLabels(meta.namespace)
        let targets = service.ports.map { port in
            let number = port.number ?? 0
            var own = [
                Self.address("\(meta.name).\(meta.namespace).svc", number),
                Self.label("service_port_name", port.name ?? ""), Self.label("service_port_number", "\(number)"),
                Self.label("service_port_protocol", port.transport ?? ""), Self.label("service_type", service.type),
            ]
            if service.type == "ExternalName" {
                own.append(Self.label("service_external_name", service.externalName))
            } else {
                own.append(Self.label("service_cluster_ip", service.clusterAddress))
            }
            if service.type == "LoadBalancer" {
                let addresses = service.ingressAddresses
                own.append(
                    Self.label(
                        "service_loadbalancer_ip",
                        addresses.isEmpty ? service.loadBalancerAddress : addresses.joined(separator: ",")))
            }
            return LabelSet(own)
        }
        return DiscoveredGroup(key: "svc/\(meta.key)", labels: LabelSet(labels), targets: targets)
    }

    // MARK: Endpoints and slices

    /// A pod behind an endpoint, with the ports that its service covers.
    private struct PodBehind {
        var meta: KubernetesMeta
        var pod: KubernetesPod
        var ports: Set<Int> = []
    }

    private mutating func endpointsGroup(_ meta: KubernetesMeta, _ endpoints: KubernetesEndpoints) -> DiscoveredGroup {
        var labels = [Self.label("namespace", meta.namespace)]
        if let service = look(.service, meta.key) { labels += Self.labels(service.meta, "service") }
        labels += Self.labels(meta, "endpoints") + namespaceLabels(meta.namespace)
        var group = DiscoveredGroup(key: "endpoints/\(meta.key)", labels: LabelSet(labels), targets: [])
        var pods: [String: PodBehind] = [:]
        for subset in endpoints.subsets {
            for port in subset.ports {
                for (addresses, ready) in [(subset.ready, "true"), (subset.notReady, "false")] {
                    for endpoint in addresses {
                        let own = [
                            Self.label("endpoint_port_name", port.name ?? ""),
                            Self.label("endpoint_port_protocol", port.transport ?? ""),
                            Self.label("endpoint_ready", ready),
                            Self.label("endpoint_hostname", endpoint.hostName ?? ""),
                            Self.label("endpoint_node_name", endpoint.nodeName ?? ""),
                            Self.label("endpoint_address_target_kind", endpoint.target?.kind ?? ""),
                            Self.label("endpoint_address_target_name", endpoint.target?.name ?? ""),
                        ]
                        group.targets.append(
                            target(
                                endpoint.addresses.first ?? "", port, own, endpoint, node: endpoint.nodeName, &pods,
                                portTransport: port.transport))
                    }
                }
            }
        }
        group.targets += uncovered(pods)
        return group
    }

    private mutating func sliceGroup(_ meta: KubernetesMeta, _ slice: KubernetesEndpointSlice) -> DiscoveredGroup {
        var labels =
            [
                Self.label("namespace", meta.namespace),
                Self.label("endpointslice_address_type", slice.addressType),
            ] + Self.labels(meta, "endpointslice")
        var service: KubernetesService?
        if let name = meta.labels.first(where: { $0.name == "kubernetes.io/service-name" })?.value,
            let object = look(.service, "\(meta.namespace)/\(name)")
        {
            labels += Self.labels(object.meta, "service")
            if case .service(let found) = object.body { service = found }
        }
        labels += namespaceLabels(meta.namespace)
        var group = DiscoveredGroup(key: "endpointslice/\(meta.key)", labels: LabelSet(labels), targets: [])
        // Of a service with two address families the second one's slice names the same pods again.
        if let service, ["PreferDualStack", "RequireDualStack"].contains(service.familyPolicy),
            let family = service.families.first, family != slice.addressType
        {
            return group
        }
        var pods: [String: PodBehind] = [:]
        for endpoint in slice.endpoints {
            for port in slice.ports {
                let own = Self.sliceLabels(endpoint, port)
                let isNode = endpoint.target?.kind == "Node"
                for address in endpoint.addresses {
                    group.targets.append(
                        target(
                            address, port, own, endpoint, node: isNode ? endpoint.target?.name : endpoint.nodeName,
                            &pods, portTransport: nil))
                }
            }
        }
        group.targets += uncovered(pods)
        return group
    }

    private static func sliceLabels(_ endpoint: KubernetesEndpoint, _ port: KubernetesPort) -> [Label] {
        func text(_ flag: Bool?) -> String { flag.map { $0 ? "true" : "false" } ?? "" }
        var labels = [
            label("endpointslice_port_name", port.name ?? ""),
            label("endpointslice_port_protocol", port.transport ?? ""),
            label("endpointslice_port", port.number.map { "\($0)" } ?? ""),
            label("endpointslice_port_app_protocol", port.application ?? ""),
            label("endpointslice_endpoint_conditions_ready", text(endpoint.ready)),
            label("endpointslice_endpoint_conditions_serving", text(endpoint.serving)),
            label("endpointslice_endpoint_conditions_terminating", text(endpoint.terminating)),
            label("endpointslice_endpoint_hostname", endpoint.hostName ?? ""),
            label("endpointslice_endpoint_node_name", endpoint.nodeName ?? ""),
            label("endpointslice_endpoint_zone", endpoint.zone ?? ""),
            label("endpointslice_address_target_kind", endpoint.target?.kind ?? ""),
            label("endpointslice_address_target_name", endpoint.target?.name ?? ""),
        ]
        for pair in endpoint.topology {
            let name = sanitized(pair.name)
            labels.append(label("endpointslice_endpoint_topology_\(name)", pair.value))
            labels.append(label("endpointslice_endpoint_topology_present_\(name)", "true"))
        }
        return labels
    }

    /// One address and port, with the labels of the pod behind it.
    ///
    /// `portTransport` takes the place of the container port's protocol; Endpoints objects say their own.
    private mutating func target(
        _ host: String, _ port: KubernetesPort, _ own: [Label], _ endpoint: KubernetesEndpoint, node: String?,
        _ pods: inout [String: PodBehind], portTransport: String?
    ) -> LabelSet {
        var labels = own
        labels.append(port.number.map { Self.address(host, $0) } ?? Label("__address__", host))
        labels += nodeLabels(node ?? (endpoint.target?.kind == "Node" ? endpoint.target?.name : nil))
        guard let reference = endpoint.target, reference.kind == "Pod",
            let object = look(.pod, "\(reference.namespace)/\(reference.name)"), case .pod(let pod) = object.body
        else { return LabelSet(labels) }
        labels += podLabels(object.meta, pod)
        if let number = port.number {
            pods[object.meta.key, default: PodBehind(meta: object.meta, pod: pod)].ports.insert(number)
            for container in pod.containers {
                guard let own = container.ports.first(where: { $0.number == number }) else { continue }
                labels += Self.labels(container) + Self.labels(own, transport: portTransport ?? own.transport)
            }
        }
        return LabelSet(labels)
    }

    /// The ports of pods that no endpoint names are targets too.
    private mutating func uncovered(_ pods: [String: PodBehind]) -> [LabelSet] {
        var targets: [LabelSet] = []
        for behind in pods.sorted(by: { $0.key.isBefore($1.key) }).map(\.value) where !behind.pod.address.isEmpty {
            for container in behind.pod.containers {
                for port in container.ports {
                    guard let number = port.number, !behind.ports.contains(number) else { continue }
                    targets.append(
                        LabelSet(
                            [Self.address(behind.pod.address, number)] + Self.labels(container)
                                + Self.labels(port, transport: port.transport)
                                + podLabels(behind.meta, behind.pod)))
                }
            }
        }
        return targets
    }

    // MARK: Ingresses

    private mutating func ingressGroup(_ meta: KubernetesMeta, _ ingress: KubernetesIngress) -> DiscoveredGroup {
        let labels =
            [
                Self.label("namespace", meta.namespace),
                Self.label("ingress_class_name", ingress.className ?? ""),
            ] + Self.labels(meta, "ingress") + namespaceLabels(meta.namespace)
        var targets: [LabelSet] = []
        for rule in ingress.rules {
            let isSecure = ingress.secureHosts.contains { Self.matches($0, rule.host) }
            for path in rule.paths ?? ["/"] {
                targets.append([
                    "__address__": rule.host, "__meta_kubernetes_ingress_scheme": isSecure ? "https" : "http",
                    "__meta_kubernetes_ingress_host": rule.host,
                    "__meta_kubernetes_ingress_path": path.isEmpty ? "/" : path,
                ])
            }
        }
        return DiscoveredGroup(key: "ingress/\(meta.key)", labels: LabelSet(labels), targets: targets)
    }

    /// `*.example.com` stands for one part in place of the star.
    static func matches(_ pattern: String, _ host: String) -> Bool {
        if pattern == host { return true }
        guard pattern.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
        return pattern.dropFirst() == host[dot...]
    }
}

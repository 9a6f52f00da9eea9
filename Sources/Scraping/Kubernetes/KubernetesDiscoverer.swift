// kubernetes_sd_configs: which kinds of objects a role needs, each listed and watched by a task of its own.
// One of the discoverers.

import FerulaConfiguration
import HTTPAccess
import MetricModel

struct KubernetesDiscoverer: Discoverer {
    private let configuration: KubernetesDiscoveryConfiguration
    private let client: Client
    private let accountFolder: String

    init(
        _ configuration: KubernetesDiscoveryConfiguration, client: Client,
        accountFolder: String = KubernetesAccess.accountFolder
    ) {
        self.configuration = configuration
        self.client = client
        self.accountFolder = accountFolder
    }

    package func run(_ record: DiscoveryRecord) async {
        let namespaces: [String?]
        do throws(DiscoveryFailure) {
            namespaces = try KubernetesAccess.namespaces(of: configuration, accountFolder: accountFolder)
        } catch {
            // Mounted with the pod's account: it will not come later.
            return record.failed(error.description)
        }
        let lists = Self.kinds(of: configuration).flatMap { kind in
            (kind.isNamespaced ? namespaces : [nil]).map { KubernetesStore.ListName(kind: kind, namespace: $0) }
        }
        let store = KubernetesStore(configuration, lists: lists, record: record)
        await withTaskGroup(of: Void.self) { group in
            for list in lists {
                let watch = KubernetesWatch(
                    list: list, selector: selector(of: list.kind), client: client,
                    access: { [configuration, accountFolder] () throws(DiscoveryFailure) in
                        try KubernetesAccess(configuration, accountFolder: accountFolder)
                    }, store: store)
                group.addTask { await watch.run() }
            }
        }
    }

    static func kinds(of configuration: KubernetesDiscoveryConfiguration) -> [KubernetesKind] {
        let attaches = configuration.attaches
        let role = configuration.role
        var kinds = [role.kind]
        let hasPods = [.pod, .endpoints, .endpointslice].contains(role)
        if role == .endpoints || role == .endpointslice { kinds += [.service, .pod] }
        if hasPods, attaches.node { kinds.append(.node) }
        if role != .node, attaches.namespace { kinds.append(.namespace) }
        if hasPods, attaches.deployment { kinds.append(.replicaset) }
        if hasPods, attaches.cronJob { kinds.append(.job) }
        return kinds
    }

    private func selector(of kind: KubernetesKind) -> KubernetesDiscoveryConfiguration.Selector {
        for (role, selector) in configuration.selectors where role.kind == kind { return selector }
        return KubernetesDiscoveryConfiguration.Selector()
    }
}

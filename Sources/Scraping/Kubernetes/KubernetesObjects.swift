// What is kept of the objects of a Kubernetes API server: what labels and addresses need, and nothing more.
// Read from JSON as it arrives by KubernetesWatch; KubernetesTargets makes targets of them.

import MetricModel
import Querying

/// The kinds that discovery lists and watches.
enum KubernetesKind: String, Hashable, Sendable, CaseIterable {
    case node, pod, service, endpoints, endpointslice, ingress, namespace, replicaset, job

    /// Path of all objects, before and after the part of a namespace.
    var path: (prefix: String, plural: String) {
        switch self {
        case .node: ("/api/v1", "nodes")
        case .pod: ("/api/v1", "pods")
        case .service: ("/api/v1", "services")
        case .endpoints: ("/api/v1", "endpoints")
        case .namespace: ("/api/v1", "namespaces")
        case .endpointslice: ("/apis/discovery.k8s.io/v1", "endpointslices")
        case .ingress: ("/apis/networking.k8s.io/v1", "ingresses")
        case .replicaset: ("/apis/apps/v1", "replicasets")
        case .job: ("/apis/batch/v1", "jobs")
        }
    }
    /// Where older servers have them: before 1.21 and 1.19.
    var olderPrefix: String? {
        switch self {
        case .endpointslice: "/apis/discovery.k8s.io/v1beta1"
        case .ingress: "/apis/networking.k8s.io/v1beta1"
        default: nil
        }
    }
    var isNamespaced: Bool { self != .node && self != .namespace }
}

struct KubernetesObject: Hashable, Sendable {
    var meta = KubernetesMeta()
    var body: Body

    enum Body: Hashable, Sendable {
        case node(KubernetesNode)
        case pod(KubernetesPod)
        case service(KubernetesService)
        case endpoints(KubernetesEndpoints)
        case slice(KubernetesEndpointSlice)
        case ingress(KubernetesIngress)
        /// Labels and owner are all that is wanted of it.
        case other
    }
}

struct KubernetesMeta: Hashable, Sendable {
    var name = ""
    /// Empty for what is in none.
    var namespace = ""
    var uid = ""
    var resourceVersion = ""
    var labels: [Label] = []
    var annotations: [Label] = []
    var controller: Reference?

    struct Reference: Hashable, Sendable {
        var kind = ""
        var name = ""
        var namespace = ""
    }

    /// `namespace/name`, or the name alone.
    var key: String { namespace.isEmpty ? name : namespace + "/" + name }

    /// The version changes with everything; what is kept may be the same.
    static func == (left: KubernetesMeta, right: KubernetesMeta) -> Bool {
        left.name == right.name && left.namespace == right.namespace && left.uid == right.uid
            && left.labels == right.labels && left.annotations == right.annotations
            && left.controller == right.controller
    }
    func hash(into hasher: inout Hasher) {
        hasher.combine(namespace)
        hasher.combine(name)
    }
}

struct KubernetesNode: Hashable, Sendable {
    var providerID = ""
    var conditions: [(type: String, status: String)] = []
    var addresses: [(type: String, address: String)] = []
    var kubeletPort = 0

    static func == (left: KubernetesNode, right: KubernetesNode) -> Bool {
        left.providerID == right.providerID && left.kubeletPort == right.kubeletPort
            && left.conditions.elementsEqual(right.conditions) { $0 == $1 }
            && left.addresses.elementsEqual(right.addresses) { $0 == $1 }
    }
    func hash(into hasher: inout Hasher) { hasher.combine(providerID) }
}

struct KubernetesPort: Hashable, Sendable {
    /// Nil: not given.
    var name: String?
    var number: Int?
    var transport: String?
    var application: String?
}

struct KubernetesPod: Hashable, Sendable {
    struct Container: Hashable, Sendable {
        var name = ""
        var image = ""
        var ports: [KubernetesPort] = []
        var isInit = false
        var identifier = ""
        /// False while it is what a status says of one.
        var isSpecified = false
    }
    var address = ""
    var hostAddress = ""
    var phase = ""
    /// `true`, `false` or `unknown`.
    var ready = "unknown"
    var nodeName = ""
    /// Those that start first are last.
    var containers: [Container] = []
}

struct KubernetesService: Hashable, Sendable {
    var type = ""
    var clusterAddress = ""
    var externalName = ""
    var loadBalancerAddress = ""
    var ingressAddresses: [String] = []
    var ports: [KubernetesPort] = []
    var familyPolicy = ""
    var families: [String] = []
}

struct KubernetesEndpoint: Hashable, Sendable {
    var addresses: [String] = []
    var hostName: String?
    var nodeName: String?
    var zone: String?
    var target: KubernetesMeta.Reference?
    var ready: Bool?
    var serving: Bool?
    var terminating: Bool?
    var topology: [Label] = []
}

struct KubernetesEndpoints: Hashable, Sendable {
    struct Subset: Hashable, Sendable {
        var ready: [KubernetesEndpoint] = []
        var notReady: [KubernetesEndpoint] = []
        var ports: [KubernetesPort] = []
    }
    var subsets: [Subset] = []
}

struct KubernetesEndpointSlice: Hashable, Sendable {
    var addressType = ""
    var endpoints: [KubernetesEndpoint] = []
    var ports: [KubernetesPort] = []
}

struct KubernetesIngress: Hashable, Sendable {
    struct Rule: Hashable, Sendable {
        var host = ""
        /// Nil: the rule has none.
        var paths: [String]?
    }
    var className: String?
    var secureHosts: [String] = []
    var rules: [Rule] = []
}

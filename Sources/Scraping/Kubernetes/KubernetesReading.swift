// From the JSON of one object to what is kept of it; all other fields are passed over.
// Called by KubernetesWatch for each item of a list and each event of a watch.

import MetricModel
import Querying

extension KubernetesObject {
    init(_ kind: KubernetesKind, _ cursor: inout JSONCursor) throws(JSONFailure) {
        var meta = KubernetesMeta()
        var node = KubernetesNode()
        var pod = KubernetesPod()
        var service = KubernetesService()
        var endpoints = KubernetesEndpoints()
        var slice = KubernetesEndpointSlice()
        var ingress = KubernetesIngress()
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch (name, kind) {
            case ("metadata", _): try meta.read(&cursor)
            case ("spec", .node), ("status", .node): try node.read(&cursor)
            case ("spec", .pod): try pod.readSpec(&cursor)
            case ("status", .pod): try pod.readStatus(&cursor)
            case ("spec", .service): try service.readSpec(&cursor)
            case ("status", .service): try service.readStatus(&cursor)
            case ("subsets", .endpoints): try endpoints.read(&cursor)
            case ("addressType", .endpointslice): slice.addressType = try cursor.text() ?? ""
            case ("endpoints", .endpointslice):
                try cursor.items { cursor throws(JSONFailure) in
                    slice.endpoints.append(try KubernetesEndpoint(slice: &cursor))
                }
            case ("ports", .endpointslice): slice.ports = try cursor.ports("port")
            case ("spec", .ingress): try ingress.read(&cursor)
            default: try cursor.skip()
            }
        }
        pod.joinStatuses()
        let body: Body =
            switch kind {
            case .node: .node(node)
            case .pod: .pod(pod)
            case .service: .service(service)
            case .endpoints: .endpoints(endpoints)
            case .endpointslice: .slice(slice)
            case .ingress: .ingress(ingress)
            case .namespace, .replicaset, .job: .other
            }
        self.init(meta: meta, body: body)
    }
}

// MARK: Reading that takes what is there

extension JSONCursor {
    /// Calls `field` at each value of an object; anything else, null above all, is passed over.
    mutating func fields(_ field: (String, inout JSONCursor) throws(JSONFailure) -> Void) throws(JSONFailure) {
        guard kind == .object else { return try skip() }
        try object(field)
    }

    mutating func items(_ item: (inout JSONCursor) throws(JSONFailure) -> Void) throws(JSONFailure) {
        guard kind == .array else { return try skip() }
        try array(item)
    }

    /// Nil, and passed over, when it is no string.
    mutating func text() throws(JSONFailure) -> String? {
        guard kind == .string else {
            try skip()
            return nil
        }
        return try string()
    }

    mutating func texts() throws(JSONFailure) -> [String] {
        var texts: [String] = []
        try items { cursor throws(JSONFailure) in
            if let text = try cursor.text() { texts.append(text) }
        }
        return texts
    }

    mutating func integer() throws(JSONFailure) -> Int? {
        guard kind == .number else {
            try skip()
            return nil
        }
        return Int(exactly: try value())
    }

    mutating func flag() throws(JSONFailure) -> Bool? {
        guard kind == .bool else {
            try skip()
            return nil
        }
        return try bool()
    }

    /// Names and values of one object, sorted by name.
    mutating func pairs() throws(JSONFailure) -> [Label] {
        var pairs: [Label] = []
        try fields { name, cursor throws(JSONFailure) in
            if let value = try cursor.text() { pairs.append(Label(name, value)) }
        }
        return pairs.sorted()
    }

    mutating func reference() throws(JSONFailure) -> KubernetesMeta.Reference? {
        guard kind == .object else {
            try skip()
            return nil
        }
        var reference = KubernetesMeta.Reference()
        try fields { name, cursor throws(JSONFailure) in
            switch name {
            case "kind": reference.kind = try cursor.text() ?? ""
            case "name": reference.name = try cursor.text() ?? ""
            case "namespace": reference.namespace = try cursor.text() ?? ""
            default: try cursor.skip()
            }
        }
        return reference
    }

    /// `number` is the field with the port's number: `port`, or `containerPort`.
    mutating func ports(_ number: String) throws(JSONFailure) -> [KubernetesPort] {
        var ports: [KubernetesPort] = []
        try items { cursor throws(JSONFailure) in
            var port = KubernetesPort()
            try cursor.fields { name, cursor throws(JSONFailure) in
                switch name {
                case "name": port.name = try cursor.text()
                case number: port.number = try cursor.integer()
                case "protocol": port.transport = try cursor.text()
                case "appProtocol": port.application = try cursor.text()
                default: try cursor.skip()
                }
            }
            ports.append(port)
        }
        return ports
    }
}

extension KubernetesMeta {
    mutating func read(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var meta = KubernetesMeta()
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "name": meta.name = try cursor.text() ?? ""
            case "namespace": meta.namespace = try cursor.text() ?? ""
            case "uid": meta.uid = try cursor.text() ?? ""
            case "resourceVersion": meta.resourceVersion = try cursor.text() ?? ""
            case "labels": meta.labels = try cursor.pairs()
            case "annotations": meta.annotations = try cursor.pairs()
            case "ownerReferences":
                try cursor.items { cursor throws(JSONFailure) in
                    var owner = Reference()
                    var isController = false
                    try cursor.fields { name, cursor throws(JSONFailure) in
                        switch name {
                        case "kind": owner.kind = try cursor.text() ?? ""
                        case "name": owner.name = try cursor.text() ?? ""
                        case "controller": isController = try cursor.flag() ?? false
                        default: try cursor.skip()
                        }
                    }
                    if isController, meta.controller == nil { meta.controller = owner }
                }
            default: try cursor.skip()
            }
        }
        self = meta
    }
}

extension KubernetesNode {
    /// The fields of `spec` and `status` have different names.
    mutating func read(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var node = self
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "providerID": node.providerID = try cursor.text() ?? ""
            case "conditions":
                try cursor.items { cursor throws(JSONFailure) in
                    let (type, status) = try cursor.two("type", "status")
                    node.conditions.append((type, status))
                }
            case "addresses":
                try cursor.items { cursor throws(JSONFailure) in
                    let (type, address) = try cursor.two("type", "address")
                    node.addresses.append((type, address))
                }
            case "daemonEndpoints":
                try cursor.fields { name, cursor throws(JSONFailure) in
                    guard name == "kubeletEndpoint" else { return try cursor.skip() }
                    try cursor.fields { name, cursor throws(JSONFailure) in
                        guard name == "Port" else { return try cursor.skip() }
                        node.kubeletPort = try cursor.integer() ?? 0
                    }
                }
            default: try cursor.skip()
            }
        }
        self = node
    }
}

extension JSONCursor {
    /// Two texts of one object; empty where they are not.
    fileprivate mutating func two(_ one: String, _ other: String) throws(JSONFailure) -> (String, String) {
        var texts = ("", "")
        try fields { name, cursor throws(JSONFailure) in
            switch name {
            case one: texts.0 = try cursor.text() ?? ""
            case other: texts.1 = try cursor.text() ?? ""
            default: try cursor.skip()
            }
        }
        return texts
    }
}

extension KubernetesPod {
    mutating func readSpec(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var regular: [Container] = []
        var initial: [Container] = []
        var nodeName = ""
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "nodeName": nodeName = try cursor.text() ?? ""
            case "containers":
                try cursor.items { cursor throws(JSONFailure) in regular.append(try Container(&cursor)) }
            case "initContainers":
                try cursor.items { cursor throws(JSONFailure) in
                    var container = try Container(&cursor)
                    container.isInit = true
                    initial.append(container)
                }
            default: try cursor.skip()
            }
        }
        // A status may have come first: what it says of containers stands behind theirs.
        containers = regular + initial + containers
        self.nodeName = nodeName
    }

    mutating func readStatus(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var pod = self
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "podIP": pod.address = try cursor.text() ?? ""
            case "hostIP": pod.hostAddress = try cursor.text() ?? ""
            case "phase": pod.phase = try cursor.text() ?? ""
            case "conditions":
                try cursor.items { cursor throws(JSONFailure) in
                    let (type, status) = try cursor.two("type", "status")
                    if type == "Ready" { pod.ready = status.lowercased() }
                }
            case "containerStatuses", "initContainerStatuses":
                let isInit = name == "initContainerStatuses"
                try cursor.items { cursor throws(JSONFailure) in
                    let (name, identifier) = try cursor.two("name", "containerID")
                    // Without an image: joined with the container of that name later.
                    pod.containers.append(Container(name: name, isInit: isInit, identifier: identifier))
                }
            default: try cursor.skip()
            }
        }
        self = pod
    }

    /// Gives each container the identifier that its status has, and leaves the statuses.
    mutating func joinStatuses() {
        let statuses = containers.filter(\.isStatus)
        containers.removeAll(where: \.isStatus)
        for index in containers.indices {
            let container = containers[index]
            containers[index].identifier =
                statuses.first { $0.name == container.name && $0.isInit == container.isInit }?.identifier ?? ""
        }
    }
}

extension KubernetesPod.Container {
    fileprivate var isStatus: Bool { !isSpecified }

    fileprivate init(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var container = KubernetesPod.Container()
        container.isSpecified = true
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "name": container.name = try cursor.text() ?? ""
            case "image": container.image = try cursor.text() ?? ""
            case "ports": container.ports = try cursor.ports("containerPort")
            default: try cursor.skip()
            }
        }
        self = container
    }
}

extension KubernetesService {
    mutating func readSpec(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var service = self
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "type": service.type = try cursor.text() ?? ""
            case "clusterIP": service.clusterAddress = try cursor.text() ?? ""
            case "externalName": service.externalName = try cursor.text() ?? ""
            case "loadBalancerIP": service.loadBalancerAddress = try cursor.text() ?? ""
            case "ports": service.ports = try cursor.ports("port")
            case "ipFamilyPolicy": service.familyPolicy = try cursor.text() ?? ""
            case "ipFamilies": service.families = try cursor.texts()
            default: try cursor.skip()
            }
        }
        self = service
    }

    mutating func readStatus(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var addresses: [String] = []
        try cursor.fields { name, cursor throws(JSONFailure) in
            guard name == "loadBalancer" else { return try cursor.skip() }
            try cursor.fields { name, cursor throws(JSONFailure) in
                guard name == "ingress" else { return try cursor.skip() }
                try cursor.items { cursor throws(JSONFailure) in
                    let (address, _) = try cursor.two("ip", "hostname")
                    if !address.isEmpty { addresses.append(address) }
                }
            }
        }
        ingressAddresses = addresses
    }
}

extension KubernetesEndpoints {
    mutating func read(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var subsets: [Subset] = []
        try cursor.items { cursor throws(JSONFailure) in
            var subset = Subset()
            try cursor.fields { name, cursor throws(JSONFailure) in
                switch name {
                case "addresses":
                    try cursor.items { cursor throws(JSONFailure) in
                        subset.ready.append(try KubernetesEndpoint(address: &cursor))
                    }
                case "notReadyAddresses":
                    try cursor.items { cursor throws(JSONFailure) in
                        subset.notReady.append(try KubernetesEndpoint(address: &cursor))
                    }
                case "ports": subset.ports = try cursor.ports("port")
                default: try cursor.skip()
                }
            }
            subsets.append(subset)
        }
        self.subsets = subsets
    }
}

extension KubernetesEndpoint {
    /// An address of an Endpoints object.
    init(address cursor: inout JSONCursor) throws(JSONFailure) {
        var endpoint = KubernetesEndpoint()
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "ip": endpoint.addresses = [try cursor.text() ?? ""]
            case "hostname": endpoint.hostName = try cursor.text()
            case "nodeName": endpoint.nodeName = try cursor.text()
            case "targetRef": endpoint.target = try cursor.reference()
            default: try cursor.skip()
            }
        }
        self = endpoint
    }

    /// An endpoint of a slice.
    init(slice cursor: inout JSONCursor) throws(JSONFailure) {
        var endpoint = KubernetesEndpoint()
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "addresses": endpoint.addresses = try cursor.texts()
            case "hostname": endpoint.hostName = try cursor.text()
            case "nodeName": endpoint.nodeName = try cursor.text()
            case "zone": endpoint.zone = try cursor.text()
            case "targetRef": endpoint.target = try cursor.reference()
            case "deprecatedTopology", "topology": endpoint.topology = try cursor.pairs()
            case "conditions":
                try cursor.fields { name, cursor throws(JSONFailure) in
                    switch name {
                    case "ready": endpoint.ready = try cursor.flag()
                    case "serving": endpoint.serving = try cursor.flag()
                    case "terminating": endpoint.terminating = try cursor.flag()
                    default: try cursor.skip()
                    }
                }
            default: try cursor.skip()
            }
        }
        self = endpoint
    }
}

extension KubernetesIngress {
    mutating func read(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var ingress = self
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "ingressClassName": ingress.className = try cursor.text()
            case "tls":
                try cursor.items { cursor throws(JSONFailure) in
                    try cursor.fields { name, cursor throws(JSONFailure) in
                        guard name == "hosts" else { return try cursor.skip() }
                        ingress.secureHosts += try cursor.texts()
                    }
                }
            case "rules":
                try cursor.items { cursor throws(JSONFailure) in ingress.rules.append(try Rule(&cursor)) }
            default: try cursor.skip()
            }
        }
        self = ingress
    }
}

extension KubernetesIngress.Rule {
    fileprivate init(_ cursor: inout JSONCursor) throws(JSONFailure) {
        var rule = KubernetesIngress.Rule()
        try cursor.fields { name, cursor throws(JSONFailure) in
            switch name {
            case "host": rule.host = try cursor.text() ?? ""
            case "http" where cursor.kind == .object:
                var paths: [String] = []
                try cursor.fields { name, cursor throws(JSONFailure) in
                    guard name == "paths" else { return try cursor.skip() }
                    try cursor.items { cursor throws(JSONFailure) in
                        var path = ""
                        try cursor.fields { name, cursor throws(JSONFailure) in
                            guard name == "path" else { return try cursor.skip() }
                            path = try cursor.text() ?? ""
                        }
                        paths.append(path)
                    }
                }
                rule.paths = paths
            default: try cursor.skip()
            }
        }
        self = rule
    }
}

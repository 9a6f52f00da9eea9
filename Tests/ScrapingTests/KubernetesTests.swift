// Kubernetes objects as JSON, and the targets they become: no server, no socket.
// The whole way over a real control plane is in PeerTests.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Querying
import Testing

@testable import Scraping

private func object(_ kind: KubernetesKind, _ text: String) throws -> KubernetesObject {
    var cursor = JSONCursor(Array(text.utf8))
    return try KubernetesObject(kind, &cursor)
}

private func configuration(
    _ role: KubernetesDiscoveryConfiguration.Role,
    attaching: (inout KubernetesDiscoveryConfiguration.Attachments) -> Void = { _ in }
) -> KubernetesDiscoveryConfiguration {
    var configuration = KubernetesDiscoveryConfiguration(role: role)
    attaching(&configuration.attaches)
    return configuration
}

private let pod = """
    {"kind": "Pod", "status": {"phase": "Running", "podIP": "10.0.0.1", "hostIP": "10.1.0.1", "extra": [1, {"a": null}],
      "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "False"}],
      "containerStatuses": [{"name": "app", "containerID": "cri://1", "state": {}}],
      "initContainerStatuses": [{"name": "app", "containerID": "cri://2"}]},
     "metadata": {"name": "p", "namespace": "ns", "uid": "u-1", "resourceVersion": "7",
      "labels": {"app.io/name": "x"}, "annotations": {"a-b": "\\u00e9"},
      "ownerReferences": [{"kind": "Other", "name": "o"}, {"kind": "ReplicaSet", "name": "rs", "controller": true}]},
     "spec": {"nodeName": "n1", "containers": [
       {"name": "app", "image": "i:1", "ports": [{"name": "web", "containerPort": 80, "protocol": "TCP"}, {"containerPort": 81}]},
       {"name": "side", "image": "s:2", "ports": null}],
      "initContainers": [{"name": "app", "image": "first"}]}}
    """

/// The labels of a pod that every target of it has.
private let podLabels: [Label] = [
    Label("__meta_kubernetes_pod_annotation_a_b", "é"),
    Label("__meta_kubernetes_pod_annotationpresent_a_b", "true"),
    Label("__meta_kubernetes_pod_controller_kind", "ReplicaSet"),
    Label("__meta_kubernetes_pod_controller_name", "rs"),
    Label("__meta_kubernetes_pod_host_ip", "10.1.0.1"),
    Label("__meta_kubernetes_pod_ip", "10.0.0.1"),
    Label("__meta_kubernetes_pod_label_app_io_name", "x"),
    Label("__meta_kubernetes_pod_labelpresent_app_io_name", "true"),
    Label("__meta_kubernetes_pod_name", "p"),
    Label("__meta_kubernetes_pod_node_name", "n1"), Label("__meta_kubernetes_pod_phase", "Running"),
    Label("__meta_kubernetes_pod_ready", "false"), Label("__meta_kubernetes_pod_uid", "u-1"),
]

@Suite("Kubernetes objects and targets")
struct KubernetesTests {
    @Test(
        "a pod has a target for each port, one for a container without ports, and one for each that runs first"
    )
    func podTargets() throws {
        var targets = KubernetesTargets(configuration(.pod)) { _ in nil }
        let group = targets.group(of: try object(.pod, pod))
        #expect(group.key == "pod/ns/p")
        #expect(group.labels == LabelSet(podLabels + [Label("__meta_kubernetes_namespace", "ns")]))
        #expect(
            group.targets == [
                [
                    "__address__": "10.0.0.1:80", "__meta_kubernetes_pod_container_id": "cri://1",
                    "__meta_kubernetes_pod_container_image": "i:1",
                    "__meta_kubernetes_pod_container_init": "false",
                    "__meta_kubernetes_pod_container_name": "app",
                    "__meta_kubernetes_pod_container_port_name": "web",
                    "__meta_kubernetes_pod_container_port_number": "80",
                    "__meta_kubernetes_pod_container_port_protocol": "TCP",
                ],
                [
                    "__address__": "10.0.0.1:81", "__meta_kubernetes_pod_container_id": "cri://1",
                    "__meta_kubernetes_pod_container_image": "i:1",
                    "__meta_kubernetes_pod_container_init": "false",
                    "__meta_kubernetes_pod_container_name": "app",
                    "__meta_kubernetes_pod_container_port_number": "81",
                ],
                [
                    "__address__": "10.0.0.1", "__meta_kubernetes_pod_container_image": "s:2",
                    "__meta_kubernetes_pod_container_init": "false",
                    "__meta_kubernetes_pod_container_name": "side",
                ],
                [
                    "__address__": "10.0.0.1", "__meta_kubernetes_pod_container_id": "cri://2",
                    "__meta_kubernetes_pod_container_image": "first",
                    "__meta_kubernetes_pod_container_init": "true",
                    "__meta_kubernetes_pod_container_name": "app",
                ],
            ])
    }

    @Test(
        "attached metadata: node, namespace, deployment; a node that is left out leaves out its pods")
    func attachments() throws {
        let node = try object(.node, #"{"metadata":{"name":"n1","labels":{"zone":"z"}}}"#)
        let namespace = try object(
            .namespace, #"{"metadata":{"name":"ns","annotations":{"team":"t"}}}"#)
        let owner = try object(
            .replicaset,
            #"{"metadata":{"name":"rs","namespace":"ns","ownerReferences":[{"kind":"Deployment","name":"d","controller":true}]}}"#
        )
        let known: [KubernetesTargets.Name: KubernetesObject] = [
            .init(kind: .node, key: "n1"): node, .init(kind: .namespace, key: "ns"): namespace,
            .init(kind: .replicaset, key: "ns/rs"): owner,
        ]
        let all = configuration(.pod) {
            $0.node = true
            $0.namespace = true
            $0.deployment = true
        }
        var targets = KubernetesTargets(all) { known[$0] }
        let labels = targets.group(of: try object(.pod, pod)).labels
        #expect(labels["__meta_kubernetes_node_name"] == "n1")
        #expect(labels["__meta_kubernetes_node_label_zone"] == "z")
        #expect(labels["__meta_kubernetes_node_labelpresent_zone"] == "true")
        #expect(labels["__meta_kubernetes_namespace_annotation_team"] == "t")
        #expect(labels["__meta_kubernetes_namespace"] == "ns")
        #expect(labels["__meta_kubernetes_pod_deployment_name"] == "d")
        #expect(targets.dependencies == Set(known.keys))
        var without = KubernetesTargets(all) { $0.kind == .node ? nil : known[$0] }
        #expect(without.group(of: try object(.pod, pod)).targets.isEmpty)
    }

    @Test("a pod of a job, and of the cron job that made it")
    func jobs() throws {
        let text = #"""
            {"metadata":{"name":"p","namespace":"ns","ownerReferences":[{"kind":"Job","name":"j","controller":true}]},
             "spec":{"containers":[{"name":"c"}]},"status":{"podIP":"fd00::1"}}
            """#
        let job = try object(
            .job,
            #"{"metadata":{"name":"j","ownerReferences":[{"kind":"CronJob","name":"c","controller":true}]}}"#
        )
        var targets = KubernetesTargets(
            configuration(.pod) {
                $0.job = true
                $0.cronJob = true
            }
        ) { $0 == .init(kind: .job, key: "ns/j") ? job : nil }
        let group = targets.group(of: try object(.pod, text))
        #expect(group.labels["__meta_kubernetes_pod_job_name"] == "j")
        #expect(group.labels["__meta_kubernetes_pod_cronjob_name"] == "c")
        #expect(group.labels["__meta_kubernetes_pod_ready"] == "unknown")
        #expect(group.targets.map { $0["__address__"] } == ["fd00::1"])
    }

    @Test("a node's address is the first there is in the order of types, with the kubelet's port")
    func node() throws {
        let text = #"""
            {"metadata":{"name":"n1"},"spec":{"providerID":"cloud://1"},"status":{
             "addresses":[{"type":"Hostname","address":"h"},{"type":"ExternalIP","address":"1.2.3.4"},
              {"type":"InternalIP","address":"fd00::5"},{"type":"InternalIP","address":"10.0.0.5"}],
             "conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"Unknown"}],
             "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},"images":[{"names":["a"]}]}}
            """#
        var targets = KubernetesTargets(configuration(.node)) { _ in nil }
        let group = targets.group(of: try object(.node, text))
        #expect(group.key == "node/n1")
        #expect(
            group.labels == [
                "__meta_kubernetes_node_name": "n1", "__meta_kubernetes_node_provider_id": "cloud://1",
                "__meta_kubernetes_node_condition_memorypressure": "false",
                "__meta_kubernetes_node_condition_ready": "unknown",
            ])
        #expect(
            group.targets == [
                [
                    "__address__": "[fd00::5]:10250", "instance": "n1",
                    "__meta_kubernetes_node_address_Hostname": "h",
                    "__meta_kubernetes_node_address_ExternalIP": "1.2.3.4",
                    "__meta_kubernetes_node_address_InternalIP": "fd00::5",
                ]
            ])
        #expect(targets.group(of: try object(.node, #"{"metadata":{"name":"n"}}"#)).targets.isEmpty)
    }

    @Test("services: an address a port, and what its type adds")
    func services() throws {
        func labels(_ spec: String, _ status: String = "{}") throws -> [LabelSet] {
            var targets = KubernetesTargets(configuration(.service)) { _ in nil }
            return targets.group(
                of: try object(
                    .service,
                    "{\"metadata\":{\"name\":\"s\",\"namespace\":\"ns\"},\"spec\":\(spec),\"status\":\(status)}"
                )
            ).targets
        }
        #expect(
            try labels(
                #"{"type":"ClusterIP","clusterIP":"10.9.0.1","ports":[{"name":"a","port":80,"protocol":"TCP"}]}"#
            )
                == [
                    [
                        "__address__": "s.ns.svc:80", "__meta_kubernetes_service_cluster_ip": "10.9.0.1",
                        "__meta_kubernetes_service_port_name": "a",
                        "__meta_kubernetes_service_port_number": "80",
                        "__meta_kubernetes_service_port_protocol": "TCP",
                        "__meta_kubernetes_service_type": "ClusterIP",
                    ]
                ])
        let outside = try labels(
            #"{"type":"ExternalName","externalName":"e.example","ports":[{"port":1}]}"#)
        #expect(outside.map { $0["__meta_kubernetes_service_external_name"] } == ["e.example"])
        let balanced = #"{"type":"LoadBalancer","loadBalancerIP":"1.1.1.1","ports":[{"port":1}]}"#
        #expect(
            try labels(balanced).map { $0["__meta_kubernetes_service_loadbalancer_ip"] } == ["1.1.1.1"])
        #expect(
            try labels(
                balanced,
                #"{"loadBalancer":{"ingress":[{"ip":"2.2.2.2"},{"hostname":"h"},{"ip":"3.3.3.3"}]}}"#
            )
            .map { $0["__meta_kubernetes_service_loadbalancer_ip"] } == ["2.2.2.2,3.3.3.3"])
    }

    @Test("endpoints: ready and not, the pod behind, and its ports that no endpoint names")
    func endpoints() throws {
        let pod = try object(.pod, pod)
        let service = try object(
            .service, #"{"metadata":{"name":"e","namespace":"ns","labels":{"team":"a"}}}"#)
        var targets = KubernetesTargets(configuration(.endpoints)) { name in
            switch name {
            case .init(kind: .pod, key: "ns/p"): pod
            case .init(kind: .service, key: "ns/e"): service
            default: nil
            }
        }
        let group = targets.group(
            of: try object(
                .endpoints,
                #"""
                {"metadata":{"name":"e","namespace":"ns"},"subsets":[{"addresses":[{"ip":"10.0.0.1","nodeName":"n1",
                 "hostname":"h","targetRef":{"kind":"Pod","name":"p","namespace":"ns"}}],
                 "notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"name":"web","port":80,"protocol":"TCP"}]}]}
                """#))
        #expect(group.key == "endpoints/ns/e")
        #expect(
            group.labels == [
                "__meta_kubernetes_namespace": "ns", "__meta_kubernetes_endpoints_name": "e",
                "__meta_kubernetes_service_name": "e", "__meta_kubernetes_service_label_team": "a",
                "__meta_kubernetes_service_labelpresent_team": "true",
            ])
        let behind = LabelSet(
            podLabels + [
                Label("__address__", "10.0.0.1:80"), Label("__meta_kubernetes_endpoint_port_name", "web"),
                Label("__meta_kubernetes_endpoint_port_protocol", "TCP"),
                Label("__meta_kubernetes_endpoint_ready", "true"),
                Label("__meta_kubernetes_endpoint_hostname", "h"),
                Label("__meta_kubernetes_endpoint_node_name", "n1"),
                Label("__meta_kubernetes_endpoint_address_target_kind", "Pod"),
                Label("__meta_kubernetes_endpoint_address_target_name", "p"),
                Label("__meta_kubernetes_pod_container_name", "app"),
                Label("__meta_kubernetes_pod_container_image", "i:1"),
                Label("__meta_kubernetes_pod_container_init", "false"),
                Label("__meta_kubernetes_pod_container_port_name", "web"),
                Label("__meta_kubernetes_pod_container_port_number", "80"),
                Label("__meta_kubernetes_pod_container_port_protocol", "TCP"),
            ])
        let other = LabelSet(
            podLabels + [
                Label("__address__", "10.0.0.1:81"), Label("__meta_kubernetes_pod_container_name", "app"),
                Label("__meta_kubernetes_pod_container_image", "i:1"),
                Label("__meta_kubernetes_pod_container_init", "false"),
                Label("__meta_kubernetes_pod_container_port_number", "81"),
            ])
        #expect(
            group.targets == [
                behind,
                [
                    "__address__": "10.0.0.9:80", "__meta_kubernetes_endpoint_port_name": "web",
                    "__meta_kubernetes_endpoint_port_protocol": "TCP",
                    "__meta_kubernetes_endpoint_ready": "false",
                ], other,
            ])
    }

    @Test(
        "slices: conditions, zone, topology; the second family of a dual-stack service adds nothing")
    func slices() throws {
        let service = try object(
            .service,
            #"{"metadata":{"name":"s","namespace":"ns"},"spec":{"ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"]}}"#
        )
        func group(_ family: String) throws -> DiscoveredGroup {
            var targets = KubernetesTargets(configuration(.endpointslice)) {
                $0.kind == .service ? service : nil
            }
            return targets.group(
                of: try object(
                    .endpointslice,
                    """
                    {"addressType":"\(family)","metadata":{"name":"s-1","namespace":"ns",
                     "labels":{"kubernetes.io/service-name":"s"}},
                     "endpoints":[{"addresses":["fd00::1"],"conditions":{"ready":true,"terminating":false,"serving":null},
                      "zone":"z","nodeName":"n","deprecatedTopology":{"kubernetes.io/hostname":"n"},"targetRef":null}],
                     "ports":[{"name":"","port":80,"protocol":"TCP","appProtocol":"http"},{"port":null}]}
                    """))
        }
        #expect(try group("IPv4").targets.isEmpty)
        let found = try group("IPv6")
        #expect(found.labels["__meta_kubernetes_endpointslice_address_type"] == "IPv6")
        #expect(found.labels["__meta_kubernetes_service_name"] == "s")
        let common: [Label] = [
            Label("__meta_kubernetes_endpointslice_endpoint_conditions_ready", "true"),
            Label("__meta_kubernetes_endpointslice_endpoint_conditions_terminating", "false"),
            Label("__meta_kubernetes_endpointslice_endpoint_node_name", "n"),
            Label("__meta_kubernetes_endpointslice_endpoint_zone", "z"),
            Label("__meta_kubernetes_endpointslice_endpoint_topology_kubernetes_io_hostname", "n"),
            Label(
                "__meta_kubernetes_endpointslice_endpoint_topology_present_kubernetes_io_hostname", "true"),
        ]
        #expect(
            found.targets == [
                LabelSet(
                    common + [
                        Label("__address__", "[fd00::1]:80"),
                        Label("__meta_kubernetes_endpointslice_port", "80"),
                        Label("__meta_kubernetes_endpointslice_port_protocol", "TCP"),
                        Label("__meta_kubernetes_endpointslice_port_app_protocol", "http"),
                    ]), LabelSet(common + [Label("__address__", "fd00::1")]),
            ])
    }

    @Test(
        "an ingress has a target for each path; https where TLS covers the host, by name or by wildcard"
    )
    func ingress() throws {
        var targets = KubernetesTargets(configuration(.ingress)) { _ in nil }
        let group = targets.group(
            of: try object(
                .ingress,
                #"""
                {"metadata":{"name":"i","namespace":"ns"},"spec":{"ingressClassName":"nginx","tls":[{"hosts":["*.a.b"]}],
                 "rules":[{"host":"x.a.b","http":{"paths":[{"path":"/p"},{"path":""}]}},{"host":"a.b"}]}}
                """#))
        #expect(group.labels["__meta_kubernetes_ingress_class_name"] == "nginx")
        #expect(group.targets.map { $0["__address__"] } == ["x.a.b", "x.a.b", "a.b"])
        #expect(
            group.targets.map { $0["__meta_kubernetes_ingress_scheme"] } == ["https", "https", "http"])
        #expect(group.targets.map { $0["__meta_kubernetes_ingress_path"] } == ["/p", "/", "/"])
        #expect(KubernetesTargets.matches("*.a.b", "x.a.b"))
        #expect(!KubernetesTargets.matches("*.a.b", "y.x.a.b"))
        #expect(!KubernetesTargets.matches("*.a.b", "a.b"))
    }

    @Test("label names keep letters, digits and underscores")
    func sanitizing() {
        #expect(KubernetesTargets.sanitized("app.io/na-me_9é") == "app_io_na_me_9_")
    }

    // MARK: The store

    private func event(_ type: String, _ kind: KubernetesKind, _ object: String) throws
        -> KubernetesEvent
    {
        try KubernetesEvent(kind, Array("{\"type\":\"\(type)\",\"object\":\(object)}".utf8))
    }

    @Test(
        "nothing is told before every list is there; a change of what a group looked at makes it again")
    func storing() throws {
        var wanted = KubernetesDiscoveryConfiguration(role: .pod)
        wanted.attaches.node = true
        let record = DiscoveryRecord(.kubernetes(wanted)) {}
        let pods = KubernetesStore.ListName(kind: .pod, namespace: nil)
        let nodes = KubernetesStore.ListName(kind: .node, namespace: nil)
        let store = KubernetesStore(wanted, lists: [pods, nodes], record: record)
        store.replaceAll(pods, ["ns/p": try object(.pod, pod)])
        #expect(!record.hasAnswered)
        func node(_ zone: String) -> String {
            "{\"metadata\":{\"name\":\"n1\",\"labels\":{\"zone\":\"\(zone)\"}}}"
        }
        store.replaceAll(nodes, ["n1": try object(.node, node("a"))])
        func zones() -> [String?] {
            record.groups.map { $0.labels["__meta_kubernetes_node_label_zone"] }
        }
        #expect(zones() == ["a"])
        store.apply([try event("MODIFIED", .node, node("b"))], .node)
        #expect(zones() == ["b"])
        let version = record.entries().first?.version
        store.apply([try event("MODIFIED", .node, node("b"))], .node)
        #expect(record.entries().first?.version == version)

        store.failed(nodes, "no")
        store.failed(pods, "neither")
        #expect(record.report.lastError == "neither; no")
        store.recovered(pods)
        #expect(record.report.lastError == "no")
        #expect(zones() == ["b"])
        store.recovered(nodes)
        #expect(record.report.lastError == nil)

        store.apply([try event("DELETED", .pod, pod)], .pod)
        #expect(record.groups.isEmpty)
        store.apply([try event("ADDED", .pod, pod)], .pod)
        #expect(zones() == ["b"])
        store.replaceAll(pods, [:])
        #expect(record.groups.isEmpty)
        #expect(record.report.counters[.kubernetesEvent(role: "pod", event: "delete")] == 1)
        #expect(record.report.counters[.kubernetesFailure] == 2)
    }

    @Test("10,000 pods that come and go leave nothing behind")
    func noGrowth() throws {
        let wanted = KubernetesDiscoveryConfiguration(role: .pod)
        let record = DiscoveryRecord(.kubernetes(wanted)) {}
        let pods = KubernetesStore.ListName(kind: .pod, namespace: nil)
        let store = KubernetesStore(wanted, lists: [pods], record: record)
        store.replaceAll(pods, [:])
        for number in 0..<10_000 {
            let text = pod.replacing("\"name\": \"p\"", with: "\"name\": \"p\(number)\"")
            store.apply([try event("ADDED", .pod, text)], .pod)
            store.apply([try event("DELETED", .pod, text)], .pod)
        }
        #expect(record.groups.isEmpty)
        #expect(record.report.targetCount == 0)
        #expect(store.sizes == [0, 0, 0])
    }

    // MARK: Events

    @Test("events of a watch: bookmarks have a version only, errors a code")
    func events() throws {
        let bookmark = try event(
            "BOOKMARK", .pod, #"{"kind":"Pod","metadata":{"resourceVersion":"12"}}"#)
        #expect(bookmark.type == .bookmark)
        #expect(bookmark.object.meta.resourceVersion == "12")
        let expired = try event("ERROR", .pod, #"{"kind":"Status","code":410,"message":"too old"}"#)
        #expect(expired.type == .error(code: 410, message: "too old"))
        let unknown = #expect(throws: JSONFailure.self) { try event("OTHER", .pod, "{}") }
        #expect(unknown?.message == "expected an event of a known type, not `OTHER`, found `{`")
        let nothing = #expect(throws: JSONFailure.self) { try KubernetesEvent(.pod, Array("{}".utf8)) }
        #expect(nothing?.message == "expected an event with an object, found the end")
    }

    @Test(
        "lines are put together from parts that end anywhere; one may have so many bytes and not one more"
    )
    func lines() {
        var lines = LineBuffer(bytesMax: 4)
        #expect(lines.add(Array("ab".utf8)) == [])
        #expect(lines.add(Array("cd\n\nef\ng".utf8)) == [Array("abcd".utf8), Array("ef".utf8)])
        #expect(lines.add(Array("hij".utf8)) == [])
        #expect(lines.add(Array("k".utf8)) == nil)
        var long = LineBuffer(bytesMax: 4)
        #expect(long.add(Array("abcde\n".utf8)) == nil)
    }

    // MARK: Access

    @Test("in a cluster: the service's address and the pod's account; elsewhere the reason")
    func inCluster() throws {
        let wanted = KubernetesDiscoveryConfiguration(role: .pod)
        let outside = #expect(throws: DiscoveryFailure.self) {
            try KubernetesAccess(wanted, environment: { _ in nil })
        }
        #expect(
            outside?.description
                == "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
                + "api_server or kubeconfig_file says where the API server is")
        let missing = #expect(throws: DiscoveryFailure.self) {
            try KubernetesAccess(
                wanted, accountFolder: "/nonexistent",
                environment: { $0 == "KUBERNETES_SERVICE_HOST" ? "fd00::1" : "443" })
        }
        #expect(
            missing?.description == "credentials file /nonexistent/token: No such file or directory")
        var own = wanted
        own.includesOwnNamespace = true
        let folder = #expect(throws: DiscoveryFailure.self) {
            try KubernetesAccess.namespaces(of: own, accountFolder: "/nonexistent")
        }
        #expect(
            folder?.description == "the own namespace: /nonexistent/namespace: No such file or directory")
        #expect(try KubernetesAccess.namespaces(of: wanted) == [nil])
    }
}

// kubernetes_sd_configs and kubeconfig files: what they mean, and every refusal word for word.

import MetricModel
import Testing

@testable import FerulaConfiguration

private func read(_ section: String) throws -> KubernetesDiscoveryConfiguration {
    let configuration = try Configuration(
        parsing: "scrape_configs:\n  - job_name: a\n    kubernetes_sd_configs: [\(section)]\n",
        file: "p.yml",
        directory: "/etc/p")
    guard case .kubernetes(let discovery)? = configuration.scrapes.first?.discoveries.first else {
        throw ConfigurationFailure(file: "p.yml", "no Kubernetes discovery")
    }
    return discovery
}

/// `secret` in base64 is `c2VjcmV0`.
private let kubeconfigText = """
    apiVersion: v1
    kind: Config
    preferences: {}
    clusters:
      - name: other
      - name: c
        cluster: {server: "https://h:6443", certificate-authority-data: c2VjcmV0, extensions: []}
    contexts:
      - {name: x, context: {cluster: c, user: u, namespace: ns}}
    users:
      - name: u
        user: USER
    current-context: x
    """

@Suite("reading Kubernetes discovery")
struct KubernetesReadingTests {
    @Test("every field")
    func everyField() throws {
        var expected = KubernetesDiscoveryConfiguration(role: .endpoints)
        expected.server = "https://h:6443"
        expected.client.authentication = AuthenticationFields(secret: .file("/etc/p/token"))
        expected.namespaces = ["a", "b"]
        expected.selectors = [
            .pod: .init(label: "x=y", field: "spec.nodeName=n"), .service: .init(label: "z"),
        ]
        expected.attaches.node = true
        expected.attaches.namespace = true
        expected.attaches.deployment = true
        expected.attaches.job = true
        expected.attaches.cronJob = true
        #expect(
            try read(
                """
                {role: endpoints, api_server: "https://h:6443", authorization: {credentials_file: token},
                 namespaces: {names: [a, b]},
                 selectors: [{role: pod, label: "x=y", field: spec.nodeName=n}, {role: service, label: z}],
                 attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}}
                """) == expected)
        var own = KubernetesDiscoveryConfiguration(role: .pod)
        own.includesOwnNamespace = true
        #expect(try read("{role: pod, namespaces: {own_namespace: true}}") == own)
        #expect(try read("{role: node, kubeconfig_file: k}").kubeconfigFile == "/etc/p/k")
    }

    @Test(
        "a mistake is named with its place",
        arguments: [
            (
                "{}",
                "3:29: kubernetes_sd_configs: role is missing; node, service, pod, endpoints, endpointslice or ingress"
            ),
            (
                "{role: pods}", "3:36: role: `pods` is no role of Kubernetes discovery; did you mean `pod`?"
            ),
            (
                "{role: x}",
                "3:36: role: `x` is no role of Kubernetes discovery; "
                    + "node, service, pod, endpoints, endpointslice or ingress"
            ),
            ("{role: pod, api_server: h}", "3:53: api_server: `h` is no URL of http or https"),
            (
                "{role: pod, api_server: \"http://h\", kubeconfig_file: k}",
                "3:82: kubeconfig_file and api_server exclude each other"
            ),
            (
                "{role: pod, bearer_token: x}",
                "3:29: kubernetes_sd_configs: options of the HTTP client need api_server"
            ),
            (
                "{role: pod, kubeconfig_file: k, bearer_token: x}",
                "3:29: kubernetes_sd_configs: kubeconfig_file and options of the HTTP client exclude each other"
            ),
            (
                "{role: pod, api_server: \"http://h\", namespaces: {own_namespace: true}}",
                "3:77: namespaces: own_namespace and api_server exclude each other"
            ),
            (
                "{role: pod, kubeconfig_file: k, namespaces: {own_namespace: true}}",
                "3:73: namespaces: own_namespace and kubeconfig_file exclude each other"
            ),
            (
                "{role: pod, namespace: {}}",
                "3:41: unknown field `namespace` in kubernetes_sd_configs; did you mean `namespaces`?"
            ),
            ("{role: pod, selectors: [{label: x}]}", "3:53: selectors: role is missing"),
            (
                "{role: pod, selectors: [{role: service}]}",
                "3:60: selectors: service is none of role pod, which has pod, node"
            ),
            (
                "{role: pod, selectors: [{role: pod}, {role: pod}]}",
                "3:73: selectors: pod has one already"
            ),
            (
                "{role: pod, attach_metadata: {nodes: true}}",
                "3:59: unknown field `nodes` in attach_metadata; did you mean `node`?"
            ),
        ])
    func mistakes(section: String, message: String) {
        let failure = #expect(throws: ConfigurationFailure.self) { try read(section) }
        #expect(failure?.description == "p.yml:" + message)
    }

    // MARK: Kubeconfig files

    private func kubeconfig(_ user: String) throws -> Kubeconfig {
        let text = kubeconfigText.replacing("USER", with: user)
        return try Kubeconfig(parsing: text, file: "k", directory: "/home/u/.kube")
    }

    @Test("the current context names the cluster and the user; secrets are text or files")
    func kubeconfigs() throws {
        let token = try kubeconfig("{token: t}")
        #expect(token.server == "https://h:6443")
        #expect(token.authorityText == "secret")
        #expect(token.authentication == AuthenticationFields(secret: .value("t")))
        // A file is read at each use and so wins, as in kubectl.
        #expect(
            try kubeconfig("{token: t, tokenFile: f}").authentication
                == AuthenticationFields(secret: .file("/home/u/.kube/f")))
        let certificates = try kubeconfig("{client-certificate: c.pem, client-key-data: c2VjcmV0Cg==}")
        #expect(certificates.certificateFile == "/home/u/.kube/c.pem")
        #expect(certificates.keyText == "secret\n")
        #expect(
            try kubeconfig("{username: n, password: p}").authentication
                == AuthenticationFields(userName: .value("n"), secret: .value("p")))
    }

    @Test(
        "what is missing or not supported is named",
        arguments: [
            (
                "{exec: {command: aws}}",
                "k:12:18: user `u`: exec is not supported, no program is started for credentials; "
                    + "use a token, tokenFile or a client certificate"
            ),
            (
                "{auth-provider: {name: gcp}}",
                "k:12:27: user `u`: auth-provider is not supported, no program is started for credentials; "
                    + "use a token, tokenFile or a client certificate"
            ),
            ("{client-key-data: \"%\"}", "k:12:29: client-key-data: no base64"),
            ("{client-key-data: c2VjcmV}", ""),
            ("{client-key-data: c2Vjc}", "k:12:29: client-key-data: no base64"),
        ])
    func badUsers(user: String, message: String) throws {
        guard !message.isEmpty else {
            #expect(try kubeconfig(user).keyText == "secre")
            return
        }
        let failure = #expect(throws: ConfigurationFailure.self) { try kubeconfig(user) }
        #expect(failure?.description == message)
    }

    @Test(
        "a context, cluster or user that is not there",
        arguments: [
            ("current-context: x", "current-context: y", "k: contexts: there is no `y`"),
            ("cluster: c, user", "cluster: d, user", "k: clusters: there is no `d`"),
            ("cluster: c, user", "cluster: other, user", "k:5:5: clusters: `other` has no cluster"),
            ("user: u,", "user: v,", "k: users: there is no `v`"),
            ("current-context: x", "", "k: current-context is missing"),
            ("cluster: c, user", "user", "k:9:24: context `x`: cluster is missing"),
            ("server: \"https://h:6443\", ", "", "k:7:14: cluster `c`: server is missing"),
        ])
    func missing(part: String, replacement: String, message: String) {
        let text = kubeconfigText.replacing(part, with: replacement)
        let failure = #expect(throws: ConfigurationFailure.self) {
            try Kubeconfig(parsing: text, file: "k")
        }
        #expect(failure?.description == message)
    }

    @Test(
        "an address of the server or of the proxy that is none is refused with its place: nobody is asked instead",
        arguments: [
            (#""https://h:65535""#, nil), (#""https://me:hush@[fd00::1]:1/base""#, nil),
            (#""https://h:65536""#, "k:7:23: server: `https://h:65536`: the port 65536 is not between 1 and 65535"),
            (#""https://h:0""#, "k:7:23: server: `https://h:0`: the port 0 is not between 1 and 65535"),
            (#""https://:6443""#, "k:7:23: server: `https://:6443` has no host"),
            (#""https://""#, "k:7:23: server: `https://` has no host"),
            (#""https://me:hush@:1""#, "k:7:23: server: `<secret>@:1`: the host is missing"),
            (#""https://me:hush@h:x""#, "k:7:23: server: `<secret>@h:x`: the port is no number"),
            (#""https://[fd00::1""#, "k:7:23: server: `https://[fd00::1`: `[` without `]` in the host"),
            (#""h:6443""#, "k:7:23: server: `h:6443` is no URL of http or https"),
            (#""ftp://me:hush@h""#, "k:7:23: server: `<secret>@h` is no URL of http or https"),
            (#""https://h", proxy-url: """#, nil), (#""https://h", proxy-url: "http://me:hush@p:3128""#, nil),
            (
                #""https://h", proxy-url: "http://me:hush@p:65536""#,
                "k:7:47: proxy-url: this is no address of a proxy: the port 65536 is not between 1 and 65535; "
                    + "http://host:3128 or socks5://host:1080"
            ),
            (
                #""https://h", proxy-url: "http://:3128""#,
                "k:7:47: proxy-url: this is no address of a proxy: the host is missing; "
                    + "http://host:3128 or socks5://host:1080"
            ),
            (
                #""https://h", proxy-url: "me:hush@p""#,
                "k:7:47: proxy-url: this is no address of a proxy; http://host:3128 or socks5://host:1080"
            ),
            (
                #""https://h", proxy-url: "https://p""#,
                "k:7:47: proxy-url: a proxy that wants TLS itself is not supported by ferula; "
                    + "http://host:3128 or socks5://host:1080"
            ),
        ] as [(String, String?)])
    func addresses(written: String, message: String?) {
        let text = kubeconfigText.replacing(#""https://h:6443""#, with: written).replacing("USER", with: "{token: t}")
        do throws(ConfigurationFailure) {
            _ = try Kubeconfig(parsing: text, file: "k")
            #expect(message == nil)
        } catch {
            #expect(error.description == message)
        }
    }
}

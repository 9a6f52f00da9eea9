// Where the API server is and how to prove who asks: given, from a kubeconfig file, or the pod's own account.
// Resolved anew for each list and each watch, so that what is rotated in a file counts at once.

import FerulaConfiguration
import HTTPAccess
import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct KubernetesAccess: Sendable {
    static let accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// Without a slash at its end.
    var server: String
    var request: Request

    init(
        _ configuration: KubernetesDiscoveryConfiguration, accountFolder: String = Self.accountFolder,
        environment: (String) -> String? = KubernetesAccess.variable
    ) throws(DiscoveryFailure) {
        do {
            if let url = configuration.server {
                server = url
                request = try Request(url: url, configuration.client)
            } else if let file = configuration.kubeconfigFile {
                let kubeconfig = try Kubeconfig(file: file)
                server = kubeconfig.server
                request = Request(url: server)
                request.tls = TLSOptions(kubeconfig)
                request.proxies = kubeconfig.proxy.map { ProxyRule($0) }
                request.authentication = try kubeconfig.authentication?.read(for: server)
            } else {
                guard let host = environment("KUBERNETES_SERVICE_HOST"), !host.isEmpty,
                    let port = environment("KUBERNETES_SERVICE_PORT"), !port.isEmpty
                else {
                    throw DiscoveryFailure(
                        "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
                            + "api_server or kubeconfig_file says where the API server is")
                }
                server = "https://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
                request = Request(url: server)
                request.tls = TLSOptions(authorityFile: "\(accountFolder)/ca.crt")
                request.authentication =
                    try AuthenticationFields(secret: .file("\(accountFolder)/token")).read(for: server)
            }
        } catch let failure as DiscoveryFailure {
            throw failure
        } catch let failure as AccessFailure {
            throw DiscoveryFailure(failure.reason)
        } catch let failure as ScrapeFailure {
            throw DiscoveryFailure(failure.reason)
        } catch {
            throw DiscoveryFailure("\(error)")
        }
        while server.hasSuffix("/") { server.removeLast() }
        request.acceptsAnyStatus = true
        request.headers.insert(Header("Accept", "application/json"), at: 0)
    }

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The namespaces to look into; nil is all of them.
    static func namespaces(
        of configuration: KubernetesDiscoveryConfiguration, accountFolder: String = Self.accountFolder
    ) throws(DiscoveryFailure) -> [String?] {
        var names = configuration.namespaces
        if configuration.includesOwnNamespace {
            do throws(ConfigurationFailure) {
                let own = try AuthenticationFields.Secret.file("\(accountFolder)/namespace").text()
                guard !own.isEmpty else { throw ConfigurationFailure(file: "\(accountFolder)/namespace", "is empty") }
                if !names.contains(own) { names.append(own) }
            } catch {
                throw DiscoveryFailure("the own namespace: \(error)")
            }
        }
        return names.isEmpty ? [nil] : names
    }

    func request(_ path: String, _ query: [Header]) -> Request {
        var request = request
        request.url = server + path + "?" + formEncoded(query)
        return request
    }
}

extension TLSOptions {
    fileprivate init(_ kubeconfig: Kubeconfig) {
        self.init(
            authorityFile: kubeconfig.authorityFile, certificateFile: kubeconfig.certificateFile,
            keyFile: kubeconfig.keyFile, skipsVerification: kubeconfig.skipsVerification)
        authorityText = kubeconfig.authorityText
        certificateText = kubeconfig.certificateText
        keyText = kubeconfig.keyText
        serverName = kubeconfig.serverName
    }
}

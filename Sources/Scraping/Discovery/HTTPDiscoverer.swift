// http_sd_configs: a server that lists target groups as JSON.
// One of the discoverers; asks through HTTPAccess.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Querying

struct HTTPDiscoverer: RefreshingDiscoverer {
    static let bodyBytesMax = 64 << 20

    private let configuration: HTTPDiscoveryConfiguration
    private let client: Client

    init(_ configuration: HTTPDiscoveryConfiguration, client: Client) {
        self.configuration = configuration
        self.client = client
    }

    var refreshInterval: Milliseconds { configuration.refreshInterval }

    /// Source: Prometheus docs, http_sd; discovery/http.
    func refresh(_ record: DiscoveryRecord) async throws(DiscoveryFailure) -> Refreshed {
        let interval = configuration.refreshInterval
        var body: [UInt8] = []
        let answer: Answer
        do throws(AccessFailure) {
            var request = try Request(url: configuration.url, configuration.client)
            request.headers.insert(
                contentsOf: [
                    Header("Accept", "application/json"),
                    Header("X-Prometheus-Refresh-Interval-Seconds", GoFloat.plain(interval.seconds)),
                ], at: 0)
            request.timeout = .milliseconds(interval.count)
            request.bodyBytesMax = Self.bodyBytesMax
            answer = try await client.send(request, into: &body)
        } catch {
            throw DiscoveryFailure(error.reason)
        }
        guard answer.status == 200 else { throw DiscoveryFailure("HTTP status \(answer.status) \(answer.reason)") }
        guard Self.isJSON(answer.contentType) else {
            throw DiscoveryFailure("unsupported content type \"\(answer.contentType)\", application/json is wanted")
        }
        let url = AddressParts(configuration.url).address
        do throws(JSONFailure) {
            let groups = try TargetGroupJSON.read(body).enumerated().map { index, group in
                DiscoveredGroup(key: "\(url):\(index)", group, adding: [Label("__meta_url", url)])
            }
            return Refreshed(groups: groups)
        } catch {
            throw DiscoveryFailure("\(error)")
        }
    }

    private static func isJSON(_ type: String) -> Bool {
        let parts = type.lowercased().split(separator: ";", maxSplits: 1).map { part in
            String(part.filter { $0 != " " && $0 != "\t" })
        }
        guard parts.first == "application/json" else { return false }
        return parts.count == 1 || ["charset=utf-8", "charset=\"utf-8\""].contains(parts[1])
    }
}

extension Request {
    /// A request as a section with the fields of an HTTP client wants it; secrets in files are read now.
    init(url: String, _ client: HTTPClientConfiguration) throws(AccessFailure) {
        self.init(url: url)
        followsRedirects = client.followsRedirects
        tls = client.tls.map { TLSOptions($0) }
        proxies = client.proxy.map { ProxyRule($0) }
        do throws(ScrapeFailure) {
            try add(client.headers)
            authentication = try client.authentication?.read(for: url)
        } catch {
            throw AccessFailure(url: url, kind: .other, reason: error.reason)
        }
    }
}

// The web configuration file as the HTTP server asks for it: read again when it has changed.
// Between FerulaConfiguration, which reads YAML, and HTTPService, which knows no file format.

import FerulaConfiguration
import HTTPService
import MetricModel
import Synchronization

final class WebConfigurationFile: Sendable {
    private let path: String
    private struct Reading {
        var stamp: FileStamp?
        var security: ServerSecurity
        var isBlank: Bool
    }
    /// Guards what was read last, and of which state of the file.
    private let last: Mutex<Reading>

    /// Reads the file once. Throws for one that is refused, with its place.
    init(_ path: String) throws(ServiceFailure) {
        self.path = path
        do {
            last = Mutex(try Self.read(path))
        } catch {
            throw ServiceFailure("\(error)")
        }
    }

    /// Cost: one stat while the file stays as it is.
    ///
    /// A file that was emptied is one that somebody is writing anew: what it said before stays, or everybody would be
    /// let in for that moment. `{}` or `basic_auth_users: {}` opens the server on purpose.
    func security() throws -> ServerSecurity {
        let stamp = FileStamp(path)
        if let stamp, let known = last.withLock({ $0.stamp == stamp ? $0.security : nil }) { return known }
        let reading = try Self.read(path)
        return last.withLock { last in
            if last.isBlank || !reading.isBlank { last = reading }
            return last.security
        }
    }

    private static func read(_ path: String) throws(ConfigurationFailure) -> Reading {
        // Taken before the text: a change between the two is read again.
        let stamp = FileStamp(path)
        let configuration = try WebConfiguration(file: path)
        var security = ServerSecurity()
        security.headers = configuration.headers.map { ($0.name, $0.value) }
        security.users = configuration.users
        security.tls = configuration.tls.map { tls in
            var result = ServerSecurity.TLS(
                certificate: tls.certificate, key: tls.key, clientAuthority: tls.clientAuthority)
            result.clientCertificate =
                switch tls.clientAuthentication {
                case .none: .none
                case .request: .requested
                case .requireAny: .required
                case .verifyIfGiven: .verifiedIfGiven
                case .requireAndVerify: .verified
                }
            result.minVersion = version(tls.minVersion)
            result.maxVersion = version(tls.maxVersion)
            return result
        }
        return Reading(stamp: stamp, security: security, isBlank: configuration.isBlank)
    }

    private static func version(_ version: WebConfiguration.TLSVersion) -> ServerSecurity.Version {
        switch version {
        case .tls10: .tls10
        case .tls11: .tls11
        case .tls12: .tls12
        case .tls13: .tls13
        }
    }
}

// The web configuration file as the HTTP server asks for it: read again when it has changed.
// Between FerulaConfiguration, which reads YAML, and HTTPService, which knows no file format.

import FerulaConfiguration
import HTTPService
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

final class WebConfigurationFile: Sendable {
    private struct Stamp: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }
    private let path: String
    /// Guards what was read last, and of which state of the file.
    private let last: Mutex<(stamp: Stamp?, security: ServerSecurity)>

    /// Reads the file once. Throws for one that is refused, with its place.
    init(_ path: String) throws(ServiceFailure) {
        self.path = path
        do {
            last = Mutex((Self.stamp(of: path), try Self.read(path)))
        } catch {
            throw ServiceFailure("\(error)")
        }
    }

    /// Cost: one stat while the file stays as it is.
    func security() throws -> ServerSecurity {
        let stamp = Self.stamp(of: path)
        if let stamp, let known = last.withLock({ $0.stamp == stamp ? $0.security : nil }) { return known }
        let security = try Self.read(path)
        last.withLock { $0 = (stamp, security) }
        return security
    }

    private static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Glibc)
            let time = status.st_mtim
        #else
            let time = status.st_mtimespec
        #endif
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    private static func read(_ path: String) throws(ConfigurationFailure) -> ServerSecurity {
        let configuration = try WebConfiguration(file: path)
        var security = ServerSecurity()
        security.headers = configuration.headers.map { ($0.name, $0.value) }
        security.users = configuration.users
        security.tls = configuration.tls.map { tls in
            var result = ServerSecurity.TLS(
                certificate: source(tls.certificate), key: source(tls.key),
                clientAuthority: tls.clientAuthority.map(source))
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
        return security
    }

    private static func source(_ source: WebConfiguration.PEMSource) -> ServerSecurity.PEMSource {
        switch source {
        case .text(let text): .text(text)
        case .file(let path): .file(path)
        }
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

// Who may ask a server, and over what: TLS, users, and headers that protect a browser.
// Given to Server as a question it asks anew for each connection and request, so that changed files count at once.

import MetricModel
import NIOCore
import NIOSSL
import PEMReading

package struct ServerSecurity: Sendable {
    package enum ClientCertificate: Hashable, Sendable {
        case none, requested, required, verifiedIfGiven, verified
    }
    package enum Version: Hashable, Sendable { case tls10, tls11, tls12, tls13 }
    package struct TLS: Hashable, Sendable {
        package var certificate: PEMSource
        package var key: PEMSource
        package var clientAuthority: PEMSource?
        package var clientCertificate = ClientCertificate.none
        package var minVersion = Version.tls12
        package var maxVersion = Version.tls13

        package init(certificate: PEMSource, key: PEMSource, clientAuthority: PEMSource? = nil) {
            self.certificate = certificate
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    /// Nil: plain HTTP. Whether there is one at all is decided at the start.
    package var tls: TLS?
    /// Added to every answer.
    package var headers: [(name: String, value: String)] = []
    /// Names and the bcrypt hashes of their passwords; empty: everybody may ask.
    package var users: [String: String] = [:]

    package init() {}
}

extension ServerSecurity {
    /// Fails where the first request would fail: a certificate that cannot be read, or no bcrypt for passwords.
    func check() throws(ServiceFailure) {
        if !users.isEmpty, !PasswordHash.isAvailable {
            throw ServiceFailure("passwords cannot be checked: this system has no libcrypt with bcrypt")
        }
        guard let tls else { return }
        do throws(PEMFault) {
            _ = try tls.handler()
        } catch {
            throw ServiceFailure("TLS: \(error)")
        }
    }
}

extension ServerSecurity.TLS {
    /// Cost: reads and parses the files, about a millisecond.
    func handler() throws(PEMFault) -> NIOSSLServerHandler {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try certificate.certificates(.certificate).map { .certificate($0) },
            privateKey: .privateKey(try key.privateKey()))
        configuration.minimumTLSVersion = minVersion.version
        configuration.maximumTLSVersion = maxVersion.version
        if let clientAuthority {
            configuration.trustRoots = .certificates(try clientAuthority.certificates(.authority))
        }
        var acceptsAny = false
        switch clientCertificate {
        case .none: configuration.certificateVerification = .none
        case .requested:
            configuration.certificateVerification = .optionalVerification
            acceptsAny = true
        case .required:
            configuration.certificateVerification = .noHostnameVerification
            acceptsAny = true
        case .verifiedIfGiven: configuration.certificateVerification = .optionalVerification
        case .verified: configuration.certificateVerification = .noHostnameVerification
        }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            // Each part was read: what is left is that they do not belong together.
            throw .mismatch(key: key, certificate: certificate)
        }
        guard acceptsAny else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(
            context: context, customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    }
}

extension ServerSecurity.Version {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

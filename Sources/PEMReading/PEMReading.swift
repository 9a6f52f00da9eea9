// Certificates and keys as the TLS library holds them, read for a client and for a server alike.
// Called by HTTPAccess and HTTPService; PEMFault says what is wrong.

import MetricModel
import NIOSSL

extension PEMSource {
    /// One certificate or several, at least one.
    package func certificates(_ part: PEMFault.Part) throws(PEMFault) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do {
            found =
                switch self {
                case .text(let text): try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
                case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
                }
        } catch {
            throw PEMFault(part, self)
        }
        guard !found.isEmpty else { throw PEMFault(part, self) }
        return found
    }

    package func privateKey() throws(PEMFault) -> NIOSSLPrivateKey {
        do {
            switch self {
            case .text(let text): return try NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem)
            case .file(let path): return try NIOSSLPrivateKey(file: path, format: .pem)
            }
        } catch {
            throw PEMFault(.key, self)
        }
    }
}

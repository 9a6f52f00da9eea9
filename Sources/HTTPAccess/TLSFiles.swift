// TLS options of a client read into the library's form; what is wrong with a file is said by its name.
// Called by Client when a lane is made, and by the command line before anything is asked.

import MetricModel
import NIOSSL
import PEMReading

extension TLSOptions {
    /// What is wrong with the files or texts; nil when they can be used.
    ///
    /// Cost: reads and parses them, a millisecond or two for a bundle of authorities.
    package func fault() -> PEMFault? {
        do throws(PEMFault) {
            _ = try configuration()
            return nil
        } catch {
            return error
        }
    }

    func configuration() throws(PEMFault) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let certificate = source(certificateFile, certificateText)
        let key = source(keyFile, keyText)
        if let certificate {
            configuration.certificateChain = try certificate.certificates(.certificate).map { .certificate($0) }
        }
        if let key { configuration.privateKey = .privateKey(try key.privateKey()) }
        if let key, let certificate {
            // Only a context compares the two. Without authorities it is made in no time.
            configuration.trustRoots = .certificates([])
            do {
                _ = try NIOSSLContext(configuration: configuration)
            } catch {
                throw .mismatch(key: key, certificate: certificate)
            }
            configuration.trustRoots = nil
        }
        // Not by its name: a context made from a name would be kept when the file is renewed.
        if let authority = source(authorityFile, authorityText) {
            configuration.trustRoots = .certificates(try authority.certificates(.authority))
        }
        if skipsVerification { configuration.certificateVerification = .none }
        if let least = minVersion { configuration.minimumTLSVersion = TLSVersion(least) }
        if let most = maxVersion { configuration.maximumTLSVersion = TLSVersion(most) }
        return configuration
    }

    private func source(_ file: String?, _ text: String?) -> PEMSource? {
        file.map { .file($0) } ?? text.map { .text($0) }
    }
}

extension TLSVersion {
    init(_ version: TLSOptions.Version) {
        self =
            switch version {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
    }
}

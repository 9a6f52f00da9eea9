// What is said of certificates and keys that cannot be used: the file, and what is wrong with it.
// Over the certificates of this folder, and over spoilt copies of them.

import Foundation
import MetricModel
import PEMReading
import Testing

@testable import HTTPAccess
@testable import HTTPService

private let certificates = (#filePath as NSString).deletingLastPathComponent + "/Certificates"

@Suite("certificates and keys that cannot be used")
struct PEMFaultTests {
    private func fault(_ prepare: (inout TLSOptions) -> Void) -> PEMFault? {
        var options = TLSOptions()
        prepare(&options)
        return options.fault()
    }

    /// A file of its own, with its name masked in what is said of it.
    private func said(_ text: String, as part: PEMFault.Part) throws -> String? {
        let path = NSTemporaryDirectory() + "ferula-pem-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let fault = fault { options in
            switch part {
            case .authority: options.authorityFile = path
            case .certificate: options.certificateFile = path
            case .key: options.keyFile = path
            }
        }
        #expect(fault?.part == part)
        return fault?.description.replacingOccurrences(of: path, with: "FILE")
    }

    @Test("the right ones have no fault")
    func right() {
        #expect(fault { $0.authorityFile = certificates + "/authority.crt" } == nil)
        let pair = fault {
            $0.certificateFile = certificates + "/client.crt"
            $0.keyFile = certificates + "/client.key"
        }
        #expect(pair == nil)
    }

    @Test("a file that is not there, and a folder")
    func unreadable() {
        #expect(fault { $0.authorityFile = "/nowhere/a" }?.description == "/nowhere/a: No such file or directory")
        #expect(fault { $0.keyFile = "/" }?.description == "/: Is a directory")
    }

    @Test("the key of another certificate names both files")
    func mismatch() {
        let fault = fault {
            $0.certificateFile = certificates + "/client.crt"
            $0.keyFile = certificates + "/server.key"
        }
        #expect(
            fault?.description
                == "\(certificates)/server.key: not the private key of the certificate in \(certificates)/client.crt")
        #expect(fault?.part == .key)
    }

    @Test("each kind of wrong content is told apart")
    func content() throws {
        let key = try String(contentsOfFile: certificates + "/client.key", encoding: .utf8)
        let certificate = try String(contentsOfFile: certificates + "/client.crt", encoding: .utf8)
        let noPEM = "FILE: not PEM: no line begins with -----BEGIN; a certificate is wanted"
        #expect(try said("", as: .certificate) == "FILE: empty, where a certificate in PEM form is wanted")
        #expect(try said("hello\n", as: .authority) == noPEM)
        #expect(try said(key, as: .certificate) == "FILE: has a private key, where a certificate is wanted")
        #expect(try said(certificate, as: .key) == "FILE: has a certificate, where a private key is wanted")
        #expect(
            try said("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n", as: .key)
                == "FILE: has PUBLIC KEY, where a private key is wanted")
        let cut = certificate.replacingOccurrences(of: "\nM", with: "\n!")
        #expect(try said(cut, as: .certificate) == "FILE: a certificate in it is damaged")
        #expect(
            try said("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", as: .key)
                == "FILE: the private key is damaged")
        #expect(
            try said("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n", as: .key)
                == "FILE: the private key has a passphrase; one without is wanted")
    }

    @Test("the server's certificate and key are told apart in the same words")
    func server() {
        var security = ServerSecurity()
        security.tls = ServerSecurity.TLS(
            certificate: .file(certificates + "/server.crt"), key: .file(certificates + "/client.key"))
        let failure = #expect(throws: ServiceFailure.self) { try security.check() }
        #expect(
            failure?.reason
                == "TLS: \(certificates)/client.key: not the private key of the certificate in \(certificates)/server.crt"
        )
    }
}

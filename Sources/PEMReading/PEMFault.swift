// What is wrong with PEM text that a TLS library refused, in words that name the file and the mistake.
// Asked by PEMReading.swift after a refusal: the library's own words name neither.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A certificate, an authority or a key that cannot be used.
package struct PEMFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which of the parts of a TLS configuration it is.
    package enum Part: Hashable, Sendable { case authority, certificate, key }
    /// Certificates and keys are small; more of a file is not looked at.
    package static let bytesMax = 1 << 20

    package var part: Part
    /// One line, with the file's name first where there is one.
    package var description: String

    /// After a refusal of what should be a certificate (one or several), or a private key.
    package init(_ part: Part, _ source: PEMSource) {
        self.part = part
        switch source {
        case .text(let text): description = Self.reason(part, text.utf8.prefix(Self.bytesMax))
        case .file(let path):
            let reason: String
            switch Self.read(path) {
            case .success(let bytes): reason = Self.reason(part, bytes)
            case .failure(let error): reason = error.text
            }
            description = "\(printable(path)): \(reason)"
        }
    }

    /// Each is right by itself, but not both together.
    package static func mismatch(key: PEMSource, certificate: PEMSource) -> PEMFault {
        var fault = PEMFault(.key, .text(""))
        let owner = if case .file(let path) = certificate { " in \(printable(path))" } else { "" }
        let name = if case .file(let path) = key { "\(printable(path)): " } else { "" }
        fault.description = "\(name)not the private key of the certificate\(owner)"
        return fault
    }

    private struct ReadFailure: Error { var text: String }

    private static func read(_ path: String) -> Result<[UInt8], ReadFailure> {
        guard let file = fopen(path, "r") else { return .failure(ReadFailure(text: String(cString: strerror(errno)))) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = fread(&bytes, 1, bytes.count, file)
        // A folder opens, and cannot be read.
        guard ferror(file) == 0 else { return .failure(ReadFailure(text: String(cString: strerror(errno)))) }
        return .success(Array(bytes.prefix(count)))
    }

    private static func reason(_ part: Part, _ bytes: some Collection<UInt8>) -> String {
        let wanted = part == .key ? "a private key" : "a certificate"
        if bytes.isEmpty { return "empty, where \(wanted) in PEM form is wanted" }
        let titles = titles(of: bytes)
        if titles.isEmpty { return "not PEM: no line begins with -----BEGIN; \(wanted) is wanted" }
        let isCertificate: (String) -> Bool = { $0.hasSuffix("CERTIFICATE") }
        let isKey: (String) -> Bool = { $0.hasSuffix("PRIVATE KEY") }
        if part == .key {
            if titles.contains("ENCRYPTED PRIVATE KEY") || isEncrypted(bytes) {
                return "the private key has a passphrase; one without is wanted"
            }
            if titles.contains(where: isKey) { return "the private key is damaged" }
        } else if titles.contains(where: isCertificate) {
            return "a certificate in it is damaged"
        }
        let found =
            titles.contains(where: isKey)
            ? "a private key" : titles.contains(where: isCertificate) ? "a certificate" : printable(titles[0])
        return "has \(found), where \(wanted) is wanted"
    }

    /// `X` of each line `-----BEGIN X-----`.
    private static func titles(of bytes: some Collection<UInt8>) -> [String] {
        let begin = Array("-----BEGIN ".utf8)
        return bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).compactMap { line in
            guard line.starts(with: begin) else { return nil }
            return String(decoding: line.dropFirst(begin.count).prefix(64).prefix { $0 != 0x2d }, as: UTF8.self)
        }
    }

    /// The older way says so in a line behind the first.
    private static func isEncrypted(_ bytes: some Collection<UInt8>) -> Bool {
        let mark = Array("Proc-Type: 4,ENCRYPTED".utf8)
        return bytes.split(separator: 0x0a).contains { $0.starts(with: mark) }
    }
}

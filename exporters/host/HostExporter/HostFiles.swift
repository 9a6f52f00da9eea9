// Reads the kernel's small text files. The only place here that opens any.
// Under the collectors; the parsers get their text.

import ExporterKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct HostFiles: Sendable {
    /// Empty: the real root.
    let root: String
    /// No file of /proc that is read here comes near it.
    static let bytesMax = 4 << 20

    /// Nil when the file is missing or cannot be read.
    func text(_ path: String) -> String? {
        let descriptor = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        var count = 0
        while count < Self.bytesMax {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let got = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return read(descriptor, rest.baseAddress, rest.count)
            }
            // sysfs answers EINVAL for the speed of an interface that is down: nothing to report.
            guard got >= 0 else { return nil }
            if got == 0 { break }
            count += got
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The first line, without blanks at its end.
    func line(_ path: String) -> String? {
        guard let text = text(path), let line = text.utf8.split(separator: 0x0a, maxSplits: 1).first else { return nil }
        return String(decoding: line.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }

    func number(_ path: String) -> Double? { line(path).flatMap(Double.init) }

    /// Names in a folder, sorted; empty when it is missing.
    func names(in path: String) -> [String] {
        guard let folder = opendir(root + path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}

/// A collector of one file whose text a pure function reads.
struct FileCollector: Collector {
    let name: String
    let files: HostFiles
    let paths: [String]
    let parse: @Sendable (String, inout MetricFamilies) -> Void

    init(
        _ name: String, _ files: HostFiles, _ paths: String...,
        parse: @escaping @Sendable (String, inout MetricFamilies) -> Void
    ) {
        self.name = name
        self.files = files
        self.paths = paths
        self.parse = parse
    }

    func collect(into families: inout MetricFamilies) {
        for path in paths {
            guard let text = files.text(path) else { continue }
            parse(text, &families)
        }
    }
}

// Bytes, not characters: finding the borders of characters would cost more than everything else of a scrape.
func lines(_ text: String) -> [Substring] { text.utf8.split(separator: 0x0a).map(Substring.init) }
func words(_ line: Substring) -> [String] {
    line.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }
}

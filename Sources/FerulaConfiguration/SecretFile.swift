// Reads secrets when they are used: a value of the file, or the text of a file of its own.
// Called by whoever sends credentials.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension AuthenticationFields.Secret {
    package static let fileBytesMax = 64 << 10

    /// Without blanks and line feeds at its end.
    package func text() throws(ConfigurationFailure) -> String {
        switch self {
        case .value(let value): return value
        case .file(let path): return try Self.read(path)
        }
    }

    private static func read(_ path: String) throws(ConfigurationFailure) -> String {
        // A named pipe without a writer must not hold up the caller.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ConfigurationFailure(file: path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = readBytes(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw ConfigurationFailure(file: path, String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= fileBytesMax else { throw ConfigurationFailure(file: path, "larger than 64 KiB") }
        }
        while let last = bytes.last, [0x20, 0x09, 0x0a, 0x0d].contains(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The system's `read`, whose name the method above hides.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

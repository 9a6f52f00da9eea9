// Reads a configuration from a file; the only place here that opens one.
// Called by the programs, at start and at each reload.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Configuration {
    package static let fileBytesMax = 16 << 20

    /// Reads a file; relative paths in it are taken from its folder.
    package init(file path: String, environment: [String: String] = [:]) throws(ConfigurationFailure) {
        let text = try Self.text(of: path)
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try self.init(parsing: text, file: path, directory: folder, environment: environment)
    }

    package static func text(of path: String) throws(ConfigurationFailure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConfigurationFailure(file: path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw ConfigurationFailure(file: path, String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= fileBytesMax else { throw ConfigurationFailure(file: path, "larger than 16 MiB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationFailure(file: path, "is not UTF-8")
        }
        return text
    }
}

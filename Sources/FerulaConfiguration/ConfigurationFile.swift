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
    ///
    /// With `expandsVariables` each `${NAME}` of the text stands for what `environment` gives; places in failures are then
    /// those of the expanded text.
    package init(
        file path: String, environment: EnvironmentLookup = { _ in nil }, expandsVariables: Bool = false
    ) throws(ConfigurationFailure) {
        // Noted before the text is read: a change between the two is seen by whoever follows the file.
        let source = ConfigurationSource(path)
        var text = try Self.text(of: path)
        if expandsVariables { text = try Self.expandVariables(of: text, file: path, environment) }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try self.init(parsing: text, file: path, directory: folder, environment: environment)
        sources.append(source)
    }

    /// `${1}` of a relabelling rule is no variable and stays; one that is not set is a failure, and so is a value of
    /// several lines, which could say anything.
    static func expandVariables(
        of text: String, file: String, _ environment: EnvironmentLookup
    ) throws(ConfigurationFailure) -> String {
        var expanded = ""
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { expanded += "\n" }
            var rest = line
            while let start = rest.firstRange(of: "${") {
                expanded += rest[..<start.lowerBound]
                let column = line.distance(from: line.startIndex, to: start.lowerBound) + 1
                rest = rest[start.upperBound...]
                let name = rest.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
                guard let first = name.first, !first.isNumber, rest[name.endIndex...].hasPrefix("}") else {
                    expanded += "${"
                    continue
                }
                func failure(_ reason: String) -> ConfigurationFailure {
                    ConfigurationFailure(
                        file: file, line: number + 1, column: column, "environment variable `\(name)` \(reason)")
                }
                guard let value = environment(String(name)) else { throw failure("is not set") }
                guard !value.contains(where: \.isNewline) else { throw failure("has more than one line") }
                expanded += value
                rest = rest[name.endIndex...].dropFirst()
            }
            expanded += rest
        }
        return expanded
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

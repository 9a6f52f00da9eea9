// Which TCP ports a program and its children listen on: from /proc, which Linux has.
// Used by RunCommand to find the metrics of what it started.

import Glibc

enum ListeningPorts {
    #if os(Linux)
        static let isKnown = true
    #else
        static let isKnown = false
    #endif
    private static let processesMax = 65536
    private static let filesMax = 65536

    /// `127.0.0.1:8080` or `[::1]:8080`, in ascending order of the ports; what listens on every address is asked on
    /// loopback.
    static func addresses(of root: pid_t, proc: String = "/proc") -> [String] {
        var inodes: Set<UInt64> = []
        for process in family(of: root, proc: proc) { inodes.formUnion(sockets(of: process, proc: proc)) }
        guard !inodes.isEmpty else { return [] }
        // The tables are those of the program's own network, which a container may have.
        var found: Set<Endpoint> = []
        for table in ["tcp", "tcp6"] {
            guard let text = read("\(proc)/\(root)/net/\(table)") else { continue }
            found.formUnion(listening(text, inodes, isV6: table == "tcp6"))
        }
        return found.sorted { ($0.port, $0.host) < ($1.port, $1.host) }.map { "\($0.host):\($0.port)" }
    }

    struct Endpoint: Hashable {
        var host: String
        var port: UInt16
    }

    /// Lines of /proc/net/tcp that are in state LISTEN and of one of the sockets. Source: proc(5).
    static func listening(_ table: String, _ inodes: Set<UInt64>, isV6: Bool) -> Set<Endpoint> {
        var found: Set<Endpoint> = []
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]), inodes.contains(inode) else {
                continue
            }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { continue }
            if let host = isV6 ? hostV6(parts[0]) : hostV4(parts[0]) { found.insert(Endpoint(host: host, port: port)) }
        }
        return found
    }

    /// Eight hexadecimal digits, the bytes in the machine's order.
    private static func hostV4(_ text: Substring) -> String? {
        guard text.utf8.count == 8, let number = UInt32(text, radix: 16) else { return nil }
        let bytes = withUnsafeBytes(of: number) { Array($0) }
        return bytes == [0, 0, 0, 0] ? "127.0.0.1" : bytes.map { "\($0)" }.joined(separator: ".")
    }

    /// Four words of eight digits.
    private static func hostV6(_ text: Substring) -> String? {
        guard text.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = text
        while !rest.isEmpty {
            guard let number = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: number) { Array($0) }
            rest = rest.dropFirst(8)
        }
        // Both families, or IPv4 in the clothes of IPv6.
        if bytes.allSatisfy({ $0 == 0 }) { return "127.0.0.1" }
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return "[" + words.map { String($0, radix: 16) }.joined(separator: ":") + "]"
    }

    /// The process and all that it started, as far as they have not left it for init.
    private static func family(of root: pid_t, proc: String) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for process in names(in: proc).lazy.compactMap({ pid_t($0) }).prefix(processesMax) {
            guard let status = read("\(proc)/\(process)/stat") else { continue }
            // The name may hold anything, blanks and brackets too: what counts comes after the last bracket.
            guard let bracket = status.lastIndex(of: ")") else { continue }
            let fields = status[status.index(after: bracket)...].split(separator: " ")
            guard fields.count > 1, let parent = pid_t(fields[1]) else { continue }
            children[parent, default: []].append(process)
        }
        var family = [root]
        var next = 0
        while next < family.count, family.count < processesMax {
            family += (children[family[next]] ?? []).filter { !family.contains($0) }
            next += 1
        }
        return family
    }

    private static func sockets(of process: pid_t, proc: String) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        let folder = "\(proc)/\(process)/fd"
        var buffer = [CChar](repeating: 0, count: 64)
        for name in names(in: folder).prefix(filesMax) {
            let count = readlink("\(folder)/\(name)", &buffer, buffer.count)
            guard count > 0 else { continue }
            let link = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard link.hasPrefix("socket:["), link.hasSuffix("]") else { continue }
            if let inode = UInt64(link.dropFirst(8).dropLast()) { inodes.insert(inode) }
        }
        return inodes
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// `try?`: a process that ended meanwhile has nothing to tell.
    private static func read(_ path: String) -> String? {
        (try? FileSystem.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
}

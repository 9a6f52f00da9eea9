// A file read or written through zlib: gzip where it is gzip, plain bytes where it is not.
// LoadFile reads with it, SaveFile writes with it; nothing else imports zlib.

import CZlib
import Glibc

/// Must be closed; closing writes what zlib still holds.
struct GzipFile: ~Copyable {
    private let file: gzFile
    let name: String

    /// Reads gzip or plain bytes. Owns the descriptor.
    init(reading descriptor: Int32, name: String) throws(CommandFailure) {
        guard let file = gzdopen(descriptor, "rb") else {
            _ = Glibc.close(descriptor)
            throw CommandFailure("\(name): out of memory")
        }
        gzbuffer(file, 1 << 18)
        self.file = file
        self.name = name
    }

    /// Owns the descriptor. Not compressed: written as it is.
    init(writing descriptor: Int32, compressed: Bool, name: String) throws(CommandFailure) {
        guard let file = gzdopen(descriptor, compressed ? "wb6" : "wbT") else {
            _ = Glibc.close(descriptor)
            throw CommandFailure("\(name): out of memory")
        }
        self.file = file
        self.name = name
    }

    /// Bytes read, 0 at the end; a stream that ends early is a failure.
    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(CommandFailure) -> Int {
        let count = gzread(file, buffer.baseAddress, UInt32(min(buffer.count, 1 << 30)))
        guard count >= 0 else { throw failure() }
        if count == 0, gzeof(file) == 1 {
            var code: Int32 = 0
            _ = gzerror(file, &code)
            if code != Z_OK && code != Z_STREAM_END { throw failure() }
        }
        return Int(count)
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 << 30)
            let count = part.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(Int(count))
        }
    }

    consuming func close() throws(CommandFailure) {
        let code = gzclose(file)
        guard code == Z_OK else {
            throw CommandFailure(
                code == Z_ERRNO ? "\(name): \(String(cString: strerror(errno)))" : "\(name): the gzip stream is damaged"
            )
        }
    }

    private func failure() -> CommandFailure {
        var code: Int32 = 0
        // zlib puts its own name of the file first.
        let text = gzerror(file, &code).map { String(cString: $0) } ?? ""
        let reason = text.split(separator: ": ").last ?? "unknown"
        return CommandFailure(
            code == Z_ERRNO
                ? "\(name): \(String(cString: strerror(errno)))" : "\(name): the gzip stream is damaged: \(reason)")
    }
}

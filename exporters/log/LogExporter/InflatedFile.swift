// A file read through zlib: compressed or plain.
// Used once for each file of the history.

import CZlib

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct InflatedFile: ~Copyable {
    private let file: gzFile

    init(_ path: String) throws(FileFailure) {
        guard let file = gzopen(path, "rb") else { throw FileFailure(errno) }
        gzbuffer(file, 1 << 17)
        self.file = file
    }

    /// Bytes read, 0 at the end. A stream that ends early or is damaged is a failure; what came before it stands.
    func read(into buffer: inout [UInt8]) throws(FileFailure) -> Int {
        let size = UInt32(buffer.count)
        let count = buffer.withUnsafeMutableBytes { gzread(file, $0.baseAddress, size) }
        if count > 0 { return Int(count) }
        var code: Int32 = 0
        _ = gzerror(file, &code)
        guard count == 0, code == Z_OK || code == Z_STREAM_END else {
            throw code == Z_ERRNO ? FileFailure(errno) : FileFailure("the gzip stream is damaged")
        }
        return 0
    }

    consuming func close() { gzclose_r(file) }
}

// A gzip body, inflated while it arrives, and no further than somebody wants it.
// Between the socket and the buffer of BodyCollector; streams take it piece by piece.

import CZlib

/// zlib's state of one body. A kilobyte of a bomb is a megabyte: what would pass the limit is never inflated.
final class Inflater {
    struct Damage: Error {}

    private static let pieceBytes = 64 << 10

    /// zlib keeps a pointer to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasBegun = false
    private var hasEnded = false

    /// False once a body has stopped before its end.
    var isWhole: Bool { hasEnded || !hasBegun }

    init() throws(Damage) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The largest window, and 32 for either of the two headers: gzip's and zlib's.
        let status = inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw Damage() }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether an answer's body is for this.
    static func reads(_ contentEncoding: String?) -> Bool {
        ["gzip", "x-gzip", "deflate"].contains(contentEncoding?.lowercased() ?? "")
    }

    /// Appends to `body` until `input` is used up or `body` has `bytesMax` bytes.
    ///
    /// Returns how many bytes of `input` were read. With a full `body` there may be more to come, also of what was read.
    func inflate(
        _ input: UnsafeRawBufferPointer, into body: inout [UInt8], upTo bytesMax: Int
    ) throws(Damage) -> Int {
        hasBegun = hasBegun || !input.isEmpty
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        while body.count < bytesMax {
            if hasEnded {
                // One gzip file may follow another.
                guard stream.pointee.avail_in > 0 else { break }
                guard inflateReset(stream) == Z_OK else { throw Damage() }
                hasEnded = false
            }
            let room = min(Self.pieceBytes, bytesMax - body.count)
            let status = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { piece in
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let status = CZlib.inflate(stream, Z_NO_FLUSH)
                let count = room - Int(stream.pointee.avail_out)
                body.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
                return status
            }
            if status == Z_STREAM_END {
                hasEnded = true
            } else if status == Z_BUF_ERROR || status == Z_OK && stream.pointee.avail_out > 0 {
                // It waits for more.
                break
            } else if status != Z_OK {
                throw Damage()
            }
        }
        return input.count - Int(stream.pointee.avail_in)
    }
}

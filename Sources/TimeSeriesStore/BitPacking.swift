// Bits in and out of byte buffers, least significant first, and the zigzag form of signed numbers.
// The lowest layer of the chunk forms; ChunkEncoder writes with it, FloatChunk reads with it.

/// Writes bits into a buffer that must be large enough; the caller sizes it for the worst case.
struct BitWriter: ~Copyable {
    private let base: UnsafeMutablePointer<UInt8>
    private(set) var byteCount: Int
    private var pending: UInt64 = 0
    private var pendingBits: UInt64 = 0

    init(_ base: UnsafeMutablePointer<UInt8>, at offset: Int = 0) {
        self.base = base
        byteCount = offset
    }

    /// `width` 0...64; bits of `value` above it must be zero.
    @inline(__always)
    mutating func write(_ value: UInt64, width: Int) {
        if width <= 32 {
            writeShort(value, width: UInt64(width))
        } else {
            writeShort(value & 0xffff_ffff, width: 32)
            writeShort(value &>> 32, width: UInt64(width &- 32))
        }
    }

    @inline(__always)
    private mutating func writeShort(_ value: UInt64, width: UInt64) {
        pending |= value &<< pendingBits
        pendingBits &+= width
        if pendingBits >= 32 {
            UnsafeMutableRawPointer(base + byteCount).storeBytes(
                of: UInt32(truncatingIfNeeded: pending).littleEndian, as: UInt32.self)
            byteCount &+= 4
            pending &>>= 32
            pendingBits &-= 32
        }
    }

    /// Writes out what is pending, filled up with zeros to a whole byte.
    mutating func finish() {
        while pendingBits > 0 {
            base[byteCount] = UInt8(truncatingIfNeeded: pending)
            byteCount &+= 1
            pending &>>= 8
            pendingBits = pendingBits > 8 ? pendingBits &- 8 : 0
        }
    }
}

/// Reads what `BitWriter` wrote; reads zeros past the end.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private var bitOffset: Int

    init(_ bytes: UnsafeRawBufferPointer, at byteOffset: Int) {
        self.bytes = bytes
        bitOffset = byteOffset * 8
    }

    @inline(__always)
    mutating func read(width: Int) -> UInt64 {
        if width <= 32 { return readShort(width: width) }
        let low = readShort(width: 32)
        return low | readShort(width: width &- 32) &<< 32
    }

    @inline(__always)
    private mutating func readShort(width: Int) -> UInt64 {
        let byteOffset = bitOffset &>> 3
        let word: UInt64
        if byteOffset &+ 8 <= bytes.count {
            word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: byteOffset, as: UInt64.self))
        } else {
            word = Self.tail(bytes, byteOffset)
        }
        let value = (word &>> UInt64(bitOffset & 7)) & ((1 &<< UInt64(width)) &- 1)
        bitOffset &+= width
        return value
    }

    @inline(never)
    private static func tail(_ bytes: UnsafeRawBufferPointer, _ byteOffset: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = byteOffset
        while index < bytes.count, index < byteOffset + 8 {
            word |= UInt64(bytes[index]) << UInt64(8 * (index - byteOffset))
            index += 1
        }
        return word
    }
}

extension Int64 {
    /// Small magnitudes of either sign become small unsigned numbers.
    @inline(__always)
    var zigzag: UInt64 { UInt64(bitPattern: (self &<< 1) ^ (self &>> 63)) }

    @inline(__always)
    init(zigzag: UInt64) { self = Int64(bitPattern: (zigzag &>> 1) ^ (0 &- (zigzag & 1))) }
}

extension UInt64 {
    /// Bits needed to write the number; 0 for zero.
    @inline(__always)
    var bitsNeeded: Int { 64 - leadingZeroBitCount }
}

// The checksum of state blocks: CRC-32C, eight bytes at a step.
// StateWriter and StateReader use it; nothing else does.

/// Source: RFC 3720, appendix B.4 (Castagnoli's polynomial, reflected).
enum CRC32C {
    /// Table `k` carries a byte over `k` further bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables[index] = before >> 8 ^ tables[Int(before & 255)]
        }
        return tables
    }()

    /// `seed` is the checksum of the bytes before these.
    static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = ~seed
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let mixed = word ^ UInt64(crc)
                crc = 0
                for place in 0..<8 {
                    crc ^= tables[(7 - place) * 256 + Int(truncatingIfNeeded: mixed >> UInt64(8 * place) & 255)]
                }
                index += 8
            }
            while index < bytes.count {
                crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[index])) & 255)]
                index += 1
            }
            return ~crc
        }
    }
}

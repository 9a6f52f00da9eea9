// An internet address, or all those that begin like one: `10.0.0.0/8`.
// Used to find out who is asked without a proxy.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct NetworkPrefix: Hashable, Sendable {
    /// 4 or 16; an IPv4 address within IPv6 has 4.
    private let bytes: [UInt8]
    private let bitCount: Int

    /// An address, or an address and a count of bits behind a slash; nil: neither.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, let read = Self.bytes(of: String(address)) else { return nil }
        bytes = read
        guard parts.count == 2 else {
            bitCount = read.count * 8
            return
        }
        guard let count = Int(parts[1]), (0...read.count * 8).contains(count) else { return nil }
        bitCount = count
    }

    private static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
        return isMapped ? Array(bytes[12...]) : bytes
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes.first == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// `address` is one address.
    func contains(_ address: NetworkPrefix) -> Bool {
        guard bytes.count == address.bytes.count else { return false }
        return (0..<bitCount).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == address.bytes[bit / 8] & mask
        }
    }
}

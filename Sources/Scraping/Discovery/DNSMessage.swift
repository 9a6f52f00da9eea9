// Questions to name servers and their answers as bytes. Source: RFC 1035, 2782 (SRV), 3596 (AAAA), 6891 (OPT).
// Pure; DNSResolver sends the one and reads the other.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum DNSRecord: Hashable, Sendable {
    /// An IPv4 or IPv6 address as text.
    case address(String)
    /// Names without the last dot.
    case service(target: String, port: UInt16)
    case mailExchange(String)
    case nameServer(String)
}

struct DNSQuestion: Hashable, Sendable {
    /// With the last dot.
    var name: String
    /// 1 A, 2 NS, 15 MX, 28 AAAA, 33 SRV.
    var type: UInt16
    var identifier: UInt16

    static let datagramBytesMax: UInt16 = 4096

    /// Nil when the name is no domain name: a part longer than 63 bytes, an empty one, or more than 255 in all.
    func encoded(withOptions: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        func append(_ number: UInt16) { bytes += [UInt8(number >> 8), UInt8(number & 255)] }
        append(identifier)
        append(0x0100)  // a question; recursion is desired
        for count in [1, 0, 0, withOptions ? 1 : 0] as [UInt16] { append(count) }
        guard let name = Self.encoded(name) else { return nil }
        bytes += name
        append(type)
        append(1)
        if withOptions {
            bytes.append(0)
            append(41)
            append(Self.datagramBytesMax)
            for _ in 0..<3 { append(0) }
        }
        return bytes
    }

    private static func encoded(_ name: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        let text = name.hasSuffix(".") ? name.dropLast() : name[...]
        for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard (1...63).contains(part.count) else { return nil }
            bytes.append(UInt8(part.count))
            bytes += part
        }
        bytes.append(0)
        return bytes.count <= 255 ? bytes : nil
    }
}

struct DNSAnswer: Hashable, Sendable {
    var identifier: UInt16
    /// 0 success, 1 malformed question, 2 server failure, 3 no such name, 5 refused.
    var code: UInt8
    var isTruncated: Bool
    /// Of the kinds in DNSRecord; aliases and others are left out.
    var records: [DNSRecord]

    static func name(ofCode code: UInt8) -> String {
        switch code {
        case 0: "NOERROR"
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 3: "NXDOMAIN"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "RCODE \(code)"
        }
    }

    /// Nil for what is no answer, or one that is cut short where it does not say so.
    init?(_ bytes: [UInt8]) {
        var reader = DNSReader(bytes)
        guard let identifier = reader.number16(), let flags = reader.number16(), flags & 0x8000 != 0,
            let questionCount = reader.number16(), let answerCount = reader.number16(), reader.skip(4)
        else { return nil }
        self.identifier = identifier
        code = UInt8(flags & 15)
        isTruncated = flags & 0x0200 != 0
        records = []
        for _ in 0..<questionCount {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        for _ in 0..<answerCount {
            guard let record = reader.record() else {
                if isTruncated { break }
                return nil
            }
            if let known = record.known { records.append(known) }
        }
    }
}

/// Walks a message; every step stays within its bytes.
private struct DNSReader {
    private let bytes: [UInt8]
    private var index = 0
    /// Each jump must go back, so there can be no circle; this bounds the work.
    private static let jumpsMax = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number8() -> UInt8? {
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    mutating func number16() -> UInt16? {
        guard let high = number8(), let low = number8() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - index else { return false }
        index += count
        return true
    }

    /// Without the last dot; unusual bytes as `\ddd`.
    mutating func name() -> String? {
        var text = ""
        var place = index
        var end: Int?
        var jumps = 0
        while place < bytes.count {
            let length = Int(bytes[place])
            switch length {
            case 0:
                index = end ?? place + 1
                return text
            case 1...63:
                guard place + length < bytes.count, text.utf8.count + length < 1024 else { return nil }
                if !text.isEmpty { text += "." }
                for byte in bytes[(place + 1)...(place + length)] { text += Self.shown(byte) }
                place += length + 1
            case 0xc0...:
                guard place + 1 < bytes.count, jumps < Self.jumpsMax else { return nil }
                let target = (length & 0x3f) << 8 | Int(bytes[place + 1])
                guard target < place else { return nil }
                end = end ?? place + 2
                place = target
                jumps += 1
            default: return nil
            }
        }
        return nil
    }

    private static func shown(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): return "\\" + String(UnicodeScalar(byte))
        case 0x21...0x7e: return String(UnicodeScalar(byte))
        default:
            let digits = String(byte)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
    }

    struct Found { var known: DNSRecord? }

    /// Nil when the message ends early; `known` is nil for records of no use here.
    mutating func record() -> Found? {
        guard name() != nil, let type = number16(), let kind = number16(), skip(4), let length = number16() else {
            return nil
        }
        let start = index
        guard skip(Int(length)) else { return nil }
        guard kind == 1 else { return Found(known: nil) }
        var data = self
        data.index = start
        switch type {
        case 1 where length == 4: return Found(known: Self.address(bytes[start..<(start + 4)], AF_INET))
        case 28 where length == 16: return Found(known: Self.address(bytes[start..<(start + 16)], AF_INET6))
        case 2: return Found(known: data.name().map { .nameServer($0) })
        case 15:
            guard data.skip(2) else { return nil }
            return Found(known: data.name().map { .mailExchange($0) })
        case 33:
            guard data.skip(4), let port = data.number16(), let target = data.name() else { return nil }
            return Found(known: .service(target: target, port: port))
        default: return Found(known: nil)
        }
    }

    private static func address(_ bytes: ArraySlice<UInt8>, _ family: Int32) -> DNSRecord? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isShown = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) != nil }
        guard isShown else { return nil }
        return .address(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}

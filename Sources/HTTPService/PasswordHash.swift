// bcrypt through the C library's crypt, and who has shown a right password lately.
// Asked by Server for each request when there are users.

import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum PasswordHash {
    private typealias Crypt =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>,
            UnsafeMutablePointer<CInt>
        ) -> UnsafeMutablePointer<CChar>?

    /// Looked up when first needed: a program without users needs no libcrypt. Nil where there is none.
    private static let crypt: Crypt? = {
        for name in ["libcrypt.so.1", "libcrypt.so.2"] {
            guard let library = dlopen(name, RTLD_NOW), let symbol = dlsym(library, "crypt_ra") else { continue }
            return unsafeBitCast(symbol, to: Crypt.self)
        }
        return nil
    }()

    static var isAvailable: Bool { crypt != nil }

    /// Cost: what the hash says, tens of milliseconds. Never call it on a thread that tasks share.
    static func matches(_ password: String, _ hash: String) -> Bool {
        // A password ends at its first zero for C: two passwords would be one.
        guard let crypt, !password.utf8.contains(0) else { return false }
        var data: UnsafeMutableRawPointer?
        var size: CInt = 0
        defer { free(data) }
        guard let made = crypt(password, hash, &data, &size) else { return false }
        return isEqual(Array(UnsafeBufferPointer(start: made, count: strlen(made))), Array(hash.utf8CString.dropLast()))
    }

    /// Takes as long wherever the first difference lies.
    static func isEqual(_ one: [CChar], _ other: [CChar]) -> Bool {
        guard one.count == other.count else { return false }
        var difference: CChar = 0
        for index in one.indices { difference |= one[index] ^ other[index] }
        return difference == 0
    }

    /// Compared with for a name that is unknown, so that it takes as long as one that is known.
    static let nobody = "$2b$10$KkCdWnMsGqfXvBzPyR5HeOKkCdWnMsGqfXvBzPyR5HeOabcdefghi"
}

/// Names and passwords that were compared, with the outcome. Every page of a Grafana asks dozens of times with the
/// same password, and each comparison takes a tenth of a second on purpose.
final class VerifiedPasswords: Sendable {
    static let entriesMax = 100

    private struct Pair: Hashable {
        var name: String
        var hash: String
        var password: String
    }
    /// A hash takes a core for a tenth of a second, and everybody who can connect can ask for one.
    private let gate = TurnGate(limit: max(1, System.coreCount / 2))
    /// Guards the outcomes, and their order of coming for dropping the oldest.
    private let known = Mutex<(outcomes: [Pair: Bool], order: [Pair])>(([:], []))

    /// Waits for its turn; cancelling the task withdraws it, so that who has gone costs nothing.
    func isRight(_ name: String, _ password: String, users: [String: String]) async throws -> Bool {
        let hash = users[name]
        let pair = Pair(name: name, hash: hash ?? PasswordHash.nobody, password: password)
        if let outcome = known.withLock({ $0.outcomes[pair] }) { return outcome && hash != nil }
        let outcome = try await gate.through {
            try await onBlockingThread { PasswordHash.matches(password, pair.hash) }
        }
        known.withLock { known in
            guard known.outcomes.updateValue(outcome, forKey: pair) == nil else { return }
            known.order.append(pair)
            guard known.order.count > Self.entriesMax else { return }
            // Guesses drive out guesses, not those who know their password.
            let oldest = known.order.firstIndex { known.outcomes[$0] == false } ?? 0
            known.outcomes[known.order.remove(at: oldest)] = nil
        }
        return outcome && hash != nil
    }

    /// Whether the outcome for a user's hash is remembered.
    func isKnown(_ name: String, _ password: String, _ hash: String) -> Bool {
        known.withLock { $0.outcomes[Pair(name: name, hash: hash, password: password)] != nil }
    }

    var count: Int { known.withLock { $0.outcomes.count } }
}

/// Name and password of an `Authorization: Basic` header; nil for anything else.
func basicCredentials(_ header: String) -> (name: String, password: String)? {
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "basic", let bytes = base64Decoded(words[1].utf8),
        let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
    else { return nil }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
}

private func base64Decoded(_ text: Substring.UTF8View) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = text.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    for digit in digits {
        let value: UInt8
        switch digit {
        case 0x41...0x5a: value = digit - 0x41
        case 0x61...0x7a: value = digit - 0x61 + 26
        case 0x30...0x39: value = digit - 0x30 + 52
        case 0x2b: value = 62
        case 0x2f: value = 63
        default: return nil
        }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return bytes
}

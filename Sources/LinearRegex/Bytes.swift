// Comparing, finding and hashing bytes.
// Used by the shortcuts of Shape, by LinearRegex and by ReplacementTemplate.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

enum Bytes {
    /// Whether `word` stands in `text` at `place`; the caller has checked that it fits.
    static func isEqual(_ text: UnsafeBufferPointer<UInt8>, _ place: Int, _ word: [UInt8]) -> Bool {
        guard !word.isEmpty, let base = text.baseAddress else { return word.isEmpty }
        return memcmp(base + place, word, word.count) == 0
    }

    /// Whether all of `text` stands in `arena` at `place`; the caller has checked that it fits.
    @inline(__always)
    static func isEqual(_ text: UnsafeBufferPointer<UInt8>, _ arena: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool
    {
        guard let base = text.baseAddress, let other = arena.baseAddress else { return text.isEmpty }
        return memcmp(base, other + place, text.count) == 0
    }

    static func firstPlace(of word: [UInt8], in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start <= text.count else { return nil }
        guard !word.isEmpty else { return start }
        guard let base = text.baseAddress else { return nil }
        var place = start
        while text.count - place >= word.count {
            guard let found = memchr(base + place, Int32(word[0]), text.count - place - word.count + 1) else {
                return nil
            }
            place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            if isEqual(text, place, word) { return place }
            place += 1
        }
        return nil
    }

    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
        var index = 0
        while index + 8 <= bytes.count {
            let word = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
            hash = product.high ^ product.low
            index += 8
        }
        while index < bytes.count {
            hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
            index += 1
        }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7fff_ffff)
    }

    /// Nil for a surrogate, which no text holds.
    static func utf8(_ value: UInt32) -> [UInt8]? {
        guard let scalar = Unicode.Scalar(value) else { return nil }
        return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// The bytes of a text, in place where the String allows it.
    @inline(__always)
    static func of<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(text.utf8).withUnsafeBufferPointer(body)
    }
}

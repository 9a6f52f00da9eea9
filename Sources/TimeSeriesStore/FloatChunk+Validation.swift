// Chunks from outside: which bytes may become a FloatChunk.
// StateReader asks before it puts a chunk into a series; what passes here cannot trap in a decoder.

extension FloatChunk {
    /// Nil for bytes that no encoder writes: an unknown form, sizes that do not fit together, times that do not ascend.
    init?(validating bytes: [UInt8]) {
        guard bytes.count >= Self.headerBytes + 4, TimeForm(rawValue: bytes[0] >> 4) != nil,
            ValueForm(rawValue: bytes[0] & 15) != nil
        else { return nil }
        self.init(bytes: bytes)
        guard timeForm != .shared else { return nil }
        guard count >= 1, let valuesOffset = checkedValuesOffset(), hasFittingValues(at: valuesOffset) else {
            return nil
        }
        let countMax = valueForm == .constant && step != nil ? Self.constantCountMax : Self.countMax
        guard count <= countMax, hasAscendingTimes() else { return nil }
    }

    private func checkedValuesOffset() -> Int? {
        switch timeForm {
        case .regular32: return Self.headerBytes + 4
        case .regular64: return bytes.count >= Self.headerBytes + 8 ? Self.headerBytes + 8 : nil
        case .shared: return nil
        case .packed:
            guard bytes.count > 28, bytes[27] <= 64, count >= 2 else { return nil }
            return Self.headerBytes + 17 + ((count - 2) * Int(bytes[27]) + 7) / 8
        }
    }

    private func hasFittingValues(at offset: Int) -> Bool {
        let room = bytes.count - offset
        switch valueForm {
        case .constant: return room == 8
        case .raw: return room == 8 * count
        case .xor: return room >= 8 && room <= 8 + 10 * count
        case .scaledFrame, .scaledDeltas:
            guard room >= 18, Int(bytes[offset]) <= DecimalScale.exponentMax, bytes[offset + 17] <= 64 else {
                return false
            }
            return room == 18 + (Int(bytes[offset + 17]) * (count - 1) + 7) / 8
        }
    }

    private func hasAscendingTimes() -> Bool {
        guard count > 1 else { return true }
        if let step {
            // Unsigned, as the distance of two times may be more than Int64 holds.
            let (reach, overflow) = step.multipliedReportingOverflow(by: UInt64(count - 1))
            return step > 0 && !overflow && reach <= UInt64(bitPattern: Int64.max &- start)
        }
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: count) { times in
            guard let base = times.baseAddress else { return false }
            decodeTimes(into: base)
            for index in 1..<count where times[index] <= times[index - 1] { return false }
            return times[count - 1] == end
        }
    }
}

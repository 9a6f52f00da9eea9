// What a terminal sends, as events: keys, SGR mouse reports, bracketed paste; the same whatever TERM says.
// Comes before the session loop; a real terminal feeds it the bytes it read and tells it when nothing followed.

/// A state machine over bytes: sequences may be cut anywhere between two reads.
public struct InputDecoder: Sendable {
    /// A longer escape sequence is no key; it is dropped whole.
    static let sequenceBytesMax = 64
    /// What follows within one paste is dropped.
    public static let pasteBytesMax = 1 << 20

    private var pending: [UInt8] = []
    private var paste: [UInt8]?
    private static let pasteEnd = Array("\u{1b}[201~".utf8)

    public init() {}

    /// True while a lone Escape or a cut sequence waits for more: call `flush()` when nothing comes for a moment.
    public var isWaiting: Bool { paste == nil && !pending.isEmpty }

    public mutating func feed(_ bytes: some Sequence<UInt8>) -> [InputEvent] {
        var events: [InputEvent] = []
        for byte in bytes { take(byte, into: &events) }
        return events
    }

    /// Nothing followed: a lone Escape was the key, a cut sequence was none.
    public mutating func flush() -> [InputEvent] {
        guard isWaiting else { return [] }
        let bytes = pending
        pending = []
        guard bytes.first == 0x1b else { return [] }
        return bytes.count == 1 ? [.key(.escape)] : []
    }

    private mutating func take(_ byte: UInt8, into events: inout [InputEvent]) {
        if paste != nil {
            takePasted(byte, into: &events)
            return
        }
        if pending.isEmpty {
            if byte == 0x1b || byte >= 0x80 {
                pending = [byte]
                if byte >= 0x80 { takeUTF8(into: &events) }
            } else {
                events.append(.key(Self.key(ofControlOrASCII: byte)))
            }
            return
        }
        if pending[0] != 0x1b {
            guard byte & 0xc0 == 0x80 else {
                pending = []
                take(byte, into: &events)
                return
            }
            pending.append(byte)
            takeUTF8(into: &events)
            return
        }
        takeEscaped(byte, into: &events)
    }

    /// `pending` starts with the lead byte of a character outside ASCII.
    private mutating func takeUTF8(into events: inout [InputEvent]) {
        let length: Int
        switch pending[0] {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef: length = 3
        case 0xf0...0xf4: length = 4
        default:
            pending = []
            return
        }
        guard pending.count == length else { return }
        if let text = String(validating: pending, as: UTF8.self), let character = text.first,
            !text.unicodeScalars.contains(where: { $0.value < 0xa0 })
        {
            events.append(.key(.character(character)))
        }
        pending = []
    }

    private mutating func takeEscaped(_ byte: UInt8, into events: inout [InputEvent]) {
        if pending.count == 1 {
            switch byte {
            case 0x5b, 0x4f: pending.append(byte)  // [ and O
            case 0x1b: events.append(.key(.escape))
            case 0x20...0x7e:
                pending = []
                events.append(.key(.alt(Character(Unicode.Scalar(byte)))))
            default:
                pending = []
                events.append(.key(.escape))
                take(byte, into: &events)
            }
            return
        }
        if byte == 0x1b || byte == 0x18 || byte == 0x1a {
            pending = byte == 0x1b ? [byte] : []
            return
        }
        pending.append(byte)
        if pending[1] == 0x4f {
            if let key = Self.key(ofFinal: byte, isShifted: false) { events.append(.key(key)) }
            pending = []
            return
        }
        // The Linux console's F1 to F5: ESC [ [ A.
        if pending.count == 3, byte == 0x5b { return }
        if pending.count == 4, pending[2] == 0x5b {
            if byte >= 0x41, byte <= 0x45 { events.append(.key(.function(Int(byte) - 0x40))) }
            pending = []
            return
        }
        guard byte >= 0x40, byte <= 0x7e else {
            // Past the limit the sequence's head stays, so that its end is still recognised; the rest is forgotten.
            if pending.count > Self.sequenceBytesMax { pending.removeLast() }
            return
        }
        let sequence = Array(pending[2...])
        pending = []
        if sequence.count < Self.sequenceBytesMax - 2 { takeSequence(sequence, into: &events) }
    }

    /// `sequence`: what follows `ESC [`, its final byte included.
    private mutating func takeSequence(_ sequence: [UInt8], into events: inout [InputEvent]) {
        guard let final = sequence.last else { return }
        if sequence[0] == 0x3c {
            if let mouse = Self.mouse(sequence.dropFirst()) { events.append(.mouse(mouse)) }
            return
        }
        guard let numbers = Self.numbers(sequence.dropLast()) else { return }
        let modifier = numbers.count > 1 ? numbers[1] - 1 : 0
        if final == 0x7e {
            switch numbers.first ?? 0 {
            case 200: paste = []
            case 1, 7: events.append(.key(.home))
            case 2: events.append(.key(.insert))
            case 3: events.append(.key(.delete))
            case 4, 8: events.append(.key(.end))
            case 5: events.append(.key(.pageUp))
            case 6: events.append(.key(.pageDown))
            case let code where (11...15).contains(code): events.append(.key(.function(code - 10)))
            case let code where (17...21).contains(code): events.append(.key(.function(code - 11)))
            case let code where (23...24).contains(code): events.append(.key(.function(code - 12)))
            default: break
            }
        } else if let key = Self.key(ofFinal: final, isShifted: modifier & 1 == 1) {
            events.append(.key(key))
        }
    }

    private mutating func takePasted(_ byte: UInt8, into events: inout [InputEvent]) {
        // `pending` holds the part of the end mark seen so far.
        if byte == Self.pasteEnd[pending.count] {
            pending.append(byte)
            guard pending.count == Self.pasteEnd.count else { return }
            let text = String(decoding: paste ?? [], as: UTF8.self)
            paste = nil
            pending = []
            events.append(.paste(text))
            return
        }
        let literal = pending
        pending = []
        for one in literal { appendPasted(one) }
        if byte == 0x1b { pending = [byte] } else { appendPasted(byte) }
    }

    private mutating func appendPasted(_ byte: UInt8) {
        if let count = paste?.count, count < Self.pasteBytesMax { paste?.append(byte == 0x0d ? 0x0a : byte) }
    }

    private static func key(ofControlOrASCII byte: UInt8) -> Key {
        switch byte {
        case 0x0d, 0x0a: .enter
        case 0x09: .tab
        case 0x08, 0x7f: .backspace
        case 0x00: .control(" ")
        case 0x01...0x1a: .control(Character(Unicode.Scalar(byte + 0x60)))
        case 0x1b: .escape
        case 0x1c...0x1f: .control(Character(Unicode.Scalar(byte + 0x40)))
        default: .character(Character(Unicode.Scalar(byte)))
        }
    }

    private static func key(ofFinal final: UInt8, isShifted: Bool) -> Key? {
        switch final {
        case 0x41: isShifted ? .shiftUp : .up
        case 0x42: isShifted ? .shiftDown : .down
        case 0x43: isShifted ? .shiftRight : .right
        case 0x44: isShifted ? .shiftLeft : .left
        case 0x61: .shiftUp  // a to d: rxvt
        case 0x62: .shiftDown
        case 0x63: .shiftRight
        case 0x64: .shiftLeft
        case 0x46: .end
        case 0x48: .home
        case 0x4d: .enter
        case 0x5a: .backTab
        case 0x50...0x53: .function(Int(final) - 0x4f)
        default: nil
        }
    }

    /// `button;x;yM` or `m`: press, drag and wheel end in M, a release in m. Only the left button means something.
    private static func mouse(_ sequence: ArraySlice<UInt8>) -> Mouse? {
        guard let final = sequence.last, final == 0x4d || final == 0x6d,
            let numbers = numbers(sequence.dropLast()), numbers.count == 3, numbers[1] > 0, numbers[2] > 0
        else { return nil }
        let (x, y) = (numbers[1] - 1, numbers[2] - 1)
        // Bits 4, 8 and 16 are Shift, Alt and Control.
        let held = Mouse.Modifiers(rawValue: numbers[0] & 0b11100)
        let action: Mouse.Action
        switch numbers[0] & ~0b11100 {
        case 0: action = final == 0x4d ? .press : .release
        case 32: action = .drag
        case 64: action = .wheelUp
        case 65: action = .wheelDown
        default: return nil
        }
        return Mouse(action: action, x: x, y: y, modifiers: held)
    }

    /// Decimal numbers between semicolons, an absent one as 0; nil when anything else is there.
    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int]? {
        var numbers = [0]
        for byte in bytes {
            switch byte {
            case 0x30...0x39:
                let number = numbers[numbers.count - 1] * 10 + Int(byte - 0x30)
                guard number < 1_000_000 else { return nil }
                numbers[numbers.count - 1] = number
            case 0x3b: numbers.append(0)
            default: return nil
            }
        }
        return numbers
    }
}

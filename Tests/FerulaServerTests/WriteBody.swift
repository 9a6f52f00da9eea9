// Bodies of remote write, made field by field from the specification's numbers: no part of the program is used.

enum Wire {
    static func varint(_ number: UInt64) -> [UInt8] {
        number < 128 ? [UInt8(number)] : [UInt8(number & 0x7f) | 0x80] + varint(number >> 7)
    }
    static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(content.count)) + content
    }
    static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    static func number(_ field: UInt64, _ value: Int64) -> [UInt8] {
        varint(field << 3) + varint(UInt64(bitPattern: value))
    }
    static func double(_ field: UInt64, _ value: Double) -> [UInt8] {
        varint(field << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    static func packed(_ field: UInt64, _ values: [UInt64]) -> [UInt8] { self.field(field, values.flatMap(varint)) }

    /// As literals: nothing is made shorter.
    static func snappy(_ body: [UInt8]) -> [UInt8] {
        var text = varint(UInt64(body.count))
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(60)
            text.append(UInt8(piece.count - 1) << 2)
            text += piece
            rest = rest.dropFirst(60)
        }
        return text
    }
}

/// A series of version one.
func writtenSeries(
    _ labels: [(String, String)], _ samples: [(Int64, Double)] = [], exemplars: [[UInt8]] = [],
    histograms: [[UInt8]] = []
) -> [UInt8] {
    Wire.field(
        1,
        labels.flatMap { Wire.field(1, Wire.field(1, $0.0) + Wire.field(2, $0.1)) }
            + samples.flatMap { Wire.field(2, writtenSample($0.0, $0.1)) }
            + exemplars.flatMap { Wire.field(3, $0) } + histograms.flatMap { Wire.field(4, $0) })
}

func writtenSample(_ time: Int64, _ value: Double) -> [UInt8] { Wire.double(1, value) + Wire.number(2, time) }

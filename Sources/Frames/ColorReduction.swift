// True colours to what a terminal has: 256 nearest in CIELAB, 16 by hue and lightness, none.
// Used by the ANSI writer, by CursesTerminal, and by goldens at lower depths.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

public struct ColorReduction {
    public let depth: ColorDepth
    private var known: [UInt32: UInt8] = [:]

    public init(depth: ColorDepth) { self.depth = depth }

    /// `.terminal` stays; at depth `none` everything becomes it.
    public mutating func reduce(_ color: Color) -> ReducedColor {
        switch (color, depth) {
        case (.terminal, _), (_, .none): return .terminal
        case (.ansi(let index), _): return .indexed(index)
        case (.rgb(let red, let green, let blue), .trueColor): return .rgb(red, green, blue)
        case (.rgb(let red, let green, let blue), .indexed256):
            return .indexed(cached(red, green, blue) { Self.nearest(red, green, blue, in: 16..<256) })
        case (.rgb(let red, let green, let blue), .ansi16):
            return .indexed(cached(red, green, blue) { Self.nearest16(red, green, blue) })
        }
    }

    private mutating func cached(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ find: () -> UInt8) -> UInt8 {
        let key = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
        if let index = known[key] { return index }
        let index = find()
        known[key] = index
        return index
    }

    /// The index of the nearest of xterm's colours 16...255; the first 16 are the user's own and mean nothing certain.
    public static func nearest256(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        nearest(red, green, blue, in: 16..<256)
    }

    private static func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8, in range: Range<Int>) -> UInt8 {
        let wanted = Lab(red, green, blue)
        var best = range.lowerBound
        var least = Double.infinity
        for index in range {
            let distance = wanted.distance(to: paletteLab[index])
            if distance < least {
                least = distance
                best = index
            }
        }
        return UInt8(best)
    }

    /// Greys by lightness alone; colours by hue, so that a dark red stays red and no colour turns grey.
    public static func nearest16(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let lab = Lab(red, green, blue)
        let chroma = (lab.a * lab.a + lab.b * lab.b).squareRoot()
        if chroma < 14 {
            switch lab.lightness {
            case ..<18: return 0
            case ..<55: return 8
            case ..<85: return 7
            default: return 15
            }
        }
        // Hue angles of red, yellow, green, cyan, blue, magenta as the usual terminal palettes show them, in degrees.
        let hues: [(Double, UInt8)] = [(38, 1), (90, 3), (138, 2), (200, 6), (282, 4), (328, 5)]
        var angle = atan2(lab.b, lab.a) * 180 / .pi
        if angle < 0 { angle += 360 }
        var best: UInt8 = 7
        var least = Double.infinity
        for (hue, index) in hues {
            let difference = abs(angle - hue)
            let distance = min(difference, 360 - difference)
            if distance < least {
                least = distance
                best = index
            }
        }
        return lab.lightness > 74 && best != 3 || lab.lightness > 85 ? best + 8 : best
    }

    /// xterm's red, green, blue of an index.
    public static func rgb(ofIndex index: UInt8) -> (UInt8, UInt8, UInt8) {
        let palette16: [(UInt8, UInt8, UInt8)] = [
            (0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16), (36, 114, 200), (188, 63, 188), (17, 168, 205),
            (204, 204, 204), (102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67), (59, 142, 234),
            (214, 112, 214), (41, 184, 219), (255, 255, 255),
        ]
        if index < 16 { return palette16[Int(index)] }
        if index >= 232 {
            let grey = UInt8(8 + (Int(index) - 232) * 10)
            return (grey, grey, grey)
        }
        let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
        let cube = Int(index) - 16
        return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }

    private static let paletteLab: [Lab] = (0..<256).map { index in
        let (red, green, blue) = rgb(ofIndex: UInt8(index))
        return Lab(red, green, blue)
    }

    private struct Lab {
        var lightness: Double
        var a: Double
        var b: Double

        /// sRGB, D65.
        init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            func linear(_ byte: UInt8) -> Double {
                let value = Double(byte) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            func curve(_ value: Double) -> Double {
                value > 216.0 / 24389 ? cbrt(value) : (24389.0 / 27 * value + 16) / 116
            }
            let r = linear(red)
            let g = linear(green)
            let b = linear(blue)
            let x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
            let y = curve(0.2126729 * r + 0.7151522 * g + 0.0721750 * b)
            let z = curve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883)
            lightness = 116 * y - 16
            a = 500 * (x - y)
            self.b = 200 * (y - z)
        }

        func distance(to other: Lab) -> Double {
            let l = lightness - other.lightness
            let da = a - other.a
            let db = b - other.b
            return l * l + da * da + db * db
        }
    }
}

/// A colour a terminal of some depth can be told.
public enum ReducedColor: Hashable, Sendable {
    case terminal
    case indexed(UInt8)
    case rgb(UInt8, UInt8, UInt8)
}

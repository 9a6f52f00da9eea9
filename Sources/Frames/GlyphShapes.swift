// Characters that are drawn as shapes: blocks, braille, lines and a few marks, in a cell of 8 by 16.
// Used by SVGWriter; fonts draw them with gaps, at other widths, or not at all.

/// Numbers count from the cell's upper left corner, x to the right, y down.
enum GlyphShape: Hashable, Sendable {
    struct Box: Hashable, Sendable {
        var x: Int
        var y: Int
        var width: Int
        var height: Int
        init(_ x: Int, _ y: Int, _ width: Int, _ height: Int) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }
    /// How a line is drawn: its width and its dashes.
    enum Pen: Hashable, Sendable {
        case light, heavy
        /// Lengths of ink and gap that fill a cell evenly.
        case dashed(String)
    }

    /// Full ink.
    case boxes([Box])
    /// The whole cell in quarters of the ink.
    case shade(quarters: Int)
    /// Bits as Unicode numbers them.
    case braille(UInt8)
    /// The whole width at these heights, which runs into the next cell.
    case across([Double], Pen)
    /// Strokes as a path.
    case strokes(String, Pen)
    /// A filled path that begins at the cell's corner.
    case outline(String)

    static let width = 8
    static let height = 16

    init?(_ character: Character) {
        guard character.unicodeScalars.count == 1, let value = character.unicodeScalars.first?.value else { return nil }
        switch value {
        case 0x2500...0x257f:
            guard let line = Self.line(value) else { return nil }
            self = line
        case 0x2580...0x259f: self = Self.block(value)
        case 0x2800...0x28ff: self = .braille(UInt8(value & 0xff))
        default:
            guard let mark = Self.marks[value] else { return nil }
            self = mark
        }
    }

    private static func block(_ value: UInt32) -> GlyphShape {
        let place = Int(value)
        switch value {
        case 0x2580: return .boxes([Box(0, 0, 8, 8)])
        case 0x2581...0x2588: return .boxes([Box(0, 16 - (place - 0x2580) * 2, 8, (place - 0x2580) * 2)])
        case 0x2589...0x258f: return .boxes([Box(0, 0, 0x2590 - place, 16)])
        case 0x2590: return .boxes([Box(4, 0, 4, 16)])
        case 0x2591...0x2593: return .shade(quarters: place - 0x2590)
        case 0x2594: return .boxes([Box(0, 0, 8, 2)])
        case 0x2595: return .boxes([Box(7, 0, 1, 16)])
        default:
            // 1 upper left, 2 upper right, 4 lower left, 8 lower right.
            let quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14]
            let bits = quadrants[place - 0x2596]
            let corners = [Box(0, 0, 4, 8), Box(4, 0, 4, 8), Box(0, 8, 4, 8), Box(4, 8, 4, 8)]
            return .boxes(corners.indices.filter { bits >> $0 & 1 == 1 }.map { corners[$0] })
        }
    }

    /// The middle of a cell, half a unit off so that a stroke of one unit covers whole units.
    private static let middleY = 8.5

    private static func line(_ value: UInt32) -> GlyphShape? {
        switch value {
        case 0x2500: return .across([middleY], .light)
        case 0x2501: return .across([middleY], .heavy)
        case 0x2550: return .across([6.5, 10.5], .light)
        case 0x2504: return .across([middleY], .dashed("2 1 2 1 1 1"))
        case 0x2505: return .across([middleY], .dashed("2 1 2 1 1 1"))
        case 0x2508, 0x2509: return .across([middleY], .dashed("1 1"))
        case 0x254c, 0x254d: return .across([middleY], .dashed("3 1"))
        case 0x2506, 0x2507, 0x250a, 0x250b: return .strokes("m4.5 1v2m0 2v2m0 2v2m0 2v2", .light)
        case 0x254e, 0x254f: return .strokes("m4.5 1v6m0 2v6", .light)
        case 0x2551: return .strokes("m2.5 0v16m4-16v16", .light)
        case 0x256d: return .strokes("m4.5 16v-4.5q0-3 3-3h.5", .light)
        case 0x256e: return .strokes("m0 8.5h1.5q3 0 3 3v4.5", .light)
        case 0x256f: return .strokes("m0 8.5h1.5q3 0 3-3v-5.5", .light)
        case 0x2570: return .strokes("m4.5 0v5.5q0 3 3 3h.5", .light)
        case 0x2571: return .strokes("m0 16l8-16", .light)
        case 0x2572: return .strokes("m0 0l8 16", .light)
        case 0x2573: return .strokes("m0 16l8-16m-8 0l8 16", .light)
        default:
            guard let (ends, pen) = joints[value] else { return nil }
            var path = ""
            if ends & 1 != 0 { path += "M4.5 0v8.5" }
            if ends & 2 != 0 { path += "M4.5 8.5h3.5" }
            if ends & 4 != 0 { path += "M4.5 8.5v7.5" }
            if ends & 8 != 0 { path += "M0 8.5h4.5" }
            return .strokes(Self.relative(path), pen)
        }
    }

    /// `M` from the cell's corner as moves from wherever the stroke before ended.
    private static func relative(_ path: String) -> String {
        let moves: [String: String] = [
            "M4.5 0v8.5M4.5 8.5h3.5M4.5 8.5v7.5M0 8.5h4.5": "m4.5 0v16m-4.5-7.5h8",
            "M4.5 0v8.5M4.5 8.5h3.5M4.5 8.5v7.5": "m4.5 0v16m0-7.5h3.5",
            "M4.5 0v8.5M4.5 8.5v7.5M0 8.5h4.5": "m4.5 0v16m-4.5-7.5h4.5",
            "M4.5 8.5h3.5M4.5 8.5v7.5M0 8.5h4.5": "m0 8.5h8m-3.5 0v7.5",
            "M4.5 0v8.5M4.5 8.5h3.5M0 8.5h4.5": "m0 8.5h8m-3.5 0v-8.5",
            "M4.5 8.5h3.5M4.5 8.5v7.5": "m4.5 16v-7.5h3.5",
            "M4.5 8.5v7.5M0 8.5h4.5": "m0 8.5h4.5v7.5",
            "M4.5 0v8.5M4.5 8.5h3.5": "m4.5 0v8.5h3.5",
            "M4.5 0v8.5M0 8.5h4.5": "m0 8.5h4.5v-8.5",
            "M4.5 0v8.5M4.5 8.5v7.5": "m4.5 0v16",
            "M4.5 0v8.5": "m4.5 0v8.5", "M4.5 8.5h3.5": "m4.5 8.5h3.5", "M4.5 8.5v7.5": "m4.5 8.5v7.5",
            "M0 8.5h4.5": "m0 8.5h4.5",
        ]
        return moves[path] ?? ""
    }

    /// Ends that meet in the middle: 1 up, 2 right, 4 down, 8 left.
    private static let joints: [UInt32: (ends: Int, pen: Pen)] = [
        0x2502: (5, .light), 0x2503: (5, .heavy), 0x250c: (6, .light), 0x250f: (6, .heavy), 0x2510: (12, .light),
        0x2513: (12, .heavy), 0x2514: (3, .light), 0x2517: (3, .heavy), 0x2518: (9, .light), 0x251b: (9, .heavy),
        0x251c: (7, .light), 0x2523: (7, .heavy), 0x2524: (13, .light), 0x252b: (13, .heavy), 0x252c: (14, .light),
        0x2533: (14, .heavy), 0x2534: (11, .light), 0x253b: (11, .heavy), 0x253c: (15, .light), 0x254b: (15, .heavy),
        0x2574: (8, .light), 0x2575: (1, .light), 0x2576: (2, .light), 0x2577: (4, .light), 0x2578: (8, .heavy),
        0x2579: (1, .heavy), 0x257a: (2, .heavy), 0x257b: (4, .heavy),
    ]

    private static let marks: [UInt32: GlyphShape] = [
        // ■ ▪
        0x25a0: .boxes([Box(1, 5, 6, 7)]), 0x25aa: .boxes([Box(2, 6, 4, 5)]),
        // ● • ·
        0x25cf: .outline("m1 8.5a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"),
        0x2022: .outline("m2 8.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"),
        // ▲ ▼ ▶ ◀, and the small ones
        0x25b2: .outline("m4 4l4 8h-8z"), 0x25bc: .outline("m0 5h8l-4 8z"), 0x25b6: .outline("m1 4l7 4.5l-7 4.5z"),
        0x25c0: .outline("m7 4l-7 4.5l7 4.5z"), 0x25b4: .outline("m4 6l3 6h-6z"), 0x25be: .outline("m1 6h6l-3 6z"),
        0x25b8: .outline("m2 5l5 3.5l-5 3.5z"), 0x25c2: .outline("m6 5l-5 3.5l5 3.5z"),
    ]
}

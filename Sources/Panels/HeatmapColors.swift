// Sixteen colours from the least count to the greatest, of the schemes that Grafana's heatmaps name.
// Made once a painting; the stops are those ColorBrewer and D3 publish, what lies between is mixed here.

import Dashboards
import Frames

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

struct HeatmapColors {
    private var steps: [RGB]
    private let low: Double
    private let high: Double

    static let stepCount = 16

    /// - `extent`: of the counts that are drawn, for limits that the options leave open.
    init(_ colors: HeatmapOptions.Colors, extent: (least: Double, most: Double)?, background: RGB) {
        low = colors.min.flatMap { $0.isFinite ? $0 : nil } ?? extent?.least ?? 0
        high = colors.max.flatMap { $0.isFinite ? $0 : nil } ?? extent?.most ?? 1
        if let fill = colors.fill {
            let color = RGB.named(fill) ?? RGB.text
            let exponent = colors.exponent > 0.01 && colors.exponent < 100 ? colors.exponent : 0.5
            steps = (1...Self.stepCount).map { step in
                color.blended(pow(Double(step) / Double(Self.stepCount), exponent), over: background)
            }
        } else {
            let luminance = Int(background.red) * 3 + Int(background.green) * 6 + Int(background.blue)
            steps = Self.scheme(colors.scheme, isDark: luminance < 1280)
        }
        if colors.isReversed { steps.reverse() }
    }

    /// 0...1: the place of a count between the least and the greatest.
    func share(_ value: Double) -> Double {
        guard high > low else { return value >= high ? 1 : 0 }
        let share = (value / 2 - low / 2) / (high / 2 - low / 2)
        return share.isNaN ? 0 : max(0, min(1, share))
    }

    func color(at share: Double) -> RGB { steps[min(Int(share * Double(Self.stepCount)), Self.stepCount - 1)] }

    /// Four of them, for where there are no colours; the least count is seen, too.
    static func shade(at share: Double) -> Glyph { Glyphs.shades[min(4, 1 + Int(share * 4))] }

    /// As published a scheme of one hue begins with near white: on a dark ground it is turned about, so that little is
    /// dark. Diverging ones end in red.
    private static func scheme(_ name: String, isDark: Bool) -> [RGB] {
        let kind: (isTurned: Bool, stops: [UInt32])
        if let stops = diverging[name] {
            kind = (true, stops)
        } else if let stops = sequential[name] {
            kind = (isDark, stops)
        } else if let stops = multiHue[name] {
            kind = (!isDark, stops)
        } else {
            kind = (isDark, sequential["Oranges"] ?? [0x000000, 0xffffff])
        }
        let stops = kind.stops.map { RGB(hex: $0) }
        let steps = (0..<stepCount).map { step -> RGB in
            let position = Double(step) / Double(stepCount - 1) * Double(stops.count - 1)
            let index = min(Int(position), stops.count - 2)
            return stops[index].mixed(with: stops[index + 1], share: position - Double(index))
        }
        return kind.isTurned ? steps.reversed() : steps
    }

    /// Source: ColorBrewer 2.0 (Cynthia Brewer), every second colour of eleven; rainbows of D3.
    private static let diverging: [String: [UInt32]] = [
        "BrBG": [0x543005, 0xbf812d, 0xf6e8c3, 0xc7eae5, 0x35978f, 0x003c30],
        "PiYG": [0x8e0152, 0xde77ae, 0xfde0ef, 0xe6f5d0, 0x7fbc41, 0x276419],
        "PRGn": [0x40004b, 0x9970ab, 0xe7d4e8, 0xd9f0d3, 0x5aae61, 0x00441b],
        "PuOr": [0x7f3b08, 0xe08214, 0xfee0b6, 0xd8daeb, 0x8073ac, 0x2d004b],
        "RdBu": [0x67001f, 0xd6604d, 0xfddbc7, 0xd1e5f0, 0x4393c3, 0x053061],
        "RdGy": [0x67001f, 0xd6604d, 0xfddbc7, 0xe0e0e0, 0x878787, 0x1a1a1a],
        "RdYlBu": [0xa50026, 0xf46d43, 0xfee090, 0xe0f3f8, 0x74add1, 0x313695],
        "RdYlGn": [0xa50026, 0xf46d43, 0xfee08b, 0xd9ef8b, 0x66bd63, 0x006837],
        "Spectral": [0x9e0142, 0xf46d43, 0xfee08b, 0xe6f598, 0x66c2a5, 0x5e4fa2],
        "Rainbow": [
            0x6e40aa, 0xbf3caf, 0xfe4b83, 0xff7847, 0xe2b72f, 0xaff05b, 0x52f667, 0x1ddfa3, 0x23abd8, 0x4c6edb,
            0x6e40aa,
        ],
        "Sinebow": [
            0xff4040, 0xe78d0b, 0xa7d503, 0x58fc2a, 0x18f472, 0x00bfbf, 0x1872f4, 0x582afc, 0xa703d5, 0xe70b8d,
            0xff4040,
        ],
    ]

    /// Source: ColorBrewer 2.0 (Cynthia Brewer), every second colour of nine.
    private static let sequential: [String: [UInt32]] = [
        "Blues": [0xf7fbff, 0xc6dbef, 0x6baed6, 0x2171b5, 0x08306b],
        "Greens": [0xf7fcf5, 0xc7e9c0, 0x74c476, 0x238b45, 0x00441b],
        "Greys": [0xffffff, 0xd9d9d9, 0x969696, 0x525252, 0x000000],
        "Oranges": [0xfff5eb, 0xfdd0a2, 0xfd8d3c, 0xd94801, 0x7f2704],
        "Purples": [0xfcfbfd, 0xdadaeb, 0x9e9ac8, 0x6a51a3, 0x3f007d],
        "Reds": [0xfff5f0, 0xfcbba1, 0xfb6a4a, 0xcb181d, 0x67000d],
        "BuGn": [0xf7fcfd, 0xccece6, 0x66c2a4, 0x238b45, 0x00441b],
        "BuPu": [0xf7fcfd, 0xbfd3e6, 0x8c96c6, 0x88419d, 0x4d004b],
        "GnBu": [0xf7fcf0, 0xccebc5, 0x7bccc4, 0x2b8cbe, 0x084081],
        "OrRd": [0xfff7ec, 0xfdd49e, 0xfc8d59, 0xd7301f, 0x7f0000],
        "PuBuGn": [0xfff7fb, 0xd0d1e6, 0x67a9cf, 0x02818a, 0x014636],
        "PuBu": [0xfff7fb, 0xd0d1e6, 0x74a9cf, 0x0570b0, 0x023858],
        "PuRd": [0xf7f4f9, 0xd4b9da, 0xdf65b0, 0xce1256, 0x67001f],
        "RdPu": [0xfff7f3, 0xfcc5c0, 0xf768a1, 0xae017e, 0x49006a],
        "YlGnBu": [0xffffd9, 0xc7e9b4, 0x41b6c4, 0x225ea8, 0x081d58],
        "YlGn": [0xffffe5, 0xd9f0a3, 0x78c679, 0x238443, 0x004529],
        "YlOrBr": [0xffffe5, 0xfee391, 0xfe9929, 0xcc4c02, 0x662506],
        "YlOrRd": [0xffffcc, 0xfed976, 0xfd8d3c, 0xe31a1c, 0x800026],
    ]

    /// From dark to bright. Source: matplotlib's maps and D3's, at even distances.
    private static let multiHue: [String: [UInt32]] = [
        "Turbo": [
            0x30123b, 0x466be3, 0x28bceb, 0x32f298, 0xa4fc3c, 0xeecf3a, 0xfb7e21, 0xd02f05, 0x7a0403,
        ],
        "Cividis": [0x00224e, 0x35456c, 0x666970, 0x948e77, 0xc8b866, 0xfee838],
        "Viridis": [0x440154, 0x414487, 0x2a788e, 0x22a884, 0x7ad151, 0xfde725],
        "Magma": [0x000004, 0x3b0f70, 0x8c2981, 0xde4968, 0xfe9f6d, 0xfcfdbf],
        "Inferno": [0x000004, 0x420a68, 0x932667, 0xdd513a, 0xfca50a, 0xfcffa4],
        "Plasma": [0x0d0887, 0x6a00a8, 0xb12a90, 0xe16462, 0xfca636, 0xf0f921],
        "Warm": [0x6e40aa, 0xbf3caf, 0xfe4b83, 0xff7847, 0xe2b72f, 0xaff05b],
        "Cool": [0x6e40aa, 0x4c6edb, 0x23abd8, 0x1ddfa3, 0x52f667, 0xaff05b],
        "Cubehelix": [0x000000, 0x163d4e, 0x54792f, 0xd07e93, 0xc1caf3, 0xffffff],
    ]
}

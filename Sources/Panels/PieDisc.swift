// A pie as a disc or a ring, in quarters of a cell; cells are twice as high as wide.
// Drawn by PieChartPainter where it has room.

import Dashboards
import Frames

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

struct PieDisc {
    private let parts: [PieParts.Part]
    /// Of each part, 0...1 from twelve o'clock on.
    private let ends: [Double]
    private let options: PieChartOptions
    private let context: PaintContext

    init(_ parts: PieParts, _ options: PieChartOptions, _ context: PaintContext) {
        self.parts = parts.parts
        self.options = options
        self.context = context
        var sum = 0.0
        ends = parts.parts.map { part in
            sum += part.share
            return sum
        }
    }

    /// In the middle of `rect`, as large as it allows.
    func draw(in rect: Rect, on frame: inout Frame) {
        let height = min(rect.height, rect.width / 2)
        guard height > 0 else { return }
        let width = height * 2
        let left = rect.x + (rect.width - width) / 2
        let top = rect.y + (rect.height - height) / 2
        var owners = Array(repeating: -1, count: width * height)
        for row in 0..<height {
            for column in 0..<width {
                let quarters = (0..<4).map { quarter in
                    part(
                        x: Double(column) + 0.25 + 0.5 * Double(quarter & 1) - Double(height),
                        y: 2 * (Double(row) + 0.25 + 0.5 * Double(quarter >> 1)) - Double(height),
                        radius: Double(height))
                }
                if Set(quarters).count == 1 { owners[row * width + column] = quarters[0] }
                if let cell = cell(quarters) { frame[left + column, top + row] = cell }
            }
        }
        drawLabels(left, top, width, height, owners, on: &frame)
    }

    /// The part at a point counted in columns from the middle; -1 outside of the disc and in the hole.
    private func part(x: Double, y: Double, radius: Double) -> Int {
        let distance = (x * x + y * y).squareRoot()
        guard distance <= radius, !options.isDonut || distance >= radius * Self.hole else { return -1 }
        var turn = atan2(x, -y) / (2 * .pi)
        if turn < 0 { turn += 1 }
        var low = 0
        var high = ends.count - 1
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > turn { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static let hole = 0.56

    /// Of four quarters the two commonest parts; nil for a blank.
    private func cell(_ quarters: [Int]) -> Cell? {
        var counts: [(part: Int, count: Int)] = []
        for quarter in quarters {
            if let index = counts.firstIndex(where: { $0.part == quarter }) {
                counts[index].count += 1
            } else {
                counts.append((quarter, 1))
            }
        }
        counts.sort { $0.count > $1.count }
        guard let first = counts.first(where: { $0.part >= 0 }) else { return nil }
        guard context.hasColor else {
            return counts[0].part < 0 && counts[0].count > 2
                ? nil : Cell(SegmentPen.shadeGlyph(parts[first.part].place), .plain)
        }
        let ink = parts[first.part].color.color
        let other = counts.first { $0.part != first.part }
        var mask = 0
        for (index, quarter) in quarters.enumerated() {
            // A third part joins the first one.
            if quarter != other?.part { mask |= 1 << index }
        }
        let paper: Color = other.map { $0.part < 0 ? .terminal : parts[$0.part].color.color } ?? .terminal
        return Cell(Glyphs.quadrants[mask], Style(foreground: ink, background: paper))
    }

    /// Shares, values or names on the parts that have room for them.
    private func drawLabels(
        _ left: Int, _ top: Int, _ width: Int, _ height: Int, _ owners: [Int], on frame: inout Frame
    ) {
        guard context.hasColor else { return }
        let said: [PieChartOptions.Label] = [.percent, .value, .name].filter { options.labels.contains($0) }
        guard let kind = said.first else { return }
        let radius = Double(height) * (options.isDonut ? (1 + Self.hole) / 2 : 0.62)
        for (index, part) in parts.enumerated() {
            guard part.share >= 0.04 else { continue }
            let text =
                switch kind {
                case .percent: shareText(part.share, decimals: 0) + " %"
                case .value:
                    ValueText(part.value, part.configuration, offsetSeconds: context.timeZoneOffsetSeconds).text
                case .name: part.name
                }
            let cells = TextWidth.cells(of: text)
            let angle = (ends[index] - part.share / 2) * 2 * .pi
            let x = Int((Double(height) + radius * sin(angle) - Double(cells) / 2).rounded())
            let y = Int(((Double(height) - radius * cos(angle)) / 2 - 0.5).rounded())
            guard y >= 0, y < height, x >= 0, x + cells <= width, cells > 0,
                (x..<(x + cells)).allSatisfy({ owners[y * width + $0] == index })
            else { continue }
            frame.draw(
                text, x: left + x, y: top + y,
                style: Style(foreground: part.color.contrast.color, background: part.color.color))
        }
    }
}

// How states look at each fidelity: colours with half cells between them, or shades and letters.
// Made by StateTimelinePainter for one picture; knows the states that are in it.

import Dashboards
import Frames
import MetricModel

struct StateInk {
    struct Look: Hashable {
        var color: RGB
        /// Where there is no colour.
        var shade: Glyph
        var isDimmed: Bool
    }
    private let context: PaintContext
    private let offsetSeconds: Int
    private var shades: [RGB: Glyph] = [:]
    private(set) var legendEntries: [LegendEntry] = []

    /// States that a legend lists.
    private static let legendMax = 50
    /// Calmer than the full colour, which text would be hard to read on. Grafana's default.
    private static let opacity = 0.7

    init(_ context: PaintContext, offsetSeconds: Int) {
        self.context = context
        self.offsetSeconds = offsetSeconds
    }

    /// Two runs can share a cell.
    var hasHalves: Bool { context.hasColor && context.capabilities.isUnicode }

    /// Shades for the colours that occur, the worst the darkest, and the legend of mapped states and thresholds.
    mutating func learn(_ rows: [(runs: [StateRun], field: FieldConfiguration)]) {
        var ranks: [RGB: Int] = [:]
        var firsts: [SeriesState.Label: (entry: LegendEntry, key: Double)] = [:]
        for (runs, field) in rows {
            for run in runs {
                let state = run.state
                ranks[state.color] = max(ranks[state.color] ?? 0, state.rank)
                let key: Double
                let name: String
                let label = state.step.map { .step($0) } ?? state.label
                switch label {
                case .value: continue
                case .mapped(let text): (name, key) = (text, run.value.isNaN ? -.infinity : run.value)
                case .step(let step): (name, key) = (Self.range(step, field), Double(step))
                }
                if let found = firsts[label], found.key <= key { continue }
                guard !name.isEmpty, firsts[label] != nil || firsts.count < Self.legendMax else { continue }
                firsts[label] = (LegendEntry(name: name, color: state.color, values: [], marker: "■"), key)
            }
        }
        let order = ranks.sorted { a, b in
            a.value != b.value ? a.value > b.value : Self.number(a.key) < Self.number(b.key)
        }
        let tones: [Glyph] = ["█", "▓", "▒", "░"]
        for (place, entry) in order.enumerated() {
            // With few states they are kept well apart.
            let tone = order.count <= 2 ? place * 2 : place * 4 / max(4, order.count)
            shades[entry.key] = tones[min(3, tone)]
        }
        legendEntries = firsts.values.sorted { ($0.key, $0.entry.name) < ($1.key, $1.entry.name) }.map { found in
            var entry = found.entry
            entry.marker = shades[entry.color] ?? "█"
            return entry
        }
    }

    private static func number(_ color: RGB) -> Int { Int(color.red) << 16 | Int(color.green) << 8 | Int(color.blue) }

    /// `< 80`, `80 – 90`, `90+`, in the field's unit.
    static func range(_ step: Int, _ field: FieldConfiguration) -> String {
        let steps = field.thresholds.steps
        guard steps.indices.contains(step) else { return "" }
        func limit(_ place: Int) -> ValueText {
            var plain = field
            plain.mappings = []
            return ValueText(field.thresholds.limit(of: steps[place], min: field.min, max: field.max), plain)
        }
        if steps.count == 1 { return "" }
        if step == 0 { return "< " + limit(1).text }
        let low = limit(step)
        if step == steps.count - 1 { return low.text + "+" }
        let high = limit(step + 1)
        return (low.unit == high.unit ? low.number : low.text) + "–" + high.text
    }

    func words(_ run: StateRun, _ field: FieldConfiguration) -> String {
        switch run.state.label {
        case .mapped(let text): return text
        case .step(let step) where !run.isUniform: return Self.range(step, field)
        case .step, .value:
            guard !run.value.isNaN else { return "" }
            return ValueText(run.value, field, offsetSeconds: offsetSeconds).text
        }
    }

    func look(_ state: SeriesState, isDimmed: Bool, isDarker: Bool) -> Look {
        var opacity = Self.opacity
        if isDarker { opacity *= 0.87 }
        if isDimmed { opacity *= 0.4 }
        return Look(
            color: state.color.blended(opacity, over: context.theme.background), shade: shades[state.color] ?? "█",
            isDimmed: isDimmed)
    }

    /// One cell: its left half and its right half.
    func draw(_ left: Look?, _ right: Look?, x: Int, y: Int, on frame: inout Frame) {
        guard left != nil || right != nil else { return }
        guard context.hasColor else {
            guard let look = left ?? right else { return }
            frame[x, y] = Cell(look.shade, Style(attributes: look.isDimmed ? .dim : []))
            return
        }
        switch (left?.color, right?.color) {
        case (let left?, let right?) where left == right: frame[x, y] = Cell(" ", Style(background: left.color))
        case (let left?, let right?):
            frame[x, y] = Cell("▌", Style(foreground: left.color, background: right.color))
        case (let left?, nil): frame[x, y] = Cell("▌", Style(foreground: left.color))
        case (nil, let right?): frame[x, y] = Cell("▐", Style(foreground: right.color))
        case (nil, nil): break
        }
    }

    /// Onto a run: in a colour that is read on it, or with a blank on both sides between its shades.
    func drawWords(
        _ text: String, _ look: Look, x: Int, y: Int, within columns: Range<Int>, on frame: inout Frame
    ) {
        let cells = TextWidth.cells(of: text)
        guard context.hasColor else {
            let style = Style(attributes: look.isDimmed ? .dim : [])
            for column in max(columns.lowerBound, x - 1)..<min(columns.upperBound, x + cells + 1) {
                // A single letter stands in its shade, so that it takes no room from it.
                if cells > 1 { frame[column, y] = Cell(" ", style) }
            }
            frame.draw(text, x: x, y: y, width: cells, style: style)
            return
        }
        frame.draw(
            text, x: x, y: y, width: cells,
            style: Style(foreground: look.color.contrast.color, background: look.color.color))
    }
}

// Series as parts of a whole: shares, order, colours, and what cannot be a part.
// Comes between PanelData and PieChartPainter.

import Dashboards
import Frames

struct PieParts {
    struct Part {
        var name: String
        var value: Double
        /// 0...1
        var share: Double
        var color: RGB
        var configuration: FieldConfiguration
        /// Place in the order, which chooses the shade.
        var place = 0
        var isInLegend: Bool
    }
    private(set) var parts: [Part] = []
    /// Below zero, infinite, or without a number.
    private(set) var leftOut = 0

    /// What is negative, infinite or no number is no part of anything: it is left out, and counted. Hidden fields are
    /// neither.
    ///
    /// Cost: sorts once.
    init(_ fields: [DataField], order: PieChartOptions.Order, _ context: PaintContext) {
        var most = 0.0
        for (index, field) in fields.enumerated() {
            let graph = field.configuration.graph
            if field.configuration.isHidden || graph.isHidden || context.hiddenSeries.contains(index) { continue }
            guard let value = field.reduced.first ?? field.lastFinite, value.isFinite, value >= 0 else {
                leftOut += 1
                continue
            }
            most = max(most, value)
            var color = field.color
            if let chosen = context.highlightedSeries, chosen != index {
                color = color.blended(0.3, over: context.theme.background)
            }
            parts.append(
                Part(
                    name: field.name, value: value, share: 0, color: color, configuration: field.configuration,
                    isInLegend: !graph.isHiddenFromLegend))
        }
        // By the greatest first, so that the sum stays a number.
        let total = most > 0 ? parts.reduce(0) { $0 + $1.value / most } : 0
        for index in parts.indices where total > 0 { parts[index].share = parts[index].value / most / total }
        sort(order)
        for index in parts.indices { parts[index].place = index }
        separate(context.theme.background)
    }

    private mutating func sort(_ order: PieChartOptions.Order) {
        guard order != .query else { return }
        let sorted = parts.indices.sorted { left, right in
            let (a, b) = (parts[left].value, parts[right].value)
            return a == b ? left < right : (a > b) == (order == .descending)
        }
        parts = sorted.map { parts[$0] }
    }

    /// Neighbours of one colour, as thresholds make them, differ by a shade.
    private mutating func separate(_ background: RGB) {
        for index in parts.indices.dropFirst() where parts[index].color == parts[index - 1].color {
            parts[index].color = parts[index].color.blended(0.68, over: background)
        }
    }

    /// Whether there is anything to share out.
    var hasWhole: Bool { parts.contains { $0.share > 0 } }

    var leftOutText: String { leftOut == 0 ? "" : "\(leftOut) left out: negative or no number" }

    /// Where each part ends over `length`; the last one that has a share ends there.
    func ends(over length: Int) -> [Int] {
        var sum = 0.0
        return parts.map { part in
            sum += part.share
            return Int((min(1, sum) * Double(length)).rounded())
        }
    }
}

/// A share as text: `12.5`, `< 0.1` for what would be written as nothing.
func shareText(_ share: Double, decimals: Int) -> String {
    let text = NumberText.fixed(share * 100, decimals)
    guard share > 0, !text.contains(where: { $0 != "0" && $0 != "." }) else { return text }
    return "<" + (decimals > 0 ? "0." + String(repeating: "0", count: min(decimals, 12) - 1) + "1" : "1")
}

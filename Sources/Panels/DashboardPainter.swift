// Where each panel of a dashboard lies: by edges of the 24 columns when it is wide, flowing when it is narrow.
// The app asks before every frame; PanelPainter paints what is in sight.

import Dashboards
import Frames

public struct PlacedPanel: Hashable, Sendable {
    /// Place in the list that was laid out.
    public var index: Int
    /// May lie above or below the screen: scrolling is already taken off.
    public var rect: Rect
    public init(index: Int, rect: Rect) {
        self.index = index
        self.rect = rect
    }
}

public struct DashboardLayout: Hashable, Sendable {
    public var panels: [PlacedPanel] = []
    /// Rows of the whole dashboard.
    public var height = 0
    /// The 24 columns were given up.
    public var isNarrow = false
}

public enum DashboardPainter {
    /// Below this width panels flow.
    public static let narrowBelow = 100
    /// Below this width stats are lines of a list.
    public static let listBelow = 56
    /// Below this nothing is laid out; `tooSmallText` says so.
    public static let least = Size(width: 20, height: 5)
    public static let tooSmallText = "too small (needs 20x5)"

    /// `rowsPerUnit` is how many rows one unit of Grafana's grid takes (2 by default); `scroll` rows are off the top.
    /// Neighbours share no cell and leave none between them.
    public static func layout(
        _ panels: [Panel], width: Int, rowsPerUnit: Double = 2, scroll: Int = 0
    ) -> DashboardLayout {
        guard width >= least.width else { return DashboardLayout() }
        let scale = rowsPerUnit.isFinite ? max(1, min(8, rowsPerUnit)) : 2
        return width >= narrowBelow
            ? grid(panels, width, scale, scroll) : flow(panels, width, scale, scroll)
    }

    /// The rows a unit at which all panels fit into `height`, within 1.25...4.
    public static func rowsPerUnit(fitting height: Int, _ panels: [Panel]) -> Double {
        var units = 0
        for panel in panels { units = max(units, clamp(panel.position.y) + clamp(panel.position.height)) }
        guard units > 0 else { return 2 }
        return max(1.25, min(4, Double(height) / Double(units)))
    }

    public static func paintTooSmall(in rect: Rect, on frame: inout Frame, context: PaintContext) {
        frame.clipped(to: rect) { frame in
            frame.draw(
                tooSmallText, x: rect.x, y: rect.y + max(0, (rect.height - 1) / 2), width: rect.width,
                style: context.theme.dim, alignment: .center)
        }
    }

    private static func clamp(_ units: Int) -> Int { max(0, min(units, 100_000)) }

    private static func grid(_ panels: [Panel], _ width: Int, _ scale: Double, _ scroll: Int) -> DashboardLayout {
        // A row's heading takes one line whatever height it declares.
        var headings: Set<Int> = []
        for panel in panels {
            if case .row = panel.kind { headings.insert(clamp(panel.position.y)) }
        }
        let sorted = headings.sorted()
        func edge(_ unit: Int) -> Int {
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                if sorted[middle] < unit { low = middle + 1 } else { high = middle }
            }
            return Int((Double(unit - low) * scale).rounded()) + low
        }
        var layout = DashboardLayout()
        for (index, panel) in panels.enumerated() {
            let position = panel.position
            let x = max(0, min(23, position.x))
            let right = max(x + 1, min(24, x + clamp(position.width)))
            let x0 = (x * width + 12) / 24
            let x1 = (right * width + 12) / 24
            let y0 = edge(clamp(position.y))
            var y1 = edge(clamp(position.y) + max(1, clamp(position.height)))
            if case .row = panel.kind { y1 = y0 + 1 }
            layout.height = max(layout.height, y1)
            layout.panels.append(
                PlacedPanel(index: index, rect: Rect(x: x0, y: y0 - scroll, width: x1 - x0, height: y1 - y0)))
        }
        return layout
    }

    private struct Item {
        var index: Int
        var width: Int
        var height: Int
    }

    private static func flow(_ panels: [Panel], _ width: Int, _ scale: Double, _ scroll: Int) -> DashboardLayout {
        var layout = DashboardLayout(isNarrow: true)
        let order = panels.indices.sorted {
            let a = panels[$0].position
            let b = panels[$1].position
            return a.y != b.y ? a.y < b.y : a.x != b.x ? a.x < b.x : $0 < $1
        }
        var line: [Item] = []
        var y = 0
        func endLine() {
            let total = line.reduce(0) { $0 + $1.width }
            let height = line.map(\.height).max() ?? 0
            var used = 0
            for item in line {
                // The line's panels share its whole width.
                let x0 = used * width / max(1, total)
                used += item.width
                let x1 = used * width / max(1, total)
                layout.panels.append(
                    PlacedPanel(index: item.index, rect: Rect(x: x0, y: y - scroll, width: x1 - x0, height: height)))
            }
            y += height
            line = []
        }
        for index in order {
            let item = item(panels[index], index, width, scale)
            let used = line.reduce(0) { $0 + $1.width }
            if !line.isEmpty, used + item.width > width || line.first.map({ $0.height != item.height }) ?? false {
                endLine()
            }
            line.append(item)
        }
        endLine()
        layout.height = y
        return layout
    }

    private static func item(_ panel: Panel, _ index: Int, _ width: Int, _ scale: Double) -> Item {
        let isList = width < listBelow
        let rows = Int((Double(max(1, clamp(panel.position.height))) * scale).rounded())
        let share = isList ? width : width * max(1, min(12, clamp(panel.position.width))) / 12
        switch panel.kind {
        case .row: return Item(index: index, width: width, height: 1)
        case .stat, .gauge:
            return isList
                ? Item(index: index, width: width, height: 1)
                : Item(index: index, width: min(width, max(16, share)), height: max(4, min(rows, 6)))
        case .barGauge: return Item(index: index, width: min(width, max(28, share)), height: max(3, min(rows, 12)))
        case .pieChart, .stateTimeline, .alertList, .dashboardList, .barChart:
            return Item(index: index, width: min(width, max(28, share)), height: max(4, min(rows, 12)))
        case .timeSeries, .heatmap, .histogram:
            return Item(index: index, width: min(width, max(32, share)), height: max(8, min(rows, 14)))
        case .table: return Item(index: index, width: width, height: max(6, min(rows, 16)))
        case .text: return Item(index: index, width: width, height: max(1, min(rows, 10)))
        case .unsupported: return Item(index: index, width: min(width, max(28, share)), height: 3)
        }
    }
}

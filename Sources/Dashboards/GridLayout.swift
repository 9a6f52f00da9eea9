// Panels to boxes on the grid of 24 columns: repeats spread out, rows opened and closed, gaps and overlaps removed.
// Pure; the app turns the edges of the boxes into cells.

import MetricModel

/// A panel with its final place. Height and y in grid units.
public struct PlacedPanel: Sendable {
    public var panel: Panel
    public var position: GridPosition
    /// Of a row: whether its panels are hidden now.
    public var isCollapsed: Bool
    /// Of a row: how many panels belong to it.
    public var memberCount: Int

    public init(panel: Panel, position: GridPosition, isCollapsed: Bool = false, memberCount: Int = 0) {
        self.panel = panel
        self.position = position
        self.isCollapsed = isCollapsed
        self.memberCount = memberCount
    }
}

public enum GridLayout {
    public static let columns = 24

    /// The visible panels from top to bottom.
    ///
    /// - `toggled`: ids of rows whose state the reader changed from what the file says.
    /// - `variables`: their choices make the copies of repeated rows and panels; nil draws each once.
    ///
    /// Members of a collapsed row are left out, and must not be queried. Panels keep their order; each moves up until
    /// it meets another, as Grafana's grid does, and down where the file lets two overlap.
    public static func place(
        _ panels: [Panel], toggled: Set<Int> = [], variables: VariableContext? = nil
    ) -> [PlacedPanel] {
        var placed: [PlacedPanel] = []
        var y = 0
        for section in sections(panels, variables: variables) {
            if let row = section.row {
                let isCollapsed = row.kind.isCollapsedRow != toggled.contains(row.id)
                placed.append(
                    PlacedPanel(
                        panel: row, position: GridPosition(x: 0, y: y, width: columns, height: 1),
                        isCollapsed: isCollapsed, memberCount: section.members.count))
                y += 1
                if isCollapsed { continue }
            }
            let boxes = compacted(repeated(section.members, variables: variables))
            for (panel, box) in boxes {
                var position = box
                position.y += y
                placed.append(PlacedPanel(panel: panel, position: position))
            }
            y += boxes.map { $0.position.y + $0.position.height }.max() ?? 0
        }
        return placed
    }

    private struct Section {
        var row: Panel?
        var members: [Panel]
    }

    /// What stands before the first row, then each row with its members; a repeated row once for each value.
    private static func sections(_ panels: [Panel], variables: VariableContext?) -> [Section] {
        var sections = [Section(row: nil, members: [])]
        for panel in panels {
            if case .row = panel.kind {
                sections.append(Section(row: panel, members: panel.collapsedPanels))
                // What follows a row that the file has closed is none of its panels: those are inside.
                if panel.kind.isCollapsedRow { sections.append(Section(row: nil, members: [])) }
            } else {
                sections[sections.count - 1].members.append(panel)
            }
        }
        return sections.flatMap { section -> [Section] in
            guard let row = section.row, let again = row.repeating else { return [section] }
            let values = values(of: again.variable, variables)
            guard values.count > 1 else { return [section] }
            return values.enumerated().map { index, value in
                Section(
                    row: scoped(row, again.variable, value, index),
                    members: section.members.map { scoped($0, again.variable, value, index) })
            }
        }
    }

    private static func values(of name: String, _ variables: VariableContext?) -> [String] {
        guard let choice = variables?.choices[name] else { return [] }
        return Array(choice.values.prefix(copiesMax))
    }

    /// Copies of one panel or row.
    public static let copiesMax = 100

    /// Copies get ids of their own, far from those of the document, the same at every call.
    private static func scoped(_ panel: Panel, _ name: String, _ value: String, _ index: Int) -> Panel {
        var copy = panel
        copy.scopedVariables[name] = value
        if index > 0 { copy.id = panel.id % idStride + idStride * (panel.id / idStride * copiesMax + index) }
        return copy
    }
    private static let idStride = 10_000

    private static func repeated(_ panels: [Panel], variables: VariableContext?) -> [Panel] {
        panels.flatMap { panel -> [Panel] in
            guard let again = panel.repeating, panel.scopedVariables[again.variable] == nil else { return [panel] }
            let values = values(of: again.variable, variables)
            guard values.count > 1 else { return [panel] }
            let perRow = max(1, min(again.maxPerRow, values.count))
            let width = again.isVertical ? panel.position.width : max(1, columns / perRow)
            return values.enumerated().map { index, value in
                var copy = scoped(panel, again.variable, value, index)
                let line = again.isVertical ? index : index / perRow
                copy.position = GridPosition(
                    x: again.isVertical ? panel.position.x : index % perRow * width,
                    y: panel.position.y + line * panel.position.height, width: width, height: panel.position.height)
                return copy
            }
        }
    }

    /// Each panel at the least y, from 0, that collides with none before it.
    static func compacted(_ panels: [Panel]) -> [(panel: Panel, position: GridPosition)] {
        // The lowest free row of each column: panels come from the top, so nothing fits in above a lower one that is
        // in the way, which is what the browser's grid does too.
        var floor = Array(repeating: 0, count: columns)
        let order = panels.enumerated().sorted { left, right in
            let (one, other) = (left.element.position, right.element.position)
            if one.y != other.y { return one.y < other.y }
            if one.x != other.x { return one.x < other.x }
            return left.offset < right.offset
        }
        return order.map { _, panel in
            var box = panel.position
            box.width = max(1, min(box.width, columns))
            box.x = max(0, min(box.x, columns - box.width))
            box.height = max(1, box.height)
            let span = box.x..<(box.x + box.width)
            box.y = floor[span].max() ?? 0
            for column in span { floor[column] = box.y + box.height }
            return (panel, box)
        }
    }
}

extension PanelKind {
    /// False for everything that is not a row.
    public var isCollapsedRow: Bool {
        if case .row(let isCollapsed) = self { return isCollapsed }
        return false
    }
}

// Orders that the reader chooses while looking: of a graph's legend by a calculation, of a table's rows by a column.
// Handed down in the PaintContext; the panel's own order is what the painters have without them.

import Dashboards

public struct LegendOrder: Hashable, Sendable {
    public enum Key: String, Hashable, Sendable, CaseIterable { case last, max, mean, name }
    public var key: Key
    public var isDescending: Bool
    public init(_ key: Key, isDescending: Bool) {
        self.key = key
        self.isDescending = isDescending
    }
}

public struct TableOrder: Hashable, Sendable {
    public var column: String
    public var isDescending: Bool
    public init(_ column: String, isDescending: Bool) {
        self.column = column
        self.isDescending = isDescending
    }
}

extension Graph {
    /// By what the reader chose; with the crosshair else by the values at its moment, the greatest first. What has no
    /// value comes last either way.
    mutating func orderLegend() {
        guard context.legendOrder != nil || context.crosshair != nil, legend.entries.count > 1 else { return }
        let order = context.legendOrder ?? LegendOrder(.last, isDescending: true)
        var keys: [Double?] = []
        for entry in legend.entries { keys.append(entry.index.flatMap { sortKey(canvas.fields[$0], order.key) }) }
        func isBefore(_ left: Int, _ right: Int) -> Bool {
            if order.key == .name {
                let (one, other) = (legend.entries[left].name, legend.entries[right].name)
                if one == other { return left < right }
                return (one < other) != order.isDescending
            }
            guard let one = keys[left], let other = keys[right] else {
                return keys[left] == nil && keys[right] == nil ? left < right : keys[left] != nil
            }
            if one == other { return left < right }
            return (one < other) != order.isDescending
        }
        let places = legend.entries.indices.sorted(by: isBefore)
        showOrder(order, keys)
        legend.entries = places.map { legend.entries[$0] }
        legendNumbers = places.map { legendNumbers[$0] }
    }

    private func sortKey(_ field: DataField, _ key: LegendOrder.Key) -> Double? {
        let value: Double? =
            switch key {
            case .last: context.crosshair.map { field.value(at: $0) } ?? field.lastFinite
            case .max: Reducer.max.reduce(field.values)
            case .mean: Reducer.mean.reduce(field.values)
            case .name: nil
            }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// What is sorted by is among the values.
    private mutating func showOrder(_ order: LegendOrder, _ keys: [Double?]) {
        guard order.key == .max || order.key == .mean, !legend.columns.contains(order.key.rawValue) else { return }
        legend.columns.append(order.key.rawValue)
        let cells = zip(legend.entries, keys).map { entry, key in
            (key, entry.index.map { canvas.fields[$0].configuration } ?? FieldConfiguration())
        }
        let texts = ValueText.aligned(cells, offsetSeconds: context.timeZoneOffsetSeconds)
        for (index, text) in texts.enumerated() where legend.entries.indices.contains(index) {
            legend.entries[index].values.append(text)
            legendNumbers[index].append(keys[index])
        }
    }
}

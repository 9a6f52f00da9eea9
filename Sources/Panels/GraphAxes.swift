// Which series share a value axis, and which side its labels are on.
// Comes between the fields of a graph and its scales; Graph lays out what is decided here.

import Dashboards

/// The axes of a graph. Series with the same unit, limits, scale and label share one, as in Grafana: the first is on the
/// left, a further one on the right unless the panel says where. A side has room for the labels of one axis; what is
/// left over is drawn by its own scale, and the border names its unit in parentheses.
///
/// Source: grafana, packages/grafana-ui, components/uPlot/utils.ts (buildScaleKey) and config/UPlotConfigBuilder.ts.
struct GraphAxes {
    enum Side: Hashable { case left, right, none }

    struct Axis {
        var side: Side
        var scale = AxisScale(AxisScale.Request(least: 0, most: 1, rows: 1))
    }

    private struct Key: Hashable {
        var unit: String
        var limits: [Double?]
        var placement: GraphStyle.AxisPlacement
        var logBase: Double
        var symmetricLogThreshold: Double
        var label: String

        init(_ configuration: FieldConfiguration) {
            let graph = configuration.graph
            unit = configuration.unit ?? ""
            limits = [configuration.min, configuration.max, graph.softMin, graph.softMax]
            placement = graph.axisPlacement
            logBase = graph.logBase
            symmetricLogThreshold = graph.symmetricLogThreshold
            label = graph.axisLabel
        }
    }

    /// At least one.
    private(set) var axes: [Axis] = []
    /// By place of the field: its axis.
    private(set) var places: [Int] = []

    /// Hidden fields have a place too, for a picture must not change sides when a series is switched off.
    init(_ fields: [DataField]) {
        var known: [Key: Int] = [:]
        for field in fields {
            let key = Key(field.configuration)
            if let place = known[key] {
                places.append(place)
                continue
            }
            known[key] = axes.count
            places.append(axes.count)
            axes.append(Axis(side: side(key.placement)))
        }
        if axes.isEmpty { axes.append(Axis(side: .left)) }
    }

    private func side(_ placement: GraphStyle.AxisPlacement) -> Side {
        switch placement {
        case .automatic: first(.left) == nil ? .left : .right
        case .left: .left
        case .right: .right
        case .hidden: .none
        }
    }

    /// The axis whose labels stand on that side.
    func first(_ side: Side) -> Int? { axes.firstIndex { $0.side == side } }

    mutating func setScale(_ scale: AxisScale, of axis: Int) { axes[axis].scale = scale }
}

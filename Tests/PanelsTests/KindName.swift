// Every kind of panel by name, so that a list which leaves one out is found.
// A new case of PanelKind does not compile until it has a name here; a name without a scene fails a test.

import Dashboards

enum KindName: String, CaseIterable {
    case timeSeries, stat, gauge, barGauge, table, heatmap, histogram, pieChart, barChart, stateTimeline, statusHistory
    case alertList, dashboardList, text, row, unsupported

    init(_ kind: PanelKind) {
        switch kind {
        case .timeSeries: self = .timeSeries
        case .stat: self = .stat
        case .gauge: self = .gauge
        case .barGauge: self = .barGauge
        case .table: self = .table
        case .heatmap: self = .heatmap
        case .histogram: self = .histogram
        case .pieChart: self = .pieChart
        case .barChart: self = .barChart
        case .stateTimeline(let options): self = options.isHistory ? .statusHistory : .stateTimeline
        case .alertList: self = .alertList
        case .dashboardList: self = .dashboardList
        case .text: self = .text
        case .row: self = .row
        case .unsupported: self = .unsupported
        }
    }
}

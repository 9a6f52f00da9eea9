// What of a dashboard is drawn, approximated or ignored, as one table: the import reports from it, `ferula check
// dashboard` repeats it, and the page of docs/ is printed from it.
// Read by every part of GrafanaImport.

/// How well one thing that a dashboard can say is drawn.
package enum Treatment: Hashable, Sendable {
    case drawn
    /// Drawn otherwise, and how.
    case approximated(String)
    /// Without effect, and what happens instead.
    case ignored(String)
    /// Nothing of it could be seen in cells: pixels, the mouse, the editor. Not worth a notice.
    case immaterial(String)
    case notDrawn(String)
}

package struct CompatibilityRow: Hashable, Sendable {
    /// A key of the document, such as `legend.calcs`, or an id.
    package var name: String
    package var treatment: Treatment
    /// Values for which nothing is lost: the default, or what is drawn anyway.
    package var plainValues: [JSONValue] = []
}

package enum Compatibility {
    package enum Area: String, CaseIterable, Sendable {
        case panel = "Panel types"
        case panelSetting = "Settings of any panel"
        case timeSeriesOption = "Options of timeseries"
        case statOption = "Options of stat"
        case gaugeOption = "Options of gauge"
        case barGaugeOption = "Options of bargauge"
        case pieChartOption = "Options of piechart"
        case barChartOption = "Options of barchart"
        case tableOption = "Options of table"
        case textOption = "Options of text"
        case alertListOption = "Options of alertlist"
        case dashboardListOption = "Options of dashlist"
        case heatmapOption = "Options of heatmap"
        case histogramOption = "Options of histogram"
        case stateTimelineOption = "Options of state-timeline and status-history"
        case field = "Field settings and override properties"
        case custom = "Drawing settings and override properties (custom)"
        case legacyGraph = "Settings of graph"
        case legacyStat = "Settings of singlestat"
        case legacyHeatmap = "Settings of heatmap before version 9"
        case matcher = "Override matchers"
        case colorMode = "Colour modes"
        case transformation = "Transformations"
        case variable = "Variable types"
        case document = "Parts of a document"
    }

    package static func rows(_ area: Area) -> [CompatibilityRow] {
        switch area {
        case .panel: panels
        case .panelSetting: panelSettings
        case .timeSeriesOption: timeSeriesOptions
        case .statOption: statOptions
        case .gaugeOption: gaugeOptions
        case .barGaugeOption: barGaugeOptions
        case .pieChartOption: pieChartOptions
        case .barChartOption: barChartOptions
        case .tableOption: tableOptions
        case .textOption: textOptions
        case .alertListOption: alertListOptions
        case .dashboardListOption: dashboardListOptions
        case .heatmapOption: heatmapOptions
        case .histogramOption: histogramOptions
        case .stateTimelineOption: stateTimelineOptions
        case .field: fieldSettings
        case .custom: customSettings
        case .legacyGraph: legacyGraphSettings
        case .legacyStat: legacyStatSettings
        case .legacyHeatmap: legacyHeatmapSettings
        case .matcher: matchers
        case .colorMode: colorModes
        case .transformation: transformations
        case .variable: variables
        case .document: documentParts
        }
    }

    private static let index: [Area: [String: CompatibilityRow]] = {
        var index: [Area: [String: CompatibilityRow]] = [:]
        for area in Area.allCases {
            index[area] = Dictionary(rows(area).map { ($0.name, $0) }) { first, _ in first }
        }
        return index
    }()

    package static func row(_ area: Area, _ name: String) -> CompatibilityRow? { index[area]?[name] }

    /// Names of rows that have rows of longer names below them.
    private static let parents: [Area: Set<String>] = {
        var parents: [Area: Set<String>] = [:]
        for area in Area.allCases {
            for row in rows(area) {
                guard let dot = row.name.lastIndex(of: ".") else { continue }
                parents[area, default: []].insert(String(row.name[..<dot]))
            }
        }
        return parents
    }()

    /// Whether what stands inside is looked at too: of what is drawn, where it has rows of its own.
    static func looksInside(_ area: Area, _ row: CompatibilityRow) -> Bool {
        row.treatment == .drawn && parents[area]?.contains(row.name) ?? false
    }

    /// Tables in Markdown, the text of docs/dashboard-compatibility.md below its first lines.
    package static func markdown() -> String {
        var text = ""
        for area in Area.allCases {
            text += "\n## \(area.rawValue)\n\n| name | drawn | how |\n|---|---|---|\n"
            for row in rows(area) {
                let (word, how): (String, String) =
                    switch row.treatment {
                    case .drawn: ("yes", "")
                    case .approximated(let how): ("nearly", how)
                    case .ignored(let why): ("no", why)
                    case .immaterial(let why): ("immaterial", why)
                    case .notDrawn(let why): ("no", why)
                    }
                text += "| `\(row.name)` | \(word) | \(how) |\n"
            }
        }
        return text
    }
}

extension ImportNode {
    /// Reports every key of an object by the table; keys that are in no row are named as unknown.
    ///
    /// A key whose row has a longer path (`legend.calcs`) is looked into, two levels deep.
    func reportSettings(
        _ area: Compatibility.Area, prefix: String = "", depth: Int = 0, namesUnknown: Bool = true
    ) {
        guard case .object(let object) = value else { return }
        for (key, found) in zip(object.keys, object.values) where found != .null {
            let name = prefix + key
            if let row = Compatibility.row(area, name) {
                report(row, found, at: pathOf(key))
                if Compatibility.looksInside(area, row) {
                    ImportNode(found, path: pathOf(key), sink: sink)
                        .reportSettings(area, prefix: name + ".", depth: depth + 1)
                }
            } else if case .object(let inner) = found, !inner.keys.isEmpty, depth < 2, namesUnknown {
                ImportNode(found, path: pathOf(key), sink: sink)
                    .reportSettings(area, prefix: name + ".", depth: depth + 1)
            } else if namesUnknown, !found.isBlank, key != "$$hashKey" {
                sink.report(pathOf(key), "\"\(name.prefix(60))\" is not known here", as: .ignored)
            }
        }
    }

    /// Reports one id by the table. False when it is in no row.
    @discardableResult
    func reportName(_ area: Compatibility.Area, _ name: String) -> Bool {
        guard let row = Compatibility.row(area, name) else { return false }
        report(row, nil, at: path)
        return true
    }

    func report(_ row: CompatibilityRow, _ value: JSONValue?, at place: String) {
        if let value, value.isBlank || row.plainValues.contains(value) { return }
        switch row.treatment {
        case .drawn, .immaterial: break
        case .approximated(let how): sink.report(place, "\(row.name): \(how)", as: .approximated)
        case .ignored(let why): sink.report(place, "\(row.name): \(why)", as: .ignored)
        case .notDrawn(let why): sink.report(place, "\(row.name): \(why)", as: .notDrawn)
        }
    }
}

extension JSONValue {
    /// What these files write for "nothing said".
    var isBlank: Bool {
        switch self {
        case .null, .bool(false): true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let object): object.keys.isEmpty
        case .bool(true), .number: false
        }
    }
}

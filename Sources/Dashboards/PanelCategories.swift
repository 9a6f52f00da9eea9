// Bar charts: from frames to categories and one value a series for each of them.
// Part of PanelDataBuilder. Source of the rules: grafana, plugins/panel/barchart/utils.ts.

import MetricModel

extension PanelDataBuilder {
    mutating func bars(_ frames: [DataFrame], _ options: BarChartOptions, _ data: inout PanelData) {
        data.content = .fields([])
        guard let frame = oneFrame(frames, &data.notices) else { return }
        let index = categoryIndex(frame, options)
        var fields: [DataField] = []
        for (place, column) in frame.fields.enumerated() where column.kind == .number && place != index {
            fields.append(bar(column, refID: frame.refIDs[place], frame, index, color: fields.count))
        }
        complete(&fields)
        data.content = .fields(fields)
        var categories = DataCategories(cells: (0..<frame.rowCount).map { .number(Double($0 + 1)) })
        if let index {
            let column = frame.fields[index]
            categories.cells = column.cells
            categories.configuration = configured(column, name: column.shownName, refID: frame.refIDs[index])
        }
        if let name = options.colorField, let place = frame.index(named: name) {
            let column = frame.fields[place]
            let configuration = configured(column, name: column.shownName, refID: frame.refIDs[place])
            categories.colors = column.cells.map { configuration.display($0).color ?? .text }
        }
        data.categories = categories
    }

    /// The field that is asked for, else the first text, else the time. Nil: rows are numbered.
    private func categoryIndex(_ frame: CategoryFrame, _ options: BarChartOptions) -> Int? {
        if let name = options.categoryField, let index = frame.index(named: name) { return index }
        return frame.fields.firstIndex { $0.kind == .text } ?? frame.fields.firstIndex { $0.kind == .time }
    }

    private mutating func bar(
        _ column: FrameField, refID: String, _ frame: CategoryFrame, _ category: Int?, color: Int
    ) -> DataField {
        let name = column.shownName
        var configuration = configured(column, name: name, refID: refID)
        let shown = configuration.displayName.map {
            FieldNaming.display($0, field: column, name: name, variables: plan.variables)
        }
        configuration.unit = configuration.unit.map { plan.variables.interpolate($0, .plain) }
        var times: [Timestamp] = []
        if let category { for case .time(let time) in frame.fields[category].cells { times.append(time) } }
        let values = column.numbers
        return DataField(
            name: shown ?? name, refID: refID, labels: column.labels, timestamps: times, values: values,
            step: column.step, configuration: configuration, color: RGB.palette(color),
            reduced: panel.kind.calculations.map { $0.reduce(values) })
    }

    /// One frame as it is, several ones joined by their times.
    private func oneFrame(_ frames: [DataFrame], _ notices: inout [String]) -> CategoryFrame? {
        let filled = frames.filter { $0.rowCount > 0 }
        guard let first = filled.first else { return nil }
        guard filled.count > 1 else { return CategoryFrame(first) }
        guard filled.allSatisfy({ frame in frame.fields.allSatisfy { $0.kind != .text } }) else {
            notices.append("frame 1 of \(filled.count)")
            return CategoryFrame(first)
        }
        return CategoryFrame(joining: filled)
    }
}

/// Columns of one length, each knowing the query it came from.
private struct CategoryFrame {
    var fields: [FrameField]
    var refIDs: [String]
    var rowCount: Int { fields.first?.cells.count ?? 0 }

    init(_ frame: DataFrame) {
        var frame = frame
        frame.level()
        fields = frame.fields
        refIDs = frame.fields.map { _ in frame.refID }
    }

    /// A row a moment that any frame has; empty where one has it not. Cost: the cells, and sorting the moments.
    init(joining frames: [DataFrame]) {
        var moments: Set<Timestamp> = []
        for frame in frames {
            for case .time(let time) in frame.timeField?.cells ?? [] { moments.insert(time) }
        }
        let ordered = moments.sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(ordered, ordered.indices))
        fields = [FrameField(name: "Time", kind: .time, cells: ordered.map { .time($0) })]
        refIDs = [frames.first?.refID ?? ""]
        for frame in frames {
            guard let times = frame.timeField?.cells else { continue }
            for column in frame.fields where column.kind == .number {
                var joined = column
                joined.cells = Array(repeating: .empty, count: ordered.count)
                for (time, cell) in zip(times, column.cells) {
                    guard case .time(let time) = time, let place = places[time] else { continue }
                    joined.cells[place] = cell
                }
                fields.append(joined)
                refIDs.append(frame.refID)
            }
        }
    }

    func index(named name: String) -> Int? {
        fields.firstIndex { name.isSameBytes(as: $0.shownName) || name.isSameBytes(as: $0.name) }
    }
}

// Query results to frames, as Grafana's Prometheus data source shapes them.
// First step of PanelDataBuilder. Source: grafana-prometheus result_transformer.ts, promlib converter.

import MetricModel
import Querying

struct FrameBuilder {
    let panel: Panel
    let plan: PanelQueryPlan
    let results: [String: Result<QueryResult, QueryFailure>]

    /// One frame a series, or one frame a target that asks for a table. In the order of the targets.
    func frames() -> [DataFrame] {
        var frames: [DataFrame] = []
        let tables = plan.queries.filter { target($0)?.isTable == true }.count
        let single = singleLabel()
        for query in plan.queries {
            guard let target = target(query), case .success(let result)? = results[query.refID] else { continue }
            let found = Self.series(result.value)
            let rows = target.isHeatmap ? CumulativeBuckets.separated(found) : found
            if target.isTable {
                frames.append(table(rows, query, valueName: tables > 1 ? "Value #\(query.refID)" : "Value"))
            } else {
                frames += rows.map { series($0, query, target, single) }
            }
        }
        return frames
    }

    private func target(_ query: PlannedQuery) -> PanelTarget? { panel.targets.first { $0.refID == query.refID } }

    private func singleLabel() -> String? {
        var sets: [LabelSet] = []
        for query in plan.queries where target(query)?.isTable == false {
            if case .success(let result)? = results[query.refID] { sets += Self.series(result.value).map(\.labels) }
        }
        return sets.isEmpty ? nil : FieldNaming.singleLabel(sets)
    }

    struct Row {
        var labels: LabelSet
        var timestamps: [Timestamp]
        var values: [Double]
        var text: String?
    }

    /// Every kind of answer as rows of floats; a native histogram counts by its average, which is what a line can show.
    static func series(_ value: QueryValue) -> [Row] {
        switch value {
        case .scalar(let time, let number): return [Row(labels: .empty, timestamps: [time], values: [number])]
        case .string(let time, let text): return [Row(labels: .empty, timestamps: [time], values: [.nan], text: text)]
        case .vector(let elements):
            return elements.map { Row(labels: $0.labels, timestamps: [$0.timestamp], values: [number($0.value)]) }
        case .matrix(let series):
            return series.map { one in
                let values = one.samples.floats ?? (0..<one.samples.count).map { number(one.samples[$0]) }
                return Row(labels: one.labels, timestamps: one.timestamps, values: values)
            }
        }
    }

    private static func number(_ value: SampleValue) -> Double {
        switch value {
        case .float(let number): number
        case .histogram(let histogram): histogram.count > 0 ? histogram.sum / histogram.count : .nan
        }
    }

    private func series(_ row: Row, _ query: PlannedQuery, _ target: PanelTarget, _ single: String?) -> DataFrame {
        let format = plan.variables.interpolate(target.legendFormat, .plain)
        let name = FieldNaming.name(row.labels, format: format, expression: query.expression, singleLabel: single)
        let cells: [TableCell] = row.text.map { [.text($0)] } ?? row.values.map { .number($0) }
        var value = FrameField(
            name: "Value", displayName: name, kind: row.text == nil ? .number : .text, labels: row.labels, cells: cells)
        value.step = query.step
        let time = FrameField(name: "Time", kind: .time, cells: row.timestamps.map { .time($0) })
        return DataFrame(refID: query.refID, name: name, fields: [time, value])
    }

    /// Time, one column a label in order of name, the value.
    private func table(_ rows: [Row], _ query: PlannedQuery, valueName: String) -> DataFrame {
        var names: Set<String> = []
        for row in rows { for label in row.labels.labels { names.insert(label.name) } }
        var time: [TableCell] = []
        var values: [TableCell] = []
        let ordered = names.sorted { $0.isBefore($1) }
        var columns: [[TableCell]] = ordered.map { _ in [] }
        for row in rows {
            time += row.timestamps.map { .time($0) }
            values += row.text.map { [.text($0)] } ?? row.values.map { .number($0) }
            for (index, name) in ordered.enumerated() {
                let cell: TableCell = .text(row.labels[name] ?? "")
                columns[index] += Array(repeating: cell, count: row.timestamps.count)
            }
        }
        var fields = [FrameField(name: "Time", kind: .time, cells: time)]
        fields += zip(ordered, columns).map { FrameField(name: $0, kind: .text, cells: $1) }
        var value = FrameField(name: valueName, kind: .number, cells: values)
        value.step = query.step
        fields.append(value)
        return DataFrame(refID: query.refID, fields: fields)
    }
}

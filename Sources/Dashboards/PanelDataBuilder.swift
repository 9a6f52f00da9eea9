// From a panel, its plan and the answers to what a painter draws: named, configured, coloured, reduced.
// The last step before cells; called by the app for every new set of answers.

import MetricModel
import Querying

public struct PanelDataBuilder {
    /// - `results`: by refID of the plan's queries; what is missing has not been answered yet.
    /// - `explanations`: why a refID has no series, found out by the caller; shown where the panel stays empty.
    public static func build(
        panel: Panel, plan: PanelQueryPlan, results: [String: Result<QueryResult, QueryFailure>],
        explanations: [String: String] = [:]
    ) -> PanelData {
        var data = PanelData(content: .none, start: plan.range.start, end: plan.range.end, notices: plan.notices)
        if case .text(let options) = panel.kind {
            data.content = .text(plan.variables.interpolate(options.content, .text))
            return data
        }
        guard panel.kind.asksQueries else { return data }
        data.failure = failure(plan, results)
        data.isLoading = plan.queries.contains { results[$0.refID] == nil }
        if case .alertList(let options) = panel.kind {
            data.content = .alerts(options.listing(results))
            let words = explanations[AlertListOptions.alertsID] ?? options.emptyWords(rules: nil)
            guard !plan.queries.isEmpty else {
                data.notices.append(words)
                return data
            }
            explain(&data, plan, results, [AlertListOptions.alertsID: words])
            return data
        }
        var builder = PanelDataBuilder(panel: panel, plan: plan)
        var frames = FrameBuilder(panel: panel, plan: plan, results: results).frames()
        if !panel.transformations.isEmpty {
            frames = Transformations.apply(
                panel.transformations, to: frames, variables: plan.variables, notices: &data.notices)
        }
        switch panel.kind {
        case .table(let options): data.content = .table(builder.table(frames, options, &data.notices))
        case .heatmap(let options): data.content = .heatmap(builder.heatmap(frames, options, results))
        case .histogram(let options): data.content = .histogram(builder.histogram(frames, options, results))
        case .barChart(let options): builder.bars(frames, options, &data)
        default: data.content = .fields(builder.fields(frames))
        }
        explain(&data, plan, results, explanations)
        return data
    }

    let panel: Panel
    let plan: PanelQueryPlan
    private var patterns = PatternCache()

    private init(panel: Panel, plan: PanelQueryPlan) {
        self.panel = panel
        self.plan = plan
    }

    // MARK: What is said instead of a picture

    private static func failure(_ plan: PanelQueryPlan, _ results: [String: Result<QueryResult, QueryFailure>])
        -> String?
    {
        // One unreachable server fails every query of a panel in the same words.
        var messages: [(text: String, queries: [String])] = []
        for query in plan.queries {
            guard case .failure(let failure)? = results[query.refID] else { continue }
            if let known = messages.firstIndex(where: { $0.text == "\(failure)" }) {
                messages[known].queries.append(query.refID)
            } else {
                messages.append(("\(failure)", [query.refID]))
            }
        }
        if let first = messages.first, first.queries.count == plan.queries.count { return first.text }
        let lines = messages.map { "\($0.queries.joined(separator: ", ")): \($0.text)" }
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    private static func explain(
        _ data: inout PanelData, _ plan: PanelQueryPlan, _ results: [String: Result<QueryResult, QueryFailure>],
        _ explanations: [String: String]
    ) {
        for query in plan.queries {
            guard case .success(let result)? = results[query.refID] else { continue }
            for annotation in result.annotations where annotation.severity == .warning {
                if !data.notices.contains(annotation.message) { data.notices.append(annotation.message) }
            }
        }
        guard data.isEmpty, !data.isLoading, data.failure == nil else { return }
        var reasons: [String] = []
        for query in plan.queries {
            if let reason = explanations[query.refID], !reasons.contains(reason) { reasons.append(reason) }
        }
        if reasons.isEmpty {
            reasons = [plan.queries.isEmpty ? (plan.notices.isEmpty ? "no query" : "") : "no data"].filter {
                !$0.isEmpty
            }
        }
        data.notices += reasons
    }

    // MARK: Fields

    /// One entry a series of numbers.
    private mutating func fields(_ frames: [DataFrame]) -> [DataField] {
        var fields: [DataField] = []
        for frame in frames {
            let time = frame.timeField?.cells ?? []
            for column in frame.fields where isReduced(column) {
                if showsRows(frame) {
                    fields += rows(column, frame, first: fields.count)
                } else {
                    fields.append(field(column, frame.refID, time, index: fields.count))
                }
            }
        }
        complete(&fields)
        if case .barGauge(let options) = panel.kind, let order = options.order {
            let keys = fields.map { $0.reduced.first.flatMap { $0 } ?? -.infinity }
            let places = fields.indices.sorted { left, right in
                if keys[left] == keys[right] { return left < right }
                return (keys[left] < keys[right]) == (order == .ascending)
            }
            fields = places.map { fields[$0] }
        }
        return fields
    }

    /// With "all values" every row of a table is a series of its own.
    private func showsRows(_ frame: DataFrame) -> Bool { panel.kind.reduceOptions?.showsAllValues ?? false }

    /// Every number, or the fields that a name or a pattern chooses, be they numbers or texts.
    private mutating func isReduced(_ column: FrameField) -> Bool {
        guard let wanted = panel.kind.reduceOptions?.fields, !wanted.isEmpty else { return column.kind == .number }
        guard column.kind != .time || wanted.hasPrefix("/") == false else { return false }
        if wanted.isSameBytes(as: column.shownName) || wanted.isSameBytes(as: column.name) { return true }
        guard wanted.hasPrefix("/") else { return false }
        return patterns.pattern(wanted)?.matches(column.shownName) ?? false
    }

    private mutating func rows(_ column: FrameField, _ frame: DataFrame, first: Int) -> [DataField] {
        let texts = frame.fields.filter { $0.kind == .text }
        var fields: [DataField] = []
        for row in column.cells.indices.prefix(max(1, min(panel.kind.reduceOptions?.limit ?? 500, 500))) {
            var single = column
            single.cells = [column.cells[row]]
            let words = texts.compactMap { row < $0.cells.count ? $0.cells[row].plainText : nil }.filter { !$0.isEmpty }
            if !words.isEmpty { single.displayName = words.joined(separator: " ") }
            let time = frame.timeField.map { row < $0.cells.count ? [$0.cells[row]] : [] } ?? []
            fields.append(field(single, frame.refID, time, index: first + fields.count))
        }
        return fields
    }

    private mutating func field(_ column: FrameField, _ refID: String, _ time: [TableCell], index: Int) -> DataField {
        let name = column.shownName
        var configuration = configured(column, name: name, refID: refID)
        let shown = configuration.displayName.map {
            FieldNaming.display($0, field: column, name: name, variables: plan.variables)
        }
        configuration.unit = configuration.unit.map { plan.variables.interpolate($0, .plain) }
        var timestamps: [Timestamp] = []
        var values: [Double] = []
        timestamps.reserveCapacity(column.cells.count)
        values.reserveCapacity(column.cells.count)
        for (row, cell) in column.cells.enumerated() {
            var at = plan.range.end
            if row < time.count, case .time(let found) = time[row] { at = found }
            // Times must ascend; a table of labels has one time for all its rows.
            if let last = timestamps.last, at <= last { at = last + Milliseconds(1) }
            timestamps.append(at)
            values.append(cell.number ?? .nan)
        }
        if configuration.graph.fillsGapsWithZero { fillGaps(&timestamps, &values, column.step) }
        if column.kind == .text {
            // A text that was chosen to be shown stands where a missing value's words would.
            let last = column.cells.last { $0 != .empty } ?? .empty
            configuration.noValue = configuration.display(last, clock: plan.variables.clock).text.number
        }
        return DataField(
            name: shown ?? name, refID: refID, labels: column.labels, timestamps: timestamps, values: values,
            step: column.step.count > 0 ? column.step : .seconds(1), configuration: configuration,
            color: RGB.palette(index), reduced: panel.kind.calculations.map { $0.reduce(values) })
    }

    /// A zero at each step of the range that has no sample.
    private func fillGaps(_ timestamps: inout [Timestamp], _ values: inout [Double], _ step: Milliseconds) {
        guard step.count > 0, let first = timestamps.first else { return }
        let (start, end) = (plan.range.start, plan.range.end)
        guard (end - start).count / step.count <= PanelQueryPlan.pointsMax else { return }
        var at = first - Milliseconds(max(0, (first - start).count / step.count) * step.count)
        var filled: (times: [Timestamp], values: [Double]) = ([], [])
        var index = 0
        while at <= end {
            let isThere = index < timestamps.count && timestamps[index] == at
            filled.times.append(at)
            filled.values.append(isThere && !values[index].isNaN ? values[index] : 0)
            if isThere { index += 1 }
            at = at + step
        }
        // Samples between the steps leave the series as it is.
        guard index == timestamps.count else { return }
        (timestamps, values) = filled
    }

    /// The panel's defaults with every override that means this field, in their order.
    mutating func configured(_ column: FrameField, name: String, refID: String) -> FieldConfiguration {
        var configuration = panel.fields
        for property in column.properties { configuration.apply(property) }
        for override in panel.overrides {
            let subject = FieldOverride.Subject(
                name: name, refID: refID, kind: column.kind, numbers: { column.numbers })
            guard override.matches(subject, patterns: &patterns) else { continue }
            for property in override.apply { configuration.apply(property) }
        }
        return configuration
    }

    /// Limits that gauges and schemes need, and each field's final colour.
    func complete(_ fields: inout [DataField]) {
        var low = Double.infinity
        var high = -Double.infinity
        for field in fields {
            for value in field.values where value.isFinite {
                low = min(low, value)
                high = max(high, value)
            }
        }
        for index in fields.indices {
            Self.limits(&fields[index].configuration, panel.kind, low: low, high: high)
            let configuration = fields[index].configuration
            switch configuration.color {
            case .paletteClassic: break
            case .fixed(let name): fields[index].color = RGB.named(name) ?? fields[index].color
            case .thresholds, .continuous:
                let reducer = fields[index].reduced.isEmpty || panel.kind.isGraph ? configuration.colorReducer : nil
                let last = reducer.map { $0 == .last ? Reducer.lastNotNull : $0 }?.reduce(fields[index].values)
                let value = reducer == nil ? fields[index].reduced.first.flatMap { $0 } : last
                fields[index].color = configuration.color(of: value ?? -.infinity, seriesColor: fields[index].color)
            }
        }
    }

    /// Min and max where the file gives none: of the unit for percentages, 0 and 100 for gauges, else of the data.
    private static func limits(_ configuration: inout FieldConfiguration, _ kind: PanelKind, low: Double, high: Double)
    {
        if case .stateTimeline = kind {
            // A scheme reaches from the least value to the greatest; nothing else asks for limits.
            guard low <= high else { return }
            configuration.min = configuration.min ?? low
            configuration.max = configuration.max ?? high
            return
        }
        var needed = false
        var isGauge = false
        switch kind {
        case .gauge: (needed, isGauge) = (true, true)
        case .barGauge: needed = true
        default: break
        }
        if case .continuous = configuration.color { needed = true }
        if configuration.thresholds.isPercentage { needed = true }
        guard needed, configuration.min == nil || configuration.max == nil, !kind.isGraph else { return }
        let unit = configuration.unit
        let isPercent = unit == "percent" || unit == "percentunit"
        let fallbackMin = isPercent || isGauge ? 0 : low.isFinite ? min(low, 0) : 0
        let fallbackMax = unit == "percentunit" ? 1 : isPercent || isGauge ? 100 : high.isFinite ? high : 100
        configuration.min = configuration.min ?? fallbackMin
        configuration.max = configuration.max ?? fallbackMax
    }

    // MARK: Counts

    private mutating func heatmap(
        _ frames: [DataFrame], _ options: HeatmapOptions, _ results: [String: Result<QueryResult, QueryFailure>]
    ) -> HeatmapData {
        var configuration = panel.fields
        configuration.unit = configuration.unit.map { plan.variables.interpolate($0, .plain) }
        if options.calculates {
            return HeatmapBuilder(options: options, configuration: configuration, range: plan.range).build(frames)
        }
        let native = NativeHeatmap(plan, results)?.build(configuration)
        var heatmap =
            native
            ?? HeatmapBuilder(options: options, configuration: configuration, range: plan.range).build(frames)
        heatmap.perMinute = HeatmapData.perMinute(plan.queries.map(\.expression))
        return heatmap
    }

    private mutating func histogram(
        _ frames: [DataFrame], _ options: HistogramOptions, _ results: [String: Result<QueryResult, QueryFailure>]
    ) -> HistogramData {
        let fields = fields(frames)
        let builder = HistogramBuilder(options: options)
        if let native = NativeHeatmap(plan, results) {
            return builder.build(native.build(panel.fields), like: fields.first)
        }
        if !plan.queries.isEmpty,
            plan.queries.allSatisfy({ query in
                panel.targets.contains { $0.refID == query.refID && $0.isHeatmap }
            })
        {
            let rows = HeatmapBuilder(options: HeatmapOptions(), configuration: panel.fields, range: plan.range)
            return builder.build(rows.build(frames), like: fields.first)
        }
        return builder.build(fields)
    }

    // MARK: Table

    private mutating func table(_ frames: [DataFrame], _ options: TableOptions, _ notices: inout [String]) -> DataTable
    {
        guard !frames.isEmpty else { return DataTable(columns: []) }
        let shown = min(max(0, options.frameIndex), frames.count - 1)
        if frames.count > 1 { notices.append("frame \(shown + 1) of \(frames.count)") }
        var frame = frames[shown]
        frame.level()
        var columns: [DataTable.Column] = []
        for column in frame.fields {
            let name = column.shownName
            var configuration = configured(column, name: name, refID: frame.refID)
            guard !configuration.isHidden else { continue }
            let title = configuration.displayName.map {
                FieldNaming.display($0, field: column, name: name, variables: plan.variables)
            }
            if configuration.cellMode == .gauge || configuration.thresholds.isPercentage {
                numberLimits(&configuration, column)
            }
            columns.append(DataTable.Column(name: title ?? name, configuration: configuration, cells: column.cells))
        }
        sort(&columns, options)
        return DataTable(columns: columns)
    }

    private func numberLimits(_ configuration: inout FieldConfiguration, _ column: FrameField) {
        let values = column.numbers.filter(\.isFinite)
        let isPercent = configuration.unit == "percent" || configuration.unit == "percentunit"
        let high: Double = configuration.unit == "percentunit" ? 1 : isPercent ? 100 : values.max() ?? 100
        configuration.min = configuration.min ?? (isPercent ? 0 : min(0, values.min() ?? 0))
        configuration.max = configuration.max ?? high
    }

    private func sort(_ columns: inout [DataTable.Column], _ options: TableOptions) {
        guard let field = options.sortField else { return }
        var index = columns.firstIndex { $0.name == field }
        // The old table sorted by a column's number.
        if index == nil, field.hasPrefix("#"), let number = Int(field.dropFirst()), columns.indices.contains(number) {
            index = number
        }
        guard let index else { return }
        let key = columns[index].cells
        let order = key.indices.sorted { left, right in
            if TableCell.isBefore(key[left], key[right]) { return !options.sortsDescending }
            if TableCell.isBefore(key[right], key[left]) { return options.sortsDescending }
            return left < right
        }
        for column in columns.indices {
            let cells = columns[column].cells
            columns[column].cells = order.map { cells[$0] }
        }
    }
}

extension PanelData {
    /// Nothing to draw.
    public var isEmpty: Bool {
        switch content {
        case .fields(let fields): fields.allSatisfy { $0.values.isEmpty }
        case .table(let table): table.columns.allSatisfy(\.cells.isEmpty)
        case .heatmap(let heatmap): heatmap.counts.isEmpty
        case .histogram(let histogram): histogram.series.isEmpty || histogram.bounds.isEmpty
        case .text(let text): text.isEmpty
        case .alerts(let listing): listing.alerts.isEmpty
        case .dashboards(let groups): groups.isEmpty
        case .none: true
        }
    }
}

// From a panel, a range and a width to the queries to ask: which targets, instant or range, with which step.
// The app runs the requests; PanelDataBuilder takes the plan back with the answers.

import MetricModel
import Querying

/// One question of a panel.
public struct PlannedQuery: Hashable, Sendable {
    public enum Request: Hashable, Sendable {
        case instant(InstantRequest)
        case range(RangeRequest)
    }
    /// Unique within the panel; answers are kept under it.
    public var refID: String
    public var request: Request
    /// Length of time between two points; for an instant query what `$__interval` stood for.
    public var step: Milliseconds

    package init(refID: String, request: Request, step: Milliseconds) {
        self.refID = refID
        self.request = request
        self.step = step
    }

    public var expression: String {
        switch request {
        case .instant(let request): request.query
        case .range(let request): request.query
        }
    }
}

/// What one panel asks of the backend at one moment. Nothing for rows, texts, hidden targets and unsupported kinds.
public struct PanelQueryPlan: Sendable {
    public var queries: [PlannedQuery]
    /// After the panel's own time override and shift.
    public var range: TimeRange
    /// As interpolated for the panel's titles and legends.
    public var variables: VariableContext
    /// Targets that are not asked, and why.
    public var notices: [String]

    /// Points a range query returns at most, as Prometheus refuses more than 11,000.
    public static let pointsMax = 10_000

    /// - `widthColumns`: cells of the plot; lines have two points a cell, bars and sparklines one.
    /// - `scrapeInterval`: the least step, and the base of `$__rate_interval`.
    public init(
        panel: Panel, range: TimeRange, widthColumns: Int, scrapeInterval: Milliseconds, variables: VariableContext
    ) {
        let scoped = panel.scopedVariables.isEmpty ? variables : variables.scoped(panel.scopedVariables)
        self.range = Self.effectiveRange(panel, range, scoped)
        queries = []
        notices = []
        self.variables = scoped
        self.variables.range = self.range
        guard panel.kind.asksQueries else { return }
        if case .alertList(let options) = panel.kind {
            queries = options.queries(self.variables, at: self.range.end, step: max(scrapeInterval, Milliseconds(1)))
            return
        }
        let points = Self.pointsWanted(panel, widthColumns)
        for target in panel.targets where !target.isHidden {
            if let foreign = target.foreignDatasource {
                let notice = "\(foreign) is not a Prometheus data source"
                if !notices.contains(notice) { notices.append(notice) }
                continue
            }
            guard !target.expression.trimmingSpaces.isEmpty else { continue }
            plan(target, panel, points: points, scrapeInterval: max(scrapeInterval, Milliseconds(1)))
        }
    }

    private mutating func plan(_ target: PanelTarget, _ panel: Panel, points: Int, scrapeInterval: Milliseconds) {
        let least = target.interval ?? panel.interval ?? scrapeInterval
        let wanted = niceInterval(Milliseconds(range.length.count / Int64(points)))
        let limit = Milliseconds(range.length.count / Int64(Self.pointsMax) + 1)
        var step = max(wanted, least, limit)
        if panel.maxDataPoints == 1 { step = max(range.length, least) }
        let (product, overflow) = step.count.multipliedReportingOverflow(by: Int64(target.intervalFactor))
        if !overflow { step = Milliseconds(product) }
        var context = variables
        context.interval = step
        // Four scrapes see at least two samples even when one is lost.
        let scrape = min(scrapeInterval.count, 1 << 50)
        context.rateInterval = Milliseconds(max(min(step.count, 1 << 60) + scrape, 4 * scrape))
        if queries.isEmpty {
            variables.interval = context.interval
            variables.rateInterval = context.rateInterval
        }
        let text = context.interpolate(target.expression, .query)
        let request: PlannedQuery.Request
        if target.isInstant {
            request = .instant(InstantRequest(query: text, time: range.end))
        } else {
            request = .range(RangeRequest(query: text, grid: grid(step, panel, least: least)))
        }
        queries.append(PlannedQuery(refID: target.refID, request: request, step: step))
    }

    /// Graphs keep their points at multiples of the step, so that a picture moves without changing its shape. A panel
    /// that shows the newest value ends at the newest scrape instead.
    private func grid(_ step: Milliseconds, _ panel: Panel, least: Milliseconds) -> StepGrid {
        let isAligned = panel.kind.hasTimeSteps
        let unit = isAligned ? step.count : min(step.count, least.count)
        let end = floorDivide(range.end.milliseconds, unit) * unit
        let first = range.start.milliseconds
        let steps = max(0, (end - first) / step.count)
        let start = isAligned ? floorDivide(first, step.count) * step.count : end - steps * step.count
        return StepGrid(
            start: Timestamp(milliseconds: min(start, end)), end: Timestamp(milliseconds: end), step: step)
    }

    private static func pointsWanted(_ panel: Panel, _ columns: Int) -> Int {
        let columns = max(2, min(columns, 2000))
        var points = columns
        if case .timeSeries = panel.kind {
            let isBlocks = panel.fields.graph.stacking != .none || panel.fields.graph.drawStyle == .bars
            points = isBlocks ? columns : columns * 2
        } else if case .stateTimeline(let options) = panel.kind {
            // Of a history, each sample has a cell and a gap.
            points = options.isHistory ? max(8, columns / 2) : columns * 2
        } else if case .barChart = panel.kind {
            // A bar for each point, wide enough to be told from its neighbour.
            points = columns / 4
        } else if case .heatmap(let options) = panel.kind {
            points = options.calculates ? columns * 2 : columns
        } else if case .histogram = panel.kind {
            // The more values, the truer the shape.
            points = max(columns * 2, 300)
        } else {
            // The window of a rate grows with the step: enough points keep a number quick in a narrow panel.
            points = max(columns * 2, 60)
        }
        return max(1, min(points, panel.maxDataPoints ?? points))
    }

    private static func effectiveRange(_ panel: Panel, _ range: TimeRange, _ variables: VariableContext) -> TimeRange {
        var result = range
        let offset = variables.clock.offset
        if let text = panel.timeFrom.map({ variables.interpolate($0, .plain) }), !text.isEmpty {
            let from = text.hasPrefix("now") ? text : "now-\(text)"
            // An override that cannot be read leaves the dashboard's range.
            if let start = try? TimeExpression.parse(from, now: range.end, offset: offset) {
                result = TimeRange(start: start, end: range.end)
            }
        }
        if let text = panel.timeShift.map({ variables.interpolate($0, .plain) }), !text.isEmpty {
            let shift = text.hasPrefix("now") ? text : "now-\(text)"
            if let moved = try? TimeExpression.parse(shift, now: result.end, offset: offset) {  // as above
                let length = result.end - moved
                result = TimeRange(start: result.start - length, end: moved)
            }
        }
        return result
    }
}

/// A step that people would choose, near the one wanted. Source: Grafana, rangeUtil.roundInterval.
package func niceInterval(_ wanted: Milliseconds) -> Milliseconds {
    let steps: [(below: Int64, step: Int64)] = [
        (10, 1), (15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500), (1500, 1000), (3500, 2000),
        (7500, 5000), (12_500, 10_000), (17_500, 15_000), (25_000, 20_000), (45_000, 30_000), (90_000, 60_000),
        (210_000, 120_000), (450_000, 300_000), (750_000, 600_000), (1_050_000, 900_000), (1_500_000, 1_200_000),
        (2_700_000, 1_800_000), (5_400_000, 3_600_000), (9_000_000, 7_200_000), (16_200_000, 10_800_000),
        (32_400_000, 21_600_000), (86_400_000, 43_200_000), (604_800_000, 86_400_000),
        (1_814_400_000, 604_800_000), (3_628_800_000, 2_592_000_000),
    ]
    let found = steps.first { wanted.count < $0.below }
    return Milliseconds(found?.step ?? 31_536_000_000)
}

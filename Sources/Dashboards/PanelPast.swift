// The same questions of an earlier time, laid over a graph's series: what they were then.
// Put beside PanelData by the app; drawn by Panels beneath the present.

import MetricModel
import Querying

/// Samples of the past, moved forward so that each stands over the moment it is compared with.
public struct PanelPast: Sendable {
    /// `1d before`
    public var words: String
    public var fields: [DataField]

    public init(words: String, fields: [DataField]) {
        self.words = words
        self.fields = fields
    }
}

extension PanelQueryPlan {
    /// The same questions so much earlier. Steps stay as they are, so that every answer has its moment in the present.
    public func moved(back distance: Milliseconds) -> PanelQueryPlan {
        var plan = self
        plan.range = TimeRange(start: range.start - distance, end: range.end - distance)
        for index in plan.queries.indices {
            switch plan.queries[index].request {
            case .instant(var request):
                request.time = request.time - distance
                plan.queries[index].request = .instant(request)
            case .range(var request):
                request.grid = StepGrid(
                    start: request.grid.start - distance, end: request.grid.end - distance, step: request.grid.step)
                plan.queries[index].request = .range(request)
            }
        }
        return plan
    }
}

extension PanelData {
    /// A graph's series so much later, for the picture of another time; nil for what has no series.
    public func past(words: String, movedForward distance: Milliseconds) -> PanelPast? {
        guard case .fields(let fields) = content else { return nil }
        return PanelPast(
            words: words,
            fields: fields.map { field in
                var field = field
                field.timestamps = field.timestamps.map { $0 + distance }
                return field
            })
    }
}

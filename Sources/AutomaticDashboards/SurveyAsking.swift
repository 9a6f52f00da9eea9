// A survey of whatever answers PromQL: one instant query for the newest value of every series, one for the metadata.
// Works over the own store and over a server; the server is only asked with matchers, which bound the answer.

import MetricModel
import Querying

extension MetricSurvey {
    /// - `matchers`: which series are meant; empty: all.
    /// - `time`: values are the newest ones at this moment.
    package static func ask(
        _ backend: any QueryBackend, matchers: [Matcher] = [], at time: Timestamp
    ) async throws(QueryFailure) -> MetricSurvey {
        // At least one matcher must exclude the empty text.
        let query = "{" + (matchers.map(\.description) + [#"__name__!="""#]).joined(separator: ",") + "}"
        let answer = try await backend.instant(
            InstantRequest(query: query, time: time, options: QueryOptions(seriesLimit: seriesMax)))
        let metadata = try await backend.metadata(metric: nil).compactMapValues(\.first)
        guard case .vector(let elements) = answer.value else { return MetricSurvey([], metadata: metadata) }
        return MetricSurvey(elements, metadata: metadata)
    }
}

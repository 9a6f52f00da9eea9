// Why a query found nothing: the metric does not exist, which matcher excluded its series, when it has data, what a
// window lacks, or which part of the query leaves nothing of what is there.
// Asked after an empty answer, by QuestionQueue for panels and by `ferula query`; asks the same backend a few times.

import MetricModel
import PromQLSyntax
import Querying

package enum Explanation {
    package enum Reason: Hashable, Sendable {
        case noMetric(String, nearest: String?)
        /// No series of the metric satisfies this matcher, whatever the others say. `values`: some that exist.
        case excluded(String, matcher: String, values: [String])
        /// Each matcher alone leaves series, all together none.
        case noneTogether(String)
        /// `distance` is negative when the nearest sample lies before the range, positive when behind it.
        case outside(String, nearest: Timestamp, distance: Milliseconds)
        /// The function needs more samples than its window holds. `interval`: how far apart they are, when known.
        case tooFewSamples(function: String, selector: String, window: Milliseconds, interval: Milliseconds?)
        /// The smallest part of the query that has no result though its operands have.
        case nothingLeft(String, Cause)
    }

    package enum Cause: Hashable, Sendable { case comparison, matching, other }

    /// What the query was asked for.
    package struct Span: Hashable, Sendable {
        package var start: Timestamp
        package var end: Timestamp
        /// Nil: an instant query at `end`.
        package var step: Milliseconds?
        /// Where the backend has data at all, when it knows: lets old files be explained, however old.
        package var dataRange: ClosedRange<Timestamp>?

        package init(
            start: Timestamp, end: Timestamp, step: Milliseconds? = nil, dataRange: ClosedRange<Timestamp>? = nil
        ) {
            self.start = start
            self.end = end
            self.step = step
            self.dataRange = dataRange
        }
    }

    /// As `reason`, in words without a clock: for panels.
    static func of(
        _ query: String, backend: any QueryBackend, start: Timestamp, end: Timestamp
    ) async -> String? {
        await reason(query, backend: backend, span: Span(start: start, end: end))?.text()
    }

    /// Nil when the query is not understood, when the backend cannot say, or when nothing was found that is missing.
    package static func reason(_ query: String, backend: any QueryBackend, span: Span) async -> Reason? {
        // `try?`: a syntax error is told by the query's own failure.
        guard let expression = try? Expression(parsing: query) else { return nil }
        // What lies just outside the range exists.
        let (start, end) = (span.start - .minutes(5), span.end + .minutes(1))
        let selectors = expression.selectors.prefix(8)
        let search = Search(backend: backend, span: span)
        let answered = await unlessItFails { () async throws(QueryFailure) in
            try await backend.labelValues(LabelSet.metricNameLabel, [], start: start, end: end, limit: 0)
        }
        guard let names = answered else { return nil }
        let known = Set(names)
        for selector in selectors {
            guard let name = selector.metricName, !known.contains(name) else { continue }
            guard let hasEver = await search.hasEver(name) else { return nil }
            if hasEver {
                if let outside = await search.outside(selector) { return outside }
                // Nor at any other time.
                return await excluding(selector, backend, .distantPast, .distantFuture)
            }
            guard let all = names.isEmpty ? await search.allNames() : names else { return nil }
            // Before the first scrape everything is missing, and that is no news about this query.
            return all.isEmpty ? nil : .noMetric(name, nearest: nearest(to: name, in: all))
        }
        guard !names.isEmpty else { return nil }
        for selector in selectors where selector.metricName == nil && !selector.isOfOne(of: names) {
            // What is excluded names nothing that could be missing.
            guard let pattern = selector.nameMatchers.first(where: \.isPositive)?.value else { continue }
            guard let all = await search.allNames() else { return nil }
            // At no other time either.
            if !selector.isOfOne(of: all) { return .noMetric("like " + pattern, nearest: nil) }
        }
        for selector in selectors {
            if let reason = await excluding(selector, backend, start, end) { return reason }
        }
        return await search.smallestEmptyPart(of: expression)
    }

    private static func excluding(
        _ selector: VectorSelector, _ backend: any QueryBackend, _ start: Timestamp, _ end: Timestamp
    ) async -> Reason? {
        guard let name = selector.metricName else { return nil }
        let metric = "{__name__=\(name.quotedForPrometheus)}"
        let matchers = selector.matchers.filter { !$0.name.isSameBytes(as: LabelSet.metricNameLabel) }
        for matcher in matchers {
            let alone = "{__name__=\(name.quotedForPrometheus),\(matcher)}"
            let found = await unlessItFails { () async throws(QueryFailure) in
                try await backend.series([alone], start: start, end: end, limit: 1)
            }
            guard let found else { return nil }
            guard found.isEmpty else { continue }
            let values = await unlessItFails { () async throws(QueryFailure) in
                try await backend.labelValues(matcher.name, [metric], start: start, end: end, limit: 4)
            }
            return .excluded(name, matcher: matcher.description, values: values ?? [])
        }
        guard matchers.count > 1 else { return nil }
        let together = "{" + selector.matchers.map(\.description).joined(separator: ",") + "}"
        let found = await unlessItFails { () async throws(QueryFailure) in
            try await backend.series([together], start: start, end: end, limit: 1)
        }
        return found?.isEmpty == true ? .noneTogether(name) : nil
    }

    /// Nil when the question fails. What cannot be asked is not explained: the empty answer stands without a reason, and
    /// a failure of the backend is told by the next query itself.
    package static func unlessItFails<Value>(_ question: () async throws(QueryFailure) -> Value) async -> Value? {
        do {
            return try await question()
        } catch {
            return nil
        }
    }

    /// A longer form of the same name before one that differs by a few letters: `node_boot_time_seconds` for
    /// `node_boot_time`.
    package static func nearest(to name: String, in names: [String]) -> String? {
        let longer = names.filter { $0.hasPrefix(name) || name.hasPrefix($0) && $0.utf8.count * 2 > name.utf8.count }
        let closest = longer.min { left, right in
            let (a, b) = (abs(left.utf8.count - name.utf8.count), abs(right.utf8.count - name.utf8.count))
            return a == b ? left.isBefore(right) : a < b
        }
        return closest ?? NearestName.of(name, among: names)
    }
}

extension Explanation {
    fileprivate static let noMetricWords = "no metric "

    /// Whether the text of a reason says that there is no such metric.
    package static func saysNoMetric(_ words: String) -> Bool { words.hasPrefix(noMetricWords) }
}

extension Explanation.Reason {
    /// Nil unless samples come after the time that was asked for.
    var laterBy: Milliseconds? {
        guard case .outside(_, _, let distance) = self, distance.count >= 0 else { return nil }
        return distance
    }

    /// One sentence without a full stop; `clock` adds the moment where one is known.
    package func text(clock: ((Timestamp) -> String)? = nil) -> String {
        switch self {
        case .noMetric(let name, let nearest):
            return Explanation.noMetricWords + name + (nearest.map { ", but \($0)" } ?? "")
        case .excluded(let name, let matcher, let values):
            let shown = values.prefix(3).map(\.quotedForPrometheus).joined(separator: ", ")
            let there = values.isEmpty ? "" : "; there is \(shown)" + (values.count > 3 ? " and more" : "")
            return "no \(name) with \(matcher)\(there)"
        case .noneTogether(let name):
            return "no \(name) with all of these labels, though each of them exists"
        case .outside(let name, let nearest, let distance):
            let moment = clock.map { ", at " + $0(nearest) } ?? ""
            return distance.count < 0
                ? "no \(name) here: its newest sample is \(distance.magnitudeRounded) earlier\(moment)"
                : "no \(name) here: its oldest sample is \(distance.magnitudeRounded) later\(moment)"
        case .tooFewSamples(let function, let selector, let window, let interval):
            let wish = interval.map { "; they come every \($0.magnitudeRounded): use [\(Self.window(for: $0))]" } ?? ""
            return "\(function) needs two samples of \(selector) within \(window), there is one\(wish)"
        case .nothingLeft(let part, .comparison): return "there is data, but `\(part)` holds for none of it"
        case .nothingLeft(let part, .matching):
            return "both sides of `\(part)` have data, but no series of one has a partner on the other"
        case .nothingLeft(let part, .other): return "there is data, but `\(part)` leaves nothing of it"
        }
    }

    /// Four samples and a lost one.
    private static func window(for interval: Milliseconds) -> Milliseconds {
        let seconds = (interval.count * 4 + 999) / 1000
        return .seconds(seconds > 60 ? (seconds + 59) / 60 * 60 : max(1, seconds))
    }
}

extension Milliseconds {
    /// Without its sign and what is too small to matter: `2d3h`, `5m12s`.
    fileprivate var magnitudeRounded: Milliseconds {
        let magnitude = Int64(clamping: count.magnitude)
        let unit: Int64 =
            switch magnitude {
            case 86_400_000...: 3_600_000
            case 3_600_000...: 60_000
            case 1000...: 1000
            default: 1
            }
        return Milliseconds(magnitude / unit * unit)
    }
}

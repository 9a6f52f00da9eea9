// The questions behind an explanation: when a series has data, how full a window is, which part of a query is empty.
// Part of Explanation; every question goes through the same backend as the query.

import MetricModel
import PromQLSyntax
import Querying

extension Explanation {
    struct Search {
        var backend: any QueryBackend
        var span: Span

        private static let depthMax = 12
        /// Series whose times are asked for, where more match.
        static let seriesMax = 20

        // MARK: When

        /// Whether the metric has a series at any time. Nil when the question fails.
        func hasEver(_ name: String) async -> Bool? {
            let found = await unlessItFails { () async throws(QueryFailure) in
                try await backend.series(
                    ["{__name__=\(name.quotedForPrometheus)}"], start: .distantPast, end: .distantFuture, limit: 1)
            }
            return found.map { !$0.isEmpty }
        }

        /// Of any time. Nil when the question fails.
        func allNames() async -> [String]? {
            await unlessItFails { () async throws(QueryFailure) in
                try await backend.labelValues(
                    LabelSet.metricNameLabel, [], start: .distantPast, end: .distantFuture, limit: 0)
            }
        }

        /// Where the nearest sample outside the range is, looked for within thirty days (of the data's end, when the
        /// backend knows it). Nil when there is none, or the query's own range has data.
        func outside(_ selector: VectorSelector) async -> Reason? {
            guard let name = selector.metricName ?? selector.matchers.first?.description else { return nil }
            let shift = Self.length(selector.offset) ?? .zero
            let (start, end) = (span.start - shift, span.end - shift)
            let plain = "{" + selector.matchers.map(\.description).joined(separator: ",") + "}"
            // Steps are whole multiples of their length: the last one before the data's end does not see its end.
            let before = min(start, (span.dataRange?.upperBound ?? start) + .minutes(4))
            let after = max(end, span.dataRange?.lowerBound ?? end)
            // A look back of five minutes every minute or four misses nothing.
            for (window, step) in [
                (Milliseconds.hours(1), Milliseconds.minutes(1)), (.hours(24), .minutes(4)), (.hours(720), .minutes(4)),
            ] {
                let earlier = await samples(of: plain, .newest, from: before - window, to: before, step: step)
                let later = await samples(of: plain, .oldest, from: after, to: after + window, step: step)
                let newest = await time(.newest, earlier, "[\(window):\(step)]", at: before)
                var oldest = await time(.oldest, later, "[\(window):\(step)]", at: after + window)
                // A step shows the newest sample before it; the oldest one may have been between two.
                if let coarse = oldest {
                    let finer = await time(.oldest, later, "[\(step):1s]", at: Timestamp(seconds: coarse))
                    oldest = finer.map { min($0, coarse) } ?? coarse
                }
                let found = [newest, oldest].compactMap(\.self).map { Timestamp(seconds: $0) }
                let outside = found.filter { $0 < start || $0 > end }
                guard let nearest = outside.min(by: { distance($0, start, end) < distance($1, start, end) }) else {
                    continue
                }
                return .outside(name, nearest: nearest, distance: nearest < start ? nearest - start : nearest - end)
            }
            return nil
        }

        private enum End { case newest, oldest }

        /// Selectors of the series with the newest or oldest sample between two times; none: nothing has one then.
        ///
        /// The given selector itself while it matches a few series. Of many the half in which the sample must be is taken
        /// until few are left, and these are named one by one: some thousand series over thirty days would be a question
        /// that a server refuses. Those that are left over within one step are as good as each other.
        private func samples(
            of plain: String, _ end: End, from start: Timestamp, to last: Timestamp, step: Milliseconds
        ) async -> [String] {
            var (low, high) = (start, last)
            guard var found = await series(plain, low, high) else { return [plain] }
            if found.count <= Self.seriesMax { return found.isEmpty ? [] : [plain] }
            while found.count > Self.seriesMax, high - low > step {
                let middle = low + Milliseconds((high - low).count / 2)
                let half = end == .newest ? (middle, high) : (low, middle)
                guard let inHalf = await series(plain, half.0, half.1) else { break }
                if inHalf.isEmpty {
                    (low, high) = end == .newest ? (low, middle) : (middle, high)
                } else {
                    (low, high, found) = (half.0, half.1, inHalf)
                }
            }
            return found.prefix(Self.seriesMax).map { labels in
                "{" + labels.labels.map { Matcher($0.name, equals: $0.value).description }.joined(separator: ",") + "}"
            }
        }

        private func series(_ plain: String, _ start: Timestamp, _ end: Timestamp) async -> [LabelSet]? {
            await unlessItFails { () async throws(QueryFailure) in
                try await backend.series([plain], start: start, end: end, limit: Self.seriesMax + 1)
            }
        }

        /// The time of the newest or oldest sample of these in the window; nil when they have none.
        private func time(
            _ end: End, _ selectors: [String], _ window: String, at time: Timestamp
        ) async -> Double? {
            guard !selectors.isEmpty else { return nil }
            let which = end == .newest ? "max" : "min"
            let all = selectors.enumerated().map { place, selector in
                // A time has no name: series that differ in it alone are kept apart by their place.
                let times = "\(which)_over_time(timestamp(\(selector))\(window))"
                return selectors.count == 1
                    ? times : "label_replace(\(times), \"ferula_place\", \"\(place)\", \"\", \"\")"
            }
            return await number("\(which)(\(all.joined(separator: " or ")))", at: time)
        }

        private func distance(_ time: Timestamp, _ start: Timestamp, _ end: Timestamp) -> Milliseconds {
            time < start ? start - time : time - end
        }

        private func number(_ query: String, at time: Timestamp) async -> Double? {
            guard case .float(let value)? = await vector(query, at: time)?.first?.value, value.isFinite else {
                return nil
            }
            return value
        }

        private func vector(_ query: String, at time: Timestamp) async -> [VectorElement]? {
            guard case .vector(let elements)? = await instant(query, at: time) else { return nil }
            return elements
        }

        // MARK: What

        /// Descends from an empty expression to the part that is empty though its operands are not.
        func smallestEmptyPart(of expression: Expression, depth: Int = 0) async -> Reason? {
            guard depth < Self.depthMax else { return nil }
            switch expression {
            case .number, .string: return nil
            case .parenthesized(let node): return await smallestEmptyPart(of: node.expression, depth: depth + 1)
            case .unary(let node): return await smallestEmptyPart(of: node.expression, depth: depth + 1)
            case .vectorSelector(let node): return await outside(node)
            case .matrixSelector(let node): return await outside(node.selector)
            case .subquery(let node): return await smallestEmptyPart(of: node.expression, depth: depth + 1)
            case .aggregation(let node):
                if await isEmpty(node.expression) != false {
                    return await smallestEmptyPart(of: node.expression, depth: depth + 1)
                }
                return .nothingLeft(Self.brief(expression), .other)
            case .call(let node): return await call(node, expression, depth)
            case .binary(let node): return await binary(node, expression, depth)
            }
        }

        private func call(_ node: Call, _ expression: Expression, _ depth: Int) async -> Reason? {
            for argument in node.arguments {
                if case .matrixSelector(let matrix) = argument { return await window(of: node, matrix) }
                guard await isEmpty(argument) == true else { continue }
                return await smallestEmptyPart(of: argument, depth: depth + 1)
            }
            return .nothingLeft(Self.brief(expression), .other)
        }

        private func binary(_ node: BinaryOperation, _ expression: Expression, _ depth: Int) async -> Reason? {
            let sides = node.operation == .or || node.operation == .unless ? [node.left] : [node.left, node.right]
            for side in sides where await isEmpty(side) == true {
                return await smallestEmptyPart(of: side, depth: depth + 1)
            }
            let text = Self.brief(expression)
            if node.operation.isComparison {
                guard node.matching != nil, !node.returnsBool else { return .nothingLeft(text, .comparison) }
                // With `bool` every pair has a result: none is left when there is no pair.
                var paired = node
                paired.returnsBool = true
                let hasPairs = await isEmpty(.binary(paired)) == false
                return .nothingLeft(text, hasPairs ? .comparison : .matching)
            }
            return .nothingLeft(text, node.matching == nil || node.operation == .unless ? .other : .matching)
        }

        private func window(of call: Call, _ matrix: MatrixSelector) async -> Reason? {
            let counted = await isEmpty("count_over_time(\(Expression.matrixSelector(matrix)))")
            guard counted == false else { return await outside(matrix.selector) }
            guard let window = Self.length(matrix.window) else { return nil }
            let selector = matrix.selector.metricName ?? Expression.vectorSelector(matrix.selector).description
            return .tooFewSamples(
                function: call.function.rawValue, selector: selector, window: window,
                interval: await interval(of: matrix.selector, window))
        }

        /// How far apart the samples of the fullest series are, as a window ten times as long shows it.
        private func interval(of selector: VectorSelector, _ window: Milliseconds) async -> Milliseconds? {
            let (longer, overflow) = window.count.multipliedReportingOverflow(by: 10)
            guard !overflow, let name = selector.metricName else { return nil }
            var plain = selector
            plain.offset = nil
            plain.at = nil
            let time = span.end - (Self.length(selector.offset) ?? .zero)
            let counted = "topk(1, count_over_time(\(Expression.vectorSelector(plain))[\(Milliseconds(longer))]))"
            guard let fullest = await vector(counted, at: time)?.first else { return nil }
            let labels = fullest.labels.setting(LabelSet.metricNameLabel, to: name).labels
            let one = labels.map { label in
                "\(label.name.quotedForPrometheus)=\(label.value.quotedForPrometheus)"
            }
            let samples = "{\(one.joined(separator: ","))}[\(Milliseconds(longer))]"
            guard case .matrix(let series)? = await instant(samples, at: time), let times = series.first?.timestamps,
                let first = times.first, let last = times.last, times.count > 1
            else { return nil }
            return Milliseconds((last - first).count / Int64(times.count - 1))
        }

        private func isEmpty(_ expression: Expression) async -> Bool? { await isEmpty(expression.description) }

        /// Nil when the backend does not say.
        private func isEmpty(_ query: String) async -> Bool? {
            if let step = span.step, span.start < span.end {
                let grid = StepGrid(start: span.start, end: span.end, step: step)
                let answered = await unlessItFails { () async throws(QueryFailure) in
                    try await backend.range(RangeRequest(query: query, grid: grid))
                }
                return answered?.value.isEmpty
            }
            return await instant(query, at: span.end)?.isEmpty
        }

        private func instant(_ query: String, at time: Timestamp) async -> QueryValue? {
            await unlessItFails { () async throws(QueryFailure) in
                try await backend.instant(InstantRequest(query: query, time: time)).value
            }
        }

        // MARK: Words

        private static let briefMax = 60

        private static func brief(_ expression: Expression) -> String {
            let text = expression.description
            return text.count <= briefMax ? text : text.prefix(briefMax - 1) + "…"
        }

        private static func length(_ duration: DurationExpression?) -> Milliseconds? {
            switch duration {
            case .literal(let length): length
            case .seconds(let seconds): Milliseconds(seconds: seconds)
            case .positive(let inner), .parenthesized(let inner): length(inner)
            case .negated(let inner): length(inner).map { Milliseconds(-$0.count) }
            case nil, .step, .range, .minOf, .maxOf, .binary: nil
            }
        }
    }
}

extension Expression {
    /// From left to right.
    var selectors: [VectorSelector] {
        switch self {
        case .number, .string: []
        case .vectorSelector(let node): [node]
        case .matrixSelector(let node): [node.selector]
        case .subquery(let node): node.expression.selectors
        case .call(let node): node.arguments.flatMap(\.selectors)
        case .aggregation(let node): (node.parameter?.selectors ?? []) + node.expression.selectors
        case .binary(let node): node.left.selectors + node.right.selectors
        case .unary(let node): node.expression.selectors
        case .parenthesized(let node): node.expression.selectors
        }
    }
}

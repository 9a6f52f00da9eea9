// Runs promqltest scripts against the engine and says which evals hold.
// Used by the conformance tests and by `ferula test promql`.

import MetricModel
import PromQLEngine
import PromQLSyntax
import Querying

package struct PromQLTestReport: Sendable {
    /// By what an eval uses: a native histogram outweighs an experimental feature.
    package enum FeatureClass: String, Hashable, Sendable, CaseIterable {
        case stable, experimental, native
    }

    package struct Outcome: Sendable {
        package var line: Int
        package var expression: String
        package var feature: FeatureClass
        /// Nil when everything expected came.
        package var failure: String?
        /// The eval could not be read: `problems` has the reason and its line.
        package var isUnreadable = false
    }

    package var name: String
    package var outcomes: [Outcome] = []
    /// Loads and lines that could not be carried out; evals after them may fail for that reason.
    package var problems: [String] = []

    package var passed: Int { outcomes.filter { $0.failure == nil }.count }
    package var total: Int { outcomes.count }

    package func score(_ feature: FeatureClass) -> (passed: Int, total: Int) {
        let some = outcomes.filter { $0.feature == feature }
        return (some.filter { $0.failure == nil }.count, some.count)
    }
}

package struct PromQLTestRunner: Sendable {
    package var options: EngineOptions

    package init(options: EngineOptions = .promqltest) { self.options = options }

    /// One script, from an empty storage. An eval that fails does not stop the rest.
    package func run(_ text: String, name: String) async -> PromQLTestReport {
        var report = PromQLTestReport(name: name)
        let storage = ScriptStorage()
        let backend = EmbeddedBackend(source: storage, options: options)
        for command in PromQLScript(text).commands {
            switch command.action {
            case .clear: storage.removeAll()
            case .load(let load):
                do throws(ScriptStorage.Refusal) {
                    try ScriptLoader.append(load, to: storage)
                } catch {
                    report.problems.append("\(name):\(command.line): \(error)")
                }
            case .unreadable(let text, let reason, let line):
                report.problems.append("\(name):\(line): \(reason)")
                if text.lowercased().hasPrefix("eval") {
                    report.outcomes.append(
                        PromQLTestReport.Outcome(
                            line: command.line, expression: text, feature: .stable, failure: reason,
                            isUnreadable: true))
                }
            case .eval(let eval):
                let served = storage.histogramsServed
                let failure = await EvalRun(eval: eval, backend: backend).failure()
                let touchesHistograms =
                    storage.histogramsServed > served
                    || eval.series.contains { series in
                        series.items.contains { item in
                            if case .histogram? = item.value { return true }
                            return false
                        }
                    }
                let parsed = try? Expression(parsing: eval.expression)  // What is no expression has no features.
                let isExperimental = parsed?.usesExperimentalFeatures ?? false
                report.outcomes.append(
                    PromQLTestReport.Outcome(
                        line: command.line, expression: eval.expression,
                        feature: touchesHistograms ? .native : isExperimental ? .experimental : .stable,
                        failure: failure))
            }
        }
        return report
    }
}

/// One eval, in all the ways Prometheus runs it.
private struct EvalRun {
    var eval: PromQLScript.Eval
    var backend: EmbeddedBackend

    private struct Mismatch: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    func failure() async -> String? {
        do {
            if eval.isRange {
                try await runRange()
            } else {
                try await runInstant(eval.expression, eval.time)
                for (text, time) in try AtVariants.of(eval.expression, at: eval.time) {
                    do {
                        try await runInstant(text, time)
                    } catch let mismatch as Mismatch {
                        throw Mismatch("as `\(text)` at \(time): \(mismatch.reason)")
                    }
                }
            }
            return nil
        } catch let mismatch as Mismatch {
            return mismatch.reason
        } catch {
            return "\(error)"
        }
    }

    private func runRange() async throws {
        guard eval.start <= eval.end else { throw Mismatch("the range ends before it starts") }
        guard eval.step.count > 0 else { throw Mismatch("the step of a range must be positive") }
        let grid = StepGrid(start: eval.start, end: eval.end, step: eval.step)
        let result: QueryResult
        do throws(QueryFailure) {
            result = try await backend.range(RangeRequest(query: eval.expression, grid: grid))
        } catch {
            return try check(error)
        }
        if eval.failure != nil { throw Mismatch("expected an error, got none") }
        try check(result.annotations)
        try compare(result.value)
    }

    private func runInstant(_ text: String, _ time: Timestamp) async throws {
        let result: QueryResult
        do throws(QueryFailure) {
            result = try await backend.instant(InstantRequest(query: text, time: time))
        } catch {
            return try check(error)
        }
        if eval.failure != nil { throw Mismatch("expected an error, got none") }
        try check(result.annotations)
        try compare(result.value)
        if eval.isOnlyInstant || ["start()", "end()", "range()", "step()"].contains(where: text.contains) { return }
        try await runAround(text, time, like: result.value)
    }

    /// The same as a range query of three steps, of which the middle one must be the instant's answer.
    private func runAround(_ text: String, _ time: Timestamp, like instant: QueryValue) async throws {
        let minute = Milliseconds.minutes(1)
        let grid = StepGrid(start: time - minute, end: time + minute, step: minute)
        let result: QueryResult
        do throws(QueryFailure) {
            result = try await backend.range(RangeRequest(query: text, grid: grid))
        } catch {
            throw Mismatch("in range mode: \(error)")
        }
        if eval.isOrdered { return }
        guard case .matrix(let matrix) = result.value else { throw Mismatch("in range mode: not a matrix") }
        try checkSorted(matrix)
        var elements: [VectorElement] = []
        for series in matrix {
            guard let index = series.timestamps.firstIndex(of: time) else { continue }
            elements.append(VectorElement(labels: series.labels, timestamp: time, value: series.samples[index]))
        }
        do {
            if case .scalar = instant {
                guard case .float(let value)? = elements.first?.value else { throw Mismatch("no value") }
                try compare(.scalar(time, value))
            } else {
                try compare(.vector(elements))
            }
        } catch let mismatch as Mismatch {
            throw Mismatch("in range mode: \(mismatch.reason)")
        }
    }

    // MARK: Errors and annotations

    private func check(_ failure: QueryFailure) throws {
        guard let expected = eval.failure else { throw Mismatch("query failed: \(failure.message)") }
        if !expected.matches(failure.message) {
            throw Mismatch("expected the error \(expected.description), got \(failure.message)")
        }
    }

    private func check(_ annotations: [QueryAnnotation]) throws {
        let warnings = annotations.filter { $0.severity == .warning }.map(\.message)
        let infos = annotations.filter { $0.severity == .info }.map(\.message)
        if eval.expectsSomeWarning, warnings.isEmpty { throw Mismatch("expected a warning, got none") }
        if eval.expectsSomeInfo, infos.isEmpty { throw Mismatch("expected an info, got none") }
        try check("warning", warnings, against: eval.warnings)
        try check("info", infos, against: eval.infos)
        if eval.expectsNoWarning, let first = warnings.first { throw Mismatch("unexpected warning: \(first)") }
        if eval.expectsNoInfo, let first = infos.first { throw Mismatch("unexpected info: \(first)") }
    }

    private func check(_ kind: String, _ actual: [String], against expected: [PromQLScript.Pattern]) throws {
        if expected.isEmpty { return }
        if actual.isEmpty { throw Mismatch("expected \(kind) \(expected[0].description), got none") }
        for pattern in expected where !actual.contains(where: pattern.matches) {
            throw Mismatch("expected \(kind) \(pattern.description), got \(actual)")
        }
        for text in actual where !expected.contains(where: { $0.matches(text) }) {
            throw Mismatch("unexpected \(kind): \(text)")
        }
    }

    // MARK: Values

    private func compare(_ value: QueryValue) throws {
        switch value {
        case .matrix(let matrix): try compare(matrix)
        case .vector(let elements): try compare(elements)
        case .scalar(_, let number):
            guard let expected = eval.scalar else { throw Mismatch("expected no scalar, got \(number)") }
            guard isAlmostEqual(expected, number, 1e-6) else { throw Mismatch("expected \(expected), got \(number)") }
        case .string(_, let text):
            let expected = eval.string ?? ""
            guard text.isSameBytes(as: expected) else { throw Mismatch("expected \"\(expected)\", got \"\(text)\"") }
        }
    }

    private func checkSorted(_ matrix: [Series]) throws {
        for (one, next) in zip(matrix, matrix.dropFirst()) where next.labels < one.labels {
            throw Mismatch("\(next.labels) comes after \(one.labels)")
        }
    }

    private func compare(_ matrix: [Series]) throws {
        if eval.isOrdered { throw Mismatch("an ordered result is expected of a matrix") }
        if eval.scalar != nil { throw Mismatch("expected a scalar, got a matrix") }
        try checkSorted(matrix)
        var missing = Set(eval.series.map(\.labels))
        for series in matrix {
            guard let expected = eval.series.last(where: { $0.labels == series.labels }) else {
                throw Mismatch("unexpected \(series.labels): \(SampleText.of(series))")
            }
            missing.remove(series.labels)
            var points: [(time: Timestamp, item: SeriesNotation.Item)] = []
            for (index, item) in expected.items.enumerated() where item.value != nil {
                let time = eval.start + Milliseconds(Int64(index) * eval.step.count)
                if time > eval.end { throw Mismatch("more points expected than the range has") }
                points.append((time, item))
            }
            guard points.count == series.timestamps.count else {
                throw Mismatch(
                    "expected \(points.count) points for \(series.labels), got \(SampleText.of(series))")
            }
            for (index, point) in points.enumerated() {
                guard point.time == series.timestamps[index] else {
                    throw Mismatch(
                        "expected a point at \(point.time) for \(series.labels), got \(SampleText.of(series))")
                }
                if let reason = mismatch(point.item, series.samples[index]) {
                    throw Mismatch("\(series.labels) at \(point.time): \(reason); all: \(SampleText.of(series))")
                }
            }
        }
        if let first = missing.sorted().first { throw Mismatch("expected \(first), which is missing") }
    }

    private func compare(_ elements: [VectorElement]) throws {
        if eval.scalar != nil { throw Mismatch("expected a scalar, got a vector") }
        var missing = Set(eval.series.map(\.labels))
        for (index, element) in elements.enumerated() {
            guard let position = eval.series.lastIndex(where: { $0.labels == element.labels }) else {
                throw Mismatch("unexpected \(element.labels): \(SampleText.of(element.value))")
            }
            if eval.isOrdered, position != index {
                throw Mismatch("expected \(element.labels) at position \(position + 1), it is at \(index + 1)")
            }
            missing.remove(element.labels)
            if let item = eval.series[position].items.first, let reason = mismatch(item, element.value) {
                throw Mismatch("\(element.labels): \(reason)")
            }
        }
        if let first = missing.sorted().first { throw Mismatch("expected \(first), which is missing") }
    }

    /// Nil when the value is the one expected, within the suite's tolerance.
    private func mismatch(_ item: SeriesNotation.Item, _ actual: SampleValue) -> String? {
        let isEqual: Bool
        switch (item.value ?? .float(0), actual) {
        case (.float(let expected), .float(let value)): isEqual = isAlmostEqual(expected, value, 1e-6)
        case (.histogram(let expected), .histogram(let value)):
            isEqual =
                expected.isAlmostEqual(to: value)
                && (!item.hasCounterResetHint || expected.counterResetHint == value.counterResetHint)
        default: isEqual = false
        }
        if isEqual { return nil }
        return "expected \(SampleText.of(item.value ?? .float(0))), got \(SampleText.of(actual))"
    }
}

/// The expression with `@` put on whatever has none, and the times at which its answer must be the same.
enum AtVariants {
    static func of(_ text: String, at time: Timestamp) throws -> [(String, Timestamp)] {
        guard let parsed = try? Expression(parsing: text) else { return [] }
        var pinned = AtPinning(time: time)
        let expression = pinned.pin(parsed, isPinned: false)
        if pinned.dependsOnStep { return [] }
        let now = time.milliseconds
        let times = now == 0 ? [-1000, 0, 1000] : [-10 * now, 0, now / 5, now, 10 * now]
        return times.map { (expression.description, Timestamp(milliseconds: $0)) }
    }
}

private struct AtPinning {
    var time: Timestamp
    var dependsOnStep = false

    private func pinned(_ at: AtModifier?) -> AtModifier {
        if case .timestamp? = at, let at { return at }
        return .timestamp(time)
    }

    /// `isPinned`: a subquery around has its time already, so nothing inside changes.
    mutating func pin(_ expression: Expression, isPinned: Bool) -> Expression {
        switch expression {
        case .number, .string: return expression
        case .vectorSelector(var selector):
            if !isPinned { selector.at = pinned(selector.at) }
            return .vectorSelector(selector)
        case .matrixSelector(var matrix):
            if !isPinned { matrix.selector.at = pinned(matrix.selector.at) }
            return .matrixSelector(matrix)
        case .subquery(var subquery):
            if !isPinned { subquery.at = pinned(subquery.at) }
            return .subquery(subquery)
        case .call(var call):
            if !isPinned {
                switch call.function {
                case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year, .predictLinear,
                    .time, .timestamp, .start, .end, .range, .step:
                    dependsOnStep = true
                default: break
                }
            }
            for index in call.arguments.indices {
                call.arguments[index] = pin(call.arguments[index], isPinned: isPinned)
            }
            return .call(call)
        case .aggregation(var aggregation):
            aggregation.expression = pin(aggregation.expression, isPinned: isPinned)
            if let parameter = aggregation.parameter { aggregation.parameter = pin(parameter, isPinned: isPinned) }
            return .aggregation(aggregation)
        case .binary(var binary):
            binary.left = pin(binary.left, isPinned: isPinned)
            binary.right = pin(binary.right, isPinned: isPinned)
            return .binary(binary)
        case .unary(var unary):
            unary.expression = pin(unary.expression, isPinned: isPinned)
            return .unary(unary)
        case .parenthesized(var inner):
            inner.expression = pin(inner.expression, isPinned: isPinned)
            return .parenthesized(inner)
        }
    }
}

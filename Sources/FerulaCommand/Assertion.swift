// `--assert`: whether an expression holds, and the series for which it does not.
// Pure but for the questions to a backend; QueryCommand waits and ends the process.

import MetricModel
import PromQLSyntax
import Querying

/// What holds means:
/// - a comparison (`up == 1`) must hold for every series that it compares, and there must be one;
/// - `and`, `or`, `unless` must leave a series;
/// - anything else must have a result, and no value of it may be 0 or NaN.
struct Assertion: Sendable {
    let text: String
    private let kind: Kind

    private enum Kind: Sendable {
        /// The comparison with `bool`: 1 or 0 a series; and the query for the compared values of those with 0.
        case comparison(bool: String, offenders: String?)
        case presence
        case truth
    }

    struct Verdict: Sendable {
        var holds: Bool
        /// Series for which it does not hold, with the values that were compared; nil: there was nothing to compare.
        var offenders: QueryResult?
        var annotations: [QueryAnnotation] = []
    }

    init(_ expression: Expression) {
        text = expression.description
        var inner = expression
        while case .parenthesized(let node) = inner { inner = node.expression }
        guard case .binary(let node) = inner else {
            kind = .truth
            return
        }
        if node.operation.isSetOperation {
            kind = .presence
        } else if node.operation.isComparison, !node.returnsBool, inner.type == .instantVector {
            var bool = node
            bool.returnsBool = true
            kind = .comparison(bool: Expression.binary(bool).description, offenders: Self.offenders(node, inner))
        } else {
            kind = .truth
        }
    }

    /// Only where one side is a scalar do the compared series keep all their labels and find themselves again.
    private static func offenders(_ node: BinaryOperation, _ whole: Expression) -> String? {
        if node.right.type == .scalar { return "(\(node.left)) unless (\(whole))" }
        if node.left.type == .scalar { return "(\(node.right)) unless (\(whole))" }
        return nil
    }

    func verdict(_ backend: any QueryBackend, at time: Timestamp) async throws(QueryFailure) -> Verdict {
        switch kind {
        case .presence:
            let result = try await backend.instant(InstantRequest(query: text, time: time))
            return Verdict(holds: !result.value.isEmpty, offenders: nil, annotations: result.annotations)
        case .truth:
            let result = try await backend.instant(InstantRequest(query: text, time: time))
            return Self.judge(result, result.value)
        case .comparison(let bool, let offenders):
            let result = try await backend.instant(InstantRequest(query: bool, time: time))
            var verdict = Self.judge(result, result.value)
            if verdict.offenders != nil, let offenders {
                verdict.offenders = try await backend.instant(InstantRequest(query: offenders, time: time))
            }
            return verdict
        }
    }

    private static func judge(_ result: QueryResult, _ value: QueryValue) -> Verdict {
        var failing = result
        let holds: Bool
        switch value {
        case .scalar(_, let number): holds = isTrue(.float(number))
        case .string(_, let text): holds = !text.isEmpty
        case .vector(let elements):
            let offenders = elements.filter { !isTrue($0.value) }
            holds = !elements.isEmpty && offenders.isEmpty
            failing.value = .vector(offenders)
        case .matrix(let series): holds = !series.isEmpty
        }
        let isThere = !value.isEmpty
        return Verdict(holds: holds, offenders: holds || !isThere ? nil : failing, annotations: result.annotations)
    }

    private static func isTrue(_ value: SampleValue) -> Bool {
        switch value {
        case .float(let number): number != 0 && !number.isNaN
        case .histogram(let histogram): histogram.count != 0
        }
    }
}

/// How long `--assert` looks. Pure: time goes in, what to do comes out.
///
/// - Neither option: one look decides.
/// - `--for D`: it must hold at every look for D; the first that it does not ends it.
/// - `--timeout T`: looks until it holds, at most for T.
/// - Both: within T it must have held for D without a break.
struct AssertionWait {
    var holdFor: Milliseconds?
    var timeout: Milliseconds?
    private var begun: Timestamp?
    private var heldSince: Timestamp?

    init(holdFor: Milliseconds? = nil, timeout: Milliseconds? = nil) {
        self.holdFor = holdFor
        self.timeout = timeout
    }

    enum Step: Equatable { case passed, failed, lookAgain }

    mutating func look(_ holds: Bool, at time: Timestamp) -> Step {
        let begun = begun ?? time
        self.begun = begun
        if holds {
            let since = heldSince ?? time
            heldSince = since
            guard let holdFor else { return .passed }
            if time - since >= holdFor { return .passed }
            // Holding now but not for long enough before the time is up: it can no longer succeed.
            if let timeout, since + holdFor > begun + timeout, time - begun >= timeout { return .failed }
            return .lookAgain
        }
        heldSince = nil
        guard let timeout else { return .failed }
        return time - begun >= timeout ? .failed : .lookAgain
    }
}

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
        /// A vector beside a scalar: what is compared, of which the comparison must leave every series.
        case filter(of: String)
        /// Two vectors: the comparison with `bool`, 1 or 0 a pair.
        case comparison(bool: String)
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
            if node.right.type == .scalar {
                kind = .filter(of: node.left.description)
            } else if node.left.type == .scalar {
                kind = .filter(of: node.right.description)
            } else {
                var bool = node
                bool.returnsBool = true
                kind = .comparison(bool: Expression.binary(bool).description)
            }
        } else {
            kind = .truth
        }
    }

    func verdict(
        _ backend: any QueryBackend, at time: Timestamp, _ options: QueryOptions = QueryOptions()
    ) async throws(QueryFailure) -> Verdict {
        switch kind {
        case .presence:
            let result = try await backend.instant(InstantRequest(query: text, time: time, options: options))
            return Verdict(holds: !result.value.isEmpty, offenders: nil, annotations: result.annotations)
        case .truth:
            let result = try await backend.instant(InstantRequest(query: text, time: time, options: options))
            return Self.judge(result, result.value)
        case .filter(let operand):
            // Compared here, names and all: `bool` drops the names, and series that differ by nothing else collide.
            var compared = try await backend.instant(InstantRequest(query: operand, time: time, options: options))
            let left = try await backend.instant(InstantRequest(query: text, time: time, options: options))
            guard case .vector(let all) = compared.value, case .vector(let holding) = left.value, !all.isEmpty else {
                return Verdict(holds: false, offenders: nil, annotations: left.annotations)
            }
            let known = Set(holding.map(\.labels))
            let offenders = all.filter { !known.contains($0.labels) }
            compared.value = .vector(offenders)
            return Verdict(
                holds: offenders.isEmpty, offenders: offenders.isEmpty ? nil : compared, annotations: left.annotations)
        case .comparison(let bool):
            let result = try await backend.instant(InstantRequest(query: bool, time: time, options: options))
            return Self.judge(result, result.value)
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

    /// The times count from here: a first look may take long. Without it they count from the end of the first look.
    mutating func begin(at time: Timestamp) { begun = time }

    /// Nil without a timeout.
    func timeLeft(at time: Timestamp) -> Milliseconds? {
        timeout.map { Milliseconds($0.count - (time - (begun ?? time)).count) }
    }

    /// Nil while it does not hold.
    func heldFor(at time: Timestamp) -> Milliseconds? { heldSince.map { time - $0 } }

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

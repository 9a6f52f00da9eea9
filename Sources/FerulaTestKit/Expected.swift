// What a test wants of an answer, and how far off a number may be.
// Made by tests, judged in ExpectationComparison.

import MetricModel

/// How far a number may be from the one wanted. NaN is near NaN, an infinity near itself.
public struct Tolerance: Hashable, Sendable, CustomStringConvertible {
    enum Kind: Hashable { case absolute, relative, standard }
    let kind: Kind
    let amount: Double

    /// The very number; -0 is 0.
    public static let exact = Tolerance(kind: .absolute, amount: 0)
    /// At most `amount` away, in the unit of the number. With a negative one or NaN every expectation fails.
    public static func absolute(_ amount: Double) -> Tolerance { Tolerance(kind: .absolute, amount: amount) }
    /// At most this part of the wanted number away: 0.01 is one per cent. With a negative one or NaN every expectation
    /// fails.
    public static func relative(_ part: Double) -> Tolerance { Tolerance(kind: .relative, amount: part) }
    /// A millionth, as promqltest has it: what rounding leaves of a rate or a quantile passes. Where a whole number is
    /// wanted less than a half as well, so that another whole number does not pass.
    public static let standard = Tolerance(kind: .standard, amount: 1e-6)

    /// Past this all numbers are whole.
    private static let wholeMax = 0x1p53

    /// What is wrong with it, with a hint; nil when nothing is.
    var misuse: [String]? {
        guard !(amount >= 0) else { return nil }
        return [
            "the tolerance is \(NumberInText.of(amount))",
            kind == .absolute
                ? "a distance is 0 or more, such as .absolute(0.5)" : "a part is 0 or more, such as .relative(0.01)",
        ]
    }

    func holds(_ found: Double, wanted: Double) -> Bool {
        if found == wanted || (found.isNaN && wanted.isNaN) { return true }
        guard found.isFinite, wanted.isFinite else { return false }
        switch kind {
        case .absolute: return abs(found - wanted) <= amount
        case .relative: return abs(found - wanted) <= amount * abs(wanted)
        case .standard:
            let isCount = wanted.rounded() == wanted && abs(wanted) < Self.wholeMax
            return abs(found - wanted) <= (isCount ? min(amount * abs(wanted), 0.4) : amount * abs(wanted))
        }
    }

    /// `exactly`, `within 0.5`, `within 1%`, `within 1e-06 of it`.
    public var description: String {
        if amount == 0 { return "exactly" }
        switch kind {
        case .absolute: return "within \(NumberInText.of(amount))"
        case .relative, .standard:
            return amount >= 0 && amount < 0.001
                ? "within \(NumberInText.of(amount)) of it" : "within \(NumberInText.of(amount * 100))%"
        }
    }
}

/// What a test wants of a query's answer.
///
/// A *number* is a scalar, or the value of a vector with one element. Elements of a vector are written as PromQL prints
/// them, `{code="200"}` or `up{job="a"}`: with all labels that they have, and with the metric's name only where the
/// query keeps it.
public struct Expected: Sendable, CustomStringConvertible {
    enum Bound: String, Sendable {
        case below, above
        case atMost = "at most"
        case atLeast = "at least"
    }
    enum Kind: Sendable {
        case number(Double, Tolerance)
        case histogram(String)
        case elements([WrittenElement], Tolerance)
        case lines(String, Tolerance)
        case bound(Bound, Double)
        case between(ClosedRange<Double>)
        case empty
        case present
    }
    /// An element of a vector as the test writes it.
    struct WrittenElement: Sendable {
        var labels: String
        var value: Double
    }
    let kind: Kind

    /// The tolerance when it cannot be one, with a hint.
    var misuse: [String]? {
        switch kind {
        case .number(_, let tolerance), .elements(_, let tolerance), .lines(_, let tolerance): tolerance.misuse
        default: nil
        }
    }

    /// One number. Unless `within` says otherwise, a whole one is not met by another whole one, however large they are.
    public static func equals(_ number: Double, within tolerance: Tolerance = .standard) -> Expected {
        Expected(kind: .number(number, tolerance))
    }
    /// One number that is a count: off by less than a half, and by a millionth at most.
    public static func equals(_ count: Int) -> Expected {
        // Past this a millionth is many.
        .equals(Double(count), within: Double(count).magnitude >= 0x1p53 ? .exact : .standard)
    }
    /// A vector of one native histogram in series notation: `{{schema:0 count:3 sum:4 buckets:[1 2]}}`. Counts and the
    /// sum may be off by a millionth.
    public static func equals(histogram notation: String) -> Expected {
        Expected(kind: .histogram(notation))
    }
    /// Just these elements, in any order: `[#"{code="200"}"#: 5]`. One that is written twice is told by the failure.
    public static func vector(
        _ elements: KeyValuePairs<String, Double>, within tolerance: Tolerance = .standard
    ) -> Expected {
        Expected(
            kind: .elements(elements.map { WrittenElement(labels: $0.key, value: $0.value) }, tolerance))
    }
    /// Just the elements of a dictionary that a test has made. `vector(_:within:)` takes a literal, in which a dictionary
    /// would trap where a key stands twice.
    public static func vector(dictionary elements: [String: Double], within tolerance: Tolerance = .standard)
        -> Expected
    {
        Expected(
            kind: .elements(elements.map { WrittenElement(labels: $0.key, value: $0.value) }, tolerance))
    }
    /// Just these elements, in any order: one a line, labels and then a number or a histogram, as promqltest writes
    /// them: `{code="200"} 5`.
    public static func vector(_ lines: String, within tolerance: Tolerance = .standard) -> Expected {
        Expected(kind: .lines(lines, tolerance))
    }
    /// No element.
    public static let empty = Expected(kind: .empty)
    /// One element or more, whatever their values: what a comparison such as `up == 1` leaves when it holds.
    public static let present = Expected(kind: .present)
    /// At least one element, and every one below the bound. So for the next three. NaN satisfies none.
    public static func below(_ bound: Double) -> Expected { Expected(kind: .bound(.below, bound)) }
    /// At least one element, and every one above the bound.
    public static func above(_ bound: Double) -> Expected { Expected(kind: .bound(.above, bound)) }
    /// At least one element, and every one below the bound or equal to it.
    public static func atMost(_ bound: Double) -> Expected { Expected(kind: .bound(.atMost, bound)) }
    /// At least one element, and every one above the bound or equal to it.
    public static func atLeast(_ bound: Double) -> Expected { Expected(kind: .bound(.atLeast, bound)) }
    /// At least one element, and every one in the range, both ends included.
    public static func between(_ range: ClosedRange<Double>) -> Expected { Expected(kind: .between(range)) }

    /// Whether it wants the values of single samples, which a range vector has not.
    var asksForNumbers: Bool {
        switch kind {
        case .number, .histogram, .bound, .between: true
        case .elements, .lines, .empty, .present: false
        }
    }

    /// What is wanted, as a failure says it: `5`, `5, within 1%`, `below 0.01`, `2 elements`.
    public var description: String {
        switch kind {
        case .number(let number, let tolerance): NumberInText.of(number) + Self.said(tolerance)
        case .histogram(let notation): notation
        case .elements(let elements, let tolerance): Self.count(elements.count) + Self.said(tolerance)
        case .lines(let lines, let tolerance): Self.count(Self.split(lines).count) + Self.said(tolerance)
        case .bound(let bound, let number): "\(bound.rawValue) \(NumberInText.of(number))"
        case .between(let range):
            "from \(NumberInText.of(range.lowerBound)) to \(NumberInText.of(range.upperBound))"
        case .empty: "no element"
        case .present: "one element or more"
        }
    }

    /// The tolerance when it is not the one that nobody chose.
    private static func said(_ tolerance: Tolerance) -> String { tolerance == .standard ? "" : ", \(tolerance)" }

    static func count(_ elements: Int) -> String { elements == 1 ? "1 element" : "\(elements) elements" }

    /// A line without the blanks around it, and where it begins in the text, in bytes.
    struct Line {
        var text: String
        var start: Int
    }

    /// Lines that say something: neither blank nor a comment.
    static func split(_ lines: String) -> [Line] {
        var start = 0
        var found: [Line] = []
        // Bytes: a carriage return and a line feed are one character.
        for line in lines.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
            let text = Substring(line).trimmingBlanks
            let margin = line.prefix { $0 == 0x20 || $0 == 0x09 }.count
            if !text.isEmpty, !text.hasPrefix("#") { found.append(Line(text: text, start: start + margin)) }
            start += line.count + 1
        }
        return found
    }
}

extension Expected.Bound {
    func holds(_ found: Double, _ bound: Double) -> Bool {
        switch self {
        case .below: found < bound
        case .above: found > bound
        case .atMost: found <= bound
        case .atLeast: found >= bound
        }
    }
}

/// Numbers and times as failures print them.
enum NumberInText {
    /// As Prometheus prints them: `5`, `0.25`, `1e-06`, `+Inf`, `NaN`.
    static func of(_ number: Double) -> String { GoFloat.standard(number) }

    /// Three digits are enough to say how much: `0.0833`.
    static func rough(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return of(number) }
        var (scale, digits) = (number.magnitude, 0)
        while scale < 100, digits < 300 { (scale, digits) = (scale * 10, digits + 1) }
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let rounded = (number * factor).rounded() / factor
        return of(rounded.isFinite ? rounded : number)
    }

    /// `3m20s` while the time is small, as in a test that begins at zero; seconds since the epoch else.
    static func of(_ time: Timestamp) -> String {
        guard time.milliseconds.magnitude < 315_360_000_000 else { return time.description }
        return Milliseconds(time.milliseconds).description
    }
}

// A second engine: one step at a time, dictionaries and arrays, no cleverness.
// Compared with the real one on random data and random expressions by OracleTests.

import MetricModel
import PromQLSyntax

/// Floats only, and the core of the language. What it does not know, the generator does not write.
struct Oracle {
    struct Point {
        var time: Int64
        var value: Double
    }
    var series: [LabelSet: [Point]]
    let lookback: Int64 = 300_000

    struct Unsupported: Error { var what: String }

    /// What each range function's answers were made of, by its place in the query, over all steps asked for. Two series
    /// that end up with one label set fail a range query even when they never meet in time.
    private final class Sources {
        var labels: [SourceRange: [LabelSet: LabelSet]] = [:]
        var hasCollision = false
    }
    private let sources = Sources()
    /// Whether the steps asked for so far cannot be answered together.
    var hasCollision: Bool { sources.hasCollision }

    init(series: [LabelSet: [Point]]) { self.series = series }

    enum Value {
        case scalar(Double)
        case vector([LabelSet: Double])
    }

    func value(_ expression: Expression, at time: Int64) throws -> Value {
        switch expression {
        case .number(let literal): return .scalar(literal.value)
        case .parenthesized(let inner): return try value(inner.expression, at: time)
        case .unary(let unary):
            switch try value(unary.expression, at: time) {
            case .scalar(let number): return .scalar(-number)
            case .vector(let elements): return .vector(try renamed(elements) { -$0 })
            }
        case .vectorSelector(let selector): return .vector(try select(selector, at: time))
        case .call(let call): return .vector(try self.call(call, at: time))
        case .aggregation(let aggregation): return .vector(try aggregate(aggregation, at: time))
        case .binary(let binary): return try self.binary(binary, at: time)
        case .string, .matrixSelector, .subquery: throw Unsupported(what: "\(expression)")
        }
    }

    // MARK: Selectors

    private func milliseconds(_ duration: DurationExpression?) throws -> Int64 {
        switch duration {
        case nil: return 0
        case .literal(let length): return length.count
        case .negated(let inner): return -(try milliseconds(inner))
        default: throw Unsupported(what: "duration")
        }
    }

    private func select(_ selector: VectorSelector, at time: Int64) throws -> [LabelSet: Double] {
        let moment = time - (try milliseconds(selector.offset))
        var result: [LabelSet: Double] = [:]
        for (labels, points) in series where selector.matchers.allSatisfy({ $0.matches(labels) }) {
            guard let last = points.last(where: { $0.time <= moment }), last.time > moment - lookback else { continue }
            if !last.value.isStaleMarker { result[labels] = last.value }
        }
        return result
    }

    private func range(_ expression: Expression, at time: Int64) throws -> [(LabelSet, [Point], Int64, Int64)] {
        switch expression {
        case .matrixSelector(let matrix):
            let end = time - (try milliseconds(matrix.selector.offset))
            let start = end - (try milliseconds(matrix.window))
            return series.filter { labels, _ in matrix.selector.matchers.allSatisfy { $0.matches(labels) } }
                .map { labels, points in
                    let inside = points.filter { $0.time > start && $0.time <= end && !$0.value.isStaleMarker }
                    return (labels, inside, start, end)
                }
        case .subquery(let subquery):
            let end = time - (try milliseconds(subquery.offset))
            let start = end - (try milliseconds(subquery.window))
            let step = max(try milliseconds(subquery.step), 1)
            var found: [LabelSet: [Point]] = [:]
            var moment = start - start % step - step
            while moment <= end {
                if moment > start, case .vector(let elements) = try value(subquery.expression, at: moment) {
                    for (labels, value) in elements {
                        found[labels, default: []].append(Point(time: moment, value: value))
                    }
                }
                moment += step
            }
            return found.map { ($0.key, $0.value, start, end) }
        default: throw Unsupported(what: "range")
        }
    }

    // MARK: Functions

    private func renamed(
        _ elements: [LabelSet: Double], _ change: (Double) -> Double
    ) throws -> [LabelSet: Double] {
        var result: [LabelSet: Double] = [:]
        for (labels, value) in elements {
            let name = labels.withoutMetricName
            if result[name] != nil { throw Unsupported(what: "collision") }
            result[name] = change(value)
        }
        return result
    }

    private func call(_ call: Call, at time: Int64) throws -> [LabelSet: Double] {
        switch call.function {
        case .abs, .floor, .sgn:
            guard case .vector(let input) = try value(call.arguments[0], at: time) else {
                throw Unsupported(what: "argument")
            }
            return try renamed(input) { value in
                switch call.function {
                case .abs: abs(value)
                case .floor: value.rounded(.down)
                default: value > 0 ? 1 : value < 0 ? -1 : value
                }
            }
        default: break
        }
        let position = call.function == .quantileOverTime ? 1 : 0
        var parameter = 0.0
        if position == 1, case .scalar(let number) = try value(call.arguments[0], at: time) { parameter = number }
        var result: [LabelSet: Double] = [:]
        for (labels, points, start, end) in try range(call.arguments[position], at: time) {
            guard !points.isEmpty, let value = try over(call.function, points, start, end, parameter) else { continue }
            let name = call.function == .lastOverTime ? labels : labels.withoutMetricName
            if result[name] != nil { throw Unsupported(what: "collision") }
            result[name] = value
            if sources.labels[call.range, default: [:]].updateValue(labels, forKey: name) ?? labels != labels {
                sources.hasCollision = true
            }
        }
        return result
    }

    private func over(
        _ function: BuiltinFunction, _ points: [Point], _ start: Int64, _ end: Int64, _ parameter: Double
    ) throws -> Double? {
        let values = points.map(\.value)
        switch function {
        case .sumOverTime: return total(values)
        case .avgOverTime: return total(values) / Double(values.count)
        case .countOverTime: return Double(values.count)
        case .minOverTime: return values.min()
        case .maxOverTime: return values.max()
        case .lastOverTime: return values.last
        case .changes: return Double(zip(values, values.dropFirst()).filter { $0 != $1 }.count)
        case .resets: return Double(zip(values, values.dropFirst()).filter { $1 < $0 }.count)
        case .quantileOverTime:
            let sorted = values.sorted()
            let rank = parameter * Double(sorted.count - 1)
            let low = Int(rank)
            let high = min(low + 1, sorted.count - 1)
            let weight = rank - Double(low)
            return sorted[low] * (1 - weight) + sorted[high] * weight
        case .rate, .increase, .delta:
            guard points.count > 1 else { return nil }
            return extrapolated(function, points, start, end)
        case .idelta: return values.count > 1 ? values[values.count - 1] - values[values.count - 2] : nil
        default: throw Unsupported(what: function.rawValue)
        }
    }

    private func extrapolated(
        _ function: BuiltinFunction, _ points: [Point], _ start: Int64, _ end: Int64
    ) -> Double {
        var increase = points[points.count - 1].value - points[0].value
        if function != .delta {
            for (one, next) in zip(points, points.dropFirst()) where next.value < one.value { increase += one.value }
        }
        let seen = Double(points[points.count - 1].time - points[0].time) / 1000
        let spacing = seen / Double(points.count - 1)
        var before = Double(points[0].time - start) / 1000
        var after = Double(end - points[points.count - 1].time) / 1000
        if before >= spacing * 1.1 { before = spacing / 2 }
        if after >= spacing * 1.1 { after = spacing / 2 }
        if function != .delta, increase > 0, points[0].value >= 0 {
            before = min(before, seen * (points[0].value / increase))
        }
        // Prometheus stretches by a factor: with another order of operations floor() of an integer is one less.
        var factor = (seen + before + after) / seen
        if function == .rate { factor /= Double(end - start) / 1000 }
        return increase * factor
    }

    // MARK: Aggregations and operators

    /// With what rounding lost added at the end, as Prometheus sums: else floor() and comparisons show another number.
    private func total(_ values: [Double]) -> Double {
        var sum = 0.0
        var lost = 0.0
        for value in values {
            let next = sum + value
            lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        return sum.isInfinite ? sum : sum + lost
    }

    private func aggregate(_ node: Aggregation, at time: Int64) throws -> [LabelSet: Double] {
        guard case .vector(let input) = try value(node.expression, at: time) else { throw Unsupported(what: "input") }
        var groups: [LabelSet: [Double]] = [:]
        for (labels, value) in input.sorted(by: { $0.key < $1.key }) {
            let key = node.isWithout ? labels.without(node.grouping + ["__name__"]) : labels.keeping(node.grouping)
            groups[key, default: []].append(value)
        }
        return try groups.mapValues { values in
            let mean = total(values) / Double(values.count)
            switch node.operation {
            case .sum: return total(values)
            case .avg: return mean
            case .min: return values.min() ?? .nan
            case .max: return values.max() ?? .nan
            case .count: return Double(values.count)
            case .group: return 1
            case .stdvar: return values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
            default: throw Unsupported(what: node.operation.rawValue)
            }
        }
    }

    private func calculate(_ operation: BinaryOperator, _ left: Double, _ right: Double) throws -> Double? {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide: return left / right
        case .greater: return left > right ? left : nil
        case .less: return left < right ? left : nil
        case .equal: return left == right ? left : nil
        case .notEqual: return left != right ? left : nil
        default: throw Unsupported(what: operation.rawValue)
        }
    }

    private func binary(_ node: BinaryOperation, at time: Int64) throws -> Value {
        let left = try value(node.left, at: time)
        let right = try value(node.right, at: time)
        switch (left, right) {
        case (.scalar(let one), .scalar(let other)):
            if node.operation.isComparison { return .scalar(try calculate(node.operation, one, other) == nil ? 0 : 1) }
            return .scalar(try calculate(node.operation, one, other) ?? 0)
        case (.vector(let elements), .scalar(let number)), (.scalar(let number), .vector(let elements)):
            let isLeft = if case .scalar = left { true } else { false }
            var kept: [LabelSet: Double] = [:]
            for (labels, value) in elements {
                guard
                    let result = try isLeft
                        ? calculate(node.operation, number, value) : calculate(node.operation, value, number)
                else { continue }
                if node.operation.isComparison {
                    kept[labels] = value
                } else {
                    if kept[labels.withoutMetricName] != nil { throw Unsupported(what: "collision") }
                    kept[labels.withoutMetricName] = result
                }
            }
            return .vector(kept)
        case (.vector(let one), .vector(let other)):
            return .vector(try matched(node, one, other))
        }
    }

    private func matched(
        _ node: BinaryOperation, _ left: [LabelSet: Double], _ right: [LabelSet: Double]
    ) throws -> [LabelSet: Double] {
        let matching = node.matching ?? VectorMatching()
        func key(_ labels: LabelSet) -> LabelSet {
            matching.isOn ? labels.keeping(matching.labels) : labels.without(matching.labels + ["__name__"])
        }
        let keysOfRight = Set(right.keys.map(key))
        switch node.operation {
        case .and: return left.filter { keysOfRight.contains(key($0.key)) }
        case .unless: return left.filter { !keysOfRight.contains(key($0.key)) }
        case .or:
            let keysOfLeft = Set(left.keys.map(key))
            return left.merging(right.filter { !keysOfLeft.contains(key($0.key)) }) { one, _ in one }
        default: break
        }
        var result: [LabelSet: Double] = [:]
        var used: Set<LabelSet> = []
        var partners: [LabelSet: Double] = [:]
        if left.isEmpty || right.isEmpty { return [:] }
        for (labels, value) in right {
            if partners[key(labels)] != nil { throw Unsupported(what: "many-to-many") }
            partners[key(labels)] = value
        }
        for (labels, value) in left {
            guard let partner = partners[key(labels)] else { continue }
            if !used.insert(key(labels)).inserted { throw Unsupported(what: "many-to-one") }
            guard let number = try calculate(node.operation, value, partner) else { continue }
            var kept = node.operation.isComparison ? labels : labels.withoutMetricName
            kept = matching.isOn ? kept.keeping(matching.labels) : kept.without(matching.labels)
            result[kept] = number
        }
        return result
    }
}

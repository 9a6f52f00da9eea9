// Grafana's calculations: a series of values to one number.
// Stats, gauges, legends, table footers and the reduce transformation use them.
// Source: grafana-data transformations/fieldReducer.ts.

extension Reducer {
    /// Reduces values in order of time. NaN stands for null, which Prometheus' NaN becomes when it is drawn.
    ///
    /// Nil when there is nothing to reduce. Booleans are 1 and 0; `allValues` and `uniqueValues`, which are lists,
    /// give the last value and the last new one.
    public func reduce(_ values: [Double]) -> Double? {
        switch self {
        case .last, .allValues: return values.last.flatMap { $0.isNaN ? nil : $0 }
        case .first: return values.first.flatMap { $0.isNaN ? nil : $0 }
        case .lastNotNull: return values.last { !$0.isNaN }
        case .firstNotNull: return values.first { !$0.isNaN }
        case .count: return Double(values.count)
        case .distinctCount: return Double(Set(values.map { $0.isNaN ? nil : $0 } as [Double?]).count)
        case .changeCount: return Double(changes(values))
        case .allIsNull: return values.allSatisfy(\.isNaN) ? 1 : 0
        default: return reduceNumbers(values.filter { !$0.isNaN })
        }
    }

    /// `numbers` holds no NaN.
    private func reduceNumbers(_ numbers: [Double]) -> Double? {
        if self == .sum { return numbers.reduce(0, +) }
        guard let first = numbers.first, let last = numbers.last else { return self == .allIsZero ? 0 : nil }
        switch self {
        case .min: return numbers.min()
        case .max: return numbers.max()
        case .mean: return numbers.reduce(0, +) / Double(numbers.count)
        case .range: return (numbers.max() ?? 0) - (numbers.min() ?? 0)
        case .delta: return increase(numbers)
        case .step: return zip(numbers.dropFirst(), numbers).map { $0 - $1 }.min()
        case .diff: return last - first
        case .diffperc: return first == 0 ? nil : (last - first) / first
        case .logmin: return numbers.filter { $0 > 0 }.min()
        case .allIsZero: return numbers.allSatisfy { $0 == 0 } ? 1 : 0
        case .median:
            let sorted = numbers.sorted()
            let middle = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        case .variance: return variance(numbers)
        case .stdDev: return variance(numbers).squareRoot()
        case .uniqueValues: return last
        case .last, .allValues, .first, .lastNotNull, .firstNotNull, .count, .distinctCount, .changeCount, .allIsNull,
            .sum:
            return nil
        }
    }

    private func changes(_ values: [Double]) -> Int {
        zip(values.dropFirst(), values).reduce(0) { count, pair in
            count + (pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN ? 0 : 1)
        }
    }

    /// The sum of all rises; after a fall the next value counts from zero, as a counter's reset.
    private func increase(_ numbers: [Double]) -> Double {
        var sum = 0.0
        var wasRising = true
        for index in numbers.indices.dropFirst() {
            let (value, before) = (numbers[index], numbers[index - 1])
            if before > value {
                wasRising = false
                if index == numbers.count - 1 { sum += value }
            } else {
                sum += wasRising ? value - before : value
                wasRising = true
            }
        }
        return sum
    }

    private func variance(_ numbers: [Double]) -> Double {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        return numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
    }
}

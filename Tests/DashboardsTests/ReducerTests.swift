// Grafana's calculations. Expected values follow fieldReducer.ts.

import Testing

@testable import Dashboards

@Suite struct ReducerTests {
    @Test(
        "calculations over 3, null, 1, 6, 2",
        arguments: [
            (Reducer.lastNotNull, 2.0), (.last, 2.0), (.firstNotNull, 3.0), (.first, 3.0), (.min, 1.0), (.max, 6.0),
            (.mean, 3.0),
            (.sum, 12.0), (.count, 5.0), (.range, 5.0), (.delta, 8.0), (.step, -4.0), (.diff, -1.0), (.logmin, 1.0),
            (.allIsZero, 0.0), (.allIsNull, 0.0), (.changeCount, 4.0), (.distinctCount, 5.0), (.diffperc, -1.0 / 3),
            (.median, 2.5), (.variance, 3.5), (.stdDev, 1.8708286933869707), (.allValues, 2.0), (.uniqueValues, 2.0),
        ])
    func reduces(reducer: Reducer, result: Double) { #expect(reducer.reduce([3, .nan, 1, 6, 2]) == result) }

    @Test("every calculation answers for no values and for nulls alone", arguments: Reducer.allCases)
    func empty(reducer: Reducer) {
        let none = reducer.reduce([])
        let nulls = reducer.reduce([.nan, .nan])
        switch reducer {
        case .count: #expect((none, nulls) == (0, 2))
        case .sum: #expect((none, nulls) == (0, 0))
        case .distinctCount: #expect((none, nulls) == (0, 1))
        case .changeCount, .allIsZero: #expect((none, nulls) == (0, 0))
        case .allIsNull: #expect((none, nulls) == (1, 1))
        default: #expect(none == nil && nulls == nil)
        }
    }

    @Test(
        "older names of calculations are known",
        arguments: [("current", Reducer.lastNotNull), ("avg", .mean), ("total", .sum)])
    func aliases(id: String, reducer: Reducer) { #expect(Reducer(id: id) == reducer) }
}

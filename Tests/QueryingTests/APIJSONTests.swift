// Answers as bytes: that writing a large one ends with its task.

import MetricModel
import Querying
import Testing

@Suite("JSON of answers")
struct APIJSONTests {
    private func result(points: Int, series: Int) -> QueryResult {
        let one = Series(
            labels: LabelSet(metric: "a", ["x": "1"]),
            timestamps: (0..<points).map { Timestamp(milliseconds: Int64($0) * 1000) },
            samples: .floats([Double](repeating: 1.5, count: points)))
        return QueryResult(value: .matrix([Series](repeating: one, count: series)))
    }

    @Test("a cancelled task's answer is not written to its end", arguments: [(20_000, 1), (1, 1000)])
    func cancelled(points: Int, series: Int) async {
        let result = result(points: points, series: series)
        let failure = await Task { () -> QueryFailure? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(QueryFailure) {
                _ = try APIJSON.answer(result)
                return nil
            } catch {
                return error
            }
        }.value
        #expect(failure?.kind == .canceled)
        #expect(failure?.message == "query was canceled while its result was written")
    }

    @Test("points of several parts are written one after the other")
    func parts() throws {
        let text = String(decoding: try APIJSON.answer(result(points: 300, series: 2)), as: UTF8.self)
        let metric = #"{"metric":{"__name__":"a","x":"1"},"values":"#
        let pairs = (0..<300).map { "[\($0),\"1.5\"]" }.joined(separator: ",")
        #expect(
            text
                == #"{"status":"success","data":{"resultType":"matrix","result":["# + metric + "[\(pairs)]},"
                + metric + "[\(pairs)]}]}}")
    }
}

// What a backend answered, as text that can be compared and read.
// Between ContractRows and the tests.

import MetricModel
import Querying

package enum ContractText {
    /// Lines of the answer to `question`; a failure is its kind and where in the query it begins: the API has no ends.
    ///
    /// Values of an instant vector have no order unless the query sorts: then `isOrdered` keeps it.
    package static func of(
        isOrdered: Bool = false, _ question: () async throws(QueryFailure) -> [String]
    ) async -> [String] {
        do throws(QueryFailure) {
            let lines = try await question()
            return isOrdered ? lines : lines.sorted { $0.isBefore($1) }
        } catch {
            return ["failure \(error.kind.rawValue)" + (error.bytes.map { " at \($0.lowerBound)" } ?? "")]
        }
    }

    package static func lines(_ result: QueryResult) -> [String] {
        var lines: [String] =
            switch result.value {
            case .scalar(let time, let value): ["scalar \(number(value))@\(relative(time))"]
            case .string(let time, let text): ["string \(text)@\(relative(time))"]
            case .vector(let elements): elements.map { "\($0.labels) \(text($0.value))@\(relative($0.timestamp))" }
            case .matrix(let series): series.map(line)
            }
        for annotation in result.annotations {
            lines.append("\(annotation.severity == .warning ? "warning" : "info") \(annotation.message)")
        }
        return lines
    }

    private static func line(_ series: Series) -> String {
        let points = series.timestamps.indices.map { "\(text(series.samples[$0]))@\(relative(series.timestamps[$0]))" }
        return "\(series.labels) " + points.joined(separator: " ")
    }

    private static func text(_ value: SampleValue) -> String {
        switch value {
        case .float(let value): number(value)
        case .histogram(let histogram):
            "histogram count \(number(histogram.count)) sum \(number(histogram.sum))"
        }
    }

    private static func number(_ value: Double) -> String { GoFloat.format(value) }

    /// Seconds since the data's begin.
    private static func relative(_ time: Timestamp) -> String {
        Timestamp(milliseconds: time.milliseconds - ContractData.start * 1000).description
    }
}

// The answer to a query as JSON in pieces of bounded size: what is written is not held while the rest is written.
// Read to its end by APIJSON.answer; streamed by PrometheusAPI when it is long.

import MetricModel

/// Cost: one pass over the result, whose columns are read where they are.
package struct AnswerPieces: Sendable {
    /// A piece ends soon after so many bytes: at the end of a run of points or of an element.
    package static let pieceBytes = 256 << 10
    private static let pointsInRun = 2048

    private enum State: Sendable { case head, elements, tail, done }

    /// Values of one kind of one series: a series that changed its kind has two lists.
    private struct PointList: Sendable {
        var key: String
        var timestamps: [Timestamp]
        var samples: SampleColumn
    }

    private let result: QueryResult
    /// The object `stats` of the answer, nil when none is wanted.
    private let statistics: [UInt8]?
    private var state = State.head
    private var element = 0
    private var lists: [PointList] = []
    private var list = 0
    private var point = 0

    package init(_ result: QueryResult, statistics: [UInt8]? = nil) {
        self.result = result
        self.statistics = statistics
    }

    /// True when `next` has given everything.
    package var isFinished: Bool { if case .done = state { true } else { false } }

    /// Samples of the whole answer.
    package var sampleCount: Int {
        switch result.value {
        case .scalar, .string: 1
        case .vector(let elements): elements.count
        case .matrix(let series): series.reduce(0) { $0 + $1.timestamps.count }
        }
    }

    /// Nil at the end.
    package mutating func next() -> [UInt8]? {
        if isFinished { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(Self.pieceBytes, 256 + 64 * result.statistics.seriesRead))
        while bytes.count < Self.pieceBytes, !isFinished { advance(&bytes) }
        return bytes
    }

    private mutating func advance(_ bytes: inout [UInt8]) {
        switch state {
        case .head:
            bytes += #"{"status":"success","data":{"resultType":""#.utf8
            head(&bytes)
        case .elements:
            switch result.value {
            case .vector(let elements) where element < elements.count:
                if element > 0 { bytes.append(UInt8(ascii: ",")) }
                APIJSON.append(elements[element], to: &bytes)
                element += 1
            case .matrix(let series) where element < series.count: advance(series[element], &bytes)
            case .vector, .matrix, .scalar, .string:
                bytes.append(UInt8(ascii: "]"))
                state = .tail
            }
        case .tail:
            if let statistics {
                bytes += #","stats":"#.utf8
                bytes += statistics
            }
            bytes.append(UInt8(ascii: "}"))
            APIJSON.append(result.annotations, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
            state = .done
        case .done: break
        }
    }

    private mutating func head(_ bytes: inout [UInt8]) {
        switch result.value {
        case .scalar(let time, let number):
            bytes += #"scalar","result":"#.utf8
            APIJSON.pair(time, number, to: &bytes)
            state = .tail
        case .string(let time, let text):
            bytes += #"string","result":["#.utf8
            bytes += time.description.utf8
            bytes.append(UInt8(ascii: ","))
            JSONText.append(text, to: &bytes)
            bytes.append(UInt8(ascii: "]"))
            state = .tail
        case .vector:
            bytes += #"vector","result":["#.utf8
            state = .elements
        case .matrix:
            bytes += #"matrix","result":["#.utf8
            state = .elements
        }
    }

    /// One run of points; the end of a list, and of the series, belongs to its last run.
    private mutating func advance(_ series: Series, _ bytes: inout [UInt8]) {
        if list == 0, point == 0 {
            if element > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += #"{"metric":"#.utf8
            JSONText.append(series.labels, to: &bytes)
            lists = Self.lists(of: series)
        }
        if list < lists.count {
            let current = lists[list]
            if point == 0 { bytes += ",\"\(current.key)\":[".utf8 }
            let run = point..<min(point + Self.pointsInRun, current.timestamps.count)
            if point > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.write(current, run, to: &bytes)
            point = run.upperBound
            if point < current.timestamps.count { return }
            bytes.append(UInt8(ascii: "]"))
            list += 1
            point = 0
        }
        if list < lists.count { return }
        bytes.append(UInt8(ascii: "}"))
        lists = []
        list = 0
        element += 1
    }

    private static func write(_ list: PointList, _ run: Range<Int>, to bytes: inout [UInt8]) {
        switch list.samples {
        case .floats(let values): APIJSON.pairs(list.timestamps, values, run, to: &bytes)
        case .histograms(let values):
            JSONText.list(run, open: "", close: "", to: &bytes) { index, bytes in
                APIJSON.pair(list.timestamps[index], values[index], to: &bytes)
            }
        // `lists` has taken these apart.
        case .mixed: break
        }
    }

    private static func lists(of series: Series) -> [PointList] {
        switch series.samples {
        case .floats: return [PointList(key: "values", timestamps: series.timestamps, samples: series.samples)]
        case .histograms: return [PointList(key: "histograms", timestamps: series.timestamps, samples: series.samples)]
        case .mixed(let values):
            var floats: (times: [Timestamp], values: [Double]) = ([], [])
            var histograms: (times: [Timestamp], values: [NativeHistogram]) = ([], [])
            for (time, value) in zip(series.timestamps, values) {
                switch value {
                case .float(let number):
                    floats.times.append(time)
                    floats.values.append(number)
                case .histogram(let histogram):
                    histograms.times.append(time)
                    histograms.values.append(histogram)
                }
            }
            return [
                PointList(key: "values", timestamps: floats.times, samples: .floats(floats.values)),
                PointList(key: "histograms", timestamps: histograms.times, samples: .histograms(histograms.values)),
            ].filter { !$0.timestamps.isEmpty }
        }
    }
}

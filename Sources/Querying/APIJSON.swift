// The envelope and the results of Prometheus' HTTP API as bytes.
// Written for PrometheusAPI's answers and for `ferula query -o json`, which prints the same.

import MetricModel

/// Source: Prometheus docs, querying/api, "Format overview" and "Expression query result formats".
package enum APIJSON {
    /// The whole answer to a query: `{"status":"success","data":{"resultType":…,"result":…},…}`.
    ///
    /// - Throws: `.canceled` soon after the task was cancelled; a large result takes seconds to write.
    package static func answer(_ result: QueryResult) throws(QueryFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        // Room enough, of which only what is written becomes memory: to grow would copy a large answer several times.
        bytes.reserveCapacity(256 + bytesExpected(result.value))
        var pieces = AnswerPieces(result)
        while let piece = pieces.next() {
            guard !Task.isCancelled else {
                throw QueryFailure(.canceled, "query was canceled while its result was written")
            }
            bytes += piece
        }
        return bytes
    }

    private static func bytesExpected(_ value: QueryValue) -> Int {
        switch value {
        case .scalar, .string: return 0
        case .vector(let elements): return elements.count * 128
        case .matrix(let series):
            var points = 0
            for one in series { points += one.timestamps.count }
            return series.count * 128 + points * 32
        }
    }

    /// `{"status":"success","data":DATA,…}` around data that `body` writes.
    package static func success(
        annotations: [QueryAnnotation] = [], _ body: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes = Array(#"{"status":"success","data":"#.utf8)
        body(&bytes)
        append(annotations, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    package static func failure(_ kind: String, _ message: String) -> [UInt8] {
        var bytes = Array(#"{"status":"error","errorType":"#.utf8)
        JSONText.append(kind, to: &bytes)
        bytes += #","error":"#.utf8
        JSONText.append(message, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    static func append(_ element: VectorElement, to bytes: inout [UInt8]) {
        bytes += #"{"metric":"#.utf8
        JSONText.append(element.labels, to: &bytes)
        switch element.value {
        case .float(let number):
            bytes += #","value":"#.utf8
            pair(element.timestamp, number, to: &bytes)
        case .histogram(let histogram):
            bytes += #","histogram":"#.utf8
            pair(element.timestamp, histogram, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Room for a time, a plain number and what stands around them.
    private static let pairBytesMax = 72

    /// `[1700000000.013,"1.5"],…`, written through a pointer: answers of range queries are little else.
    static func pairs(
        _ times: [Timestamp], _ values: [Double], _ range: Range<Int>, to bytes: inout [UInt8]
    ) {
        var next = range.lowerBound
        while next < range.upperBound {
            let part = next..<min(next + 256, range.upperBound)
            withUnsafeTemporaryAllocation(byteCount: part.count * pairBytesMax, alignment: 8) { buffer in
                var writer = ByteWriter(buffer)
                for index in part {
                    if index > range.lowerBound { writer.put(UInt8(ascii: ",")) }
                    let number = values[index]
                    if writer.put(times[index], number) { continue }
                    bytes += UnsafeRawBufferPointer(rebasing: buffer[..<writer.count])
                    writer.count = 0
                    pair(times[index], number, to: &bytes)
                }
                bytes += UnsafeRawBufferPointer(rebasing: buffer[..<writer.count])
            }
            next = part.upperBound
        }
    }

    /// `[1700000000.013,"1.5"]`
    static func pair(_ time: Timestamp, _ number: Double, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        bytes += time.description.utf8
        bytes += [UInt8(ascii: ","), UInt8(ascii: "\"")]
        bytes += GoFloat.format(number).utf8
        bytes += [UInt8(ascii: "\""), UInt8(ascii: "]")]
    }

    static func pair(_ time: Timestamp, _ histogram: NativeHistogram, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        bytes += time.description.utf8
        bytes += #",{"count":""#.utf8
        bytes += GoFloat.format(histogram.count).utf8
        bytes += #"","sum":""#.utf8
        bytes += GoFloat.format(histogram.sum).utf8
        bytes.append(UInt8(ascii: "\""))
        let buckets = histogram.buckets.filter { $0.count != 0 }
        if !buckets.isEmpty {
            bytes += #","buckets":"#.utf8
            JSONText.list(buckets, to: &bytes) { bucket, bytes in
                // The API's codes: 0 open left, 1 open right, 2 open both, 3 closed both.
                let boundary =
                    bucket.lowerInclusive ? (bucket.upperInclusive ? 3 : 1) : (bucket.upperInclusive ? 0 : 2)
                bytes += "[\(boundary)".utf8
                for number in [bucket.lower, bucket.upper, bucket.count] {
                    bytes += ",\"\(GoFloat.format(number))\"".utf8
                }
                bytes.append(UInt8(ascii: "]"))
            }
        }
        bytes += "}]".utf8
    }

    static func append(_ annotations: [QueryAnnotation], to bytes: inout [UInt8]) {
        for (key, severity) in [("warnings", QueryAnnotation.Severity.warning), ("infos", .info)] {
            let messages = annotations.filter { $0.severity == severity }.map(\.message)
            guard !messages.isEmpty else { continue }
            bytes += ",\"\(key)\":".utf8
            JSONText.strings(messages, to: &bytes)
        }
    }
}

// Answers of Prometheus' HTTP API, read back: the other direction of APIJSON.
// Bytes of a body to a QueryResult, label sets or texts, in one pass; used by RemoteBackend.

import MetricModel

/// What the envelope of an answer says.
package enum APIReply<Value: Sendable>: Sendable {
    case success(Value, [QueryAnnotation])
    /// `kind` is the envelope's errorType, as it stands there.
    case failure(kind: String, message: String)
}

/// Fields may come in any order and unknown ones are passed over: servers add their own.
package enum APIJSONReader {
    package static func result(_ body: [UInt8]) throws(JSONFailure) -> APIReply<QueryValue> {
        try envelope(body) { cursor throws(JSONFailure) in try queryValue(&cursor) }
    }

    package static func labelSets(_ body: [UInt8]) throws(JSONFailure) -> APIReply<[LabelSet]> {
        try envelope(body) { cursor throws(JSONFailure) in
            try list(&cursor) { cursor throws(JSONFailure) in try labels(&cursor) }
        }
    }

    package static func texts(_ body: [UInt8]) throws(JSONFailure) -> APIReply<[String]> {
        try envelope(body) { cursor throws(JSONFailure) in
            try list(&cursor) { cursor throws(JSONFailure) in try cursor.string() }
        }
    }

    package static func metadata(_ body: [UInt8]) throws(JSONFailure) -> APIReply<[String: [Metadata]]> {
        try envelope(body) { cursor throws(JSONFailure) in
            var families: [String: [Metadata]] = [:]
            try cursor.object { name, cursor throws(JSONFailure) in
                families[name] = try list(&cursor) { cursor throws(JSONFailure) in
                    var entry = Metadata()
                    try cursor.object { field, cursor throws(JSONFailure) in
                        switch (field, cursor.kind) {
                        case ("type", .string): entry.kind = Metadata.Kind(rawValue: try cursor.string()) ?? .unknown
                        case ("help", .string): entry.help = try cursor.string()
                        case ("unit", .string): entry.unit = try cursor.string()
                        default: try cursor.skip()
                        }
                    }
                    return entry
                }
            }
            return families
        }
    }

    /// How many alerting rules the groups of an answer of `/rules` hold.
    package static func alertingRuleCount(_ body: [UInt8]) throws(JSONFailure) -> APIReply<Int> {
        try envelope(body) { cursor throws(JSONFailure) in
            var count = 0
            try cursor.object { field, cursor throws(JSONFailure) in
                guard field == "groups", cursor.kind == .array else { return try cursor.skip() }
                let groups = try list(&cursor) { cursor throws(JSONFailure) in try alertingRules(&cursor) }
                count = groups.reduce(0, +)
            }
            return count
        }
    }

    private static func alertingRules(_ cursor: inout JSONCursor) throws(JSONFailure) -> Int {
        var count = 0
        try cursor.object { field, cursor throws(JSONFailure) in
            guard field == "rules", cursor.kind == .array else { return try cursor.skip() }
            let kinds = try list(&cursor) { cursor throws(JSONFailure) in
                var isAlerting = false
                try cursor.object { field, cursor throws(JSONFailure) in
                    guard field == "type", cursor.kind == .string else { return try cursor.skip() }
                    isAlerting = try cursor.string() == "alerting"
                }
                return isAlerting
            }
            count = kinds.count { $0 }
        }
        return count
    }

    /// The active ones of an answer of `/targets`, sorted by pool, then URL.
    ///
    /// - `time`: reads RFC 3339.
    package static func targets(
        _ body: [UInt8], time: (String) -> Timestamp?
    ) throws(JSONFailure) -> APIReply<[TargetStatus]> {
        try envelope(body) { cursor throws(JSONFailure) in
            var targets: [TargetStatus] = []
            try cursor.object { field, cursor throws(JSONFailure) in
                guard field == "activeTargets" else { return try cursor.skip() }
                targets = try list(&cursor) { cursor throws(JSONFailure) in try target(&cursor, time) }
            }
            return targets.sorted {
                $0.scrapePool.isSameBytes(as: $1.scrapePool)
                    ? $0.url.isBefore($1.url) : $0.scrapePool.isBefore($1.scrapePool)
            }
        }
    }

    private static func target(
        _ cursor: inout JSONCursor, _ time: (String) -> Timestamp?
    ) throws(JSONFailure) -> TargetStatus {
        var target = TargetStatus(
            scrapePool: "", url: "", labels: .empty, discoveredLabels: .empty, interval: .zero, timeout: .zero)
        func duration(_ text: String) -> Milliseconds { Milliseconds(parsing: text) ?? .zero }
        try cursor.object { field, cursor throws(JSONFailure) in
            switch (field, cursor.kind) {
            case ("labels", .object): target.labels = try labels(&cursor)
            case ("discoveredLabels", .object): target.discoveredLabels = try labels(&cursor)
            case ("scrapePool", .string): target.scrapePool = try cursor.string()
            case ("scrapeUrl", .string): target.url = try cursor.string()
            case ("lastError", .string): target.lastError = try cursor.string()
            case ("health", .string): target.health = TargetStatus.Health(rawValue: try cursor.string()) ?? .unknown
            case ("lastScrape", .string):
                // The year 1 stands for never.
                let text = try cursor.string()
                target.lastScrape = time(text).flatMap { $0.milliseconds > 0 ? $0 : nil }
            case ("lastScrapeDuration", .number):
                let seconds = try cursor.value()
                target.lastScrapeDuration = (0..<1e9).contains(seconds) ? Milliseconds(seconds: seconds) : .zero
            case ("scrapeInterval", .string): target.interval = duration(try cursor.string())
            case ("scrapeTimeout", .string): target.timeout = duration(try cursor.string())
            default: try cursor.skip()
            }
        }
        return target
    }

    // MARK: Envelope

    private static func envelope<Value>(
        _ body: [UInt8], _ data: (inout JSONCursor) throws(JSONFailure) -> Value
    ) throws(JSONFailure) -> APIReply<Value> {
        var cursor = JSONCursor(body)
        var status: String?
        var kind = ""
        var message: String?
        var value: Value?
        var annotations: [QueryAnnotation] = []
        try cursor.object { field, cursor throws(JSONFailure) in
            switch (field, cursor.kind) {
            case ("status", .string): status = try cursor.string()
            case ("errorType", .string): kind = try cursor.string()
            case ("error", .string): message = try cursor.string()
            // What gateways and other programs write instead.
            case ("message", .string) where message == nil: message = try cursor.string()
            case ("data", .object), ("data", .array): value = try data(&cursor)
            case ("warnings", .array): annotations += try notes(&cursor, .warning)
            case ("infos", .array): annotations += try notes(&cursor, .info)
            default: try cursor.skip()
            }
        }
        try cursor.end()
        if status == "success", let value { return .success(value, annotations) }
        if status == "success" { throw JSONFailure(offset: 0, message: "expected data in the answer, found none") }
        guard status != nil || message != nil else {
            throw JSONFailure(offset: 0, message: "expected an answer of the Prometheus API, found other JSON")
        }
        return .failure(kind: kind, message: message ?? "the server gave no reason")
    }

    private static func notes(
        _ cursor: inout JSONCursor, _ severity: QueryAnnotation.Severity
    ) throws(JSONFailure) -> [QueryAnnotation] {
        try list(&cursor) { cursor throws(JSONFailure) in
            QueryAnnotation(severity: severity, message: try cursor.string())
        }
    }

    private static func list<Element>(
        _ cursor: inout JSONCursor, _ element: (inout JSONCursor) throws(JSONFailure) -> Element
    ) throws(JSONFailure) -> [Element] {
        var elements: [Element] = []
        // Go writes an empty slice as null in some answers.
        if cursor.kind == .null {
            try cursor.skip()
            return elements
        }
        try cursor.array { cursor throws(JSONFailure) in elements.append(try element(&cursor)) }
        return elements
    }

    // MARK: Results

    private static func queryValue(_ cursor: inout JSONCursor) throws(JSONFailure) -> QueryValue {
        var type: String?
        var early: JSONCursor.Mark?
        var value: QueryValue?
        try cursor.object { field, cursor throws(JSONFailure) in
            switch (field, cursor.kind) {
            case ("resultType", .string): type = try cursor.string()
            case ("result", _):
                if let type {
                    value = try result(of: type, &cursor)
                } else {
                    early = cursor.mark
                    try cursor.skip()
                }
            default: try cursor.skip()
            }
        }
        if let value { return value }
        guard let type, let early else { throw cursor.failure("expected resultType and result") }
        let end = cursor.mark
        cursor.go(to: early)
        let read = try result(of: type, &cursor)
        cursor.go(to: end)
        return read
    }

    private static func result(of type: String, _ cursor: inout JSONCursor) throws(JSONFailure) -> QueryValue {
        switch type {
        case "vector": return .vector(try list(&cursor) { cursor throws(JSONFailure) in try element(&cursor) })
        case "matrix": return .matrix(try list(&cursor) { cursor throws(JSONFailure) in try series(&cursor) })
        case "scalar":
            let (time, number) = try point(&cursor)
            return .scalar(time, number)
        case "string":
            let (time, text) = try cursor.pair(time) { cursor throws(JSONFailure) in try cursor.string() }
            return .string(time, text)
        default: throw cursor.failure("unknown resultType `\(type.prefix(40))`")
        }
    }

    private static func time(_ cursor: inout JSONCursor) throws(JSONFailure) -> Timestamp { try cursor.timestamp() }

    private static func point(_ cursor: inout JSONCursor) throws(JSONFailure) -> (Timestamp, Double) {
        try cursor.pair(time) { cursor throws(JSONFailure) in try cursor.value() }
    }

    private static func histogramPoint(
        _ cursor: inout JSONCursor
    ) throws(JSONFailure) -> (Timestamp, NativeHistogram) {
        try cursor.pair(time) { cursor throws(JSONFailure) in try HistogramJSON.read(&cursor) }
    }

    private static func labels(_ cursor: inout JSONCursor) throws(JSONFailure) -> LabelSet {
        var labels: [Label] = []
        try cursor.object { name, cursor throws(JSONFailure) in labels.append(Label(name, try cursor.string())) }
        return LabelSet(labels)
    }

    private static func element(_ cursor: inout JSONCursor) throws(JSONFailure) -> VectorElement {
        var metric = LabelSet.empty
        var sample: (time: Timestamp, value: SampleValue)?
        try cursor.object { field, cursor throws(JSONFailure) in
            switch field {
            case "metric": metric = try labels(&cursor)
            case "value":
                let (time, number) = try point(&cursor)
                sample = (time, .float(number))
            case "histogram":
                let (time, histogram) = try histogramPoint(&cursor)
                sample = (time, .histogram(histogram))
            default: try cursor.skip()
            }
        }
        guard let sample else { throw cursor.failure("expected a value or a histogram in a vector's element") }
        return VectorElement(labels: metric, timestamp: sample.time, value: sample.value)
    }

    private static func series(_ cursor: inout JSONCursor) throws(JSONFailure) -> Series {
        var metric = LabelSet.empty
        var floats: (times: [Timestamp], values: [Double]) = ([], [])
        var histograms: (times: [Timestamp], values: [NativeHistogram]) = ([], [])
        try cursor.object { field, cursor throws(JSONFailure) in
            switch (field, cursor.kind) {
            case ("metric", _): metric = try labels(&cursor)
            case ("values", .array):
                try cursor.array { cursor throws(JSONFailure) in
                    let (time, number) = try point(&cursor)
                    try ascend(floats.times.last, time, cursor)
                    floats.times.append(time)
                    floats.values.append(number)
                }
            case ("histograms", .array):
                try cursor.array { cursor throws(JSONFailure) in
                    let (time, histogram) = try histogramPoint(&cursor)
                    try ascend(histograms.times.last, time, cursor)
                    histograms.times.append(time)
                    histograms.values.append(histogram)
                }
            default: try cursor.skip()
            }
        }
        if histograms.times.isEmpty {
            return Series(labels: metric, timestamps: floats.times, samples: .floats(floats.values))
        }
        if floats.times.isEmpty {
            return Series(labels: metric, timestamps: histograms.times, samples: .histograms(histograms.values))
        }
        return merged(metric, floats, histograms)
    }

    private static func ascend(
        _ last: Timestamp?, _ time: Timestamp, _ cursor: JSONCursor
    ) throws(JSONFailure) {
        if let last, time <= last { throw cursor.failure("expected times that ascend") }
    }

    /// One series of both kinds; at equal times, which no server should write, the float is kept.
    private static func merged(
        _ labels: LabelSet, _ floats: (times: [Timestamp], values: [Double]),
        _ histograms: (times: [Timestamp], values: [NativeHistogram])
    ) -> Series {
        var samples = zip(floats.times, floats.values).map { (time: $0, value: SampleValue.float($1)) }
        samples += zip(histograms.times, histograms.values).map { (time: $0, value: SampleValue.histogram($1)) }
        let order = samples.indices.sorted { left, right in
            samples[left].time == samples[right].time ? left < right : samples[left].time < samples[right].time
        }
        var times: [Timestamp] = []
        var values: [SampleValue] = []
        for index in order where times.last != samples[index].time {
            times.append(samples[index].time)
            values.append(samples[index].value)
        }
        return Series(labels: labels, timestamps: times, samples: .mixed(values))
    }
}

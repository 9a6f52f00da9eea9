// The API's handlers of the process itself: build, run, configuration, flags, store, reload and quit.
// Between APIServer's routes and the facts of APIProcess.

import HTTPService
import MetricModel
import Querying

extension APIServer {
    @Sendable
    func buildInformation(_ request: Request) async throws -> Response {
        Self.success { bytes in
            Self.object(
                [
                    ("version", process.version), ("revision", ""), ("branch", ""), ("buildUser", ""),
                    ("buildDate", ""), ("goVersion", ""),
                ], to: &bytes)
        }
    }

    @Sendable
    func runtimeInformation(_ request: Request) async throws -> Response {
        let runtime = process.runtime()
        return Self.success { bytes in
            var object = JSONObject(&bytes)
            object.text("startTime", APITime.text(runtime.startTime))
            object.text("CWD", runtime.workingFolder)
            object.text("hostname", runtime.hostName)
            object.text("serverTime", APITime.text(process.now()))
            object.flag("reloadConfigSuccess", runtime.isConfigurationRead)
            object.text("lastConfigTime", APITime.text(runtime.configurationTime))
            // There is no log of writes that could be damaged, and no Go.
            object.raw("corruptionCount", "0")
            object.raw("goroutineCount", "0")
            object.raw("GOMAXPROCS", "\(runtime.processorCount)")
            object.raw("GOMEMLIMIT", "\(Int64.max)")
            object.text("GOGC", "")
            object.text("GODEBUG", "")
            object.text("storageRetention", runtime.storageRetention)
            bytes = object.finished()
        }
    }

    @Sendable
    func configuration(_ request: Request) async throws -> Response {
        Self.success { Self.object([("yaml", process.configurationText())], to: &$0) }
    }

    @Sendable
    func flags(_ request: Request) async throws -> Response {
        Self.success { bytes in
            Self.object(process.flags.sorted { $0.key.isBefore($1.key) }.map { ($0.key, $0.value) }, to: &bytes)
        }
    }

    @Sendable
    func headStatus(_ request: Request) async throws -> Response {
        var limit = 10
        if let text = request.parameters["limit"], !text.isEmpty {
            guard let number = Int(text), number >= 1 else {
                throw APIError(kind: .badData, message: "limit must be a positive number")
            }
            guard number <= Limits.headEntriesMax else {
                throw APIError(kind: .badData, message: "limit must not exceed \(Limits.headEntriesMax)")
            }
            limit = number
        }
        guard let head = await process.head?(limit) else {
            throw APIError(kind: .notFound, message: "the store keeps no figures of its head")
        }
        return Self.success { bytes in
            var object = JSONObject(&bytes)
            object.object("headStats") { stats in
                stats.raw("numSeries", "\(head.seriesCount)")
                stats.raw("numLabelPairs", "\(head.labelPairCount)")
                stats.raw("chunkCount", "\(head.chunkCount)")
                // An empty head has no times: the ends of time the wrong way round, as Prometheus says it.
                stats.raw("minTime", "\((head.timeRange?.lowerBound ?? .distantFuture).milliseconds)")
                stats.raw("maxTime", "\((head.timeRange?.upperBound ?? .distantPast).milliseconds)")
            }
            for (name, entries) in [
                ("seriesCountByMetricName", head.seriesCountByMetricName),
                ("labelValueCountByLabelName", head.labelValueCountByLabelName),
                ("memoryInBytesByLabelName", head.memoryInBytesByLabelName),
                ("seriesCountByLabelValuePair", head.seriesCountByLabelValuePair),
            ] {
                object.list(name, entries) { entry, bytes in
                    var object = JSONObject(&bytes)
                    object.text("name", entry.name)
                    object.raw("value", "\(entry.count)")
                    bytes = object.finished()
                }
            }
            bytes = object.finished()
        }
    }

    // MARK: Lifecycle

    func reload() async -> Response {
        guard let lifecycle = process.lifecycle else { return .text("Lifecycle API is not enabled.", status: 403) }
        guard let reason = await lifecycle.reload() else { return .text("") }
        return .text("failed to reload config: \(reason)\n", status: 500)
    }

    func quit() async -> Response {
        guard let lifecycle = process.lifecycle else { return .text("Lifecycle API is not enabled.", status: 403) }
        await lifecycle.quit()
        return .text("Requesting termination... Goodbye!")
    }
}

extension APITime {
    /// RFC 3339; Go's zero time for none.
    static func text(_ time: Timestamp?) -> String { time.map(rfc3339) ?? "0001-01-01T00:00:00Z" }
}

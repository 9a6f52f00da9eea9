// The API's handlers of targets: what is scraped, what is not, and what the targets say of their metrics.
// Between APIServer's routes and the status source.

import HTTPService
import MetricModel
import PromQLSyntax
import Querying

extension APIServer {
    @Sendable
    func targets(_ request: Request) async throws -> Response {
        let parameters = request.query
        let state = parameters["state"]?.lowercased() ?? "any"
        let pool = parameters["scrapePool"] ?? ""
        let all = await status.targets()
        let showsActive = ["", "any", "active"].contains(state)
        let showsDropped = ["", "any", "dropped"].contains(state)
        let shown = !showsActive ? [] : all.filter { pool.isEmpty || $0.scrapePool.isSameBytes(as: pool) }
        let allDropped = await status.droppedTargets()
        let dropped = !showsDropped ? [] : allDropped.filter { pool.isEmpty || $0.scrapePool.isSameBytes(as: pool) }
        // Every pool has its count, those that lost no target too.
        let counts = await status.droppedTargetCounts()
            .merging(await status.scrapePools().map { ($0, 0) }) { counted, _ in counted }
        return Self.success { bytes in
            bytes += #"{"activeTargets":"#.utf8
            JSONText.list(shown, to: &bytes, Self.append)
            bytes += #","droppedTargets":"#.utf8
            JSONText.list(dropped, to: &bytes) { target, bytes in
                bytes += #"{"discoveredLabels":"#.utf8
                JSONText.append(target.discoveredLabels, to: &bytes)
                bytes += #","scrapePool":"#.utf8
                JSONText.append(target.scrapePool, to: &bytes)
                // Prometheus lists no target that cannot be scraped; of one that relabelling left out it says as much.
                if !target.reason.isEmpty {
                    bytes += #","reason":"#.utf8
                    JSONText.append(target.reason, to: &bytes)
                }
                bytes.append(UInt8(ascii: "}"))
            }
            bytes += #","droppedTargetCounts":"#.utf8
            JSONText.list(counts.sorted { $0.key.isBefore($1.key) }, open: "{", close: "}", to: &bytes) {
                JSONText.append($0.key, to: &$1)
                $1 += ":\($0.value)".utf8
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ target: TargetStatus, to bytes: inout [UInt8]) {
        bytes += #"{"discoveredLabels":"#.utf8
        JSONText.append(target.discoveredLabels, to: &bytes)
        bytes += #","labels":"#.utf8
        JSONText.append(target.labels, to: &bytes)
        for (key, value) in [
            ("scrapePool", target.scrapePool), ("scrapeUrl", target.url), ("globalUrl", target.url),
            ("lastError", target.lastError), ("lastScrape", APITime.text(target.lastScrape)),
            ("health", target.health.rawValue), ("scrapeInterval", target.interval.description),
            ("scrapeTimeout", target.timeout.description),
        ] {
            bytes += ",\"\(key)\":".utf8
            JSONText.append(value, to: &bytes)
        }
        bytes += ",\"lastScrapeDuration\":\(GoFloat.plain(target.lastScrapeDuration.seconds))}".utf8
    }

    @Sendable
    func scrapePools(_ request: Request) async throws -> Response {
        let pools = await status.scrapePools()
        return Self.success { bytes in
            bytes += #"{"scrapePools":"#.utf8
            JSONText.strings(pools, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    // MARK: Metadata of targets

    /// What each target says of its metrics: the families of the series that it has now.
    @Sendable
    func targetMetadata(_ request: Request) async throws -> Response {
        let parameters = request.parameters
        let limit = try parameters.limit()
        let text = parameters["match_target"] ?? ""
        let metric = parameters["metric"] ?? ""
        let matchers: [Matcher]
        do {
            matchers = text.isEmpty ? [] : try VectorSelector(parsing: text, mayMatchEverything: true).matchers
        } catch {
            throw APIError.parameter("match_target", Self.placed(error, in: text))
        }
        let wanted = await status.targets().filter { target in
            matchers.allSatisfy { $0.matches(target.labels) }
        }
        let families = try await Self.rethrowing { () async throws(QueryFailure) in
            try await backend.metadata(metric: metric.isEmpty ? nil : metric)
        }
        var found: [(target: LabelSet, family: String, metadata: Metadata)] = []
        for target in wanted where limit == 0 || found.count < limit {
            let names = try await metricNames(of: target)
            for family in Self.families(of: names, known: families) {
                guard let metadata = families[family]?.first else { continue }
                found.append((target.labels, family, metadata))
            }
        }
        return Self.success { bytes in
            JSONText.list(limit == 0 ? found[...] : found.prefix(limit), to: &bytes) { entry, bytes in
                var object = JSONObject(&bytes)
                object.labels("target", entry.target)
                if metric.isEmpty { object.text("metric", entry.family) }
                object.text("type", entry.metadata.kind.rawValue)
                object.text("help", entry.metadata.help)
                object.text("unit", entry.metadata.unit)
                bytes = object.finished()
            }
        }
    }

    private func metricNames(of target: TargetStatus) async throws(APIError) -> [String] {
        let selector = target.labels.labels.map { Matcher($0.name, equals: $0.value).description }
        guard !selector.isEmpty else { return [] }
        let now = process.now()
        return try await Self.rethrowing { () async throws(QueryFailure) in
            try await backend.labelValues(
                LabelSet.metricNameLabel, ["{\(selector.joined(separator: ","))}"], start: now - process.lookback,
                end: now, limit: 0)
        }
    }

    /// A series belongs to the family of its own name, or to that without what histograms, summaries and counters add.
    private static func families(of names: [String], known: [String: [Metadata]]) -> [String] {
        var families: Set<String> = []
        for name in names {
            if known[name] != nil {
                families.insert(name)
                continue
            }
            for suffix in ["_bucket", "_sum", "_count", "_total", "_info", "_created", "_gsum", "_gcount"]
            where name.hasSuffix(suffix) && known[String(name.dropLast(suffix.count))] != nil {
                families.insert(String(name.dropLast(suffix.count)))
            }
        }
        return families.sorted { $0.isBefore($1) }
    }
}

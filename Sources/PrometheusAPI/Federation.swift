// /federate: the newest sample of each series that is asked for, in the text format.
// Between APIServer's routes and the raw samples of the store: a query's answer would have the query's time.

import Exposition
import HTTPService
import MetricModel
import Querying

extension APIServer {
    /// Source: Prometheus 3.14, web, federation. Native histograms have no text form and are left out.
    func federate(_ request: Request) async -> Response {
        guard let source = process.source else { return .text("404 page not found\n", status: 404) }
        let matcherSets: [[Matcher]]
        do {
            matcherSets = try Self.matcherSets(request.parameters.all("match[]"), mayMatchEverything: true)
        } catch {
            return .text("\(error.message)\n", status: 400)
        }
        let now = process.now()
        // The source's windows are open at the left, this one is closed.
        let start = now - process.lookback - Milliseconds(1)
        let found: [[Series]]
        do {
            found = try await inTurn {
                try await source.select(
                    matcherSets.map { Selection(matchers: $0, start: start, end: now) }, limits: process.limits())
            }
        } catch {
            return .text("\(error)\n", status: 500)
        }
        return Response(
            contentType: Self.textContentType, body: .bytes(Self.page(found, external: process.externalLabels())))
    }

    private static func page(_ found: [[Series]], external: LabelSet) -> [UInt8] {
        var seen: Set<LabelSet> = []
        var samples: [(name: String, labels: LabelSet, time: Timestamp, value: Double)] = []
        for series in found.joined() {
            guard let name = series.labels.metricName, let time = series.timestamps.last,
                case .float(let value) = series.samples[series.timestamps.count - 1], !value.isStaleMarker,
                seen.insert(series.labels).inserted
            else { continue }
            samples.append((name, series.labels, time, value))
        }
        samples.sort { $0.name.isSameBytes(as: $1.name) ? $0.labels < $1.labels : $0.name.isBefore($1.name) }
        var writer = ExpositionWriter(.text)
        var last: String?
        for sample in samples {
            if last?.isSameBytes(as: sample.name) != true { writer.family(sample.name, Metadata()) }
            last = sample.name
            let labels = LabelSet(external.labels + sample.labels.labels)
            // An empty instance says that this one has none: the server that scrapes this page must not add its own.
            let instance = labels["instance"] == nil ? Label("instance", "") : nil
            writer.sample(labels, extra: instance, sample.value, timestamp: sample.time)
        }
        return writer.drain()
    }
}

// /federate: the newest sample of each series that is asked for, as text or, for who prefers it, as protobuf.
// Between APIServer's routes and the raw samples of the store: a query's answer would have the query's time.

import Exposition
import HTTPService
import MetricModel
import PrometheusProtobuf
import Querying

extension APIServer {
    /// Source: Prometheus 3.14, web, federation. Native histograms have no text form and are left out of it.
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
        let external = process.externalLabels()
        let newest = Self.newest(found)
        guard FamilyWriter.isWanted(accept: request.header("accept") ?? "") else {
            return Response(contentType: Self.textContentType, body: .bytes(Self.text(newest, external)))
        }
        return Response(contentType: FamilyWriter.contentType, body: .bytes(Self.protobuf(newest, external)))
    }

    private struct FederatedSample {
        var name: String
        var labels: LabelSet
        var time: Timestamp
        var value: SampleValue
    }

    /// By name, then by labels.
    private static func newest(_ found: [[Series]]) -> [FederatedSample] {
        var seen: Set<LabelSet> = []
        var samples: [FederatedSample] = []
        for series in found.joined() {
            guard let name = series.labels.metricName, let time = series.timestamps.last else { continue }
            let value = series.samples[series.timestamps.count - 1]
            guard !value.isStaleMarker, seen.insert(series.labels).inserted else { continue }
            samples.append(FederatedSample(name: name, labels: series.labels, time: time, value: value))
        }
        return samples.sorted { $0.name.isSameBytes(as: $1.name) ? $0.labels < $1.labels : $0.name.isBefore($1.name) }
    }

    private static func text(_ samples: [FederatedSample], _ external: LabelSet) -> [UInt8] {
        var writer = ExpositionWriter(.text)
        var last: String?
        for sample in samples {
            guard case .float(let value) = sample.value else { continue }
            if last?.isSameBytes(as: sample.name) != true { writer.family(sample.name, Metadata()) }
            last = sample.name
            let labels = LabelSet(external.labels + sample.labels.labels)
            writer.sample(labels, extra: instance(labels), value, timestamp: sample.time)
        }
        return writer.drain()
    }

    private static func protobuf(_ samples: [FederatedSample], _ external: LabelSet) -> [UInt8] {
        var writer = FamilyWriter()
        for sample in samples {
            let labels = LabelSet(external.labels + sample.labels.labels)
            let shown =
                labels.labels.filter { $0.name != LabelSet.metricNameLabel } + (instance(labels).map { [$0] } ?? [])
            writer.add(sample.name, shown, sample.value, at: sample.time)
        }
        return writer.drain()
    }

    /// An empty instance says that this one has none: the server that scrapes this page must not add its own.
    private static func instance(_ labels: LabelSet) -> Label? {
        labels["instance"] == nil ? Label("instance", "") : nil
    }
}

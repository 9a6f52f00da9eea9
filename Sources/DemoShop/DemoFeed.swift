// The demo's pages into a store, as scrapes of its targets would bring them: labels, `up`, staleness, alerts.
// Called once a second by the command, and some hundred times at the start for the past.

import Ingestion
import MetricModel

package struct DemoFeed {
    package private(set) var shop: DemoShop
    private let sink: any SampleSink
    private var ingestors: [TargetIngestor]
    private var batch = AppendBatch()
    /// Series of alerts that were there a second ago.
    private var alerting: Set<LabelSet> = []

    package init(_ shop: DemoShop, into sink: any SampleSink) {
        self.shop = shop
        self.sink = sink
        let help = "Time to answer a request, as a native histogram."
        sink.record(["shop_answer_seconds": Metadata(kind: .histogram, help: help, unit: "seconds")])
        ingestors = (0..<shop.targetCount).map { place in
            TargetIngestor(sink: sink, options: IngestionOptions(targetLabels: Self.labels(shop, place)))
        }
    }

    package static func labels(_ shop: DemoShop, _ place: Int) -> LabelSet {
        LabelSet([Label("job", shop.job(place)), Label("instance", shop.instance(place))])
    }

    /// Up to and with `time`, a second at a time.
    package mutating func advance(to time: Timestamp) {
        while shop.time + .seconds(1) <= time {
            shop.pass()
            feed()
        }
    }

    /// Nothing is told of the time until then: of a machine that slept.
    package mutating func skip(to time: Timestamp) {
        guard time > shop.time else { return }
        for place in ingestors.indices { ingestors[place].markAllStale(at: shop.time + .seconds(1)) }
        shop.skip(to: time)
    }

    private mutating func feed() {
        let time = shop.time
        batch.removeAll()
        for place in ingestors.indices {
            var labels = Self.labels(shop, place)
            let page = shop.page(place)
            if let page {
                // `try?`: a page of our own is well formed, and its few hundred series are far below a store's limit.
                _ = try? ingestors[place].ingest(Array(page.utf8), format: .text, at: time)
            } else {
                ingestors[place].markAllStale(at: time)
            }
            append("up", labels, page == nil ? 0 : 1)
            if let histogram = shop.nativeHistogram(place) {
                labels = labels.with("__name__", "shop_answer_seconds")
                // `try?`: as for the page.
                if let ref = try? sink.register(labels) { batch.append(ref, time, histogram) }
            }
        }
        feedAlerts()
        _ = sink.append(batch)
    }

    private mutating func append(_ name: String, _ labels: LabelSet, _ value: Double) {
        // `try?`: as for the page.
        if let ref = try? sink.register(labels.with("__name__", name)) { batch.append(ref, shop.time, value) }
    }

    private mutating func feedAlerts() {
        var now: Set<LabelSet> = []
        for alert in shop.alerts {
            let labels = LabelSet([
                Label("alertname", alert.name), Label("service", alert.service), Label("severity", alert.severity),
                Label("summary", alert.summary),
            ])
            let state = labels.with("alertstate", alert.isFiring ? "firing" : "pending").with("__name__", "ALERTS")
            let since = labels.with("__name__", "ALERTS_FOR_STATE")
            for (series, value) in [(state, 1), (since, Double(alert.since.milliseconds) / 1000)] {
                now.insert(series)
                // `try?`: as for the page.
                if let ref = try? sink.register(series) { batch.append(ref, shop.time, value) }
            }
        }
        for series in alerting.subtracting(now) {
            // `try?`: as for the page.
            if let ref = try? sink.register(series) { batch.append(ref, shop.time, .staleMarker) }
        }
        alerting = now
    }
}

extension LabelSet {
    fileprivate func with(_ name: String, _ value: String) -> LabelSet { LabelSet(labels + [Label(name, value)]) }
}

// A few scrapes of one URL for one question.
// Used by `ferula query --scrape`; the loops of ScrapeManager are for processes that stay.

import HTTPAccess
import Ingestion
import MetricModel

package struct OneShotScrape: Sendable {
    package var url: String
    /// At least 1.
    package var times: Int
    package var interval: Milliseconds
    package var timeout = Milliseconds.seconds(10)
    /// Added to every series; `instance` and `job` by default as a configuration would give them.
    package var labels: LabelSet

    package init(url: String, times: Int, interval: Milliseconds, labels: LabelSet? = nil) {
        precondition(times > 0, "OneShotScrape: at least one scrape")
        self.url = url
        self.times = times
        self.interval = interval
        self.labels = labels ?? ["job": "scrape", "instance": TargetText(url)?.publicHostAndPort ?? "unknown"]
    }

    /// Scrapes on an even grid and returns the timestamp of the last scrape. The first failure ends it.
    ///
    /// `progress` gets the number of scrapes that are done.
    @discardableResult
    package func run(
        client: Client, sink: any SampleSink, progress: (Int) -> Void = { _ in }
    ) async throws(ScrapeFailure) -> Timestamp {
        var scrape = Scrape(
            url: url, job: nil, timeout: timeout, client: client, sink: sink,
            options: IngestionOptions(targetLabels: labels))
        let clock = ContinuousClock()
        let start = clock.now
        let startTime = WallClock.now()
        let schedule = ScrapeSchedule(interval: interval, offset: .zero)
        var timestamp = startTime
        for number in 0..<times {
            let due = startTime + Milliseconds(Int64(number) * interval.count)
            do {
                try await clock.sleep(
                    until: start + .milliseconds(Int64(number) * interval.count), tolerance: .microseconds(500))
            } catch {
                throw ScrapeFailure(url: url, reason: "cancelled")
            }
            timestamp = schedule.align(WallClock.now(), due: due)
            guard let outcome = await scrape.run(at: timestamp) else {
                throw ScrapeFailure(url: url, reason: "cancelled")
            }
            if let failure = outcome.failure { throw failure }
            progress(number + 1)
        }
        return timestamp
    }
}

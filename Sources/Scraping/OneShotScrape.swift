// A few scrapes of one URL for one question.
// Used by `ferula query --scrape`; the loops of ScrapeManager are for processes that stay.

import FerulaConfiguration
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
    /// Credentials, TLS and headers of the requests.
    package var access = HTTPClientConfiguration()

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
        var scrape = RepeatedScrape(self, client: client, sink: sink)
        return try await scrape.next(times: times, progress: progress)
    }
}

/// The same target again and again: what vanishes between two scrapes is marked as ended.
package struct RepeatedScrape: Sendable {
    private let shot: OneShotScrape
    private var scrape: Scrape
    private let schedule: ScrapeSchedule

    package init(_ shot: OneShotScrape, client: Client, sink: any SampleSink) {
        self.shot = shot
        var job = ScrapeConfiguration(jobName: "scrape", interval: shot.interval, timeout: shot.timeout)
        job.use(shot.access)
        scrape = Scrape(
            url: shot.url, job: job, timeout: shot.timeout, client: client, sink: sink,
            options: IngestionOptions(targetLabels: shot.labels))
        schedule = ScrapeSchedule(interval: shot.interval, offset: .zero)
    }

    /// As `OneShotScrape.run`: the first of the scrapes at once, the others on a grid from there.
    package mutating func next(
        times: Int = 1, progress: (Int) -> Void = { _ in }
    ) async throws(ScrapeFailure) -> Timestamp {
        let clock = ContinuousClock()
        let start = clock.now
        let startTime = WallClock.now()
        var timestamp = startTime
        for number in 0..<times {
            let passed = Int64(number) * shot.interval.count
            do {
                try await clock.sleep(until: start + .milliseconds(passed), tolerance: .microseconds(500))
            } catch {
                throw ScrapeFailure(url: shot.url, reason: "cancelled")
            }
            timestamp = schedule.align(WallClock.now(), due: startTime + Milliseconds(passed))
            guard let outcome = await scrape.run(at: timestamp) else {
                throw ScrapeFailure(url: shot.url, reason: "cancelled")
            }
            if let failure = outcome.failure { throw failure }
            progress(number + 1)
        }
        return timestamp
    }
}

extension ScrapeConfiguration {
    package mutating func use(_ access: HTTPClientConfiguration) {
        authentication = access.authentication ?? authentication
        tls = access.tls
        headers = access.headers
        proxy = access.proxy
        followsRedirects = access.followsRedirects
    }
}

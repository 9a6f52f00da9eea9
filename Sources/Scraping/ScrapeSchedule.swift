// When a target is scraped and which timestamp its samples get.
// Pure: times go in, times come out; ScrapeLoop sleeps.

import MetricModel

/// Ticks of one target: `offset` after each multiple of the interval.
package struct ScrapeSchedule: Hashable, Sendable {
    package let interval: Milliseconds
    package let offset: Milliseconds

    /// Timestamps this near to the schedule are moved onto it, so that deltas stay equal and compress to nothing;
    /// intervals up to a hundred times as long are left alone. Source: Prometheus scrape, ScrapeTimestampTolerance.
    static let tolerance = Milliseconds(2)

    package init(interval: Milliseconds, offset: Milliseconds) {
        precondition(interval.count > 0, "ScrapeSchedule: interval must be positive")
        self.interval = interval
        self.offset = offset
    }

    /// Spreads targets over the interval by a hash of what they are, the same at each start.
    package init(interval: Milliseconds, spreading target: String) {
        // FNV-1a: Swift's own hash differs from run to run.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in target.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        self.init(interval: interval, offset: Milliseconds(Int64(hash % UInt64(interval.count))))
    }

    /// The first tick at or after `now`.
    package func firstTick(from now: Timestamp) -> Timestamp {
        let phase = (now.milliseconds - offset.count) % interval.count
        let rest = phase == 0 ? 0 : interval.count - (phase < 0 ? phase + interval.count : phase)
        return now + Milliseconds(rest)
    }

    /// The first tick of a loop that goes on where another one ended: its series have no hole longer than an interval,
    /// the longer one of both, whatever its own offset is.
    package func firstTick(from now: Timestamp, after last: Timestamp, every former: Milliseconds) -> Timestamp {
        max(now, min(firstTick(from: now), last + max(interval, former)))
    }

    /// The tick after `tick` that is not past at `now`: ticks that a slow scrape ran over are left out. After a tick
    /// that was none of the schedule's it comes back to it.
    package func nextTick(after tick: Timestamp, now: Timestamp) -> Timestamp {
        let next = firstTick(from: tick + Milliseconds(1))
        guard next < now else { return next }
        let missed = (now - next).count / interval.count
        let caught = next + Milliseconds(missed * interval.count)
        return caught < now ? caught + interval : caught
    }

    /// The timestamp of a scrape that was due at `tick` and began at `now`.
    package func align(_ now: Timestamp, due tick: Timestamp) -> Timestamp {
        guard interval.count > 100 * Self.tolerance.count else { return now }
        let difference = now - tick
        return difference >= .zero && difference <= Self.tolerance ? tick : now
    }
}

// Which stretch of time the screen shows, and how keys move it.
// Held by AppState; QueryScheduling turns it into the range of each query.

import Dashboards
import MetricModel

/// A length of time that ends now, at the moment of the pause, or somewhere in the past.
package struct TimeView: Hashable, Sendable {
    package enum Anchor: Hashable, Sendable {
        case live
        case paused(at: Timestamp)
        case history(end: Timestamp)
    }
    package static let lengthLeast = Milliseconds.seconds(2)
    package static let lengthMost = Milliseconds.hours(24 * 3650)
    /// The years 1 to 9999.
    static let endLeast = Timestamp(milliseconds: -62_135_596_800_000)
    static let endMost = Timestamp(milliseconds: 253_402_300_799_999)

    package private(set) var length: Milliseconds
    package private(set) var anchor: Anchor
    /// Nil once the view has its full length, or the user chose one.
    package private(set) var growth: Growth?

    /// A view that starts short because nothing is older than `since`, and widens with what there is to show.
    package struct Growth: Hashable, Sendable {
        package var since: Timestamp
        package var goal: Milliseconds
    }
    /// The lengths on the way, so that the picture changes its scale a few times and not all the time.
    private static let growthSteps: [Milliseconds] = [
        .minutes(1), .minutes(2), .minutes(5), .minutes(15), .minutes(30), .hours(1), .hours(3), .hours(6), .hours(12),
        .hours(24),
    ]

    package init(length: Milliseconds, anchor: Anchor = .live) {
        self.length = Self.clamped(length)
        // Steps are counted from these ends, up to a step beyond: the last of all numbers leave no room for that.
        self.anchor =
            switch anchor {
            case .live: .live
            case .paused(let end): .paused(at: min(max(end, Self.endLeast), Self.endMost))
            case .history(let end): .history(end: min(max(end, Self.endLeast), Self.endMost))
            }
    }

    /// From a dashboard's `time`: what ends now is live, anything else stands where it says.
    package init(from: String, to: String, now: Timestamp, offset: Milliseconds = .zero) {
        let range = TimeRange(from: from, to: to, now: now, offset: offset)
        self.init(length: range.length, anchor: range.end >= now ? .live : .history(end: range.end))
    }

    package var isLive: Bool { anchor == .live }

    package func range(now: Timestamp) -> TimeRange {
        let end = end(now: now)
        return TimeRange(start: end - length, end: end)
    }

    private func end(now: Timestamp) -> Timestamp {
        switch anchor {
        case .live: now
        case .paused(let end), .history(let end): end
        }
    }

    // MARK: Growing

    /// From now on as long as what there is since `since`, up to the present length.
    package mutating func startGrowing(since: Timestamp, now: Timestamp) {
        guard isLive else { return }
        growth = Growth(since: since, goal: length)
        grow(now: now)
    }

    /// To be called as time goes by.
    package mutating func grow(now: Timestamp) {
        guard let growth, isLive else { return }
        let age = now - growth.since
        let fitting = Self.growthSteps.first { $0 >= age } ?? growth.goal
        length = min(growth.goal, fitting)
        if length == growth.goal { self.growth = nil }
    }

    /// Half as long. The right edge stays while it is now, the middle stays otherwise.
    package mutating func zoomIn(now: Timestamp) { resize(to: Milliseconds(length.count / 2), now: now) }

    /// Twice as long, on the same terms; never past now.
    package mutating func zoomOut(now: Timestamp) {
        resize(to: Milliseconds(length.count.multipliedReportingOverflow(by: 2).partialValue), now: now)
    }

    package mutating func setLength(_ length: Milliseconds, now: Timestamp) {
        growth = nil
        self.length = Self.clamped(length)
    }

    /// Half or twice as long, the moment staying where it is on the screen; live when the end reaches now.
    package mutating func zoom(isIn: Bool, about moment: Timestamp, now: Timestamp) {
        let end = end(now: now)
        let before = length
        growth = nil
        length = Self.clamped(Milliseconds(isIn ? before.count / 2 : before.count * 2))
        let rest = Double((end - moment).count) * Double(length.count) / Double(max(1, before.count))
        let moved = moment + Milliseconds(Int64(rest.rounded()))
        anchor = moved >= now ? .live : TimeView(length: length, anchor: .history(end: moved)).anchor
    }

    private mutating func resize(to wanted: Milliseconds, now: Timestamp) {
        let before = length
        growth = nil
        length = Self.clamped(wanted)
        guard case .history(let end) = anchor else { return }
        let moved = end + Milliseconds((length.count - before.count) / 2)
        anchor = .history(end: min(moved, now))
    }

    /// Half a screen to the past: the view leaves now.
    package mutating func panBack(now: Timestamp) {
        anchor = .history(end: end(now: now) - Milliseconds(length.count / 2))
    }

    /// Half a screen towards now; live again when it gets there.
    package mutating func panForward(now: Timestamp) {
        guard !isLive else { return }
        let moved = end(now: now) + Milliseconds(length.count / 2)
        anchor = moved >= now ? .live : .history(end: moved)
    }

    package mutating func goLive() { anchor = .live }

    /// Stops at now, or goes back to now from a pause or from the past.
    package mutating func togglePause(now: Timestamp) {
        anchor = isLive ? .paused(at: now) : .live
    }

    private static func clamped(_ length: Milliseconds) -> Milliseconds {
        min(max(length, lengthLeast), lengthMost)
    }
}

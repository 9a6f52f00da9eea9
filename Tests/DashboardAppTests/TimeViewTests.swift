// Zooming, panning and pausing as arithmetic.

import Dashboards
import MetricModel
import Testing

@testable import DashboardApp

@Suite("Time view")
struct TimeViewTests {
    private func seconds(_ count: Int64) -> Timestamp { Timestamp(milliseconds: count * 1000) }
    private let now = Timestamp(milliseconds: 10_000_000)

    @Test("live ends now and moves with it")
    func live() {
        let view = TimeView(length: .minutes(15))
        #expect(view.range(now: seconds(1000)) == TimeRange(start: seconds(100), end: seconds(1000)))
        #expect(view.range(now: seconds(1001)) == TimeRange(start: seconds(101), end: seconds(1001)))
    }

    @Test("a dashboard's range that ends now is live, any other is history")
    func dashboardRange() {
        #expect(TimeView(from: "now-15m", to: "now", now: now) == TimeView(length: .minutes(15)))
        #expect(TimeView(from: "now-2h", to: "now", now: now).length == .hours(2))
        let past = TimeView(from: "now-15m", to: "now-5m", now: now)
        #expect(past == TimeView(length: .minutes(10), anchor: .history(end: now - .minutes(5))))
    }

    @Test("live zooms about its right edge, history about its middle and never past now")
    func zoom() {
        var view = TimeView(length: .seconds(1000))
        view.zoomIn(now: now)
        #expect(view.range(now: now) == TimeRange(start: seconds(9500), end: seconds(10_000)))
        view.panBack(now: now)
        #expect(view.range(now: now) == TimeRange(start: seconds(9250), end: seconds(9750)))
        view.zoomIn(now: now)
        #expect(view.range(now: now) == TimeRange(start: seconds(9375), end: seconds(9625)))
        view.zoomOut(now: now)
        #expect(view.range(now: now) == TimeRange(start: seconds(9250), end: seconds(9750)))
        view.zoomOut(now: now)
        view.zoomOut(now: now)
        #expect(view.range(now: now) == TimeRange(start: seconds(8000), end: seconds(10_000)))
    }

    @Test("lengths stay within their limits")
    func limits() {
        var view = TimeView(length: .seconds(3))
        view.zoomIn(now: now)
        #expect(view.length == .seconds(2))
        for _ in 0..<100 { view.zoomOut(now: now) }
        #expect(view.length == .hours(87600))
    }

    @Test("panning leaves now, and coming back to it is live again")
    func pan() {
        var view = TimeView(length: .seconds(100))
        view.panForward(now: now)
        #expect(view.isLive)
        view.panBack(now: now)
        view.panBack(now: now)
        #expect(view.anchor == .history(end: seconds(9900)))
        view.panForward(now: now)
        #expect(view.anchor == .history(end: seconds(9950)))
        view.panForward(now: now)
        #expect(view.isLive)
    }

    @Test("a pause holds the range, and going on catches up")
    func pause() {
        var view = TimeView(length: .seconds(100))
        view.togglePause(now: now)
        #expect(view.range(now: seconds(20_000)) == TimeRange(start: seconds(9900), end: seconds(10_000)))
        view.zoomOut(now: seconds(20_000))
        #expect(view.range(now: seconds(20_000)) == TimeRange(start: seconds(9800), end: seconds(10_000)))
        view.togglePause(now: seconds(20_000))
        #expect(view.isLive)
    }

    @Test("a young view is as long as what there is to show, in steps, up to its full length")
    func growth() {
        var view = TimeView(length: .minutes(4))
        view.startGrowing(since: now, now: now)
        #expect(view.length == .minutes(1))
        view.grow(now: now + .seconds(60))
        #expect(view.length == .minutes(1))
        view.grow(now: now + .seconds(61))
        #expect(view.length == .minutes(2))
        view.grow(now: now + .seconds(121))
        #expect(view == TimeView(length: .minutes(4)))
        view.grow(now: now + .hours(9))
        #expect(view == TimeView(length: .minutes(4)))
    }

    @Test("who zooms or sets a length has chosen: nothing grows after that")
    func growthEnds() {
        var zoomed = TimeView(length: .minutes(5))
        zoomed.startGrowing(since: now, now: now)
        zoomed.zoomOut(now: now)
        zoomed.grow(now: now + .hours(1))
        #expect(zoomed == TimeView(length: .minutes(2)))
        var chosen = TimeView(length: .minutes(5))
        chosen.startGrowing(since: now, now: now)
        chosen.setLength(.seconds(30), now: now)
        chosen.grow(now: now + .hours(1))
        #expect(chosen == TimeView(length: .seconds(30)))
    }

    @Test("a pause keeps the young view, and it catches up afterwards")
    func growthPauses() {
        var view = TimeView(length: .minutes(5))
        view.startGrowing(since: now, now: now)
        view.togglePause(now: now)
        view.grow(now: now + .hours(1))
        #expect(view.length == .minutes(1))
        view.togglePause(now: now + .hours(1))
        view.grow(now: now + .hours(1))
        #expect(view == TimeView(length: .minutes(5)))
    }
}

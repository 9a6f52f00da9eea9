// The bar above the last line while the view does not end now: all the time there is, the stretch that is shown, marks.
// Drawn by render, moved by the mouse; keys move the view as they do without it.

import Dashboards
import Frames
import MetricModel

/// The window of the bar while the pointer holds it. The bar's ends stay as they were: they must not run away from it.
struct ScrubDrag: Hashable, Sendable {
    var extent: TimeRange
    /// From the pointer to the end of the window.
    var distance: Milliseconds
}

extension AppState {
    private static let scrubLeastHeight = 16
    /// Of a server's data, how many lengths of the view on either side.
    private static let scrubReach: Int64 = 4

    var hasScrubBar: Bool {
        screen == .dashboard && hasChrome && !isStill && !time.isLive && size.height >= Self.scrubLeastHeight
    }

    /// What this process has data of; of a server's nobody knows where they begin: the surroundings of the view.
    private var scrubExtent: TimeRange {
        if let drag = scrubDrag { return drag.extent }
        let range = time.range(now: now)
        if let dataStart { return TimeRange(start: min(dataStart, range.start), end: max(now, range.end)) }
        let (reach, overflow) = range.length.count.multipliedReportingOverflow(by: Self.scrubReach)
        let around = Milliseconds(overflow ? range.length.count : reach)
        return TimeRange(start: range.start - around, end: max(range.end, min(now, range.end + around)))
    }

    private struct Bar {
        var from: StyledText
        var until: StyledText
        var extent: TimeRange
        var x: Int
        var width: Int

        func column(_ time: Timestamp) -> Int {
            let length = Double(max(1, extent.length.count))
            let share = Double((time - extent.start).count) / length
            return x + Int((max(0, min(1, share)) * Double(width - 1)).rounded())
        }
        func time(atColumn column: Int) -> Timestamp {
            let share = Double(max(0, min(column - x, width - 1))) / Double(max(1, width - 1))
            return extent.start + Milliseconds(Int64(share * Double(extent.length.count)))
        }
    }

    private var scrubBar: Bar? {
        guard hasScrubBar else { return nil }
        let extent = scrubExtent
        let today = ClockText.date(now, offset: utcOffset)
        func text(_ time: Timestamp) -> StyledText {
            let day = ClockText.date(time, offset: utcOffset)
            let clock = ClockText.time(time, offset: utcOffset)
            return StyledText(day == today ? clock : day + " " + clock, chrome.dim)
        }
        let from = StyledText(" ") + text(extent.start)
        let until = (extent.end >= now ? StyledText("now", chrome.dim) : text(extent.end)) + StyledText(" ")
        let width = size.width - from.width - until.width - 2
        guard width >= 8 else { return nil }
        return Bar(from: from, until: until, extent: extent, x: from.width + 1, width: width)
    }

    func drawScrubBar(into frame: inout Frame) {
        guard hasScrubBar else { return }
        let y = size.height - 2
        frame.fill(Rect(x: 0, y: y, width: size.width, height: 1), with: Cell())
        guard let bar = scrubBar else { return }
        frame.put(bar.from, x: 0, y: y)
        frame.put(bar.until, x: bar.x + bar.width + 1, y: y)
        let range = time.range(now: now)
        let shown = bar.column(range.start)...max(bar.column(range.start), bar.column(range.end))
        for x in bar.x..<bar.x + bar.width {
            frame[x, y] = shown.contains(x) ? Cell("█", chrome.accent) : Cell("─", chrome.dim)
        }
        for mark in sessionMarks {
            guard let time = mark.time, time >= bar.extent.start, time <= bar.extent.end else { continue }
            frame[bar.column(time), y] = Cell("▲", chrome.warning)
        }
    }

    /// True when the bar is there: the window goes to the pointer, or is held where the pointer took it.
    mutating func pressScrubBar(_ mouse: Mouse) -> Bool {
        guard mouse.y == size.height - 2, let bar = scrubBar else { return false }
        guard mouse.x >= bar.x, mouse.x < bar.x + bar.width else { return true }
        let range = time.range(now: now)
        let there = bar.time(atColumn: mouse.x)
        let isInside = mouse.x >= bar.column(range.start) && mouse.x <= bar.column(range.end)
        let distance = isInside ? range.end - there : Milliseconds(range.length.count / 2)
        scrubDrag = ScrubDrag(extent: bar.extent, distance: distance)
        if !isInside { dragScrubBar(mouse) }
        return true
    }

    mutating func dragScrubBar(_ mouse: Mouse) {
        guard let drag = scrubDrag, let bar = scrubBar else { return }
        let least = drag.extent.start + time.length
        let end = bar.time(atColumn: mouse.x) + drag.distance
        crosshair = nil
        time = TimeView(length: time.length, anchor: .history(end: min(max(end, min(least, now)), now)))
    }
}

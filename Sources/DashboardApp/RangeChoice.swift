// Choosing the range of time: presets in a list, or two times typed as Grafana and PromQL write them.
// Opened by `t t`; TimeView holds what was chosen.

import Dashboards
import Frames
import MetricModel

extension AppState {
    private static let presets: [(from: String, to: String, text: String)] = [
        ("now-1m", "now", "last minute"), ("now-5m", "now", "last 5 minutes"), ("now-15m", "now", "last 15 minutes"),
        ("now-30m", "now", "last 30 minutes"), ("now-1h", "now", "last hour"), ("now-3h", "now", "last 3 hours"),
        ("now-6h", "now", "last 6 hours"), ("now-12h", "now", "last 12 hours"), ("now-24h", "now", "last 24 hours"),
        ("now-2d", "now", "last 2 days"), ("now-7d", "now", "last 7 days"), ("now-30d", "now", "last 30 days"),
        ("now-90d", "now", "last 90 days"), ("now/d", "now", "today so far"), ("now/w", "now", "this week so far"),
        ("now-1d/d", "now-1d/d", "yesterday"), ("now-1w/w", "now-1w/w", "last week"),
    ]

    mutating func openRanges() {
        picker = Picker(
            .range, title: "Time range",
            items: Self.presets.map {
                Picker.Item(value: $0.from + " to " + $0.to, text: $0.text, note: $0.from + " → " + $0.to)
            })
    }

    /// `FROM`, or `FROM to UNTIL`: each as `now-1h`, `2026-01-31 21:40`, Unix seconds. False, with a message, for others.
    @discardableResult
    mutating func setRange(_ text: String) -> Bool {
        let parts = text.split(separator: " ").split(separator: "to", omittingEmptySubsequences: false)
            .map { $0.joined(separator: " ") }
        guard let from = parts.first, !from.isEmpty, parts.count <= 2 else {
            return refuseRange(text, "one start and one end are wanted")
        }
        let until = parts.count == 2 ? parts[1] : "now"
        do {
            let start = try TimeExpression.parse(from, now: now, offset: utcOffset)
            let end = try TimeExpression.parse(until, now: now, roundingUp: true, offset: utcOffset)
            guard start < end else { return refuseRange(text, "the start is not before the end") }
            time =
                until == "now" && (Milliseconds(parsing: from) != nil || from.hasPrefix("now"))
                ? TimeView(length: end - start)
                : TimeView(length: end - start, anchor: .history(end: end))
            crosshair = nil
            return true
        } catch {
            return refuseRange(text, "\(error)")
        }
    }

    private mutating func refuseRange(_ text: String, _ reason: String) -> Bool {
        message = Message(
            text: "`\(text)` is no range (\(reason)); try 15m, now-6h, or 2026-01-31 10:00 to 2026-01-31 12:00",
            isError: true)
        return false
    }
}

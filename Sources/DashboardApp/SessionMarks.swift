// Moments that somebody marked while the program runs: typed as `:mark deploy`, or sent by `ferula mark` from elsewhere.
// Kept by AppState, drawn on every time axis beside the dashboard's annotations, listed in the log.

import Dashboards
import MetricModel

package struct SessionMark: Hashable, Sendable {
    package var text: String
    /// Nil: when it arrives.
    package var time: Timestamp?

    package init(_ text: String, at time: Timestamp? = nil) {
        self.text = text
        self.time = time
    }

    /// Characters of a mark's text.
    static let textMost = 200
    /// Marks of one session; the oldest go first.
    static let countMost = 1000
}

extension AppState {
    /// At the crosshair's moment, or now.
    mutating func mark(command text: String) {
        guard text.contains(where: { !$0.isWhitespace }) else {
            message = Message(text: ":mark wants a text, such as :mark deploy v3", isError: true)
            return
        }
        mark(text, at: crosshair ?? now)
    }

    mutating func mark(_ text: String, at time: Timestamp) {
        let words = String(text.map { $0.isControl ? " " : $0 }).split(separator: " ").joined(separator: " ")
        let name = words.isEmpty ? "mark" : String(words.prefix(SessionMark.textMost))
        sessionMarks.append(SessionMark(name, at: time))
        if sessionMarks.count > SessionMark.countMost {
            sessionMarks.removeFirst(sessionMarks.count - SessionMark.countMost)
        }
        var moment = ClockText.time(time, offset: utcOffset)
        let day = ClockText.date(time, offset: utcOffset)
        if day != ClockText.date(now, offset: utcOffset) { moment = day + " " + moment }
        note(Notice("mark \(name) at \(moment)"))
        message = Message(text: "marked \(moment): \(name)", isError: false)
    }

    /// Those of the range that is shown, in the order of time.
    var markedMoments: [PanelMark] {
        guard !sessionMarks.isEmpty else { return [] }
        let range = time.range(now: now)
        return sessionMarks.compactMap { mark in
            guard let time = mark.time, time >= range.start, time <= range.end else { return nil }
            return PanelMark(time: time, color: Self.markColor, text: mark.text)
        }.sorted { $0.time < $1.time }
    }

    /// What annotations have where nobody chose a colour for them.
    private static let markColor = RGB(0, 211, 255)
}

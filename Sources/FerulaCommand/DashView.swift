// One dashboard over data that come by themselves: as sentences, as a screen, or as one frame of text.
// Called by RemoteDash and DemoCommand; DashCommand, whose data begin with its first scrape, waits for those first.

import CursesTerminal
import DashboardApp
import Dashboards
import Frames
import MetricModel
import Querying

struct DashView {
    var dashboard: Dashboard
    var backend: any QueryBackend
    var status: any StatusSource
    var settings: SessionLoop.Settings
    var color: ColorWish
    var plain = false
    /// Of plain mode: nil when only asked.
    var every: Milliseconds?
    /// For the answers of all panels, where nobody waits at a screen.
    var patience: Duration

    /// Until the user quits, or the frame is printed.
    func run() async throws {
        if plain {
            try await PlainDash(
                dashboard: dashboard, backend: backend, status: status, settings: settings, every: every,
                patience: patience
            ).run()
        } else if DashCommand.isTerminal {
            let session = Session(
                dashboard: dashboard, backend: backend, status: status, settings: settings, color: color)
            if let failure = await session.run() { throw CommandFailure("ferula: \(failure)") }
        } else {
            let output = OutputTerminal.detect()
            let now = Clock.now()
            let frame = await renderOnce(
                dashboard: dashboard, backend: backend, status: status,
                width: OutputTerminal.environment("COLUMNS") == nil ? 120 : output.columns,
                capabilities: TerminalCapabilities(colors: .none), now: now, utcOffset: Clock.localOffset(now),
                // `try?`: cancelled as soon as every panel has its answer.
                range: settings.range, source: settings.source, limit: { try? await Task.sleep(for: patience) })
            try Program.output(Array(frame.plainText.utf8))
        }
    }
}

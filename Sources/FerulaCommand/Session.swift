// The interactive session on a thread of its own: it owns the state and every ncurses call.
// Started by DashCommand, which goes on when the user quits.

import CursesTerminal
import DashboardApp
import Dashboards
import Frames
import MetricModel
import Querying

struct Session: Sendable {
    var dashboard: Dashboard
    var backend: any QueryBackend
    var status: any StatusSource
    var settings: SessionLoop.Settings
    var color: ColorWish

    /// Returns when the user quits; with a reason when the terminal could not be used.
    func run() async -> String? {
        CursesTerminal.installRestoreHandlers()
        return await InterfaceThread.run { onThread() }
    }

    private func onThread() -> String? {
        do {
            let terminal = try CursesTerminal(color: color)
            defer { terminal.close() }
            var settings = settings
            if let file = HistoryFile.standard() {
                settings.history = file.read()
                settings.remember = { file.append($0) }
            }
            let loop = SessionLoop(
                dashboard: dashboard, terminal: terminal, backend: backend, status: status, settings: settings,
                now: { Clock.now() }, utcOffset: { Clock.localOffset($0) })
            loop.run()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

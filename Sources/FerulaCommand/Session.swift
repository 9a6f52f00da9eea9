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
    var now: @Sendable () -> Timestamp = { Clock.now() }

    /// Returns when the user quits; with a reason when the terminal could not be used.
    func run() async -> String? {
        CursesTerminal.installRestoreHandlers()
        var session = self
        let (marks, marked) = AsyncStream.makeStream(of: SessionMark.self, bufferingPolicy: .bufferingNewest(100))
        session.settings.marks = marks
        session.settings.ending = RunningProgram.current?.ending
        var socket: MarkSocket?
        do throws(CommandFailure) {
            socket = try MarkSocket()
        } catch {
            // The screen is what was asked for; marks from elsewhere are beside it.
            session.settings.said.append(Notice("`ferula mark` does not reach this program: \(error)"))
        }
        socket?.start { marked.yield($0) }
        defer { socket?.stop() }
        let shown = session
        return await InterfaceThread.run { shown.onThread() }
    }

    private func onThread() -> String? {
        // After the terminal is given back: a disk that hangs must not keep it.
        defer { HistoryFile.finish() }
        do {
            let terminal = try CursesTerminal(color: color, usesMouse: settings.appearance.isMouseOn)
            defer { terminal.close() }
            var settings = settings
            if let file = HistoryFile.standard() {
                settings.history = file.read()
                settings.remember = { file.appendSoon($0) }
            }
            settings.save = DashboardSaving.save
            let loop = SessionLoop(
                dashboard: dashboard, terminal: terminal, backend: backend, status: status, settings: settings,
                now: now, utcOffset: { Clock.localOffset($0) })
            loop.run()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

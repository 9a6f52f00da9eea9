// Pictures of seeded dashboards: half an hour of data, at the moment where it ends, without a clock.
// What tests of whole dashboards call; renderOnce draws.

import DashboardApp
import Dashboards
import Ferula
import Frames
import Querying

extension SeededDashboard {
    private struct NoTargets: StatusSource {
        func targets() async -> [TargetStatus] { [] }
    }

    /// - `height`: nil is as high as the dashboard.
    /// - `opensRows`: closed rows are opened.
    package func picture(
        _ width: Int, _ height: Int?, _ depth: ColorDepth = .trueColor, opensRows: Bool = false
    ) async -> StillPicture {
        var still = Still(
            dashboard, width: width, height: height, capabilities: TerminalCapabilities(colors: depth), now: now)
        still.range = .minutes(30)
        still.scrapeInterval = Self.interval
        still.opensRows = opensRows
        return await renderOnce(
            still, backend: monitor.queryBackend, status: NoTargets(),
            // Cancelled as soon as every panel has its answer.
            limit: { try? await Task.sleep(for: .seconds(300)) })
    }

    /// What goldens and digests are kept of.
    package static let looks: [(name: String, width: Int, height: Int, depth: ColorDepth)] = [
        ("80x24", 80, 24, .trueColor), ("120x40", 120, 40, .trueColor), ("120x40-256", 120, 40, .indexed256),
        ("120x40-mono", 120, 40, .none), ("160x50", 160, 50, .trueColor), ("240x70", 240, 70, .trueColor),
    ]
}

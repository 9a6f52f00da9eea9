// Series that were recorded, or written by hand, as lines of a test script; and the picture of a dashboard over them.
// Used by ShippedDashboardTests.

import DashboardApp
import Dashboards
import Ferula
import Frames
import MetricModel
import PromQLSyntax
import Querying
import TimeSeriesStore

/// Of one file: `# ends UNIXSECONDS`, then `load STEP`, then a line for each series.
struct RecordedSeries {
    let monitor: Monitor
    /// When its last step was.
    let end: Timestamp
    let step: Milliseconds
    let seriesCount: Int
    /// From the first step to the last.
    let length: Milliseconds

    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }

    init(_ text: String) throws {
        var end: Timestamp?
        var step: Milliseconds?
        var series: [(labels: LabelSet, items: [SeriesNotation.Item])] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "#":
                if words.count == 3, words[1] == "ends", let seconds = Int64(words[2]) {
                    end = Timestamp(milliseconds: seconds * 1000)
                }
            case "load": step = words.dropFirst().first.flatMap { Milliseconds(parsing: $0) }
            case nil: break
            default: series.append(try SeriesNotation.parse(line.drop { $0 == " " }.description))
            }
        }
        guard let end, let step else { throw Unreadable(description: "no line `# ends SECONDS`, or no `load STEP`") }
        self.end = end
        self.step = step
        seriesCount = series.count
        monitor = Monitor(limits: StoreLimits(retention: .hours(24 * 400)))
        let steps = series.map(\.items.count).max() ?? 0
        length = Milliseconds(step.count * Int64(max(1, steps - 1)))
        for (labels, items) in series {
            let ref = try monitor.store.register(labels)
            var batch = AppendBatch()
            for (place, item) in items.enumerated() {
                guard case .float(let value)? = item.value else { continue }
                let back = Milliseconds(step.count * Int64(steps - 1 - place))
                batch.append(ref, end - back, value)
            }
            _ = monitor.store.append(batch)
        }
    }

    private struct NoTargets: StatusSource {
        func targets() async -> [TargetStatus] { [] }
    }

    /// - `height`: nil is as high as the dashboard.
    func picture(
        of dashboard: Dashboard, _ width: Int, _ height: Int?, _ depth: ColorDepth = .trueColor,
        opensRows: Bool = false
    ) async -> StillPicture {
        var still = Still(
            dashboard, width: width, height: height, capabilities: TerminalCapabilities(colors: depth), now: end)
        still.range = length
        still.scrapeInterval = step
        still.opensRows = opensRows
        return await renderOnce(
            still, backend: monitor.queryBackend, status: NoTargets(),
            // Cancelled as soon as every panel has its answer.
            limit: { try? await Task.sleep(for: .seconds(300)) })
    }
}

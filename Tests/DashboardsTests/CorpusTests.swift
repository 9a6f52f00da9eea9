// Real dashboards as they are found: none may fail, and what is not drawn must be named.
// The files lie beside the package when they are there at all; the shipped ones always.

import FoundationEssentials
import MetricModel
import Testing

@testable import Dashboards

enum Files {
    static let root: [String] = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return parts
    }()

    static func path(_ relative: String) -> String { "/" + root.joined(separator: "/") + "/" + relative }

    static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    /// The folder of real dashboards, wherever above the package it lies.
    static let corpus: [(name: String, bytes: [UInt8])] = {
        for up in ["../shared", "../../shared"] {
            let folder = path("\(up)/corpus/dashboards")
            // No folder means that there is nothing to test here.
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { continue }
            return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
                read(folder + "/" + name).map { (name, $0) }
            }
        }
        return []
    }()
}

func flattened(_ panels: [Panel]) -> [Panel] { panels.flatMap { [$0] + flattened($0.collapsedPanels) } }

extension PanelKind {
    var label: String {
        switch self {
        case .timeSeries: "timeseries"
        case .stat: "stat"
        case .gauge: "gauge"
        case .barGauge: "bargauge"
        case .table: "table"
        case .heatmap: "heatmap"
        case .histogram: "histogram"
        case .pieChart: "piechart"
        case .barChart: "barchart"
        case .stateTimeline(let options): options.isHistory ? "status-history" : "state-timeline"
        case .alertList: "alertlist"
        case .dashboardList: "dashlist"
        case .text: "text"
        case .row: "row"
        case .unsupported(let type): "unsupported \(type)"
        }
    }
}

@Suite struct CorpusTests {
    @Test("every real dashboard loads, and its panels have a kind")
    func corpusLoads() throws {
        var counts: [String: Int] = [:]
        var notices: [String: Int] = [:]
        for (name, bytes) in Files.corpus {
            let dashboard = try Dashboard(grafanaJSON: bytes, fileName: name)
            let panels = flattened(dashboard.panels)
            #expect(!panels.isEmpty, "\(name)")
            #expect(!dashboard.title.isEmpty, "\(name)")
            #expect(Set(panels.map(\.id)).count == panels.count, "\(name): ids are unique")
            for panel in panels {
                counts[panel.kind.label, default: 0] += 1
                #expect(panel.position.width > 0 && panel.position.x + panel.position.width <= 48, "\(name)")
                #expect(Set(panel.targets.map(\.refID)).count == panel.targets.count, "\(name)")
            }
            for notice in dashboard.notices { notices["\(notice.message)", default: 0] += 1 }
        }
        guard !Files.corpus.isEmpty else { return }
        print("corpus: \(Files.corpus.count) files")
        for (kind, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            print("  \(count) \(kind)")
        }
        for (notice, count) in notices.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            print("  notice \(count): \(notice)")
        }
        let unsupported = counts.filter { $0.key.hasPrefix("unsupported") }.values.reduce(0, +)
        #expect(unsupported * 20 < counts.values.reduce(0, +), "at least 95 % of the panels are drawn")
    }

    @Test("every pattern and every transformation of the real dashboards is understood")
    func patternsCompile() throws {
        var refused: [String] = []
        for (name, bytes) in Files.corpus {
            let dashboard = try Dashboard(grafanaJSON: bytes, fileName: name)
            for variable in dashboard.variables where !variable.regex.isEmpty {
                if TextPattern(variable.regex) == nil { refused.append("\(name): \(variable.regex)") }
            }
            for panel in flattened(dashboard.panels) {
                for override in panel.overrides {
                    guard case .regexp(let pattern) = override.matching else { continue }
                    if TextPattern(pattern) == nil { refused.append("\(name): \(pattern)") }
                }
                var notices: [String] = []
                let context = VariableContext(
                    range: TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 1)))
                _ = Transformations.apply(panel.transformations, to: [], variables: context, notices: &notices)
                refused += notices.map { "\(name): \($0)" }
            }
        }
        // Sparklines in cells and fields out of texts are not there yet; panels say so.
        #expect(refused.filter { !$0.contains("timeSeriesTable") && !$0.contains("extractFields") } == [])
    }

    @Test("after interpolation no declared variable is left in any query")
    func expressionsInterpolate() throws {
        let range = TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 3_600_000))
        var count = 0
        for (name, bytes) in Files.corpus {
            let dashboard = try Dashboard(grafanaJSON: bytes, fileName: name)
            let context = VariableContext(dashboard: dashboard, range: range)
            for panel in flattened(dashboard.panels) {
                let plan = PanelQueryPlan(
                    panel: panel, range: range, widthColumns: 60, scrapeInterval: .seconds(15), variables: context)
                for query in plan.queries {
                    count += 1
                    for variable in dashboard.variables where variable.kind != .adhoc {
                        #expect(!query.expression.contains("${\(variable.name)"), "\(name): \(query.expression)")
                    }
                    #expect(!query.expression.contains("$__"), "\(name): \(query.expression)")
                }
            }
        }
        print("corpus: \(count) queries planned")
    }

    @Test("the shipped host dashboard loads without a notice")
    func hostLoads() throws {
        let bytes = try #require(Files.read(Files.path("dashboards/host.json")))
        let dashboard = try Dashboard(grafanaJSON: bytes, fileName: "host.json")
        #expect(dashboard.title == "Host")
        #expect(dashboard.notices.map(\.description) == [])
        #expect(dashboard.refresh == .seconds(1))
        #expect(dashboard.panels.count == 16)
        let range = TimeRange(
            from: dashboard.timeFrom, to: dashboard.timeTo, now: Timestamp(milliseconds: 1_700_000_000_123))
        #expect(range.length == .minutes(5))
        let context = VariableContext(dashboard: dashboard, range: range)
        for panel in dashboard.panels {
            let plan = PanelQueryPlan(
                panel: panel, range: range, widthColumns: 40, scrapeInterval: .seconds(1), variables: context)
            #expect(plan.queries.count == panel.targets.count)
            for query in plan.queries { #expect(!query.expression.contains("$")) }
        }
        let busy = PanelQueryPlan(
            panel: dashboard.panels[0], range: range, widthColumns: 16, scrapeInterval: .seconds(1), variables: context)
        #expect(
            busy.queries.first?.expression
                == "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\",instance=~\".*\"}[6s])))")
    }
}

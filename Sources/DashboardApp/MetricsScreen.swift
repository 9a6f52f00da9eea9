// Every metric with its type, help, number of series and course; Enter makes a dashboard of one.
// Names and help are asked for all, counts and courses for the lines on the screen alone.

import AutomaticDashboards
import Dashboards
import Frames
import MetricModel
import Querying

package struct MetricEntry: Hashable, Sendable {
    package var name: String
    /// Nil where nobody said.
    package var metadata: Metadata?
}

/// What a line of the metrics says beside the name.
package struct MetricCourse: Hashable, Sendable {
    package var series: Int
    /// Sums of all series over the range, NaN where there is nothing.
    package var sums: [Double]
    /// Of a counter: by how much all series rise a second, whichever came, went or began anew.
    package var rate: Double?

    /// From the first sum to the last. Nil where there are not two.
    var growth: Double? {
        guard let first = sums.firstIndex(where: \.isFinite), let last = sums.lastIndex(where: \.isFinite), first < last
        else { return nil }
        return sums[last] - sums[first]
    }
}

extension MetricEntry {
    /// What only ever rises.
    var isCounter: Bool {
        switch metadata?.kind {
        case .counter: true
        case .histogram, .summary: !name.hasSuffix("_sum") && (name.hasSuffix("_count") || name.hasSuffix("_bucket"))
        case .gauge, .gaugehistogram, .stateset, .info: false
        default: name.hasSuffix("_total")
        }
    }
}

extension AppState {
    static let metricColumns = [
        ListColumn(title: "Metric", mayShrink: true), ListColumn(title: "Type"),
        ListColumn(title: "Series", isNumber: true),
        ListColumn(title: "Growth", isNumber: true), ListColumn(title: "Help", mayShrink: true), ListColumn(title: ""),
    ]
    /// Names that are kept.
    static let metricsMost = 50_000

    func searchedInMetric(_ index: Int) -> String {
        let metric = metrics[index]
        return [metric.name, metric.metadata?.kind.rawValue ?? "", metric.metadata?.help ?? ""].joined(separator: " ")
    }

    func metricEntry(_ index: Int) -> ListEntry {
        let metric = metrics[index]
        let course = courses[metric.name]
        return ListEntry(
            cells: [
                StyledText(metric.name), StyledText(metric.metadata?.kind.rawValue ?? "", chrome.dim),
                StyledText(course.map { "\($0.series)" } ?? ""),
                StyledText(course.map { growth($0, of: metric) } ?? ""),
                StyledText(metric.metadata?.help ?? "", chrome.dim),
                StyledText(""),
            ],
            index: index, course: course.map { Self.heights($0.sums) } ?? [])
    }

    /// Of counters a second, of everything else over the range that is shown.
    private func growth(_ course: MetricCourse, of metric: MetricEntry) -> String {
        if metric.isCounter {
            return course.rate.map { UnitFormatter.format($0, unit: "short").description + "/s" } ?? "—"
        }
        guard let growth = course.growth else { return "—" }
        let text = UnitFormatter.format(growth, unit: "short").description
        return growth > 0 ? "+" + text : text
    }

    /// Within 0...1; a flat course lies at the bottom.
    private static func heights(_ sums: [Double]) -> [Double] {
        let finite = sums.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return [] }
        return sums.map { $0.isFinite ? (high > low ? ($0 - low) / (high - low) : 0) : .nan }
    }

    /// Those whose lines are on the screen.
    var shownMetricNames: [String] {
        matches.dropFirst(firstListRow(matches.count)).prefix(listRows).compactMap { index in
            metrics.indices.contains(index) ? metrics[index].name : nil
        }
    }

    /// How long a list of all names stands, and what was asked for the lines on the screen: a server that others use,
    /// too, is asked more seldom.
    var namesAge: Milliseconds { sourceName == nil ? .seconds(10) : .seconds(60) }
    private var coursesAge: Milliseconds { sourceName == nil ? .seconds(5) : .seconds(15) }

    /// One question of each kind at a time.
    mutating func metricQuestions() -> [Effect] {
        var effects: [Effect] = []
        let range = time.range(now: now)
        if !isFetchingMetrics, isOld(metricsAskedAt, namesAge) {
            isFetchingMetrics = true
            isFetchUnasked = false
            metricsAskedAt = now
            effects.append(.fetchMetrics(range))
        }
        guard screen == .metrics, !isFetchingCourses else { return effects }
        if coursesView != time {
            coursesView = time
            courses = [:]
            coursesRefused = []
        }
        let names = shownMetricNames
        guard !names.isEmpty else { return effects }
        let missing = names.filter { courses[$0] == nil && !coursesRefused.contains($0) }
        let wanted = isOld(coursesAskedAt, coursesAge) ? names : missing
        guard !wanted.isEmpty else { return effects }
        isFetchingCourses = true
        coursesAskedAt = now
        coursesAsked = wanted
        let counters = metrics.filter { wanted.contains($0.name) && $0.isCounter }.map(\.name)
        effects.append(.fetchCourses(wanted, counters: Set(counters), range))
        return effects
    }

    func isOld(_ asked: Timestamp?, _ age: Milliseconds) -> Bool {
        guard let asked else { return true }
        guard refreshNow != nil, time.isLive else { return false }
        let passed = now - asked
        return passed.count < 0 || passed >= age
    }

    mutating func take(metrics: [MetricEntry]) {
        metricsAreKnown = true
        // The chosen line stays on its metric while others come and go.
        let chosen = screen == .metrics ? selectedIndex.flatMap { metricName($0) } : nil
        let isNew = self.metrics != metrics
        lookForNewMetrics(metrics)
        lookForMissing(metrics)
        self.metrics = metrics
        guard isNew else { return }
        listRevision += 1
        let known = Set(metrics.map(\.name))
        courses = courses.filter { known.contains($0.key) }
        refreshMatches()
        if let chosen, let place = matches.firstIndex(where: { metrics[$0].name == chosen }) {
            lists[.metrics]?.selected = place
        }
    }

    private func metricName(_ index: Int) -> String? { metrics.indices.contains(index) ? metrics[index].name : nil }

    /// What was asked and did not come is asked again with the next round, not at once.
    mutating func take(courses found: [String: MetricCourse]) {
        isFetchingCourses = false
        courses.merge(found) { $1 }
        coursesRefused = Set(coursesAsked).subtracting(found.keys)
    }

    mutating func courseFailed() {
        isFetchingCourses = false
        coursesRefused = Set(coursesAsked)
    }

    /// Its course as suits its type, and its newest values beneath.
    private static func dashboard(of metric: MetricEntry, among names: [String], refresh: Milliseconds?) -> Dashboard {
        let isOfFamily = metric.metadata.map { [.histogram, .summary, .gaugehistogram].contains($0.kind) } ?? false
        let family = isOfFamily ? familyName(of: metric.name) : metric.name
        let parts = isOfFamily ? names.filter { $0 == family || familyName(of: $0) == family } : [metric.name]
        let survey = MetricSurvey(names: parts, metadata: metric.metadata.map { [family: $0] } ?? [:])
        var dashboard = AutomaticDashboard(title: metric.name, survey: survey, isWhole: false).dashboard()
        dashboard.panels = dashboard.panels.flatMap { $0.isRow ? $0.collapsedPanels : [$0] }
        dashboard.uid = ""
        dashboard.refresh = refresh
        for index in dashboard.panels.indices {
            dashboard.panels[index].position = GridPosition(x: 0, y: index * 10, width: 24, height: 10)
        }
        var table = Panel(
            id: (dashboard.panels.map(\.id).max() ?? 0) + 1, kind: .table(TableOptions()), title: "Newest values",
            position: GridPosition(x: 0, y: dashboard.panels.count * 10, width: 24, height: 10))
        table.targets = [
            PanelTarget(refID: "A", expression: "topk(200, {__name__=\(metric.name.quotedForPrometheus)})")
        ]
        table.targets[0].isInstant = true
        table.targets[0].isTable = true
        dashboard.panels.append(table)
        return dashboard
    }

    /// A dashboard of the chosen metric; Backspace comes back.
    mutating func exploreMetric() {
        guard let index = selectedIndex, metrics.indices.contains(index) else { return }
        let metric = metrics[index]
        visit(Self.dashboard(of: metric, among: metrics.map(\.name), refresh: refresh), time: time)
    }
}

/// All names of the range with what is known of them.
func metrics(from backend: any QueryBackend, over range: TimeRange) async -> Result<[MetricEntry], QueryFailure> {
    do throws(QueryFailure) {
        let names = try await backend.labelValues(
            "__name__", [], start: range.start, end: range.end, limit: AppState.metricsMost)
        let metadata = try await backend.metadata(metric: nil)
        return .success(
            names.prefix(AppState.metricsMost).map { name in
                MetricEntry(name: name, metadata: metadata[name]?.first ?? metadata[familyName(of: name)]?.first)
            })
    } catch {
        return .failure(error)
    }
}

/// Without the ending that a histogram's or a summary's series have.
private func familyName(of name: String) -> String {
    for ending in ["_bucket", "_count", "_sum", "_total"] where name.hasSuffix(ending) {
        return String(name.dropLast(ending.count))
    }
    return name
}

/// Numbers of series, and the course of their sum, for some names.
func courses(
    of names: [String], counters: Set<String>, from backend: any QueryBackend, over range: TimeRange
) async -> Result<[String: MetricCourse], QueryFailure> {
    let points: Int64 = 24
    let step = Milliseconds(max(1000, range.length.count / points))
    let grid = StepGrid(
        start: max(range.start, range.end - Milliseconds(step.count * (points - 1))), end: range.end, step: step)
    var found: [String: MetricCourse] = [:]
    // One name a question: a pattern over all of them would walk every name of a big installation.
    for name in names {
        if Task.isCancelled { break }
        do throws(QueryFailure) {
            let selector = "{__name__=\(name.quotedForPrometheus)}"
            let count = try await backend.instant(InstantRequest(query: "count(\(selector))", time: range.end))
            let sums = try await backend.range(RangeRequest(query: "sum(\(selector))", grid: grid))
            var course = MetricCourse(series: 0, sums: [])
            if case .vector(let elements) = count.value, case .float(let number)? = elements.first?.value, number >= 0,
                number < 1e12
            {
                course.series = Int(number)
            }
            if case .matrix(let series) = sums.value, let first = series.first, case .floats(let values) = first.samples
            {
                let byTime = Dictionary(zip(first.timestamps, values), uniquingKeysWith: { $1 })
                course.sums = (0..<min(grid.count, 64)).map { byTime[grid.timestamp($0)] ?? .nan }
            }
            if counters.contains(name) {
                // Of a long range the last hour says as much, and costs a server less.
                let window = min(range.length, .hours(1))
                let query = "sum(rate(\(selector)[\(window)]))"
                let rate = try await backend.instant(InstantRequest(query: query, time: range.end))
                if case .vector(let elements) = rate.value, case .float(let number)? = elements.first?.value {
                    course.rate = number
                }
            }
            found[name] = course
        } catch {
            // What is wrong with one name is no news of the others.
            if [.unavailable, .timeout, .canceled].contains(error.kind) { return .failure(error) }
        }
    }
    return .success(found)
}

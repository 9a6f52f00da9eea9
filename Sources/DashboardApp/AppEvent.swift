// What happens to the application, and what it asks of the world: the two sides of update.
// Events come from the terminal, the clock and finished effects; SessionLoop carries effects out.

import Dashboards
import Frames
import MetricModel
import Querying

package enum AppEvent: Sendable {
    case input(InputEvent)
    case tick(Timestamp, utcOffset: Milliseconds)
    case answered(
        panel: Int, generation: Int, answers: PanelAnswers, explanations: [String: String] = [:],
        laterBy: Milliseconds? = nil, took: [String: Milliseconds] = [:])
    case targets([TargetStatus])
    /// `generation` is the question's.
    case variables([DashboardVariable], notices: [String], generation: Int = 0)
    case notice(Notice)
    case alerts(Result<[AlertStatus], QueryFailure>)
    case listedTargets(Result<[TargetStatus], QueryFailure>)
    case page(Result<PageLines, QueryFailure>, of: TargetStatus)
    case words([String]?, of: ExploreState.WordQuestion)
    case metrics(Result<[MetricEntry], QueryFailure>)
    case courses(Result<[String: MetricCourse], QueryFailure>)
    /// Made of what there is.
    case automatic(Result<Dashboard, QueryFailure>)
    /// What else serves metrics near by.
    case offered([Offer])
    case opened(Offer, Result<Dashboard, QueryFailure>)
    case unshelved(Result<[UnshelvedDashboard], QueryFailure>)
    /// What is shown has ended, and the screen with it.
    case end
    /// From another program; without a time, now.
    case mark(String, at: Timestamp?)
}

/// What the program has to say beside the panels, until the next key.
package struct Notice: Hashable, Sendable {
    package var text: String
    package var isError: Bool

    package init(_ text: String, isError: Bool = false) {
        self.text = text
        self.isError = isError
    }
}

package enum Effect: Sendable {
    /// A later question of the same panel replaces an earlier one that still runs.
    case query(PanelQuestion)
    case fetchTargets
    case fetchAlerts
    /// Of a server, for the list.
    case fetchListedTargets
    case fetchPage(TargetStatus)
    case fetchWords(ExploreState.WordQuestion, TimeRange)
    case fetchMetrics(TimeRange)
    /// Of these metrics, by name.
    ///
    /// - `counters`: those whose growth is asked as a rate.
    case fetchCourses([String], counters: Set<String>, TimeRange)
    case resolveVariables(VariableQuestion)
    case makeAutomatic
    /// To be scraped, and a dashboard made of it.
    case open(Offer)
    /// To be read.
    case unshelve(ShelvedDashboard)
    /// A dashboard's text; a file that is there is replaced only when `replaces` says so.
    case save(String, path: String, replaces: Bool)
    /// A query that was run, for the history of later runs.
    case remember(String)
    /// Nobody looks at these panels any more.
    case cancel([Int])
    /// Every cell anew.
    case redraw
    case suspend
    case setMouse(Bool)
    /// To the terminal's clipboard.
    case copy(String)
    case quit
}

/// A dashboard's variables, to be asked for their options.
package struct VariableQuestion: Sendable {
    package var variables: [DashboardVariable]
    package var range: TimeRange
    /// Nil: all of them.
    package var names: Set<String>?
    /// Raised with every change of the dashboard; an answer to an older one is dropped.
    package var generation = 0

    package func answer(by backend: any QueryBackend) async -> AppEvent {
        let outcome = await VariableResolver.resolve(variables, only: names, backend: backend, range: range)
        return .variables(outcome.variables, notices: outcome.notices, generation: generation)
    }
}

/// All queries of one panel at one moment.
package struct PanelQuestion: Sendable {
    package var panel: Int
    package var generation: Int
    package var queries: [PlannedQuery]
    /// Of a list of alerts: an empty answer is to be told apart from a server without rules.
    package var alerts: AlertListOptions?
    /// Where nothing is found: why that is so is to be found out. What is only compared or marked needs no reason, and
    /// Explore's graph gives the reason for its tree.
    package var wantsReasons = true
}

// When a dashboard's variables are asked for their options, and what becomes of the answer.
// Called by update after every event; VariableResolver does the asking.

import Dashboards
import MetricModel

extension AppState {
    /// How long after a failure the variables are asked again.
    static let variablesRetryAfter = Milliseconds.seconds(5)
    /// A live view moves on with each refresh; variables that follow the range are asked no more often than this.
    static let variablesFollowLeast = Milliseconds.seconds(30)

    /// Variables are asked when they are stale, those made from one that was chosen anew, and those that follow the
    /// range when it changes.
    mutating func variableQuestions() -> [Effect] {
        guard !isResolvingVariables else { return [] }
        var names: Set<String>?
        if !areVariablesStale {
            if !variablesWanted.isEmpty {
                names = variablesWanted
            } else {
                guard hasNewRange else { return [] }
                names = followers
            }
        }
        areVariablesStale = false
        variablesWanted = []
        isResolvingVariables = true
        variablesAsked = (time, now)
        return [
            .resolveVariables(
                VariableQuestion(
                    variables: document.variables, range: time.range(now: now), names: names,
                    generation: variablesGeneration))
        ]
    }

    private var hasNewRange: Bool {
        guard areVariablesReady, !isStill, let (view, moment) = variablesAsked,
            document.variables.contains(where: \.followsRange)
        else { return false }
        if view != time { return true }
        guard time.isLive, let refreshNow else { return false }
        return now - moment >= max(refreshNow, Self.variablesFollowLeast)
    }

    /// Variables that follow the range, and those made from them.
    private var followers: Set<String> {
        var names: Set<String> = []
        for variable in document.variables where variable.followsRange {
            names.insert(variable.name)
            names.formUnion(VariableResolver.dependents(of: variable.name, in: document.variables))
        }
        return names
    }

    /// The same choices as before ask nothing anew.
    mutating func setVariables(_ variables: [DashboardVariable]) {
        isResolvingVariables = false
        let isSame = zip(document.variables, variables).allSatisfy { before, after in
            before.current == after.current && before.options == after.options
        }
        if isSame, areVariablesReady, variables.count == document.variables.count { return }
        areVariablesReady = true
        document.variables = variables
        showDocument()
        variablesRevision += 1
    }
}

extension DashboardVariable {
    /// Its options are asked again with every range.
    fileprivate var followsRange: Bool {
        guard case .query = kind else { return false }
        return refresh == .onTimeChange
    }
}

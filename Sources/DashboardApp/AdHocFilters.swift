// Ad hoc filters of a dashboard, put into every selector of the queries that panels ask.
// Comes after PanelQueryPlan, whose texts have no variables any more; PromQLSyntax rewrites them.
// Source of the rules: grafana-prometheus, enhanceExprWithAdHocFilters.

import Dashboards
import MetricModel
import PromQLSyntax
import Querying

extension PanelQueryPlan {
    /// The plan with the filters of its variables in each selector. A query that does not parse stays as it is: its
    /// answer says what is wrong with it.
    func applyingFilters() -> PanelQueryPlan {
        guard !variables.filters.isEmpty else { return self }
        var plan = self
        var matchers: [Matcher] = []
        for filter in variables.filters {
            do throws(FilterFailure) {
                matchers.append(try filter.matcher(variables))
            } catch {
                plan.notices.append(error.message)
            }
        }
        for index in plan.queries.indices {
            // Why it does not parse is in the answer.
            guard let expression = try? Expression(parsing: plan.queries[index].expression) else { continue }
            plan.queries[index].replaceText(expression.addingMatchers(matchers).description)
        }
        return plan
    }
}

private struct FilterFailure: Error {
    var message: String
}

extension AdHocFilter {
    fileprivate func matcher(_ variables: VariableContext) throws(FilterFailure) -> Matcher {
        guard let operation = Matcher.Operation(rawValue: operation) else {
            throw FilterFailure(message: "filter \(key) \(operation) \(value): PromQL has no such condition on a label")
        }
        do {
            return try Matcher(key, operation, variables.interpolate(value, .plain))
        } catch {
            throw FilterFailure(message: "filter \(key) \(operation.rawValue) \(value): \(error)")
        }
    }
}

extension PlannedQuery {
    fileprivate mutating func replaceText(_ text: String) {
        switch request {
        case .instant(var inner):
            inner.query = text
            request = .instant(inner)
        case .range(var inner):
            inner.query = text
            request = .range(inner)
        }
    }
}

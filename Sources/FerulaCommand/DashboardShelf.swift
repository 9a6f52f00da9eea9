// The shipped dashboards as the list of dashboards offers them, and what is said when most panels of one have no metrics.
// Between ShippedDashboards and DashboardApp; used by DashCommand and RemoteDash.

import DashboardApp
import Dashboards
import Querying
import ShippedDashboards

enum DashboardShelf {
    /// - `loaded`: names of what was asked for, shipped ones among them.
    static func rest(after loaded: [String]) -> [ShelvedDashboard] {
        var there: Set<String> = []
        for name in loaded {
            guard let shipped = ShippedDashboards.named(name) else { continue }
            there.formUnion([shipped.name] + ShippedDashboards.companions(of: shipped).map(\.name))
        }
        return ShippedDashboards.all.filter { !there.contains($0.name) }.map {
            ShelvedDashboard(name: $0.name, aliases: $0.aliases, summary: $0.summary)
        }
    }

    /// Without the machine's own, where that is shown though nobody named it.
    static func rest(_ shelf: [ShelvedDashboard], beside shown: Dashboard) -> [ShelvedDashboard] {
        shown.uid == hostUID ? shelf.filter { $0.name != ShippedDashboards.host.name } : shelf
    }
    static let hostUID = "ferula-host"

    static func read(_ one: ShelvedDashboard) -> Result<[UnshelvedDashboard], QueryFailure> {
        guard let shipped = ShippedDashboards.named(one.name) else {
            return .failure(QueryFailure(.notFound, "\(one.name): no shipped dashboard"))
        }
        do throws(CommandFailure) {
            var found: [UnshelvedDashboard] = []
            for each in [shipped] + ShippedDashboards.companions(of: shipped) {
                found.append(UnshelvedDashboard(name: each.name, dashboard: try DashboardFile.dashboard(each)))
            }
            return .success(found)
        } catch {
            return .failure(QueryFailure(.internalError, "\(error)"))
        }
    }

    /// Of a picture: nil unless most of its panels ask for metrics that are not there.
    static func missingWords(_ panels: [StillPicture.PanelOutcome]) -> String? {
        let without = panels.count {
            if case .empty(let reason?) = $0.state { Explanation.saysNoMetric(reason) } else { false }
        }
        guard without >= 2, without * 2 > panels.count else { return nil }
        return "\(without) of \(panels.count) panels have no data: none of their metrics is there; "
            + "`-d auto` draws what there is"
    }
}

// Dashboards that come with the program and are not loaded: listed behind those that are, read when somebody chooses one.
// The command knows and reads them; here is what the screen does with them.

import Dashboards
import Querying

/// A dashboard that could be shown.
package struct ShelvedDashboard: Hashable, Sendable {
    /// What one types to get it: `envoy`.
    package var name: String
    /// Other names that are searched, too.
    package var aliases: [String]
    /// One sentence.
    package var summary: String

    package init(name: String, aliases: [String] = [], summary: String) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
    }
}

/// One that was read.
package struct UnshelvedDashboard: Sendable {
    package var name: String
    package var dashboard: Dashboard

    package init(name: String, dashboard: Dashboard) {
        self.name = name
        self.dashboard = dashboard
    }
}

extension AppState {
    var shelfItems: [Picker.Item] {
        shelf.map { one in
            Picker.Item(
                value: Self.placeOnShelf + one.name, text: one.name, note: one.summary,
                also: (one.aliases + [one.summary]).joined(separator: " "))
        }
    }

    /// How a list of places names one: the shelf may change while the list is open.
    static let placeOnShelf = "shelf "

    mutating func unshelve(_ name: some StringProtocol) -> [Effect] {
        shelf.first { $0.name == name }.map { [.unshelve($0)] } ?? []
    }

    /// - `outcome`: the one that was chosen, then those that its links lead to.
    mutating func take(unshelved outcome: Result<[UnshelvedDashboard], QueryFailure>) {
        switch outcome {
        case .failure(let failure): complain(failure)
        case .success(let found):
            guard let first = found.first else { return }
            let names = Set(found.map(\.name))
            shelf.removeAll { names.contains($0.name) }
            library += found.map(\.dashboard)
            // An edited copy with the same uid may be loaded: it is not what was chosen.
            open(first.dashboard)
        }
    }
}

// Lists of dashboards: which of the loaded ones are meant, and the way to each.
// The app knows what is loaded and calls this for its panels; DashboardListPainter draws the rows.

public struct DashboardListOptions: Hashable, Sendable {
    public var showsStarred = false
    public var showsRecent = false
    public var showsFound = false
    /// Each of the above has one.
    public var showsHeadings = true
    /// Rows below each heading at most.
    public var limit = 10
    /// Part of a title, in any case; may hold variables. Empty: any.
    public var query = ""
    /// A dashboard must have all of them.
    public var tags: [String] = []
    public var keepsTime = false
    public var includesVariables = false
    public init() {}
}

/// Dashboards below one heading.
public struct DashboardGroup: Hashable, Sendable {
    /// Empty: none is written.
    public var heading: String
    /// At least one.
    public var choices: [LinkChoice]
    public init(heading: String, choices: [LinkChoice]) {
        self.heading = heading
        self.choices = choices
    }
}

extension DashboardListOptions {
    /// - `library`: all that are loaded.
    /// - `recent`: those shown before, the newest first.
    public func groups(
        _ context: VariableContext, library: [DashboardName], recent: [DashboardName], shown: DashboardName
    ) -> [DashboardGroup] {
        var link = DashboardLink(title: "", url: "")
        link.listsDashboards = true
        link.keepsTime = keepsTime
        link.includesVariables = includesVariables
        func group(_ heading: String, _ names: [DashboardName]) -> DashboardGroup? {
            let others = names.filter { $0 != shown }
            let choices = link.choices(context, library: others).prefix(max(0, limit))
            return choices.isEmpty
                ? nil : DashboardGroup(heading: showsHeadings ? heading : "", choices: Array(choices))
        }
        var groups: [DashboardGroup?] = []
        if showsRecent {
            var seen: Set<DashboardName> = []
            groups.append(group("Recently viewed", recent.filter { library.contains($0) && seen.insert($0).inserted }))
        }
        if showsFound { groups.append(group("Search", library.filter { isFound($0, context) })) }
        return groups.compactMap(\.self)
    }

    private func isFound(_ name: DashboardName, _ context: VariableContext) -> Bool {
        let wanted = context.interpolate(query).trimmingSpaces.lowercased()
        guard wanted.isEmpty || name.title.lowercased().contains(wanted) else { return false }
        return tags.allSatisfy { name.tags.contains($0) }
    }

    /// Said in the place of dashboards.
    public func emptyWords(_ context: VariableContext) -> String {
        guard showsFound else {
            if showsRecent { return "no other dashboard was shown before this one" }
            return showsStarred ? "which dashboards are starred is not known here" : "the panel lists nothing"
        }
        let wanted = context.interpolate(query).trimmingSpaces
        var words: [String] = []
        if !wanted.isEmpty { words.append("\"\(wanted)\" in its title") }
        if !tags.isEmpty { words.append("the tag " + tags.joined(separator: " and ")) }
        return words.isEmpty
            ? "no other dashboard is loaded"
            : "no other dashboard that is loaded has " + words.joined(separator: " and ")
    }
}

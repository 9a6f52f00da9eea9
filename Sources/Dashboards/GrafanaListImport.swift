// Lists of alerts and of dashboards in Grafana's JSON, in their shapes since version 7 and before.
// Part of GrafanaImport.

extension GrafanaImport {
    func alertList(_ node: ImportNode, _ options: ImportNode) -> AlertListOptions {
        options.reportSettings(.alertListOption)
        var list = AlertListOptions()
        // Before version 7 the settings stood at the panel itself.
        let legacy = node.raw("show") != nil || node.raw("limit") != nil || node.raw("nameFilter") != nil
        let place = legacy ? node : options
        if let limit = place.integer(legacy ? "limit" : "maxItems") { list.limit = max(1, min(limit, 10_000)) }
        list.nameFilter = place.string(legacy ? "nameFilter" : "alertName") ?? ""
        list.labelFilter = options.string("alertInstanceLabelFilter") ?? ""
        switch place.integer("sortOrder") {
        case 2: list.order = .nameDescending
        case 3: list.order = .importance
        case 4: list.order = .oldestFirst
        case 5: list.order = .newestFirst
        default: list.order = .nameAscending
        }
        switch place.raw("stateFilter") {
        case .object:
            let states = place.objectOrEmpty("stateFilter")
            list.showsFiring = states.bool("firing") ?? false
            list.showsPending = states.bool("pending") ?? false
        case .array(let words) where !words.isEmpty:
            list.showsFiring = words.contains(.string("alerting"))
            list.showsPending = words.contains(.string("pending"))
        default: break
        }
        return list
    }

    func dashboardList(_ node: ImportNode, _ options: ImportNode) -> DashboardListOptions {
        options.reportSettings(.dashboardListOption)
        var list = DashboardListOptions()
        let legacy = ["starred", "recent", "search", "headings"].contains { node.raw($0) != nil }
        let place = legacy ? node : options
        list.showsStarred = place.bool(legacy ? "starred" : "showStarred") ?? true
        list.showsRecent = place.bool(legacy ? "recent" : "showRecentlyViewed") ?? false
        list.showsFound = place.bool(legacy ? "search" : "showSearch") ?? false
        list.showsHeadings = place.bool(legacy ? "headings" : "showHeadings") ?? true
        if let limit = place.integer(legacy ? "limit" : "maxItems") { list.limit = max(1, min(limit, 1000)) }
        list.query = place.string("query") ?? ""
        list.tags = place.items("tags").compactMap { $0.value.looseString }
        list.keepsTime = options.bool("keepTime") ?? false
        list.includesVariables = options.bool("includeVars") ?? false
        return list
    }
}

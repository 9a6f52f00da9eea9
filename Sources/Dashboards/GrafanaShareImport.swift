// Pies, bar charts and tree maps of Grafana's JSON: how much of what.
// Part of GrafanaImport, called for the kind of a panel.

extension GrafanaImport {
    /// Parts of a whole as bars, without numbers of their own for minimum and maximum.
    func shares(_ options: ImportNode) -> BarGaugeOptions {
        var bars = BarGaugeOptions()
        bars.reduce = reduce(options)
        bars.displayMode = .basic
        bars.order = .descending
        return bars
    }

    // MARK: Pies

    func pieChart(_ options: ImportNode, reports: Bool = true) -> PieChartOptions {
        if reports { options.reportSettings(.pieChartOption) }
        var pie = PieChartOptions()
        pie.reduce = reduce(options)
        pie.isDonut = options.string("pieType") == "donut"
        pie.labels = pieLabels(options, "displayLabels")
        let legend = options.objectOrEmpty("legend")
        pie.legendValues = pieLabels(legend, "values").filter { $0 != .name }
        pie.legendIsRight = legend.string("placement") == "right"
        switch options.string("sort") {
        case "asc": pie.order = .ascending
        case "none": pie.order = .query
        default: pie.order = .descending
        }
        return pie
    }

    private func pieLabels(_ node: ImportNode, _ key: String) -> [PieChartOptions.Label] {
        node.items(key).compactMap { item in
            guard let word = item.value.looseString else { return nil }
            if let label = PieChartOptions.Label(rawValue: word) { return label }
            item.report("unknown label \"\(word.prefix(40))\"")
            return nil
        }
    }

    /// The plugin that was there before version 8. Settings of today win where a file has both.
    func legacyPieChart(_ node: ImportNode, _ options: ImportNode, _ panel: inout Panel) -> PieChartOptions {
        if options.raw("reduceOptions") != nil { return pieChart(options) }
        var pie = PieChartOptions()
        if panel.fields.unit == nil { panel.fields.unit = node.text("format") }
        if panel.fields.decimals == nil, let decimals = node.integer("decimals") {
            panel.fields.decimals = max(0, min(decimals, 20))
        }
        if let reducer = node.text("valueName").flatMap({ Reducer(id: $0) }) { pie.reduce.calculations = [reducer] }
        pie.isDonut = node.string("pieType") == "donut"
        pie.legendIsRight = node.string("legendType") == "Right side"
        let legend = node.objectOrEmpty("legend")
        if legend.bool("values") == true { pie.legendValues.append(.value) }
        if legend.bool("percentage") == true { pie.legendValues.append(.percent) }
        if node.string("legendType") == "On graph" { pie.labels = [.name] }
        panel.overrides = aliasColors(node) + panel.overrides
        return pie
    }

    // MARK: Bar charts

    func barChart(_ options: ImportNode) -> BarChartOptions {
        options.reportSettings(.barChartOption)
        var bars = BarChartOptions()
        bars.legend = legend(options.objectOrEmpty("legend"))
        switch options.string("orientation") {
        case "horizontal": bars.orientation = .horizontal
        case "vertical": bars.orientation = .vertical
        default: bars.orientation = .automatic
        }
        switch options.string("stacking") {
        case "normal": bars.stacking = .normal
        case "percent": bars.stacking = .percent
        default: bars.stacking = .none
        }
        switch options.string("showValue") {
        case "always": bars.shownValues = .always
        case "never": bars.shownValues = .never
        default: bars.shownValues = .automatic
        }
        bars.categoryField = options.text("xField")
        bars.colorField = options.text("colorByField")
        return bars
    }
}

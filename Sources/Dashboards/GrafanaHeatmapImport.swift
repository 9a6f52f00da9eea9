// Heatmaps and histograms of Grafana's JSON, today's and those before version 9.
// Part of GrafanaImport. Source: grafana, plugins/panel/heatmap/migrations.ts and panelcfg.

import MetricModel

extension GrafanaImport {
    func heatmap(_ node: ImportNode, _ options: ImportNode, _ panel: inout Panel) -> HeatmapOptions {
        if isLegacyHeatmap(node, options) {
            node.reportSettings(.legacyHeatmap)
            return legacyHeatmap(node, &panel)
        }
        options.reportSettings(.heatmapOption)
        var heatmap = HeatmapOptions()
        heatmap.calculates = options.bool("calculate") ?? false
        let calculation = options.objectOrEmpty("calculation")
        heatmap.xBuckets = buckets(calculation.objectOrEmpty("xBuckets"), isTime: true)
        heatmap.yBuckets = buckets(calculation.objectOrEmpty("yBuckets"), isTime: false)
        switch (options.object("rowsFrame") ?? options.objectOrEmpty("bucketFrame")).string("layout") {
        case "ge": heatmap.layout = .lower
        case "unknown": heatmap.layout = .unknown
        default: heatmap.layout = .upper
        }
        heatmap.colors = colors(options.objectOrEmpty("color"))
        let filter = options.objectOrEmpty("filterValues")
        heatmap.hidesUpTo = filter.number("le") ?? heatmap.hidesUpTo
        heatmap.hidesFrom = filter.number("ge")
        let cells = options.objectOrEmpty("cellValues")
        heatmap.countUnit = cells.text("unit")
        heatmap.countDecimals = cells.integer("decimals").map { max(0, min($0, 20)) }
        heatmap.showsLegend = options.objectOrEmpty("legend").bool("show") ?? true
        readAxis(options.objectOrEmpty("yAxis"), &heatmap, &panel)
        return heatmap
    }

    /// Without options, and with a word of the old kind.
    func isLegacyHeatmap(_ node: ImportNode, _ options: ImportNode) -> Bool {
        options.value.isBlank && ["dataFormat", "color", "yAxis", "yBucketBound"].contains { node.raw($0) != nil }
    }

    private func readAxis(_ axis: ImportNode, _ heatmap: inout HeatmapOptions, _ panel: inout Panel) {
        if let unit = axis.text("unit") { panel.fields.unit = unit }
        if let decimals = axis.integer("decimals") { panel.fields.decimals = max(0, min(decimals, 20)) }
        heatmap.axisMin = axis.number("min")
        heatmap.axisMax = axis.number("max")
        heatmap.isReversed = axis.bool("reverse") ?? false
        heatmap.axisLabel = axis.string("axisLabel") ?? ""
        switch axis.string("axisPlacement") {
        case "right": heatmap.axisPlacement = .right
        case "hidden": heatmap.axisPlacement = .hidden
        default: heatmap.axisPlacement = .left
        }
    }

    private func buckets(_ node: ImportNode, isTime: Bool) -> HeatmapOptions.Buckets {
        var buckets = HeatmapOptions.Buckets()
        let scale = node.objectOrEmpty("scale")
        if scale.string("type") == "log" { buckets.logBase = scale.number("log") ?? 2 }
        guard let text = node.text("value") else { return buckets }
        let length = isTime ? Milliseconds(grafana: text).map { Double($0.count) } : Double(text)
        if node.string("mode") == "count" || buckets.logBase > 1 {
            if let count = Double(text), count >= 1, count < 1e6 { buckets.size = .count(Int(count)) }
        } else if let length, length > 0, length.isFinite {
            buckets.size = .size(length)
        }
        return buckets
    }

    private func colors(_ node: ImportNode) -> HeatmapOptions.Colors {
        var colors = HeatmapOptions.Colors()
        colors.scheme = node.text("scheme") ?? colors.scheme
        if node.string("mode") == "opacity" { colors.fill = node.text("fill") ?? "dark-orange" }
        colors.exponent = exponent(node.number("exponent")) ?? colors.exponent
        if node.string("scale") == "linear" { colors.exponent = 1 }
        colors.isReversed = node.bool("reverse") ?? false
        colors.min = node.number("min")
        colors.max = node.number("max")
        return colors
    }

    private func exponent(_ value: Double?) -> Double? { value.flatMap { $0 > 0 && $0 <= 10 ? $0 : nil } }

    // MARK: Before version 9

    private func legacyHeatmap(_ node: ImportNode, _ panel: inout Panel) -> HeatmapOptions {
        var heatmap = HeatmapOptions()
        heatmap.calculates = node.string("dataFormat") != "tsbuckets"
        let axis = node.objectOrEmpty("yAxis")
        readAxis(axis, &heatmap, &panel)
        if let unit = axis.text("format") { panel.fields.unit = unit }
        if axis.bool("show") == false { heatmap.axisPlacement = .hidden }
        heatmap.isReversed = node.bool("reverseYBuckets") ?? false
        heatmap.countDecimals = node.integer("tooltipDecimals").map { max(0, min($0, 20)) }
        heatmap.showsLegend = node.objectOrEmpty("legend").bool("show") ?? false
        switch node.string("yBucketBound") {
        case "lower": heatmap.layout = .lower
        case "middle": heatmap.layout = .unknown
        default: heatmap.layout = .upper
        }
        if let text = node.text("xBucketSize"), let size = Milliseconds(grafana: text) {
            heatmap.xBuckets.size = .size(Double(size.count))
        } else if let count = node.integer("xBucketNumber"), count > 0 {
            heatmap.xBuckets.size = .count(count)
        }
        if let size = node.number("yBucketSize"), size > 0 {
            heatmap.yBuckets.size = .size(size)
        } else if let count = node.integer("yBucketNumber"), count > 0 {
            heatmap.yBuckets.size = .count(count)
        }
        if let base = axis.number("logBase"), base > 1 {
            heatmap.yBuckets.logBase = base
            heatmap.yBuckets.size = axis.integer("splitFactor").flatMap { $0 > 0 ? .count($0) : nil } ?? .automatic
        }
        readLegacyColors(node.objectOrEmpty("color"), &heatmap.colors)
        return heatmap
    }

    private func readLegacyColors(_ node: ImportNode, _ colors: inout HeatmapOptions.Colors) {
        let scheme = node.text("colorScheme") ?? "Oranges"
        colors.scheme = scheme.hasPrefix("interpolate") ? String(scheme.dropFirst(11)) : scheme
        if node.string("mode") == "opacity" {
            colors.fill = node.text("cardColor") ?? "#b4ff00"
            if node.string("colorScale") == "linear" { colors.exponent = 1 }
            colors.exponent = exponent(node.number("exponent")) ?? colors.exponent
        }
        (colors.min, colors.max) = (node.number("min"), node.number("max"))
        if let min = colors.min, let max = colors.max, min > max {
            (colors.min, colors.max, colors.isReversed) = (max, min, true)
        }
    }

    // MARK: Histogram

    func histogram(_ options: ImportNode) -> HistogramOptions {
        options.reportSettings(.histogramOption)
        var histogram = HistogramOptions()
        histogram.bucketSize = options.number("bucketSize").flatMap { $0 > 0 ? $0 : nil }
        histogram.bucketCount = max(1, min(options.integer("bucketCount") ?? 30, 1000))
        histogram.bucketOffset = options.number("bucketOffset") ?? 0
        histogram.combines = options.bool("combine") ?? false
        histogram.legend = legend(options.objectOrEmpty("legend"))
        return histogram
    }
}

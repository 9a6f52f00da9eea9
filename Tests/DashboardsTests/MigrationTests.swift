// What older Grafanas wrote, as it is read here: one row for each migration of its DashboardMigrator and its panels.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct MigrationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var json: String
        var read: @Sendable (Dashboard) -> String
        var wanted: String
        var testDescription: String { name }
        init(_ name: String, _ json: String, _ wanted: String, _ read: @escaping @Sendable (Dashboard) -> String) {
            (self.name, self.json, self.wanted, self.read) = (name, json, wanted, read)
        }
    }

    static func boxes(_ dashboard: Dashboard) -> String {
        dashboard.panels.map { panel in
            let position = panel.position
            let mark = if case .row = panel.kind { "row " } else { "" }
            return mark + "\(position.x),\(position.y) \(position.width)x\(position.height)"
        }.joined(separator: "; ")
    }
    static func panel(_ dashboard: Dashboard) -> Panel {
        dashboard.panels.first
            ?? Panel(id: 0, kind: .unsupported("none"), title: "", position: .init(x: 0, y: 0, width: 0, height: 0))
    }
    static func steps(_ thresholds: Thresholds) -> String {
        thresholds.steps.map { "\($0.value) \($0.color)" }.joined(separator: ", ")
    }
    static func stat(_ panel: Panel) -> StatOptions? {
        if case .stat(let options) = panel.kind { options } else { nil }
    }
    static func graph(_ panel: Panel) -> TimeSeriesOptions? {
        if case .timeSeries(let options) = panel.kind { options } else { nil }
    }
    static func words(_ parts: Any?...) -> String { parts.map { $0.map { "\($0)" } ?? "-" }.joined(separator: " ") }

    // MARK: Layout

    static let layoutRows: [Row] = [
        Row(
            "rows with spans, a height in pixels",
            #"{"rows": [{"height": "250px", "panels": [{"type": "text", "span": 4}, {"type": "text", "span": 8}]}]}"#,
            "0,0 8x7; 8,0 16x7", boxes),
        Row(
            "heights as bare texts and numbers",
            #"{"rows": [{"height": "275", "panels": [{"type": "text", "span": 12}]}, {"height": 151, "panels": [{"type": "text", "span": 12}]}]}"#,
            "0,0 24x8; 0,8 24x4", boxes),
        Row(
            "a row below the least height",
            #"{"rows": [{"height": "25px", "panels": [{"type": "text", "span": 12}]}]}"#,
            "0,0 24x3", boxes),
        Row(
            "spans beyond twelve wrap",
            #"{"rows": [{"panels": [{"type": "text", "span": 6}, {"type": "text", "span": 4}, {"type": "text", "span": 6}]}]}"#,
            "0,0 12x7; 12,0 8x7; 0,7 12x7", boxes),
        Row(
            "spans of zero and none are four, fractions are cut",
            #"{"rows": [{"panels": [{"type": "text", "span": 0}, {"type": "text"}, {"type": "text", "span": 2.4}]}]}"#,
            "0,0 8x7; 8,0 8x7; 16,0 4x7", boxes),
        Row(
            "a panel's own height",
            #"{"rows": [{"panels": [{"type": "text", "span": 6, "height": "100px"}, {"type": "text", "span": 6}]}, {"panels": [{"type": "text", "span": 12}]}]}"#,
            "0,0 12x3; 12,0 12x7; 0,7 24x7", boxes),
        Row(
            "headings of all rows as soon as one is shown",
            #"{"rows": [{"panels": [{"type": "text", "span": 12}]}, {"showTitle": true, "title": "T", "panels": [{"type": "text", "span": 12}]}]}"#,
            "row 0,0 24x1; 0,1 24x7; row 0,8 24x1; 0,9 24x7", boxes),
        Row(
            "a collapsed row keeps its panels",
            #"{"rows": [{"collapse": true, "panels": [{"type": "text", "span": 12}]}, {"panels": [{"type": "text", "span": 6}]}]}"#,
            "row 0,0 24x1; row 0,1 24x1; 0,2 12x7", boxes),
        Row(
            "a repeated row", #"{"rows": [{"repeat": "host", "panels": [{"type": "text", "span": 12}]}]}"#,
            "host row", { "\($0.panels[0].repeating?.variable ?? "") \($0.panels[0].kind.label)" }),
        Row(
            "minSpan", #"{"panels": [{"type": "text", "repeat": "x", "minSpan": 6}]}"#, "2",
            { words(panel($0).repeating?.maxPerRow) }),
        Row(
            "maxPerRow before minSpan", #"{"panels": [{"type": "text", "repeat": "x", "minSpan": 6, "maxPerRow": 3}]}"#,
            "3", { words(panel($0).repeating?.maxPerRow) }),
        Row("sharedCrosshair", #"{"sharedCrosshair": true, "panels": []}"#, "true", { words($0.sharesCrosshair) }),
        Row("graphTooltip", #"{"graphTooltip": 1, "panels": []}"#, "true", { words($0.sharesCrosshair) }),
    ]

    @Test("layouts of older schemas", arguments: layoutRows)
    func layout(row: Row) throws { #expect(row.read(try ImportTests.load(row.json)) == row.wanted) }

    // MARK: Panels

    static let panelsRows: [Row] = [
        Row(
            "graph: fill, width, points, steps",
            #"{"panels": [{"type": "graph", "fill": 3, "linewidth": 2, "points": true, "steppedLine": true}]}"#,
            "timeseries 30.0 2.0 true stepAfter",
            {
                let style = panel($0).fields.graph;
                return words(
                    panel($0).kind.label, style.fillOpacity, style.lineWidth, style.showsPoints, style.interpolation)
            }),
        Row(
            "graph: bars",
            #"{"panels": [{"type": "graph", "bars": true, "lines": false, "stack": true, "percentage": true}]}"#,
            "bars 100.0 percent",
            {
                let style = panel($0).fields.graph; return words(style.drawStyle, style.fillOpacity, style.stacking)
            }),
        Row(
            "graph: gaps joined", #"{"panels": [{"type": "graph", "nullPointMode": "connected"}]}"#, "always false",
            { words(panel($0).fields.graph.spanNulls, panel($0).fields.graph.fillsGapsWithZero) }),
        Row(
            "graph: gaps as zero", #"{"panels": [{"type": "graph", "nullPointMode": "null as zero"}]}"#, "never true",
            { words(panel($0).fields.graph.spanNulls, panel($0).fields.graph.fillsGapsWithZero) }),
        Row(
            "graph: axes of version 3",
            #"{"panels": [{"type": "graph", "yaxes": [{"format": "s", "min": "0", "max": "100", "logBase": 10, "label": "L", "show": false}, {}]}]}"#,
            "s 0.0 100.0 10.0 L true",
            {
                let fields = panel($0).fields;
                return words(
                    fields.unit, fields.min, fields.max, fields.graph.logBase, fields.graph.axisLabel,
                    fields.graph.axisPlacement == .hidden)
            }),
        Row(
            "graph: axes before version 3",
            #"{"panels": [{"type": "graph", "y_formats": ["bytes", "short"], "leftYAxisLabel": "L", "grid": {"leftMin": 1, "leftMax": "9", "leftLogBase": 2}}]}"#,
            "bytes 1.0 9.0 2.0 L",
            {
                let fields = panel($0).fields;
                return words(fields.unit, fields.min, fields.max, fields.graph.logBase, fields.graph.axisLabel)
            }),
        Row(
            "graph: the right axis before version 3",
            #"{"panels": [{"type": "graph", "y_formats": ["bytes", "percent"], "rightYAxisLabel": "R", "grid": {"rightMax": 100}, "seriesOverrides": [{"alias": "a", "yaxis": 2}]}]}"#,
            #"[axis(right), unit("percent"), max(100.0), axisLabel("R")]"#,
            { "\(panel($0).overrides.first?.apply ?? [])".replacingNames }),
        Row(
            "graph: thresholds of grid",
            #"{"panels": [{"type": "graph", "grid": {"threshold1": 5, "threshold1Color": "orange", "threshold2": 10, "threshold2Color": "red"}}]}"#,
            "-inf transparent, 5.0 orange, 10.0 red area",
            { steps(panel($0).fields.thresholds) + " \(panel($0).fields.graph.thresholdStyle)" }),
        Row(
            "graph: thresholds of grid as lines",
            #"{"panels": [{"type": "graph", "grid": {"threshold1": 5, "thresholdLine": true}}]}"#,
            "-inf transparent, 5.0 orange line",
            { steps(panel($0).fields.thresholds) + " \(panel($0).fields.graph.thresholdStyle)" }),
        Row(
            "graph: thresholds as a list",
            #"{"panels": [{"type": "graph", "thresholds": [{"value": "8", "op": "gt", "colorMode": "critical", "line": true, "fill": true}]}]}"#,
            "-inf transparent, 8.0 red lineAndArea",
            { steps(panel($0).fields.thresholds) + " \(panel($0).fields.graph.thresholdStyle)" }),
        Row(
            "graph: what lies below a threshold",
            #"{"panels": [{"type": "graph", "thresholds": [{"value": 8, "op": "lt", "colorMode": "warning", "fill": true}]}]}"#,
            "-inf orange, 8.0 transparent area",
            { steps(panel($0).fields.thresholds) + " \(panel($0).fields.graph.thresholdStyle)" }),
        Row(
            "graph: legend",
            #"{"panels": [{"type": "graph", "legend": {"show": true, "values": true, "current": true, "total": true, "min": true, "alignAsTable": true, "rightSide": true, "sort": "current", "sortDesc": true, "hideEmpty": true, "hideZero": true}}]}"#,
            "right true [min, lastNotNull, sum] Last * true true true",
            {
                let legend = graph(panel($0))?.legend;
                return words(
                    legend?.placement, legend?.isTable, "\(legend?.calculations ?? [])".replacingNames, legend?.sortBy,
                    legend?.sortsDescending, legend?.hidesEmpty, legend?.hidesZero)
            }),
        Row(
            "graph: a legend without values",
            #"{"panels": [{"type": "graph", "legend": {"show": false, "max": true}}]}"#,
            "hidden []", { words(graph(panel($0))?.legend.placement, graph(panel($0))?.legend.calculations) }),
        Row(
            "graph: a bar for each series",
            #"{"panels": [{"type": "graph", "xaxis": {"mode": "series", "values": ["max"]}}]}"#,
            "bargauge [max]", { words(panel($0).kind.label, "\(panel($0).kind.calculations)".replacingNames) }),
        Row(
            "legend of version 7",
            #"{"panels": [{"type": "timeseries", "options": {"legend": {"isVisible": false, "asTable": true}}}]}"#,
            "hidden true", { words(graph(panel($0))?.legend.placement, graph(panel($0))?.legend.isTable) }),
        Row(
            "singlestat",
            #"{"panels": [{"type": "singlestat", "format": "s", "decimals": "1", "valueName": "current", "prefix": "<", "postfix": ">", "nullText": "none", "colorBackground": true, "sparkline": {"show": true}, "thresholds": "1,5", "colors": ["a", "b", "c"], "tableColumn": "v"}]}"#,
            "stat s 1 [lastNotNull] < > none background true -inf a, 1.0 b, 5.0 c v",
            {
                let (found, options) = (panel($0), stat(panel($0)));
                return words(
                    found.kind.label, found.fields.unit, found.fields.decimals,
                    "\(found.kind.calculations)".replacingNames, options?.prefix, options?.postfix,
                    found.fields.noValue, options?.colorMode, options?.showsSparkline, steps(found.fields.thresholds),
                    options?.reduce.fields)
            }),
        Row(
            "singlestat: thresholds as a list", #"{"panels": [{"type": "singlestat", "thresholds": ["1", "5"]}]}"#,
            "-inf green, 1.0 orange, 5.0 red", { steps(panel($0).fields.thresholds) }),
        Row(
            "singlestat: a gauge",
            #"{"panels": [{"type": "singlestat", "gauge": {"show": true, "minValue": 5, "maxValue": "50", "thresholdMarkers": false}}]}"#,
            "gauge 5.0 50.0", { words(panel($0).kind.label, panel($0).fields.min, panel($0).fields.max) }),
        Row(
            "singlestat: the name alone", #"{"panels": [{"type": "singlestat", "valueName": "name"}]}"#, "name",
            { words(stat(panel($0))?.textMode) }),
        Row(
            "singlestat: maps of values, which count before ranges",
            #"{"panels": [{"type": "singlestat", "valueMaps": [{"op": "=", "value": "1", "text": "up"}], "rangeMaps": [{"from": "2", "to": "9", "text": "many"}]}]}"#,
            #"[value("1", up)]"#, { mappings(panel($0)) }),
        Row(
            "singlestat: maps of ranges",
            #"{"panels": [{"type": "singlestat", "mappingType": 2, "valueMaps": [{"value": "1", "text": "up"}], "rangeMaps": [{"from": "2", "to": "9", "text": "many"}, {"from": "null", "to": "null", "text": "none"}]}]}"#,
            "[range(2.0, 9.0, many), special(null, none)]", { mappings(panel($0)) }),
        Row(
            "singlestat with modern options",
            #"{"panels": [{"type": "singlestat", "options": {"reduceOptions": {"calcs": ["max"]}}, "fieldConfig": {"defaults": {"unit": "s"}}, "format": "bytes"}]}"#,
            "stat s [max]",
            { words(panel($0).kind.label, panel($0).fields.unit, "\(panel($0).kind.calculations)".replacingNames) }),
        Row(
            "gauge of 6.0",
            #"{"panels": [{"type": "gauge", "options": {"valueOptions": {"stat": "avg", "unit": "ms", "decimals": 1}, "minValue": 0, "maxValue": 10, "thresholds": [{"index": 0, "value": null, "color": "green"}, {"index": 1, "value": 7, "color": "red"}], "valueMappings": [{"type": 1, "value": "0", "text": "idle"}]}}]}"#,
            #"gauge [mean] ms 1 0.0 10.0 -inf green, 7.0 red [value("0", idle)]"#,
            {
                let found = panel($0);
                return words(
                    found.kind.label, "\(found.kind.calculations)".replacingNames, found.fields.unit,
                    found.fields.decimals, found.fields.min, found.fields.max, steps(found.fields.thresholds),
                    mappings(found))
            }),
        Row(
            "fieldOptions of schemas 18 to 22",
            #"{"panels": [{"type": "bargauge", "options": {"fieldOptions": {"calcs": ["mean"], "defaults": {"unit": "percent", "max": 100}, "thresholds": [{"color": "blue", "value": null}, {"color": "red", "value": 90}], "overrides": [{"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "unit", "value": "s"}]}]}}}]}"#,
            "bargauge [mean] percent 100.0 -inf blue, 90.0 red 1",
            {
                let found = panel($0);
                return words(
                    found.kind.label, "\(found.kind.calculations)".replacingNames, found.fields.unit, found.fields.max,
                    steps(found.fields.thresholds), found.overrides.count)
            }),
        Row(
            "text at the panel itself", ##"{"panels": [{"type": "text", "mode": "html", "content": "<b>x</b>"}]}"##,
            "html <b>x</b>",
            { if case .text(let text) = panel($0).kind { words(text.mode, text.content) } else { "no text" } }),
        Row(
            "a table with styles",
            #"{"panels": [{"type": "table", "transform": "timeseries_aggregations", "columns": [{"text": "Avg", "value": "avg"}, {"text": "Max", "value": "max"}], "sort": {"col": 1, "desc": true}, "styles": [{"pattern": "Time", "type": "hidden"}, {"pattern": "/.*/", "type": "number", "unit": "bytes", "decimals": 2, "colorMode": "cell", "thresholds": ["10", "20"], "colors": ["a", "b", "c"], "alias": "n"}]}]}"#,
            "table #1 true reduce [name(\"Time\"), regexp(\"/.*/\")] [hidden] 5",
            {
                let found = panel($0); guard case .table(let table) = found.kind else { return "no table" }
                return words(
                    found.kind.label, table.sortField, table.sortsDescending, found.transformations.first?.id,
                    "\(found.overrides.map(\.matching))".replacingNames, "\(found.overrides[0].apply)".replacingNames,
                    found.overrides[1].apply.count)
            }),
        Row(
            "a table with fieldConfig and leftover styles",
            #"{"panels": [{"type": "table", "styles": [{"pattern": "a", "type": "hidden"}], "fieldConfig": {"defaults": {}}}]}"#,
            "table 0", { words(panel($0).kind.label, panel($0).overrides.count) }),
        Row(
            "cells of version 8",
            #"{"panels": [{"type": "table", "fieldConfig": {"defaults": {"custom": {"displayMode": "lcd-gauge"}}, "overrides": [{"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "custom.displayMode", "value": "color-background-solid"}]}]}}]}"#,
            "gauge lcd [cellMode(colorBackground), cellGauge(gradient)]",
            {
                words(
                    panel($0).fields.cellMode, panel($0).fields.cellGauge,
                    "\(panel($0).overrides.first?.apply ?? [])".replacingNames)
            }),
        Row(
            "hideFrom of version 7 and after",
            #"{"panels": [{"type": "timeseries", "fieldConfig": {"defaults": {"custom": {"hideFrom": {"graph": true, "legend": true}}}, "overrides": [{"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "custom.hideFrom.viz", "value": true}]}, {"matcher": {"id": "byName", "options": "b"}, "properties": [{"id": "custom.hideFrom", "value": {"viz": true, "legend": true}}]}]}}]}"#,
            "true true [[hideFromGraph], [hideFromGraph, hideFromLegend]]",
            {
                words(
                    panel($0).fields.graph.isHidden, panel($0).fields.graph.isHiddenFromLegend,
                    "\(panel($0).overrides.map(\.apply))".replacingNames)
            }),
        Row(
            "stacking as true",
            #"{"panels": [{"type": "timeseries", "fieldConfig": {"overrides": [{"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "custom.stacking", "value": true}]}]}}]}"#,
            "[stacking(normal, group: \"A\")]", { "\(panel($0).overrides.first?.apply ?? [])".replacingNames }),
        Row(
            "mappings before version 30",
            #"{"panels": [{"type": "stat", "fieldConfig": {"defaults": {"mappings": [{"type": 1, "value": "1", "text": "up"}, {"type": 2, "from": "2", "to": "9", "text": "many"}]}}}]}"#,
            #"[value("1", up), range(2.0, 9.0, many)]"#, { mappings(panel($0)) }),
    ]

    static func mappings(_ panel: Panel) -> String {
        "["
            + panel.fields.mappings.map { mapping in
                switch mapping {
                case .value(let key, let result): "value(\"\(key)\", \(result.text ?? ""))"
                case .range(let from, let to, let result): "range(\(words(from)), \(words(to)), \(result.text ?? ""))"
                case .regex(let pattern, let result): "regex(\(pattern), \(result.text ?? ""))"
                case .special(let kind, let result): "special(\(kind), \(result.text ?? ""))"
                }
            }.joined(separator: ", ") + "]"
    }

    @Test("panels of older schemas", arguments: panelsRows)
    func panels(row: Row) throws { #expect(row.read(try ImportTests.load(row.json)) == row.wanted) }

    // MARK: Sources, targets, variables

    static func variable(_ dashboard: Dashboard) -> DashboardVariable {
        dashboard.variables.first ?? DashboardVariable(name: "", kind: .adhoc)
    }

    static let othersRows: [Row] = [
        Row(
            "data sources as names",
            #"{"panels": [{"type": "timeseries", "datasource": "prom-eu", "targets": [{"expr": "a"}, {"expr": "b", "datasource": "loki"}]}]}"#,
            "- loki", { words(panel($0).targets[0].foreignDatasource, panel($0).targets[1].foreignDatasource) }),
        Row(
            "targets: factors, least steps, instants as texts",
            #"{"panels": [{"type": "graph", "interval": ">5m", "targets": [{"expr": "a", "intervalFactor": "2", "interval": "60", "step": 4, "instant": "true"}]}]}"#,
            "5m 2 1m true",
            {
                words(
                    panel($0).interval, panel($0).targets[0].intervalFactor, panel($0).targets[0].interval,
                    panel($0).targets[0].isInstant)
            }),
        Row(
            "All as a wildcard",
            #"{"templating": {"list": [{"name": "x", "type": "query", "query": "label_values(x)", "includeAll": true, "allFormat": "regex wildcard", "multiFormat": "regex values", "current": {"text": "All", "value": ".*"}}]}, "panels": []}"#,
            "[\"$__all\"] .*", { words(variable($0).current, variable($0).allValue) }),
        Row(
            "a choice one level deeper",
            #"{"templating": {"list": [{"name": "x", "type": "custom", "query": "a, b", "current": {"text": {"text": "b", "value": "b"}, "value": {"text": "b", "value": "b"}}}]}, "panels": []}"#,
            "[\"b\"]", { words(variable($0).current) }),
        Row(
            "refresh as true and as a word",
            #"{"templating": {"list": [{"name": "x", "type": "query", "query": "q", "refresh": true}, {"name": "y", "type": "query", "query": "q", "refresh": "time"}, {"name": "z", "type": "query", "query": "q", "refresh": 0}]}, "panels": []}"#,
            "[onLoad, onTimeChange, never]", { "\($0.variables.map(\.refresh))".replacingNames }),
        Row(
            "[[x]]",
            #"{"templating": {"list": [{"name": "x", "type": "custom", "query": "a,b", "current": {"text": "b", "value": "b"}}]}, "panels": []}"#,
            "up{a=\"b\"}",
            { VariableContext(dashboard: $0, range: PanelDataTests.range).interpolate("up{a=\"[[x]]\"}", .query) }),
        Row("refresh: false", #"{"refresh": false, "panels": []}"#, "-", { words($0.refresh) }),
        Row("refresh: a length", #"{"refresh": "60s", "panels": []}"#, "1m", { words($0.refresh) }),
    ]

    @Test("data sources, targets and variables of older schemas", arguments: othersRows)
    func others(row: Row) throws { #expect(row.read(try ImportTests.load(row.json)) == row.wanted) }
}

extension String {
    /// Without the module's and the types' names that the descriptions of enum cases carry.
    fileprivate var replacingNames: String {
        var result = self
        for name in [
            "Dashboards.FieldOverride.Property.", "Dashboards.FieldOverride.Matching.", "Dashboards.Reducer.",
            "Dashboards.GraphStyle.Stacking.", "Dashboards.GraphStyle.AxisPlacement.", "Dashboards.CellMode.",
            "Dashboards.BarGaugeOptions.DisplayMode.",
            "Dashboards.DashboardVariable.Refresh.",
        ] {
            result = result.split(separator: name, omittingEmptySubsequences: false).joined()
        }
        return result
    }
}

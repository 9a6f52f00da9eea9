// The compatibility table and the import are one: a document that uses a thing is told what the table says, and what
// the table calls drawn changes what is made of the document.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct CompatibilityTests {
    typealias Area = Compatibility.Area

    struct Case: Sendable, CustomTestStringConvertible {
        var area: Area
        var row: CompatibilityRow
        /// In an override instead of the defaults.
        var isOverride = false
        var testDescription: String { "\(area.rawValue): \(row.name)\(isOverride ? " in an override" : "")" }
    }

    static let cases: [Case] = Area.allCases.flatMap { area in
        Compatibility.rows(area).flatMap { row -> [Case] in
            var found: [Case] = []
            found.append(Case(area: area, row: row))
            // Overrides name whole settings, but for what is hidden.
            let isWhole = !row.name.contains(".") || row.name.hasPrefix("hideFrom.")
            if area == .custom || area == .field && row.name != "custom", isWhole {
                found.append(Case(area: area, row: row, isOverride: true))
            }
            return found
        }
    }

    // MARK: Documents

    static func json(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8), fileName: "") }

    static func panelDocument(
        _ type: String, _ path: [String], _ value: JSONValue?, also: String? = nil
    ) throws -> JSONValue {
        let name = path.last ?? ""
        var panel = try json(#"{"type": "\#(type)", "targets": [{"refId": "A", "expr": "up"}]}"#)
        if name == "libraryPanel" { panel.remove(["targets"]) }
        if let more = companions[name] { panel.merge(try json(more)) }
        if let also {
            panel.merge(try json(also))
            panel.remove(["options"])
        }
        if let value { panel.set(path, value) }
        guard name == "span" || name == "height" else { return try document(panel) }
        var root = try json(#"{"title": "T", "rows": [{}]}"#)
        root.set(["rows"], .array([.object(JSONObject(["panels": .array([panel])]))]))
        return root
    }

    /// What a setting needs beside it to have a meaning.
    static let companions = [
        "repeatDirection": #"{"repeat": "x"}"#, "maxPerRow": #"{"repeat": "x"}"#, "minSpan": #"{"repeat": "x"}"#,
        "minValue": #"{"options": {"valueOptions": {"stat": "max"}}}"#, "lines": #"{"points": true}"#,
        "maxValue": #"{"options": {"valueOptions": {"stat": "max"}}}"#, "percentage": #"{"stack": true}"#,
        "show": #"{"options": {"footer": {"reducer": ["sum"]}}}"#,
        "reducer": #"{"options": {"footer": {"show": true}}}"#,
        "countRows": #"{"options": {"footer": {"show": true}}}"#,
        "fields": #"{"options": {"footer": {"show": true}}}"#,
        "rightYAxisLabel": #"{"seriesOverrides": [{"alias": "a", "yaxis": 2}]}"#,
        "mode": #"{"fieldConfig": {"defaults": {"custom": {"cellOptions": {"type": "gauge"}}}}}"#,
        "log": #"{"fieldConfig": {"defaults": {"custom": {"scaleDistribution": {"type": "log"}}}}}"#,
        "fill": #"{"options": {"color": {"mode": "opacity"}}}"#, "cardColor": #"{"color": {"mode": "opacity"}}"#,
        "exponent": #"{"color": {"mode": "opacity"}}"#, "colorScale": #"{"color": {"mode": "opacity"}}"#,
        "splitFactor": #"{"yAxis": {"logBase": 2}}"#,
        "mappingType":
            #"{"valueMaps": [{"value": "1", "text": "up"}], "rangeMaps": [{"from": "1", "to": "2", "text": "up"}]}"#,
    ]
    static func document(_ panel: JSONValue) throws -> JSONValue {
        var root = try json(#"{"title": "T"}"#)
        root.set(["panels"], .array([panel]))
        return root
    }

    /// A document with the thing, or with its place empty.
    static func document(_ test: Case, _ value: JSONValue?) throws -> JSONValue {
        let path = test.row.name.split(separator: ".").map(String.init)
        func options(_ type: String) throws -> JSONValue { try panelDocument(type, ["options"] + path, value) }
        switch test.area {
        case .panel: return try panelDocument(value == nil ? "none" : test.row.name, ["x"], nil)
        case .panelSetting: return try panelDocument("timeseries", [test.row.name], value)
        case .timeSeriesOption: return try options("timeseries")
        case .statOption: return try options("stat")
        case .gaugeOption: return try options("gauge")
        case .barGaugeOption: return try options("bargauge")
        case .pieChartOption: return try options("piechart")
        case .barChartOption: return try options("barchart")
        case .tableOption: return try options("table")
        case .textOption: return try options("text")
        case .alertListOption: return try options("alertlist")
        case .dashboardListOption: return try options("dashlist")
        case .stateTimelineOption: return try options("state-timeline")
        case .heatmapOption: return try options("heatmap")
        case .histogramOption: return try options("histogram")
        case .field, .custom:
            let prefix = test.area == .custom ? ["custom"] : []
            guard test.isOverride else {
                return try panelDocument("timeseries", ["fieldConfig", "defaults"] + prefix + path, value)
            }
            var property = JSONValue.object(JSONObject())
            property.set(["id"], .string((prefix + path).joined(separator: ".")))
            property.set(["value"], value ?? .null)
            var override = try json(#"{"matcher": {"id": "byName", "options": "a"}}"#)
            override.set(["properties"], .array([property]))
            return try panelDocument("timeseries", ["fieldConfig", "overrides"], .array([override]))
        case .legacyGraph:
            return try panelDocument(test.row.name == "type" && value == nil ? "none" : "graph", path, value)
        case .legacyStat:
            return try panelDocument(test.row.name == "type" && value == nil ? "none" : "singlestat", path, value)
        case .legacyHeatmap:
            return try panelDocument(
                test.row.name == "type" && value == nil ? "none" : "heatmap", path, value,
                also: #"{"dataFormat": "timeseries"}"#)
        case .matcher:
            var override = try json(#"{"matcher": {"id": "none"}, "properties": [{"id": "unit", "value": "s"}]}"#)
            override.set(["matcher", "id"], .string(test.row.name))
            override.set(
                ["matcher", "options"],
                try json(matcherOptions[test.row.name] ?? #""a""#))
            return try panelDocument(
                "timeseries", ["fieldConfig", "overrides"], value == nil ? nil : .array([override]))
        case .colorMode:
            return try panelDocument(
                "timeseries", ["fieldConfig", "defaults", "color", "mode"], value == nil ? nil : .string(test.row.name))
        case .transformation:
            var step = JSONValue.object(JSONObject())
            step.set(["id"], .string(test.row.name))
            return try panelDocument("table", ["transformations"], value == nil ? nil : .array([step]))
        case .variable:
            var variable = try json(#"{"name": "x", "query": "a"}"#)
            variable.set(["type"], .string(test.row.name))
            var root = try document(.object(JSONObject()))
            if value != nil { root.set(["templating", "list"], .array([variable])) }
            return root
        case .document:
            var root = try document(.object(JSONObject()))
            if ["elements", "layout", "timeSettings", "variables", "cursorSync"].contains(test.row.name) {
                root = try json(
                    #"{"title": "T", "elements": {"p": {"spec": {"title": "P", "vizConfig": {"kind": "text"}}}}, "layout": {"spec": {"items": [{"spec": {"element": {"name": "p"}}}]}}}"#
                )
                if value == nil, test.row.name != "elements" { root.remove([test.row.name]) }
            }
            if ["rows"].contains(test.row.name) { root.remove(["panels"]) }
            if value == nil, test.row.name == "rows" { root.set(["schemaVersion"], .number(1)) }
            if let value { root.set([test.row.name], value) }
            if value == nil, test.row.name == "title" { root.remove(["title"]) }
            return root
        }
    }

    static let matcherOptions = [
        "byValue": #"{"reducer": "max", "value": 1}"#, "byNames": #"{"names": ["a"]}"#, "byTypes": #"["number"]"#,
    ]

    /// Something that is said, and not the default.
    static func sample(_ test: Case) throws -> JSONValue {
        if let text = samples["\(test.area).\(test.row.name)"] ?? samples[test.row.name] { return try json(text) }
        let choices: [JSONValue] = [.bool(true), .string("x"), .number(5)]
        return choices.first { !test.row.plainValues.contains($0) } ?? .bool(true)
    }

    // MARK: What is reported

    @Test("a document that uses a thing is told what the table says, and nothing else of it", arguments: cases)
    func reported(test: Case) throws {
        let dashboard = try Dashboard(grafana: try Self.document(test, try Self.sample(test)), fileName: "x.json")
        let before = try Dashboard(grafana: try Self.document(test, nil), fileName: "x.json").notices
        let found = dashboard.notices.filter { !before.contains($0) }.map { "\($0.kind): \($0.message)" }
        let wanted: [String] =
            switch test.row.treatment {
            case .drawn, .immaterial: []
            case .approximated(let how): ["approximated: \(test.row.name): \(how)"]
            case .ignored(let why): ["ignored: \(test.row.name): \(why)"]
            case .notDrawn(let why): ["notDrawn: \(test.row.name): \(why)"]
            }
        #expect(found == wanted)
    }

    @Test("a value that changes nothing is not worth a word", arguments: cases.filter { !$0.row.plainValues.isEmpty })
    func plain(test: Case) throws {
        for value in test.row.plainValues {
            let dashboard = try Dashboard(grafana: try Self.document(test, value), fileName: "x.json")
            #expect(dashboard.notices.filter { $0.message.hasPrefix("\(test.row.name):") } == [], "\(value)")
        }
    }

    // MARK: What has an effect

    /// Everything that is made of a document, in words.
    static func outcome(_ document: JSONValue) throws -> String {
        var dashboard = try Dashboard(grafana: document, fileName: "x.json")
        dashboard.notices = []
        return "\(dashboard)"
    }

    @Test(
        "what is called drawn changes what is made of a document",
        // A data source that is drawn changes nothing; what others do is in TrapTests, 7 to 9.
        arguments: cases.filter {
            $0.row.treatment == .drawn && $0.area != .transformation && $0.row.name != "datasource"
        })
    func effect(test: Case) throws {
        let with = try Self.outcome(try Self.document(test, try Self.sample(test)))
        let without = try Self.outcome(try Self.document(test, nil))
        // The default that is said in words is the default.
        if test.area == .colorMode, test.row.name == "palette-classic" {
            #expect(with == without)
        } else {
            #expect(with != without)
        }
    }

    @Test(
        "what is called drawn of the transformations is carried out, what is not is said in the panel",
        arguments: Compatibility.rows(.transformation))
    func transformations(row: CompatibilityRow) throws {
        var notices: [String] = []
        _ = Transformations.apply(
            [TransformationStep(id: row.name, options: .object(JSONObject()))], to: [TransformationTests.disks],
            variables: PanelDataTests.context, notices: &notices)
        switch row.treatment {
        case .drawn, .approximated: #expect(notices == [])
        case .ignored, .immaterial, .notDrawn: #expect(notices == ["transformation \"\(row.name)\" is not applied"])
        }
    }

    @Test("each name stands once in its table", arguments: Area.allCases)
    func unique(area: Area) {
        let names = Compatibility.rows(area).map(\.name)
        #expect(names.count == Set(names).count)
    }

    @Test("what no table knows is named, and the document is read all the same")
    func unknown() throws {
        let dashboard = try ImportTests.load(
            """
            {"title": "T", "nova": {"a": 1}, "templating": {"list": [{"name": "x", "type": "quiz"}]}, "panels": [
              {"type": "wheel"}, {"type": "stat", "options": {"spin": true, "reduceOptions": {"speed": 3}},
               "fieldConfig": {"defaults": {"color": {"mode": "neon"}, "mood": 1, "custom": {"wobble": 2}}, "overrides": [
                 {"matcher": {"id": "byMood"}, "properties": []}, {"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "custom.wobble", "value": 1}]}]},
               "transformations": [{"id": "stir"}]}]}
            """)
        #expect(
            dashboard.notices.map { "\($0.kind) \($0)" } == [
                #"ignored nova.a: "nova.a" is not known here"#,
                #"fault templating.list[0]: variable type "quiz" is not known"#,
                #"notDrawn panels[0]: panel type "wheel" is not drawn"#,
                #"notDrawn panels[1].transformations[0]: transformation "stir" is not applied"#,
                #"ignored panels[1].fieldConfig.defaults.mood: "mood" is not known here"#,
                #"fault panels[1].fieldConfig.defaults.color: unknown colour mode "neon""#,
                #"ignored panels[1].fieldConfig.defaults.custom.wobble: "wobble" is not known here"#,
                #"fault panels[1].fieldConfig.overrides[0].matcher: unknown matcher "byMood""#,
                #"ignored panels[1].fieldConfig.overrides[1].properties[0]: override property "custom.wobble" is ignored"#,
                #"ignored panels[1].options.spin: "spin" is not known here"#,
                #"ignored panels[1].options.reduceOptions.speed: "reduceOptions.speed" is not known here"#,
            ])
    }

    @Test("a row below another one can be reached: the upper one is drawn")
    func reachable() {
        for area in Area.allCases {
            for row in Compatibility.rows(area) {
                guard let dot = row.name.lastIndex(of: "."),
                    let parent = Compatibility.row(area, String(row.name[..<dot]))
                else { continue }
                #expect(parent.treatment == .drawn, "\(area.rawValue): \(row.name)")
            }
        }
    }

    // MARK: Samples

    /// By name, or by area and name: values that differ from the default and have the kind that files give them.
    static let samples: [String: String] = [
        "type": #""graph""#, "legacyStat.type": #""singlestat""#, "panelSetting.type": #""stat""#, "title": #""New""#,
        "description": #""about""#, "transparent": "true", "gridPos": #"{"x": 1, "y": 2, "w": 3, "h": 4}"#,
        "datasource": #"{"type": "datasource", "uid": "-- Mixed --"}"#, "targets": #"[{"refId": "B", "expr": "down"}]"#,
        "options": #"{"legend": {"placement": "right"}}"#, "fieldConfig": #"{"defaults": {"unit": "s"}}"#,
        "transformations": #"[{"id": "merge", "options": {}}]"#, "repeat": #""host""#, "interval": #""5m""#,
        "maxDataPoints": "50", "timeFrom": #""6h""#, "timeShift": #""1d""#, "hideTimeOverride": "true",
        "links": #"[{"title": "t", "url": "u"}]"#,
        "legend.showLegend": "false", "legend.displayMode": #""table""#, "legend.placement": #""right""#,
        "legend.calcs": #"["max"]"#, "legend.sortBy": #""Max""#, "legend.sortDesc": "true", "legend.asTable": "true",
        "legend.isVisible": "false",
        "colorMode": #""background""#, "graphMode": #""none""#, "textMode": #""name""#, "orientation": #""vertical""#,
        "showPercentChange": "true", "reduceOptions.calcs": #"["max"]"#, "reduceOptions.values": "true",
        "reduceOptions.fields": #""/x/""#, "reduceOptions.limit": "5", "fieldOptions.calcs": #"["max"]"#,
        "fieldOptions.values": "true", "fieldOptions.defaults": #"{"unit": "s"}"#,
        "fieldOptions.overrides":
            #"[{"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "unit", "value": "s"}]}]"#,
        "fieldOptions.thresholds": #"[{"color": "blue", "value": null}]"#,
        "fieldOptions.mappings": #"[{"type": 1, "value": "1", "text": "up"}]"#, "fieldOptions.limit": "5",
        "valueOptions.stat": #""max""#, "valueOptions.unit": #""s""#, "valueOptions.decimals": "3",
        "valueMappings": #"[{"type": 1, "value": "1", "text": "up"}]"#,
        "showThresholdMarkers": "false", "displayMode": #""lcd""#, "custom.displayMode": #""json-view""#,
        "showUnfilled": "false",
        "maxItems": "5", "sortOrder": "3", "stateFilter": #"{"pending": true}"#, "stateFilter.firing": "true",
        "stateFilter.pending": "true", "alertName": #""x""#, "alertInstanceLabelFilter": #""{job=\"a\"}""#,
        "showStarred": "true", "showRecentlyViewed": "true", "showSearch": "true", "showHeadings": "false",
        "query": #""x""#, "keepTime": "true", "includeVars": "true", "showValue": #""never""#, "mergeValues": "false",
        "alignValue": #""right""#, "showHeader": "false",
        "sortBy": #"[{"displayName": "a", "desc": true}]"#, "frameIndex": "1",
        "footer.show": "true", "footer.reducer": #"["sum"]"#, "mode": #""html""#, "content": #""x""#,
        "unit": #""s""#, "decimals": "3", "min": "1", "max": "2", "displayName": #""n""#, "noValue": #""-""#,
        "color": #"{"mode": "fixed", "fixedColor": "red"}"#,
        "thresholds": #"{"mode": "absolute", "steps": [{"color": "blue", "value": null}]}"#,
        "mappings": #"[{"type": "value", "options": {"1": {"text": "up"}}}]"#, "custom": #"{"drawStyle": "bars"}"#,
        "drawStyle": #""bars""#, "fillOpacity": "20", "lineWidth": "3",
        "stacking.mode": #""normal""#, "stacking.group": #""B""#, "spanNulls": "true", "axisLabel": #""l""#,
        "hideFrom": #"{"viz": true}"#, "hideFrom.viz": "true", "hideFrom.graph": "true", "hideFrom.legend": "true",
        "hideFrom.table": "true", "showPoints": #""always""#, "thresholdsStyle": #"{"mode": "line"}"#,
        "thresholdsStyle.mode": #""line""#, "axisSoftMin": "1", "axisSoftMax": "2", "axisCenteredZero": "true",
        "hidden": "true", "align": #""right""#, "cellOptions": #"{"type": "color-text"}"#,
        "cellOptions.type": #""pill""#, "footer.fields": #"["a"]"#, "footer.countRows": "true",
        "cellOptions.mode": #""lcd""#,
        "scaleDistribution": #"{"type": "log", "log": 10}"#,
        "scaleDistribution.type": #""log""#, "scaleDistribution.log": "10", "axisPlacement": #""right""#,
        "fill": "5", "linewidth": "4", "lines": "false", "bars": "true", "points": "true", "stack": "true",
        "percentage": "true", "steppedLine": "true", "nullPointMode": #""null as zero""#,
        "yaxes": #"[{"format": "s"}, {}]"#, "y_formats": #"["s", "s"]"#, "legend": #"{"show": false}"#,
        "seriesOverrides": #"[{"alias": "a", "fill": 0}]"#, "aliasColors": #"{"a": "red"}"#, "dashes": "true",
        "legacyGraph.thresholds": #"[{"value": 5, "op": "gt", "fill": true}]"#, "legacyStat.thresholds": #""5,9""#,
        "span": "3", "height": #""200px""#, "xaxis": #"{"mode": "series"}"#, "grid": #"{"leftMin": 1}"#,
        "leftYAxisLabel": #""l""#, "rightYAxisLabel": #""r""#, "y-axis": "false", "repeatDirection": #""v""#,
        "maxPerRow": "2",
        "minSpan": "6", "minValue": "1", "maxValue": "2", "mappingType": "2",
        "lineStyle": #"{"fill": "dash", "dash": [1, 2]}"#,
        "legacyGraph.tooltip": #"{"shared": true, "sort": 1}"#, "tags": #"["a"]"#,
        "format": #""s""#, "nullText": #""none""#, "colors": #"["a", "b", "c"]"#,
        "valueMaps": #"[{"value": "1", "text": "up"}]"#, "rangeMaps": #"[{"from": "1", "to": "2", "text": "up"}]"#,
        "valueName": #""max""#, "gauge": #"{"show": true}"#, "colorBackground": "true", "colorValue": "true",
        "sparkline": #"{"show": true}"#, "prefix": #""<""#, "postfix": #"">""#, "tableColumn": #""v""#,
        "pieType": #""donut""#, "displayLabels": #"["percent"]"#, "sort": #""asc""#, "legend.values": #"["value"]"#,
        "stacking": #"{"mode": "normal", "group": "A"}"#, "barChartOption.stacking": #""percent""#,
        "xField": #""job""#, "colorByField": #""state""#,
        "uid": #""u""#, "time": #"{"from": "now-2h", "to": "now"}"#, "refresh": #""10s""#, "timezone": #""utc""#,
        "templating": #"{"list": [{"name": "x", "type": "constant", "query": "1"}]}"#,
        "panels": #"[{"type": "text"}, {"type": "text"}]"#, "rows": #"[{"panels": [{"type": "text", "span": 6}]}]"#,
        "annotations": #"{"list": [{"name": "a", "expr": "x > 0"}]}"#,
        "elements": #"{"p": {"kind": "Panel", "spec": {"title": "Other", "vizConfig": {"kind": "text"}}}}"#,
        "layout": #"{"kind": "GridLayout", "spec": {"items": [{"spec": {"element": {"name": "p"}}}]}}"#,
        "timeSettings": #"{"from": "now-2h"}"#,
        "calculate": "true", "calculation.xBuckets": #"{"mode": "count", "value": "20"}"#,
        "calculation.yBuckets": #"{"mode": "count", "value": "20"}"#, "rowsFrame.layout": #""ge""#,
        "bucketFrame.layout": #""ge""#, "color.mode": #""opacity""#, "color.scheme": #""Blues""#,
        "color.fill": #""red""#, "color.exponent": "0.3", "color.scale": #""linear""#, "color.reverse": "true",
        "color.min": "1", "color.max": "2", "filterValues.le": "1", "filterValues.ge": "5", "yAxis.unit": #""s""#,
        "yAxis.decimals": "3", "yAxis.min": "1", "yAxis.max": "2", "yAxis.reverse": "true",
        "yAxis.axisPlacement": #""right""#, "yAxis.axisLabel": #""l""#, "cellValues.unit": #""s""#,
        "cellValues.decimals": "2", "heatmapOption.legend.show": "false", "heatmapOption.showValue": #""always""#,
        "legacyHeatmap.legend.show": "true",
        "legacyHeatmap.type": #""heatmap""#, "dataFormat": #""tsbuckets""#, "yAxis.format": #""s""#,
        "yAxis.show": "false", "yAxis.logBase": "2", "yAxis.splitFactor": "2", "yBucketBound": #""lower""#,
        "reverseYBuckets": "true", "xBucketSize": #""1m""#, "xBucketNumber": "20", "yBucketSize": "5",
        "yBucketNumber": "5", "color.colorScheme": #""interpolateBlues""#, "color.cardColor": #""red""#,
        "color.colorScale": #""linear""#, "tooltipDecimals": "2", "bucketSize": "5", "bucketCount": "10",
        "bucketOffset": "2", "combine": "true",
        "variables": #"[{"kind": "ConstantVariable", "spec": {"name": "x", "query": "1"}}]"#,
    ]
}

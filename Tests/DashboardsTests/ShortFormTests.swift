// The short form: words to Grafana's JSON and back, and what is refused. YAML itself is read in FerulaConfigurationTests.

import Testing

@testable import Dashboards

@Suite struct ShortFormTests {
    /// A short form written as JSON, which has the same values.
    static func value(_ json: String) throws -> JSONValue { try JSONReader.read(Array(json.utf8), fileName: "") }
    static func expand(_ json: String) throws -> JSONValue { try ShortForm.expand(try value(json)) }
    static func panel(_ json: String) throws -> JSONValue {
        let document = try expand("{\"panels\": [\(json)]}")
        guard case .array(let panels)? = document["panels"] else { return .null }
        return panels.first ?? .null
    }
    /// Without spaces after colons and commas, to compare in one line.
    static func line(_ value: JSONValue?) -> String {
        switch value {
        case nil: "-"
        case .array(let items): "[" + items.map { line($0) }.joined(separator: ",") + "]"
        case .object(let object):
            "{" + zip(object.keys, object.values).map { "\($0):\(line($1))" }.joined(separator: ",") + "}"
        case .string(let text): "'\(text)'"
        case .number(let number): numberText(number)
        case .bool(let flag): "\(flag)"
        case .null: "null"
        }
    }

    @Test("the shortest dashboard is a title and a panel with a query")
    func shortest() throws {
        let json = try Self.expand(#"{"title": "T", "panels": [{"query": "up"}]}"#)
        #expect(
            Self.line(json)
                == "{title:'T',schemaVersion:39,panels:[{type:'timeseries',title:'',targets:[{refId:'A',expr:'up'}],"
                + "id:1,gridPos:{x:0,y:0,w:12,h:8}}]}")
        let dashboard = try Dashboard(grafana: json, fileName: "t.yml")
        #expect(dashboard.notices == [])
        #expect(dashboard.panels.map { $0.targets.map(\.expression) } == [["up"]])
    }

    @Test(
        "each word of a panel has its place in Grafana's JSON",
        arguments: [
            (
                #"{"title": "T", "type": "stat", "description": "d", "transparent": true}"#,
                "{type:'stat',title:'T',description:'d',transparent:true}"
            ),
            (
                #"{"interval": "1m", "max_points": 100, "time": "6h", "shift": "1d", "hide_time": true}"#,
                "{type:'timeseries',title:'',interval:'1m',maxDataPoints:100,timeFrom:'6h',timeShift:'1d',hideTimeOverride:true}"
            ),
            (
                #"{"repeat": "x", "repeat_direction": "v", "per_row": 3}"#,
                "{type:'timeseries',title:'',repeat:'x',repeatDirection:'v',maxPerRow:3}"
            ),
            (
                #"{"type": "stat", "calc": "mean", "all_values": true, "fields": "/x/", "graph": "none", "color_mode": "background", "text": "name", "orientation": "vertical"}"#,
                "{type:'stat',title:'',options:{reduceOptions:{calcs:['mean'],values:true,fields:'/x/'},graphMode:'none',colorMode:'background',textMode:'name',orientation:'vertical'}}"
            ),
            (
                #"{"type": "bargauge", "calc": ["max", "last"], "display": "lcd"}"#,
                "{type:'bargauge',title:'',options:{reduceOptions:{calcs:['max','last']},displayMode:'lcd'}}"
            ),
            (
                #"{"type": "gauge", "markers": false, "min": 0, "max": 1.5}"#,
                "{type:'gauge',title:'',options:{showThresholdMarkers:false},fieldConfig:{defaults:{min:0,max:1.5}}}"
            ),
            (
                #"{"type": "table", "header": false, "frame": 1, "sort": "-size"}"#,
                "{type:'table',title:'',options:{showHeader:false,frameIndex:1,sortBy:[{displayName:'size',desc:true}]}}"
            ),
            (
                #"{"type": "text", "content": "x", "mode": "html"}"#,
                "{type:'text',title:'',options:{content:'x',mode:'html'}}"
            ),
            (
                #"{"legend_at": "right", "legend_shown": true, "legend_as": "table", "legend_calcs": "max", "legend_sort": "Max", "legend_descending": true, "tooltip_sort": "desc"}"#,
                "{type:'timeseries',title:'',options:{legend:{placement:'right',showLegend:true,displayMode:'table',calcs:['max'],sortBy:'Max',sortDesc:true},tooltip:{sort:'desc'}}}"
            ),
            (
                #"{"unit": "s", "decimals": 1, "name": "n", "no_value": "-", "draw": "bars", "line": "stepAfter", "line_width": 2, "fill": 10, "points": "never", "gaps": true}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{unit:'s',decimals:1,displayName:'n',noValue:'-',custom:{drawStyle:'bars',lineInterpolation:'stepAfter',lineWidth:2,fillOpacity:10,showPoints:'never',spanNulls:true}}}}"
            ),
            (
                #"{"axis": "right", "axis_label": "l", "soft_min": 0, "soft_max": 9, "negative": "y", "below": "a", "gradient": "hue", "align": "left", "hidden": true}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{custom:{axisPlacement:'right',axisLabel:'l',axisSoftMin:0,axisSoftMax:9,transform:'negative-Y',fillBelowTo:'a',gradientMode:'hue',align:'left',hidden:true}}}}"
            ),
            (
                #"{"color": "red"}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{color:{mode:'fixed',fixedColor:'red'}}}}"
            ),
            (
                #"{"color": "continuous-GrYlRd"}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{color:{mode:'continuous-GrYlRd'}}}}"
            ),
            (
                #"{"thresholds": ["green", "70 orange", "9e1 dark-red"]}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{thresholds:{mode:'absolute',steps:[{color:'green',value:null},{color:'orange',value:70},{color:'dark-red',value:90}]}}}}"
            ),
            (
                #"{"percent_thresholds": ["green"]}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{thresholds:{mode:'percentage',steps:[{color:'green',value:null}]}}}}"
            ),
            (
                #"{"mappings": {"0": "down", "1": {"text": "up", "color": "green"}}}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{mappings:[{type:'value',options:{0:{text:'down',index:0},1:{text:'up',color:'green',index:1}}}]}}}"
            ),
            (
                #"{"stack": "percent", "log": 10}"#,
                "{type:'timeseries',title:'',fieldConfig:{defaults:{custom:{stacking:{mode:'percent',group:'A'},scaleDistribution:{type:'log',log:10}}}}}"
            ),
            (
                #"{"queries": ["a", {"query": "b", "legend": "l", "as": "X", "instant": true, "format": "table", "interval": "1m", "factor": 2, "hide": true}]}"#,
                "{type:'timeseries',title:'',targets:[{refId:'A',expr:'a'},{refId:'X',expr:'b',legendFormat:'l',instant:true,format:'table',interval:'1m',intervalFactor:2,hide:true}]}"
            ),
            (
                #"{"overrides": [{"match": {"regex": "/x/"}, "unit": "s", "width": 80, "color": "red"}, {"match": {"id": "byType", "options": "number"}, "grafana": {"custom.x": 1}}]}"#,
                "{type:'timeseries',title:'',fieldConfig:{overrides:[{matcher:{id:'byRegexp',options:'/x/'},properties:[{id:'unit',value:'s'},{id:'custom.width',value:80},{id:'color',value:{mode:'fixed',fixedColor:'red'}}]},{matcher:{id:'byType',options:'number'},properties:[{id:'custom.x',value:1}]}]}}"
            ),
            (
                #"{"transform": ["merge", {"limit": {"limitField": 3}}, {"id": "reduce", "disabled": true}]}"#,
                "{type:'timeseries',title:'',transformations:[{id:'merge',options:{}},{id:'limit',options:{limitField:3}},{id:'reduce',disabled:true}]}"
            ),
            (#"{"links": [{"title": "t", "url": "u"}]}"#, "{type:'timeseries',title:'',links:[{title:'t',url:'u'}]}"),
            (
                #"{"type": "heatmap", "grafana": {"options": {"calculate": true}, "x": [1]}}"#,
                "{type:'heatmap',title:'',options:{calculate:true},x:[1]}"
            ),
        ])
    func panels(short: String, grafana: String) throws {
        var panel = try Self.panel(short)
        panel.remove(["id"])
        panel.remove(["gridPos"])
        #expect(Self.line(panel) == grafana)
    }

    @Test("panels flow over 24 columns; rows stand below each other; x and y begin anew in each")
    func layout() throws {
        let json = try Self.expand(
            """
            {"panels": [{"type": "stat"}, {"type": "stat", "width": 20}, {"type": "text"}, {"x": 12, "y": 20}],
             "rows": [{"title": "R", "panels": [{}, {}, {"height": 3}]}, {"title": "C", "collapsed": true, "repeat": "v", "panels": [{}]},
              {"panels": [{"type": "text"}]}]}
            """)
        let dashboard = try Dashboard(grafana: json, fileName: "t.yml")
        #expect(
            SchemaV2Tests.outline(dashboard.panels) == [
                " 0,0 6x4", " 0,4 20x4", " 0,8 24x3", " 12,20 12x8", "> R", " 0,29 12x8", " 12,29 12x8", " 0,37 12x3",
                "+ C [ 0,41 12x8]", " 0,49 24x3",
            ])
        #expect(dashboard.panels.map { $0.repeating?.variable }.suffix(2) == ["v", nil])
    }

    @Test(
        "each word of a variable",
        arguments: [
            (
                #"{"name": "x", "query": "label_values(a)", "multi": true, "all": true, "all_value": ".*", "regex": "/y/", "sort": 1, "hide": "yes", "refresh": "time", "label": "L"}"#,
                "{type:'query',name:'x',label:'L',multi:true,includeAll:true,allValue:'.*',regex:'/y/',sort:1,hide:2,refresh:2,query:'label_values(a)'}"
            ),
            (
                #"{"name": "x", "values": ["a", "b,c", 5], "value": "a"}"#,
                #"{type:'custom',name:'x',query:'a, b\,c, 5',current:{text:'a',value:'a'}}"#
            ),
            (#"{"name": "x", "values": "a, b"}"#, "{type:'custom',name:'x',query:'a, b'}"),
            (
                #"{"name": "x", "intervals": ["1m", "5m"], "auto": true, "auto_count": 9, "auto_min": "10s"}"#,
                "{type:'interval',name:'x',auto:true,auto_count:9,auto_min:'10s',query:'1m, 5m'}"
            ),
            (#"{"name": "x", "constant": 42}"#, "{type:'constant',name:'x',query:'42'}"),
            (
                #"{"name": "x", "textbox": "t", "value": ["All"]}"#,
                "{type:'textbox',name:'x',query:'t',current:{text:['All'],value:['$__all']}}"
            ),
            (#"{"name": "x", "datasource": "prometheus"}"#, "{type:'datasource',name:'x',query:'prometheus'}"),
            (#"{"name": "x", "adhoc": true, "grafana": {"filters": []}}"#, "{type:'adhoc',name:'x',filters:[]}"),
        ])
    func variables(short: String, grafana: String) throws {
        let json = try Self.expand("{\"variables\": [\(short)], \"panels\": []}")
        #expect(Self.line(json["templating"]?["list"]) == "[\(grafana)]")
    }

    @Test(
        "what is wrong has a place and words",
        arguments: [
            (#"{"panles": []}"#, "panles", "a dashboard has no `panles`; did you mean `panels`?"),
            (#"{"panels": {}}"#, "panels", "a list is wanted, found a mapping"),
            (#"{"panels": [{"qery": "up"}]}"#, "panels.0.qery", "a panel has no `qery`; did you mean `query`?"),
            (#"{"panels": [{"query": ["up"]}]}"#, "panels.0.query", "a text is wanted, found a list"),
            (
                #"{"panels": [{"query": "a", "queries": ["b"]}]}"#, "panels.0",
                "a panel has `query` or `queries`, not both"
            ),
            (#"{"panels": [{"queries": [{"legend": "x"}]}]}"#, "panels.0.queries.0", "a query without `query`"),
            (#"{"panels": [{"width": 0}]}"#, "panels.0.width", "a whole number from 1 on is wanted, found 0"),
            (#"{"panels": [{"max": "low"}]}"#, "panels.0.max", "a number is wanted, found `low`"),
            (#"{"panels": [{"gaps": "yes"}]}"#, "panels.0.gaps", "true or false is wanted, found `yes`"),
            (#"{"panels": [{"draw": "lines"}]}"#, "panels.0.draw", "`lines` is none of line, bars, points"),
            (
                #"{"panels": [{"thresholds": ["green", "red"]}]}"#, "panels.0.thresholds.1",
                "a number and a colour are wanted, found `red`"
            ),
            (#"{"panels": [{"overrides": [{"unit": "s"}]}]}"#, "panels.0.overrides.0", "an override without `match`"),
            (
                #"{"panels": [{"overrides": [{"match": {"name": "a", "regex": "b"}}]}]}"#, "panels.0.overrides.0.match",
                "match has one of name, regex, query, type"
            ),
            (
                #"{"panels": [{"transform": [{"a": {}, "b": {}}]}]}"#, "panels.0.transform.0",
                "a transformation is one name with its options"
            ),
            (#"{"variables": [{"query": "x"}]}"#, "variables.0", "a variable without `name`"),
            (
                #"{"variables": [{"name": "x"}]}"#, "variables.0",
                "a variable has one of query, values, intervals, constant, textbox, datasource, adhoc"
            ),
            (#"{"time": {"form": "now"}}"#, "time.form", "time has no `form`"),
            (#"{"grafana": 5}"#, "grafana", "a mapping is wanted, found 5"),
            ("[]", "", "a mapping is wanted, found a list"),
        ])
    func refuses(short: String, place: String, message: String) throws {
        let value = try Self.value(short)
        let error = #expect(throws: ShortFormFailure.self) { try ShortForm.expand(value) }
        let path = (error?.path ?? []).map { step in
            switch step {
            case .key(let name): name
            case .index(let index): "\(index)"
            }
        }
        #expect(path.joined(separator: ".") == place)
        #expect((error?.message ?? "") + (error?.hint.map { "; \($0)" } ?? "") == message)
    }

    @Test("panels are read to their limit and refused one past it")
    func limit() throws {
        func many(_ count: Int) -> String {
            "{\"panels\": [" + Array(repeating: "{}", count: count).joined(separator: ",") + "]}"
        }
        _ = try Self.expand(many(ShortForm.panelsMost))
        let value = try Self.value(many(ShortForm.panelsMost + 1))
        let error = #expect(throws: ShortFormFailure.self) { try ShortForm.expand(value) }
        #expect(error?.message == "more than 2000 panels")
    }

    // MARK: And back

    @Test("Grafana's JSON in the short form, as one would write it")
    func writes() throws {
        let json = """
            {"id": 7, "uid": "u", "title": "T", "schemaVersion": 39, "tags": ["a"], "time": {"from": "now-1h", "to": "now"}, "refresh": "30s",
             "templating": {"list": [{"name": "job", "type": "query", "query": {"query": "label_values(up, job)", "refId": "x"}, "includeAll": true,
               "current": {"text": "All", "value": "$__all"}, "datasource": {"uid": "d"}}]},
             "panels": [
              {"id": 1, "type": "timeseries", "title": "A", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
               "targets": [{"refId": "A", "expr": "up", "legendFormat": "{{job}}", "range": true, "editorMode": "code"}],
               "fieldConfig": {"defaults": {"unit": "s", "custom": {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "stacking": {"mode": "none", "group": "A"}},
                 "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": null}, {"color": "red", "value": 80}]}}, "overrides": []},
               "options": {"legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true}, "tooltip": {"mode": "multi", "sort": "none"}}},
              {"id": 2, "type": "row", "title": "R", "collapsed": false, "gridPos": {"x": 0, "y": 8, "w": 24, "h": 1}, "panels": []},
              {"id": 3, "type": "stat", "title": "B", "gridPos": {"x": 0, "y": 9, "w": 6, "h": 5}, "targets": [{"refId": "A", "expr": "a\\nb", "instant": true}, {"refId": "B", "expr": "c"}]}]}
            """
        let short = try ShortForm.write(grafanaJSON: Array(json.utf8), fileName: "x.json")
        #expect(
            ShortForm.yaml(short) == """
                title: T
                uid: u
                tags: a
                refresh: 30s
                time: 1h
                variables:
                  - name: job
                    all: true
                    query: label_values(up, job)
                    value: All
                panels:
                  - title: A
                    query: up
                    legend: "{{job}}"
                    tooltip: multi
                    unit: s
                    fill: 10
                    thresholds: [green, 80 red]
                rows:
                  - title: R
                    panels:
                      - title: B
                        type: stat
                        queries:
                          - query: |-
                              a
                              b
                            instant: true
                          - c
                        height: 5

                """)
    }

    @Test("what is written reads back as the same Grafana JSON, every word of it")
    func roundTrip() throws {
        for json in [
            #"{"title": "T", "panels": [{"title": "x", "type": "stat", "query": "up", "legend": "{{a}}", "calc": "mean", "color": "red", "stack": "normal", "log": 2, "mappings": {"0": "a", "1": {"text": "b", "color": "red"}}, "thresholds": ["green", "1.5 red"], "sort": "-a", "transform": ["merge", {"limit": {"limitField": 3}}], "overrides": [{"match": {"name": "a"}, "unit": "s", "negative": "y"}]}]}"#,
            #"{"title": "T", "time": {"from": "now/d", "to": "now/d"}, "crosshair": "shared", "timezone": "utc", "variables": [{"name": "v", "values": ["a", "b,c"], "multi": true, "value": ["a"]}, {"name": "i", "intervals": ["1m", "5m"], "auto": true}], "annotations": [{"name": "n", "query": "x > 0", "color": "blue", "on": false}], "links": [{"title": "t", "url": "u"}], "rows": [{"title": "R", "repeat": "v", "collapsed": true, "panels": [{"query": "a", "width": 4, "height": 2, "x": 3}, {"queries": ["a", {"query": "b", "hide": true, "instant": true, "format": "table"}]}]}]}"#,
        ] {
            let grafana = try Self.expand(json)
            let short = try ShortForm.write(grafanaJSON: Array(ShortForm.json(grafana).utf8), fileName: "x.json")
            let again = try ShortForm.expand(short)
            #expect(Self.line(again) == Self.line(grafana))
        }
    }

    /// What a dashboard draws, in words: everything but places, which rows begin anew.
    static func meaning(_ dashboard: Dashboard) -> [String] {
        var copy = dashboard
        copy.notices = []
        func strip(_ panels: [Panel]) -> [Panel] {
            panels.map { panel in
                var panel = panel
                panel.id = 0
                panel.path = ""
                // Old kinds come back as those of today, which draw the same.
                panel.typeName = ""
                panel.position.y = 0
                if case .row = panel.kind { panel.position = GridPosition(x: 0, y: 0, width: 24, height: 1) }
                // The order of an override's settings has no meaning.
                for index in panel.overrides.indices {
                    panel.overrides[index].apply.sort { "\($0)" < "\($1)" }
                }
                panel.collapsedPanels = strip(panel.collapsedPanels)
                return panel
            }
        }
        for index in copy.variables.indices {
            let texts = copy.variables[index].texts
            copy.variables[index].label += texts.keys.sorted().map { "\($0)=\(texts[$0] ?? "")" }.joined()
            copy.variables[index].texts = [:]
        }
        copy.panels = strip(copy.panels)
        var lines: [String] = []
        for panel in copy.panels { lines.append("\(panel)") }
        copy.panels = []
        return ["\(copy)"] + lines
    }

    @Test("real dashboards mean the same after the way there and back")
    func realDashboards() throws {
        var counted = 0
        for (name, bytes) in Files.corpus {
            let value = try JSONReader.read(HelmEscapes.undone(bytes) ?? bytes, fileName: name)
            let inner = value["panels"] != nil ? value : value["dashboard"] ?? value["spec"] ?? value
            guard inner["panels"] != nil || inner["elements"] != nil else { continue }
            counted += 1
            let before = try Dashboard(grafanaJSON: bytes, fileName: "x.json")
            let short = try ShortForm.write(grafanaJSON: bytes, fileName: "x.json")
            let after = try Dashboard(grafana: try ShortForm.expand(short), fileName: "x.json")
            for (one, other) in zip(Self.meaning(before), Self.meaning(after)) where one != other {
                let place = zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
                Issue.record(
                    "\(name): \(one.dropFirst(max(0, place - 80)).prefix(160)) | \(other.dropFirst(max(0, place - 80)).prefix(160))"
                )
                break
            }
            #expect(Self.meaning(before).count == Self.meaning(after).count, "\(name)")
        }
        if !Files.corpus.isEmpty { #expect(counted > 40) }
    }

    @Test("rows of old files are rows of the short form")
    func oldRows() throws {
        let short = try ShortForm.write(
            grafanaJSON: Array(
                #"{"title": "T", "rows": [{"title": "R", "height": "100px", "panels": [{"type": "text", "span": 6, "content": "x"}, {"type": "text", "span": 6}]}]}"#
                    .utf8),
            fileName: "x.json")
        #expect(
            ShortForm.yaml(short) == """
                title: T
                rows:
                  - title: R
                    panels:
                      - type: text
                        content: x
                        width: 12
                      - type: text
                        width: 12

                """)
    }
}

// Transformations, the rest of the table: frames in, frames out. TransformationTests has those that are used most.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct TransformationTableTests {
    static let disks = TransformationTests.disks
    static let series = [
        TransformationTests.series("a", ["job": "x", "dc": "e"], [1, 2]),
        TransformationTests.series("b", ["job": "y", "dc": "e"], [3, 4], refID: "B"),
    ]
    static let texts = TransformationTests.table([
        ("t", [.text(#"{"a": 1, "b": {"c": "x"}}"#), .text("a=2, d=\"two words\"")]), ("n", [.number(5), .number(6)]),
    ])
    static let days = TransformationTests.table([
        ("Time", [.time(Timestamp(milliseconds: 0)), .time(Timestamp(milliseconds: 86_400_000))]),
        ("day", [.text("mon"), .text("tue")]), ("v", [.number(1), .number(2)]),
    ])

    @Test(
        "calculations add a field",
        arguments: [
            (#"{"mode": "unary", "unary": {"operator": "abs", "fieldName": "n"}}"#, "n=-1,4,9 abs(n)=1,4,9"),
            (
                #"{"mode": "unary", "unary": {"operator": "floor", "fieldName": "n"}, "alias": "f"}"#,
                "n=-1,4,9 f=-1,4,9"
            ),
            (#"{"mode": "unary", "unary": {"operator": "exp", "fieldName": "zero"}}"#, "n=-1,4,9"),
            (#"{"mode": "index"}"#, "n=-1,4,9 Row=0,1,2"),
            (
                #"{"mode": "index", "asPercentile": true, "alias": "p"}"#,
                "n=-1,4,9 p=0,0.3333333333333333,0.6666666666666666"
            ),
            (
                #"{"mode": "cumulativeFunctions", "cumulative": {"field": "n", "reducer": "sum"}}"#,
                "n=-1,4,9 cumulative sum(n)=-1,3,12"
            ),
            (
                #"{"mode": "cumulativeFunctions", "cumulative": {"field": "n", "reducer": "mean"}}"#,
                "n=-1,4,9 cumulative mean(n)=-1,1.5,4"
            ),
            (
                #"{"mode": "windowFunctions", "window": {"field": "n", "reducer": "mean", "windowSize": 2, "windowSizeMode": "fixed", "windowAlignment": "trailing"}}"#,
                "n=-1,4,9 trailing moving mean(n)=-1,1.5,6.5"
            ),
            (
                #"{"mode": "windowFunctions", "window": {"field": "n", "reducer": "max", "windowSize": 3, "windowSizeMode": "fixed", "windowAlignment": "centered"}}"#,
                "n=-1,4,9 centered moving max(n)=4,9,9"
            ),
            (#"{"mode": "binary", "binary": {"left": "n", "operator": "-", "right": "1"}}"#, "n=-1,4,9 n - 1=-2,3,8"),
            (
                #"{"mode": "binary", "binary": {"left": "n", "operator": ">", "right": "3"}, "alias": "big"}"#,
                "n=-1,4,9 big=0,1,1"
            ),
            (#"{"mode": "binary", "binary": {"left": "n", "operator": "%", "right": "4"}}"#, "n=-1,4,9 n % 4=-1,0,1"),
            (#"{"mode": "reduceRow", "reduce": {"reducer": "max", "include": ["n"]}}"#, "n=-1,4,9 Max=-1,4,9"),
            (#"{"mode": "noSuch"}"#, "n=-1,4,9"),
        ])
    func calculations(options: String, result: String) throws {
        let table = TransformationTests.table([("n", [.number(-1), .number(4), .number(9)])])
        #expect(try TransformationTests.run("calculateField", options, [table]) == [result])
    }

    @Test("a sum over several queries is taken at each time")
    func calculationOverSeries() throws {
        #expect(
            try TransformationTests.run(
                "calculateField", #"{"mode": "reduceRow", "reduce": {"reducer": "sum"}, "alias": "s"}"#, Self.series)
                == ["Time=0,1000 a=1,2 b=3,4 s=4,6"])
    }

    @Test(
        "conditions on values keep or drop rows",
        arguments: [
            ("greaterOrEqual", #"{"value": 2}"#, "2,3"), ("lower", #"{"value": 2}"#, "1"),
            ("lowerOrEqual", #"{"value": 2}"#, "1,2"),
            ("equal", #"{"value": 2}"#, "2"), ("notEqual", #"{"value": "2"}"#, "1,3"),
            ("range", #"{"from": 2, "to": 3}"#, "2,3"),
            ("isNull", "{}", ""), ("isNotNull", "{}", "1,2,3"), ("regex", #"{"value": "[12]"}"#, "1,2"),
            ("substring", #"{"value": "3"}"#, "3"),
            ("notSubstring", #"{"value": "3"}"#, "1,2"), ("greater", #"{"value": "1"}"#, "2,3"),
        ])
    func conditions(id: String, options: String, kept: String) throws {
        let table = TransformationTests.table([("n", [.number(1), .number(2), .number(3)])])
        let step =
            #"{"type": "include", "match": "any", "filters": [{"fieldName": "n", "config": {"id": "\#(id)", "options": \#(options)}}]}"#
        #expect(try TransformationTests.run("filterByValue", step, [table]) == ["n=\(kept)"])
    }

    @Test(
        "tables are turned, split, read and written",
        arguments: [
            (
                "groupingToMatrix", #"{"columnField": "disk", "rowField": "size", "valueField": "used"}"#,
                [#"size\disk=1,2,3 a=10,,30 b=,20,"#]
            ),
            (
                "groupingToMatrix",
                #"{"columnField": "disk", "rowField": "size", "valueField": "used", "emptyValue": "zero"}"#,
                [#"size\disk=1,2,3 a=10,0,30 b=0,20,0"#]
            ),
            ("groupingToMatrix", #"{"columnField": "none"}"#, ["disk=a,b,a size=1,2,3 used=10,20,30"]),
            ("rowsToFields", "{}", ["a=1 b=2 a=3"]),
            (
                "rowsToFields",
                #"{"mappings": [{"fieldName": "disk", "handlerKey": "field.name"}, {"fieldName": "used", "handlerKey": "field.value"}]}"#,
                ["a=10 b=20 a=30"]
            ),
            ("transpose", "{}", ["Field=size,used a=1,10 b=2,20 a=3,30"]),
            (
                "transpose", #"{"firstFieldName": "what", "restFieldsName": "row"}"#,
                ["what=size,used row 1=1,10 row 2=2,20 row 3=3,30"]
            ),
            ("partitionByValues", #"{"fields": ["disk"]}"#, ["a size=1,3 a used=10,30", "b size=2 b used=20"]),
            (
                "partitionByValues", #"{"fields": ["disk"], "keepFields": true, "naming": {"withNames": true}}"#,
                ["disk=a,a disk a size=1,3 disk a used=10,30", "disk=b disk b size=2 disk b used=20"]
            ),
            ("partitionByValues", #"{"fields": []}"#, ["disk=a,b,a size=1,2,3 used=10,20,30"]),
            (
                "formatString", #"{"stringField": "disk", "outputFormat": "Upper Case"}"#,
                ["disk=A,B,A size=1,2,3 used=10,20,30"]
            ),
            (
                "convertFieldType", #"{"conversions": [{"targetField": "disk", "destinationType": "number"}]}"#,
                ["disk=,, size=1,2,3 used=10,20,30"]
            ),
            (
                "convertFieldType", #"{"conversions": [{"targetField": "size", "destinationType": "time"}]}"#,
                ["disk=a,b,a size=1,2,3 used=10,20,30"]
            ),
            ("filterFrames", #"{"include": {"id": "byRefId", "options": "B"}}"#, []),
            ("filterByRefId", #"{"include": "A|B"}"#, ["disk=a,b,a size=1,2,3 used=10,20,30"]),
            (
                "groupBy",
                #"{"fields": {"disk": {"operation": "groupby"}, "used": {"operation": "aggregate", "aggregations": ["mean", "count", "lastNotNull"]}}}"#,
                ["disk=a,b used (mean)=20,20 used (count)=2,1 used (lastNotNull)=30,20"]
            ),
            (
                "groupBy", #"{"fields": {"size": {"operation": "aggregate", "aggregations": ["sum"]}}}"#,
                ["disk=a,b,a size=1,2,3 used=10,20,30"]
            ),
            ("limit", "{}", ["disk=a,b,a size=1,2,3 used=10,20,30"]),
            ("limit", #"{"limitField": 0}"#, ["disk= size= used="]),
            ("sortBy", #"{"sort": [{"field": "disk"}]}"#, ["disk=a,a,b size=1,3,2 used=10,30,20"]),
            ("sortBy", "{}", ["disk=a,b,a size=1,2,3 used=10,20,30"]),
            ("reduce", #"{"reducers": ["count", "range", "noSuch"]}"#, ["Field=size,used Count=3,3 Range=2,20"]),
        ])
    func tables(id: String, options: String, result: [String]) throws {
        #expect(try TransformationTests.run(id, options, [Self.disks]) == result)
    }

    @Test(
        "texts hold fields of their own",
        arguments: [
            (#"{"source": "t"}"#, [#"t={"a": 1, "b": {"c": "x"}},a=2, d="two words" n=5,6 a=1,2 b=, d=,two words"#]),
            (#"{"source": "t", "format": "json", "replace": true}"#, ["a=1, b=,"]),
            (
                #"{"source": "t", "format": "json", "jsonPaths": [{"path": "b.c", "alias": "inner"}], "replace": true}"#,
                ["inner=x,"]
            ),
            (#"{"source": "t", "format": "kvp", "replace": true}"#, ["a=,2 d=,two words"]),
            (#"{"source": "t", "format": "regexp", "regExp": "/d=\"(?<word>\\w+)/", "replace": true}"#, ["word=,two"]),
            (#"{"source": "none"}"#, [#"t={"a": 1, "b": {"c": "x"}},a=2, d="two words" n=5,6"#]),
        ])
    func extraction(options: String, result: [String]) throws {
        #expect(try TransformationTests.run("extractFields", options, [Self.texts]) == result)
    }

    @Test("a time is kept beside what is read from a text")
    func extractionKeepsTime() throws {
        var table = Self.texts
        table.fields.insert(
            FrameField(
                name: "Time", kind: .time,
                cells: [.time(Timestamp(milliseconds: 1)), .time(Timestamp(milliseconds: 2))]), at: 0)
        #expect(
            try TransformationTests.run(
                "extractFields", #"{"source": "t", "format": "json", "replace": true, "keepTime": true}"#, [table])
                == ["Time=1,2 a=1, b=,"])
    }

    @Test(
        "times are written in any form",
        arguments: [
            ("YYYY-MM-DD", "1970-01-01,1970-01-02"), ("HH:mm", "00:00,00:00"), ("ddd D MMM", "Thu 1 Jan,Fri 2 Jan"),
        ])
    func times(format: String, result: String) throws {
        #expect(
            try TransformationTests.run(
                "formatTime", #"{"timeField": "Time", "outputFormat": "\#(format)"}"#, [Self.days])
                == ["Time=\(result) day=mon,tue v=1,2"])
    }

    @Test(
        "texts in other letters",
        arguments: [
            ("Upper Case", "THE QUICK_fox".uppercased()), ("Lower Case", "the quick_fox"),
            ("Sentence Case", "The QUICK_fox"), ("Title Case", "The Quick_fox"),
            ("Pascal Case", "TheQuickFox"), ("Camel Case", "theQuickFox"), ("Snake Case", "the_quick_fox"),
            ("Kebab Case", "the-quick-fox"),
            ("Trim", "the QUICK_fox"), ("Substring", "e Q"), ("none", "the QUICK_fox"),
        ])
    func letters(format: String, result: String) throws {
        let table = TransformationTests.table([("s", [.text("the QUICK_fox")])])
        #expect(
            try TransformationTests.run(
                "formatString",
                #"{"stringField": "s", "outputFormat": "\#(format)", "substringStart": 2, "substringEnd": 5}"#, [table])
                == ["s=\(result)"])
    }

    @Test(
        "series become tables by their labels",
        arguments: [
            ("joinByLabels", #"{"value": "job"}"#, ["dc=e x=2 y=4"]),
            ("joinByLabels", #"{"value": "job", "join": ["dc"]}"#, ["dc=e x=2 y=4"]),
            ("labelsToFields", #"{"keepLabels": ["dc"]}"#, ["Time=0,1000,0,1000 dc=e,e,e,e Value=1,2,3,4"]),
            ("labelsToFields", #"{"mode": "rows"}"#, ["label=dc,job value=e,x", "label=dc,job value=e,y"]),
            ("timeSeriesTable", "{}", ["dc=e job=x Trend #A=2", "dc=e job=y Trend #B=4"]),
            ("timeSeriesTable", #"{"A": {"stat": "mean"}}"#, ["dc=e job=x Trend #A=1.5", "dc=e job=y Trend #B=4"]),
            ("merge", "{}", ["Time=0,1000 a=1,2 b=3,4"]), ("filterFrames", #"{"include": "B"}"#, ["Time=0,1000 b=3,4"]),
            ("concatenate", "{}", ["Time=0,1000 a=1,2 Time=0,1000 b=3,4"]),
            ("joinByField", #"{"byField": "Time"}"#, ["Time=0,1000 a=1,2 b=3,4"]),
            (
                "renameByRegex", #"{"regex": "/(.)/", "renamePattern": "$1$1"}"#,
                ["Time=0,1000 aa=1,2", "Time=0,1000 bb=3,4"]
            ),
            ("filterFieldsByName", #"{"include": {"names": ["Time", "b"]}}"#, ["Time=0,1000", "Time=0,1000 b=3,4"]),
        ])
    func series(id: String, options: String, result: [String]) throws {
        #expect(try TransformationTests.run(id, options, Self.series) == result)
    }

    @Test("rows of several tables are put together where what they share is the same")
    func merges() throws {
        let one = TransformationTests.table([("k", [.text("p"), .text("q")]), ("a", [.number(1), .number(2)])])
        let two = TransformationTests.table([("k", [.text("q"), .text("r")]), ("b", [.number(3), .number(4)])])
        #expect(try TransformationTests.run("merge", "{}", [one, two]) == ["k=p,q,r a=1,2, b=,3,4"])
        #expect(try TransformationTests.run("merge", "{}", [one]) == ["k=p,q a=1,2"])
        #expect(try TransformationTests.run("merge", "{}", []) == [])
    }

    @Test("one query says how the others are shown")
    func configuration() throws {
        var settings = TransformationTests.table([
            ("Max", [.number(5), .number(50)]), ("unit", [.text("bytes")]), ("limit", [.number(9), .number(7)]),
            ("other", [.number(1)]),
        ])
        settings.refID = "C"
        var notices: [String] = []
        let options = try JSONReader.read(
            Array(
                #"{"configRefId": "C", "applyTo": {"id": "byName", "options": "used"}, "mappings": [{"fieldName": "limit", "handlerKey": "threshold1", "reducerId": "max"}]}"#
                    .utf8),
            fileName: "")
        let frames = Transformations.apply(
            [TransformationStep(id: "configFromData", options: options)], to: [Self.disks, settings],
            variables: PanelDataTests.context, notices: &notices)
        #expect(notices == [])
        #expect(frames.map(\.refID) == ["A"])
        let found = frames[0].fields.map(\.properties)
        var thresholds = Thresholds()
        thresholds.steps = [.init(value: -.infinity, color: "green"), .init(value: 9, color: "red")]
        #expect(found == [[], [], [.max(50), .unit("bytes"), .thresholds(thresholds)]])
    }

    @Test("settings from data come before the panel's overrides")
    func configurationInPanel() throws {
        let panel = try PanelDataTests.panel(
            """
            {"type": "stat", "targets": [{"refId": "A", "expr": "x"}, {"refId": "C", "expr": "max", "legendFormat": "max"}],
             "transformations": [{"id": "configFromData", "options": {"configRefId": "C"}}]}
            """)
        let data = PanelDataBuilder.build(
            panel: panel, plan: PanelDataTests.plan(panel),
            results: [
                "A": PanelDataTests.matrix([(["a": "b"], [1])]), "C": PanelDataTests.matrix([(["c": "d"], [42])]),
            ])
        #expect(PanelDataTests.fields(data).map(\.configuration.max) == [42])
    }
}

// Transformations: frames in, frames out.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct TransformationTests {
    static func series(_ name: String, _ labels: LabelSet, _ values: [Double], refID: String = "A") -> DataFrame {
        let time = FrameField(
            name: "Time", kind: .time, cells: values.indices.map { .time(Timestamp(milliseconds: Int64($0) * 1000)) })
        let value = FrameField(
            name: "Value", displayName: name, kind: .number, labels: labels, cells: values.map { .number($0) })
        return DataFrame(refID: refID, name: name, fields: [time, value])
    }
    static func table(_ columns: [(String, [TableCell])], refID: String = "A") -> DataFrame {
        DataFrame(
            refID: refID,
            fields: columns.map { name, cells in
                var field = FrameField(name: name, kind: .time, cells: cells)
                field.inferKind()
                return field
            })
    }

    static func run(_ id: String, _ options: String, _ frames: [DataFrame]) throws -> [String] {
        var notices: [String] = []
        let value = try JSONReader.read(Array(options.utf8), fileName: "")
        let context = VariableContext(
            range: TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 1)))
        let result = Transformations.apply(
            [TransformationStep(id: id, options: value)], to: frames, variables: context, notices: &notices)
        return notices
            + result.map { frame in
                frame.fields.map { "\($0.shownName)=" + $0.cells.map(\.plainText).joined(separator: ",") }.joined(
                    separator: " ")
            }
    }

    static let disks = table([
        ("disk", [.text("a"), .text("b"), .text("a")]), ("size", [.number(1), .number(2), .number(3)]),
        ("used", [.number(10), .number(20), .number(30)]),
    ])

    @Test(
        "tables are rearranged and computed",
        arguments: [
            ("organize", #"{"excludeByName": {"size": true}, "renameByName": {"used": "u"}}"#, "disk=a,b,a u=10,20,30"),
            ("organize", #"{"indexByName": {"used": 0, "disk": 1, "size": 2}}"#, "used=10,20,30 disk=a,b,a size=1,2,3"),
            ("organize", #"{"includeByName": {"used": true}}"#, "used=10,20,30"),
            ("sortBy", #"{"sort": [{"field": "size", "desc": true}]}"#, "disk=a,b,a size=3,2,1 used=30,20,10"),
            ("limit", #"{"limitField": 2}"#, "disk=a,b size=1,2 used=10,20"),
            ("filterFieldsByName", #"{"include": {"names": ["disk"], "pattern": "^u"}}"#, "disk=a,b,a used=10,20,30"),
            ("filterFieldsByName", #"{"exclude": {"pattern": "/size|used/"}}"#, "disk=a,b,a"),
            ("renameByRegex", #"{"regex": "^(.).*", "renamePattern": "$1!"}"#, "d!=a,b,a s!=1,2,3 u!=10,20,30"),
            (
                "groupBy",
                #"{"fields": {"disk": {"operation": "groupby"}, "size": {"operation": "aggregate", "aggregations": ["sum", "max"]}}}"#,
                "disk=a,b size (sum)=4,2 size (max)=3,2"
            ),
            (
                "calculateField",
                #"{"mode": "binary", "binary": {"left": "used", "operator": "/", "right": "size"}, "alias": "r"}"#,
                "disk=a,b,a size=1,2,3 used=10,20,30 r=10,10,10"
            ),
            (
                "calculateField", #"{"mode": "reduceRow", "reduce": {"reducer": "sum"}, "replaceFields": true}"#,
                "Total=11,22,33"
            ),
            (
                "calculateField",
                #"{"mode": "binary", "binary": {"left": {"matcher": {"options": "size"}}, "operator": "*", "right": {"fixed": "2"}}}"#,
                "disk=a,b,a size=1,2,3 used=10,20,30 size * 2=2,4,6"
            ),
            (
                "filterByValue",
                #"{"type": "include", "match": "all", "filters": [{"fieldName": "size", "config": {"id": "greater", "options": {"value": 1}}}]}"#,
                "disk=b,a size=2,3 used=20,30"
            ),
            (
                "filterByValue",
                #"{"type": "exclude", "match": "any", "filters": [{"fieldName": "disk", "config": {"id": "equal", "options": {"value": "a"}}}]}"#,
                "disk=b size=2 used=20"
            ),
            (
                "convertFieldType", #"{"conversions": [{"targetField": "size", "destinationType": "string"}]}"#,
                "disk=a,b,a size=1,2,3 used=10,20,30"
            ),
            ("reduce", #"{"reducers": ["max", "mean"]}"#, "Field=size,used Max=3,30 Mean=2,20"),
            ("reduce", #"{"mode": "reduceFields", "reducers": ["sum"]}"#, "size=6 used=60"),
            ("spatial", "{}", "transformation \"spatial\" is not applied"),
        ])
    func tables(id: String, options: String, result: String) throws {
        #expect(try Self.run(id, options, [Self.disks]).first == result)
    }

    @Test(
        "series are joined, merged and listed",
        arguments: [
            ("joinByField", "{}", ["Time=0,1000 a=1,2 b=3,4"]),
            ("joinByField", #"{"byField": "Time", "mode": "inner"}"#, ["Time=0,1000 a=1,2 b=3,4"]),
            ("seriesToRows", "{}", ["Time=1000,1000,0,0 Metric=a,b,a,b Value=2,4,1,3"]),
            ("labelsToFields", "{}", ["Time=0,1000,0,1000 job=x,x,y,y Value=1,2,3,4"]),
            ("labelsToFields", #"{"valueLabel": "job"}"#, ["Time=0,1000 x=1,2 y=3,4"]),
            ("reduce", #"{"reducers": ["lastNotNull"], "labelsToFields": true}"#, ["Field=a,b job=x,y Last *=2,4"]),
            ("filterByRefId", #"{"include": "B"}"#, ["Time=0,1000 b=3,4"]),
            ("prepareTimeSeries", "{}", ["Time=0,1000 a=1,2", "Time=0,1000 b=3,4"]),
            ("concatenate", "{}", ["Time=0,1000 a=1,2 Time=0,1000 b=3,4"]),
        ])
    func series(id: String, options: String, result: [String]) throws {
        let frames = [Self.series("a", ["job": "x"], [1, 2]), Self.series("b", ["job": "y"], [3, 4], refID: "B")]
        #expect(try Self.run(id, options, frames) == result)
    }

    @Test("joined columns of one name are numbered")
    func duplicateNames() throws {
        let one = Self.table([("k", [.text("p"), .text("q")]), ("v", [.number(1), .number(2)])])
        let two = Self.table([("k", [.text("q"), .text("r")]), ("v", [.number(3), .number(4)])])
        #expect(try Self.run("joinByField", #"{"byField": "k"}"#, [one, two]) == ["k=p,q,r v 1=1,2, v 2=,3,4"])
        #expect(
            try Self.run("seriesToColumns", #"{"byField": "k", "mode": "inner"}"#, [one, two]) == ["k=q v 1=2 v 2=3"])
    }
}

// A query's syntax tree as JSON, for tools that draw or rewrite queries.
// Made by /api/v1/parse_query from PromQLSyntax' tree; keys are sorted, as Prometheus sends them.

import MetricModel
import PromQLSyntax
import Querying

/// Source: Prometheus 3.14, web/api/v1, translateAST.
enum ExpressionJSON {
    /// The height of a tree is bounded by the parser: recursion is.
    static func append(_ expression: Expression, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        switch expression {
        case .number(let node):
            object.text("type", "numberLiteral")
            object.text("val", GoFloat.plain(node.value))
        case .string(let node):
            object.text("type", "stringLiteral")
            object.text("val", node.value)
        case .parenthesized(let node):
            object.expression("expr", node.expression)
            object.text("type", "parenExpr")
        case .unary(let node):
            object.expression("expr", node.expression)
            object.text("op", node.isNegation ? "-" : "+")
            object.text("type", "unaryExpr")
        case .vectorSelector(let node): append(node, window: nil, type: "vectorSelector", to: &object)
        case .matrixSelector(let node):
            append(node.selector, window: node.window, type: "matrixSelector", to: &object)
        case .subquery(let node): append(node, to: &object)
        case .call(let node): append(node, to: &object)
        case .aggregation(let node):
            object.expression("expr", node.expression)
            object.texts("grouping", node.grouping)
            object.text("op", node.operation.rawValue)
            if let parameter = node.parameter {
                object.expression("param", parameter)
            } else {
                object.raw("param", "null")
            }
            object.text("type", "aggregation")
            object.flag("without", node.isWithout)
        case .binary(let node): append(node, to: &object)
        }
        bytes = object.finished()
    }

    private static func append(
        _ selector: VectorSelector, window: DurationExpression?, type: String, to object: inout JSONObject
    ) {
        object.flag("anchored", selector.isAnchored)
        object.list("matchers", selector.matchers) { matcher, bytes in
            var entry = JSONObject(&bytes)
            entry.text("name", matcher.name)
            entry.text("type", matcher.operation.rawValue)
            entry.text("value", matcher.value)
            bytes = entry.finished()
        }
        object.text("name", selector.metricName ?? "")
        object.raw("offset", "\(milliseconds(selector.offset))")
        if let window { object.raw("range", "\(milliseconds(window))") }
        object.flag("smoothed", selector.isSmoothed)
        append(selector.at, to: &object)
        object.text("type", type)
    }

    private static func append(_ node: Subquery, to object: inout JSONObject) {
        object.flag("alignEvalTime", false)
        object.expression("expr", node.expression)
        object.raw("offset", "\(milliseconds(node.offset))")
        object.raw("range", "\(milliseconds(node.window))")
        // `startOrEnd` sorts before `step`, which sorts before `timestamp`.
        object.raw("startOrEnd", startOrEnd(node.at))
        object.raw("step", "\(milliseconds(node.step))")
        object.raw("timestamp", timestamp(node.at))
        object.text("type", "subquery")
    }

    private static func append(_ node: Call, to object: inout JSONObject) {
        let signature = node.function.signature
        object.list("args", node.arguments, append)
        object.object("func") { function in
            function.texts("argTypes", signature.argumentTypes.map(name))
            function.text("name", node.function.rawValue)
            function.text("returnType", name(signature.returnType))
            // How many arguments more than the least; -1 for any number.
            function.raw("variadic", "\(signature.argumentsMax.map { $0 - signature.argumentsMin } ?? -1)")
        }
        object.text("type", "call")
    }

    private static func append(_ node: BinaryOperation, to object: inout JSONObject) {
        object.flag("bool", node.returnsBool)
        object.expression("lhs", node.left)
        if let matching = node.matching {
            object.object("matching") { fields in
                fields.text("card", name(matching.cardinality))
                fields.object("fillValues") { fill in
                    fill.raw("lhs", number(matching.fillLeft))
                    fill.raw("rhs", number(matching.fillRight))
                }
                fields.texts("include", matching.include)
                fields.texts("labels", matching.labels)
                fields.flag("on", matching.isOn)
            }
        } else {
            object.raw("matching", "null")
        }
        object.text("op", node.operation.rawValue)
        object.expression("rhs", node.right)
        object.text("type", "binaryExpr")
    }

    /// JSON has no infinity and no NaN.
    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "null" }
        return GoFloat.plain(value)
    }

    private static func append(_ at: AtModifier?, to object: inout JSONObject) {
        object.raw("startOrEnd", startOrEnd(at))
        object.raw("timestamp", timestamp(at))
    }

    private static func startOrEnd(_ at: AtModifier?) -> String {
        switch at {
        case .start: "\"start\""
        case .end: "\"end\""
        case .timestamp, nil: "null"
        }
    }

    private static func timestamp(_ at: AtModifier?) -> String {
        guard case .timestamp(let time) = at else { return "null" }
        return "\(time.milliseconds)"
    }

    /// 0 for what is only known when the query runs.
    private static func milliseconds(_ duration: DurationExpression?) -> Int64 {
        switch duration {
        case .literal(let length): length.count
        case .seconds(let seconds): Milliseconds(seconds: seconds).count
        case .negated(let operand):
            switch operand {
            case .literal, .seconds: 0 &- milliseconds(operand)
            default: 0
            }
        case .positive(let operand), .parenthesized(let operand): milliseconds(operand)
        case .step, .range, .minOf, .maxOf, .binary, nil: 0
        }
    }

    private static func name(_ type: ValueType) -> String {
        switch type {
        case .scalar: "scalar"
        case .instantVector: "vector"
        case .rangeVector: "matrix"
        case .string: "string"
        }
    }

    private static func name(_ cardinality: VectorMatching.Cardinality) -> String {
        switch cardinality {
        case .oneToOne: "one-to-one"
        case .manyToOne: "many-to-one"
        case .oneToMany: "one-to-many"
        case .manyToMany: "many-to-many"
        }
    }
}

/// One object, its fields in the order of the calls. Takes the bytes over and gives them back at the end.
struct JSONObject {
    private var bytes: [UInt8] = []
    private var isFirst = true

    init(_ bytes: inout [UInt8]) {
        swap(&self.bytes, &bytes)
        self.bytes.append(UInt8(ascii: "{"))
    }

    private mutating func key(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONText.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func text(_ name: String, _ value: String) {
        key(name)
        JSONText.append(value, to: &bytes)
    }
    mutating func flag(_ name: String, _ value: Bool) { raw(name, value ? "true" : "false") }
    mutating func number(_ name: String, _ value: Double) { raw(name, GoFloat.plain(value)) }
    /// `value` must be JSON.
    mutating func raw(_ name: String, _ value: String) {
        key(name)
        bytes += value.utf8
    }
    mutating func labels(_ name: String, _ value: LabelSet) {
        key(name)
        JSONText.append(value, to: &bytes)
    }
    mutating func texts(_ name: String, _ values: [String]) {
        key(name)
        JSONText.strings(values, to: &bytes)
    }
    mutating func list<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ write: (Element, inout [UInt8]) -> Void
    ) {
        key(name)
        JSONText.list(elements, to: &bytes, write)
    }
    mutating func object(_ name: String, _ write: (inout JSONObject) -> Void) {
        key(name)
        var inner = JSONObject(&bytes)
        write(&inner)
        bytes = inner.finished()
    }
    mutating func expression(_ name: String, _ value: Expression) {
        key(name)
        ExpressionJSON.append(value, to: &bytes)
    }

    mutating func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

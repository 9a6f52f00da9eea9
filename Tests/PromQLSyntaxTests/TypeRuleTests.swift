// What may stand where, and the errors word for word with their ranges.
// Covers TypeCheck and the refusals of Parser that need no more than a row.

import PromQLSyntax
import Testing

@Suite("Types and refusals")
struct TypeRuleTests {
    @Test(
        "a refusal says what, where, and what was probably meant",
        arguments: [
            ("", 0, 0, "no expression found in input", nil),
            ("  # c", 0, 5, "no expression found in input", nil),
            ("sum(rat(x[5m]))", 4, 7, "unknown function `rat`", "did you mean `rate`?"),
            ("summ(x)", 0, 4, "unknown function `summ`", "did you mean `sum`?"),
            ("qqqqqq(x)", 0, 6, "unknown function `qqqqqq`", nil),
            (
                "rate(x)", 5, 6, "expected type range vector in call to function \"rate\", got instant vector",
                "add a window: [5m]"
            ),
            ("1 == 1", 2, 4, "comparisons between scalars must use BOOL modifier", "write `== bool`"),
            ("a + bool b", 2, 8, "bool modifier can only be used on comparison operators", nil),
            ("1 and 1", 0, 7, "set operator \"and\" not allowed in binary scalar expression", nil),
            ("x[5m] + 1", 0, 5, "binary expression must contain only scalar and instant vector types", nil),
            (
                "rate(x)[5m]", 7, 11, "ranges only allowed for vector selectors",
                "a subquery has a colon: [5m:]"
            ),
        ] as [(String, Int, Int, String, String?)])
    func refusal(query: String, start: Int, end: Int, message: String, hint: String?) {
        #expect(throws: SyntaxError(range: SourceRange(start, end), message: message, hint: hint)) {
            try Expression(parsing: query)
        }
    }

    @Test(
        "an expression has a type",
        arguments: [
            ("1", .scalar), ("\"x\"", .string), ("x", .instantVector), ("x[5m]", .rangeVector),
            ("x[5m:]", .rangeVector),
            ("1 + 1", .scalar), ("1 + x", .instantVector), ("-x", .instantVector), ("(1)", .scalar),
            ("time()", .scalar), ("rate(x[1m])", .instantVector), ("sum(x)", .instantVector), ("5m", .scalar),
        ] as [(String, ValueType)])
    func type(query: String, type: ValueType) throws {
        #expect(try Expression(parsing: query).type == type)
    }
}

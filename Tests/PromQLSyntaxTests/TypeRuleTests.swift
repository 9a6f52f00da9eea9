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
        "a refusal of the grammar",
        arguments: [
            ("1 +", 3, 3, "unexpected end of input, expected an expression", nil),
            ("* 1", 0, 1, "unexpected <op:*>, expected an expression", nil),
            ("(1", 2, 2, "unclosed left parenthesis", nil),
            ("sum(rate(", 9, 9, "unclosed left parenthesis", nil),
            ("x[5m", 4, 4, "unclosed left bracket", nil),
            ("x{", 2, 2, "unexpected end of input inside braces", "expected identifier or \"}\""),
            ("x{a", 3, 3, "unexpected end of input inside braces", "expected label matching operator"),
            ("x{a=", 4, 4, "unexpected end of input inside braces", "expected string"),
            ("x{a=\"b\"", 7, 7, "unexpected end of input inside braces", "expected \",\" or \"}\""),
            ("x{a=\"b\" 1", 8, 9, "unexpected character inside braces: '1'", "expected \",\" or \"}\""),
            ("1)", 1, 2, "unexpected right parenthesis ')'", nil),
            ("x = 1", 2, 3, "unexpected \"=\", expected an operator or end of input", "did you mean `==`?"),
            (
                "x offest 5m", 2, 8, "unexpected identifier \"offest\", expected an operator or end of input",
                "did you mean `offset`?"
            ),
            ("x =~ 1", 2, 4, "unexpected character after '=': '~'", nil),
            ("x ! 1", 2, 4, "unexpected character after '!': ' '", nil), ("é", 0, 2, "unexpected character: 'é'", nil),
            ("x;", 1, 2, "unexpected character: ';'", nil), ("\"x", 0, 2, "unterminated quoted string", nil),
            ("`x", 0, 2, "unterminated raw string", nil), ("'a\nb'", 0, 2, "unterminated quoted string", nil),
            (#""a\c""#, 2, 4, "error unquoting string: unknown escape sequence", nil),
            (#""\x4""#, 1, 4, "error unquoting string: escape sequence not terminated", nil),
            (#""\xff""#, 0, 6, "error unquoting string: escaped bytes are not valid UTF-8", nil),
            (#""\400""#, 1, 5, "error unquoting string: escape sequence is an invalid Unicode code point", nil),
            (#""\ud800""#, 1, 7, "error unquoting string: escape sequence is an invalid Unicode code point", nil),
            ("2.5.", 0, 4, "bad number or duration syntax: \"2.5.\"", nil),
            ("1__0", 0, 4, "bad number or duration syntax: \"1__0\"", nil),
            ("0x", 0, 2, "bad number or duration syntax: \"0x\"", nil),
            ("5mm", 0, 3, "bad number or duration syntax: \"5mm\"", nil),
            ("1e400", 0, 5, "error parsing number: \"1e400\": value out of range", nil),
            (
                "5m5h", 0, 4, "not a valid duration string: \"5m5h\"",
                "units go from y, w, d, h, m, s to ms, each at most once, with whole numbers"
            ),
            ("300y", 0, 4, "duration out of range", nil),
            ("x{a}", 3, 4, "unexpected \"}\" in label matching, expected label matching operator", nil),
            (
                "x{a=b}", 4, 5, "unexpected identifier \"b\" in label matching, expected string",
                "put the value in quotes"
            ),
            ("x{a=\"b\" c=\"d\"}", 8, 9, "unexpected identifier \"c\" in label matching, expected \",\" or \"}\"", nil),
            ("x{,}", 2, 3, "unexpected \",\" in label matching, expected identifier or \"}\"", nil),
            ("x{a:b=\"c\"}", 3, 4, "unexpected character inside braces: ':'", "expected label matching operator"),
            ("x{1=\"c\"}", 2, 3, "unexpected character inside braces: '1'", "expected identifier or \"}\""),
            ("x{{", 2, 3, "unexpected left brace '{'", "expected identifier or \"}\""),
            (
                "x[]", 2, 3,
                "unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()", nil
            ),
            ("x[:1m]", 2, 3, "unexpected colon before duration in duration expression", nil),
            ("x[5m 1m]", 5, 7, "unexpected duration \"1m\" in subquery or range, expected \":\" or \"]\"", nil),
            ("x[5m:1m:1m]", 7, 8, "unexpected \":\" in subquery selector, expected \"]\"", nil),
            ("x[0]", 2, 3, "duration must be greater than 0", nil),
            ("x[-5m]", 2, 5, "duration must be greater than 0", nil),
            ("x[1e12]", 2, 6, "duration out of range", nil), ("x[5m/0]", 4, 5, "division by zero", nil),
            ("x[5m%0]", 4, 5, "modulo by zero", nil),
            (
                "x offset x", 9, 10,
                "unexpected identifier \"x\" in offset, expected number, duration, step(), or range()", nil
            ),
            ("x @ y", 4, 5, "unexpected identifier \"y\" in @, expected timestamp", nil),
            ("x @ inf", 0, 1, "timestamp out of bounds for @ modifier: +Inf", nil),
            ("sum by x (y)", 7, 8, "unexpected identifier \"x\" in grouping opts, expected \"(\"", nil),
            ("sum by (without) (y)", 8, 15, "unexpected <without> in grouping opts, expected label", nil),
            ("sum by (a b) (y)", 10, 11, "unexpected identifier \"b\" in grouping opts, expected \",\" or \")\"", nil),
            ("sum by (\"\") (y)", 8, 10, "invalid label name for grouping: \"\"", nil),
            ("sum by (a) x", 11, 12, "unexpected identifier \"x\" in aggregation, expected \"(\"", nil),
            ("abs(x,)", 5, 6, "trailing commas not allowed in function call args", nil),
            ("abs(x y)", 6, 7, "unexpected identifier \"y\", expected an operator, \",\" or \")\"", nil),
            ("a + fill(x) b", 9, 10, "unexpected identifier \"x\" in fill modifier, expected number", nil),
            ("a on(b) c", 2, 4, "unexpected <on>, expected an operator or end of input", nil),
        ] as [(String, Int, Int, String, String?)])
    func grammar(query: String, start: Int, end: Int, message: String, hint: String?) {
        #expect(throws: SyntaxError(range: SourceRange(start, end), message: message, hint: hint)) {
            try Expression(parsing: query)
        }
    }

    @Test(
        "a refusal of modifiers and arguments",
        arguments: [
            ("sum()", 0, 5, "no arguments for aggregate expression provided", nil),
            ("sum(x, y)", 0, 9, "wrong number of arguments for aggregate expression provided, expected 1, got 2", nil),
            (
                "topk(x)", 0, 7, "wrong number of arguments for aggregate expression provided, expected 2, got 1",
                "`topk(5, v)`: the parameter goes first"
            ),
            ("topk(\"a\", x)", 5, 8, "expected type scalar in aggregation parameter, got string", nil),
            ("count_values(5, x)", 13, 14, "expected type string in aggregation parameter, got scalar", nil),
            (
                "sum(5)", 4, 5, "expected type instant vector in aggregation expression, got scalar",
                "vector() makes one of a scalar"
            ),
            (
                "sum(x[5m])", 4, 9, "expected type instant vector in aggregation expression, got range vector",
                "drop the window, or take rate() of it"
            ),
            ("abs()", 0, 5, "expected 1 argument(s) in call to \"abs\", got 0", nil),
            ("time(1)", 0, 7, "expected 0 argument(s) in call to \"time\", got 1", nil),
            ("label_join(x, \"a\")", 0, 18, "expected at least 3 argument(s) in call to \"label_join\", got 2", nil),
            ("round(x, 1, 2)", 0, 14, "expected at most 2 argument(s) in call to \"round\", got 3", nil),
            (
                "clamp_max(x, y)", 13, 14, "expected type scalar in call to function \"clamp_max\", got instant vector",
                "scalar() makes one of a vector with one element"
            ),
            (
                "rate(sum(x))", 5, 11, "expected type range vector in call to function \"rate\", got instant vector",
                "add a subquery: [5m:]"
            ),
            ("info(x, y)", 8, 9, "expected label selectors only, got vector selector instead", nil),
            ("info(x, abs(y))", 8, 14, "expected label selectors only", nil),
            ("info(x, 1)", 0, 10, "expected type instant vector in call to function \"info\", got scalar", nil),
            (
                "-\"x\"", 0, 4,
                "unary expression only allowed on expressions of type scalar or instant vector, got \"string\"", nil
            ),
            (
                "-x[5m]", 0, 6,
                "unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
                nil
            ),
            ("1[5m:]", 0, 6, "subquery is only allowed on instant vector, got scalar instead", nil),
            ("x[5m][5m:]", 0, 10, "subquery is only allowed on instant vector, got matrix instead", nil),
            ("1 + on(a) x", 0, 11, "vector matching only allowed between instant vectors", nil),
            ("1 + fill(0) x", 0, 13, "filling in missing series only allowed between instant vectors", nil),
            ("a and on(b) group_left c", 0, 24, "no grouping allowed for \"and\" operation", nil),
            ("a or fill(0) c", 0, 14, "filling in missing series not allowed for set operators", nil),
            ("a and 1", 0, 7, "set operator \"and\" not allowed in binary scalar expression", nil),
            ("a * on(b, c) group_left(c) d", 2, 26, "label \"c\" must not occur in ON and GROUP clause at once", nil),
            ("\"a\" + 1", 0, 3, "binary expression must contain only scalar and instant vector types", nil),
            (
                "x offset 5m [5m]", 12, 16, "no offset modifiers allowed before range",
                "the offset goes after the brackets"
            ),
            ("x @ 1 [5m]", 6, 10, "no @ modifiers allowed before range", "`@` goes after the brackets"),
            ("x offset 5m offset 5m", 0, 11, "offset may not be set multiple times", nil),
            ("x @ 1 @ 2", 0, 5, "@ <timestamp> may not be set multiple times", nil),
            (
                "1 offset 5m", 0, 1,
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                nil
            ),
            (
                "(x) @ 5", 0, 3,
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery", nil
            ),
            ("x anchored smoothed", 0, 10, "anchored and smoothed modifiers cannot be used together", nil),
            ("x[5m:] smoothed", 0, 6, "smoothed modifier is not supported for subqueries", nil),
            ("1 anchored", 0, 1, "anchored modifier not implemented", nil),
            ("x{__name__=\"y\"}", 0, 15, "metric name must not be set twice: \"x\" or \"y\"", nil),
            ("x{\"y\"}", 0, 6, "metric name must not be set twice: \"x\" or \"y\"", nil),
            (
                "{}", 0, 2, "vector selector must contain at least one non-empty matcher",
                "name a metric, or write a matcher such as {job=\"x\"}"
            ),
            ("{a=\"\"}", 0, 6, "vector selector must contain at least one non-empty matcher", nil),
            ("{a!=\"b\"}", 0, 8, "vector selector must contain at least one non-empty matcher", nil),
            ("{x=~\".*\"}", 0, 9, "vector selector must contain at least one non-empty matcher", nil),
        ] as [(String, Int, Int, String, String?)])
    func modifiers(query: String, start: Int, end: Int, message: String, hint: String?) {
        #expect(throws: SyntaxError(range: SourceRange(start, end), message: message, hint: hint)) {
            try Expression(parsing: query)
        }
    }

    @Test("an error is shown with its line, underlined, and with its hint")
    func rendering() throws {
        func shown(_ query: String) -> String {
            do {
                _ = try Expression(parsing: query)
                return "no error"
            } catch {
                return error.rendered(in: query)
            }
        }
        #expect(
            shown("sum(rat(http_requests_total[5m]))") == """
                1:5: unknown function `rat`
                  sum(rat(http_requests_total[5m]))
                      ^~~ did you mean `rate`?
                """)
        #expect(
            shown("sum(\n\t{\"é\"} + rat(x)\n)") == """
                2:11: unknown function `rat`
                   {"é"} + rat(x)
                           ^~~ did you mean `rate`?
                """)
        #expect(shown("1 +") == "1:4: unexpected end of input, expected an expression\n  1 +\n     ^")
    }

    @Test("a selector alone", arguments: [("x{a=\"b\"}", "x{a=\"b\"}"), ("{\"a.b\"}", "{__name__=\"a.b\"}")])
    func selectorAlone(text: String, printed: String) throws {
        #expect(try VectorSelector(parsing: text).description == printed)
        #expect(throws: SyntaxError.self) { try VectorSelector(parsing: text + " offset 5m") }
        #expect(throws: SyntaxError.self) { try VectorSelector(parsing: text + "[5m]") }
        #expect(throws: SyntaxError.self) { try VectorSelector(parsing: "{}") }
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

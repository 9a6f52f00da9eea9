// --config.expand-env: variables of the environment in the text of a configuration.

import Testing

@testable import FerulaConfiguration

private func expand(_ text: String) throws -> String {
    let environment = ["HOST": "db.example", "EMPTY": "", "TWO": "a\nb", "_A1": "x"]
    return try Configuration.expandVariables(of: text, file: "p.yml") { environment[$0] }
}

@Test(
    "a name in braces is replaced; what is no name stays",
    arguments: [
        ("a: ${HOST}:80\nb: '${_A1}${HOST}'\n", "a: db.example:80\nb: 'xdb.example'\n"),
        ("replacement: ${1}:$2 $HOST ${1a} ${A-B} ${", "replacement: ${1}:$2 $HOST ${1a} ${A-B} ${"),
        ("a: [${EMPTY}]", "a: []"), ("", ""), ("\n\n", "\n\n"), ("${${HOST}}", "${db.example}"),
    ])
func expansion(text: String, expanded: String) throws {
    #expect(try expand(text) == expanded)
}

@Test(
    "a variable that is not set, or has lines, is refused at its place",
    arguments: [
        ("a: b\nc: ${HOST} ${MISSING}\n", "p.yml:2:12: environment variable `MISSING` is not set"),
        ("${TWO}", "p.yml:1:1: environment variable `TWO` has more than one line"),
    ])
func refusal(text: String, message: String) {
    let failure = #expect(throws: ConfigurationFailure.self) { try expand(text) }
    #expect(failure?.description == message)
}

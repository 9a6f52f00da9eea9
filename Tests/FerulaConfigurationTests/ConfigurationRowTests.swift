// The table of configurations, read by us: every verdict and every word.

import ConfigurationRows
import Testing

@testable import FerulaConfiguration

@Test("every row is taken or refused, with its words", arguments: ConfigurationRow.all)
func row(row: ConfigurationRow) {
    do {
        let configuration = try Configuration(parsing: row.text, file: "p.yml")
        #expect(row.message == nil)
        #expect(configuration.warnings == row.warnings)
    } catch {
        #expect("\(error)" == row.message ?? "taken")
    }
}

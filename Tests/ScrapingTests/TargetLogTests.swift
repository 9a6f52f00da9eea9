// Which scrapes of a target are worth a line of the log. Pure.

import MetricModel
import Testing

@testable import Scraping

@Suite("log of one target")
struct TargetLogTests {
    @Test("the first failure is said, another reason is, a success after it is; of flapping once a minute")
    func rows() {
        var log = TargetLog()
        func note(_ second: Int64, _ reason: String?) -> String? {
            let message = log.note("http://t/metrics", reason, at: Timestamp(milliseconds: second * 1000))
            return message.map { "\($0.level): \($0.text)" }
        }
        #expect(note(0, nil) == nil)
        #expect(note(10, "refused") == "warning: http://t/metrics: refused")
        #expect(note(20, "refused") == nil)
        #expect(note(30, nil) == "info: http://t/metrics: answers again")
        #expect(note(40, nil) == nil)
        // It flaps.
        #expect(note(50, "refused") == nil)
        #expect(note(55, nil) == nil)
        #expect(note(69, "timeout") == nil)
        #expect(note(70, "timeout") == "warning: http://t/metrics: timeout (and 2 failures that were not logged)")
        #expect(note(200, "timeout") == nil)
        #expect(note(210, "refused") == "warning: http://t/metrics: refused")
        #expect(note(211, nil) == "info: http://t/metrics: answers again")
        // A clock that was set back.
        #expect(note(100, "refused") == "warning: http://t/metrics: refused")
    }
}

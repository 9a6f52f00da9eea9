// Lengths of time at the ends of their range.

import MetricModel
import Testing

@Suite("Lengths of time")
struct MillisecondsTests {
    @Test("seconds, minutes and hours saturate")
    func saturation() {
        let units: [(of: @Sendable (Int64) -> Milliseconds, length: Int64)] = [
            (Milliseconds.seconds, 1000), (Milliseconds.minutes, 60_000), (Milliseconds.hours, 3_600_000),
        ]
        for unit in units {
            let most = Int64.max / unit.length
            #expect(unit.of(most).count == most * unit.length)
            #expect(unit.of(most + 1).count == .max)
            #expect(unit.of(-most - 1).count == .min)
            #expect(unit.of(.max).count == .max)
            #expect(unit.of(.min).count == .min)
        }
    }
}

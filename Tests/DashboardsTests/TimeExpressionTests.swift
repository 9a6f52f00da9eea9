// Points in time as text.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct TimeExpressionTests {
    /// 2023-11-14 22:13:20 UTC, a Tuesday.
    static let now = Timestamp(milliseconds: 1_700_000_000_000)

    @Test(
        "times read",
        arguments: [
            ("now", "2023-11-14 22:13:20"), ("now-1h", "2023-11-14 21:13:20"), ("1h", "2023-11-14 21:13:20"),
            ("-1h", "2023-11-14 21:13:20"), ("now-1d/d", "2023-11-13 00:00:00"), ("now/d", "2023-11-14 00:00:00"),
            ("now/w", "2023-11-13 00:00:00"), ("now/M", "2023-11-01 00:00:00"), ("now/y", "2023-01-01 00:00:00"),
            ("now-1M/M", "2023-10-01 00:00:00"), ("now/Q", "2023-10-01 00:00:00"), ("now/fQ", "2023-10-01 00:00:00"),
            ("now-90s", "2023-11-14 22:11:50"), ("now+1d", "2023-11-15 22:13:20"), ("1h30m", "2023-11-14 20:43:20"),
            ("12M", "2022-11-14 22:13:20"), ("2023-01-31", "2023-01-31 00:00:00"),
            ("2023-01-31 12:30", "2023-01-31 12:30:00"),
            ("2023-01-31T12:30:05Z", "2023-01-31 12:30:05"), ("2023-01-31T12:30:05+02:00", "2023-01-31 10:30:05"),
            ("1700000000", "2023-11-14 22:13:20"), ("1700000000000", "2023-11-14 22:13:20"),
            (" now ", "2023-11-14 22:13:20"),
        ])
    func reads(text: String, time: String) throws {
        #expect(DateText.iso(try TimeExpression.parse(text, now: Self.now)) == time)
    }

    @Test("the end of a range rounds to the end of its unit, in local time")
    func roundsUp() throws {
        let zone = Milliseconds.hours(9)
        let end = try TimeExpression.parse("now/d", now: Self.now, roundingUp: true, offset: zone)
        #expect(DateText.iso(end, offset: zone) == "2023-11-15 23:59:59")
        #expect(end.milliseconds % 1000 == 999)
    }

    @Test(
        "what is no time is refused with its place",
        arguments: [
            ("", 1), ("now-", 5), ("now-1x", 6), ("nowish", 4), ("2023-13-01", 6), ("now/2d", 5),
        ])
    func refuses(text: String, byte: Int) {
        let message =
            "cannot read the time \"\(text)\" at byte \(byte); write now-1h, 15m, 2026-01-31 12:00 or Unix seconds"
        #expect {
            try TimeExpression.parse(text, now: Self.now)
        } throws: { error in
            "\(error)" == message
        }
    }
}

// `--time`, `--start`, `--end`, `--step`: the moment or the range a question is about.
// Shared by query, series and labels; times are read by TimeExpression.

import ArgumentParser
import Dashboards
import MetricModel
import PromQLSyntax
import Querying

struct TimeOptions: ParsableArguments {
    // Unconditional: `-1h` is a time, not an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Evaluate at this time; default now, or a file's newest sample.", valueName: "time"))
    var time: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin of a range, such as 1h (ago); asks a range query.", valueName: "time"))
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End of a range; default as --time.", valueName: "time"))
    var end: String?

    @Option(help: ArgumentHelp("Step of a range; default a 250th of it, at least 1s.", valueName: "duration"))
    var step: String?

    @Flag(help: "Show times in UTC; default the local zone (TZ).")
    var utc = false

    /// Points of a range, at most.
    static let pointsMax: Int64 = 1_000_000

    enum Moment: Hashable {
        case instant(Timestamp)
        case range(StepGrid)

        var start: Timestamp {
            switch self {
            case .instant(let time): time
            case .range(let grid): grid.start
            }
        }
        var end: Timestamp {
            switch self {
            case .instant(let time): time
            case .range(let grid): grid.end
            }
        }
        var step: Milliseconds? {
            if case .range(let grid) = self { return grid.step }
            return nil
        }
    }

    var isRange: Bool { start != nil }
    var wish: TimeWish { TimeWish(time: time, start: start, end: end, step: step, zone: zone) }
    var zone: TimeZoneChoice { TimeZoneChoice(isUTC: utc) }

    func validate() throws {
        if time != nil && (start != nil || end != nil || step != nil) {
            throw ValidationError("--time asks about one moment, --start, --end and --step about a range: choose one")
        }
        if start == nil && (end != nil || step != nil) {
            throw ValidationError("a range needs --start, such as --start 1h (ago)")
        }
    }

    func moment(now: Timestamp) throws(CommandFailure) -> Moment { try wish.moment(now: now) }

    /// How long the range is when both ends count from now, for a scrape that has to fill it; zero for an instant.
    func length() throws(CommandFailure) -> Milliseconds {
        guard isRange else { return .zero }
        let now = Clock.now()
        return now - (try moment(now: now).start)
    }
}

/// Times as they were typed.
struct TimeWish {
    var time: String?
    var start: String?
    var end: String?
    var step: String?
    var zone = TimeZoneChoice()

    /// - `now`: what relative times count from, and the moment meant when none is given.
    func moment(now: Timestamp) throws(CommandFailure) -> TimeOptions.Moment {
        guard let start else {
            return .instant(try time.map { text throws(CommandFailure) in try read(text, "--time", now) } ?? now)
        }
        let from = try read(start, "--start", now)
        let to = try end.map { text throws(CommandFailure) in try read(text, "--end", now, isEnd: true) } ?? now
        guard from <= to else {
            throw CommandFailure(
                "--start (\(zone.text(from))) is after --end (\(zone.text(to)))", status: ExitStatus.usage)
        }
        let length = (to - from).count
        var width = Milliseconds(max(1000, length / 250 / 1000 * 1000))
        if let step { width = try DurationText.read(step, "--step") }
        guard length / width.count < TimeOptions.pointsMax else {
            throw CommandFailure("--step \(width) makes more than a million points", status: ExitStatus.usage)
        }
        // A step that nobody chose must not leave the newest samples out: the last point is the end.
        let first = step == nil ? to - Milliseconds(length / width.count * width.count) : from
        return .range(StepGrid(start: first, end: to, step: width))
    }

    private func read(
        _ text: String, _ option: String, _ now: Timestamp, isEnd: Bool = false
    ) throws(CommandFailure) -> Timestamp {
        do throws(TimeExpressionError) {
            return try TimeExpression.parse(text, now: now, roundingUp: isEnd, offset: zone.offset(now))
        } catch {
            throw CommandFailure("\(option): \(error)", status: ExitStatus.usage)
        }
    }
}

enum DurationText {
    /// Prometheus' durations, and bare seconds.
    static func read(_ text: String, _ option: String) throws(CommandFailure) -> Milliseconds {
        guard let duration = parse(text), duration.count > 0 else {
            throw CommandFailure(
                "\(option): `\(text)` is no duration; wanted something like 15s, 1h30m or 500ms",
                status: ExitStatus.usage)
        }
        return duration
    }

    static func parse(_ text: String) -> Milliseconds? {
        if let duration = Milliseconds(parsing: text) { return duration }
        guard let seconds = Double(text), seconds.isFinite else { return nil }
        return Milliseconds(seconds: seconds)
    }
}

extension QueryCommand {
    /// The name under which other commands read durations.
    static func duration(_ text: String, _ option: String) throws -> Milliseconds {
        try DurationText.read(text, option)
    }
}

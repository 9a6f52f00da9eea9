// What `ferula render` is told in words: size, form, colours, variables and times, each read and refused here.
// Used by RenderCommand alone.

import ArgumentParser
import DashboardApp
import Dashboards
import Frames
import Glibc
import MetricModel
import Panels

/// `160x48`, `160x`, `160`.
struct PictureSize: Equatable {
    static let widths = 20...1000
    static let heights = 5...2000
    var width: Int
    var height: Int?

    static let wanted =
        "COLUMNSxROWS is wanted, or columns alone: \(widths.lowerBound) to \(widths.upperBound) columns, "
        + "\(heights.lowerBound) to \(heights.upperBound) rows"

    static func read(_ text: String) throws -> PictureSize {
        guard let size = PictureSize(text) else { throw ValidationError(wanted) }
        return size
    }

    init?(_ text: String) {
        let parts = text.split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false)
        func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
                return nil
            }
            return range.contains(number) ? number : nil
        }
        guard let first = parts.first, let width = number(first, in: Self.widths) else { return nil }
        self.width = width
        guard parts.count == 2, !parts[1].isEmpty else { return }
        guard let height = number(parts[1], in: Self.heights) else { return nil }
        self.height = height
    }
}

/// `name=value`; the value may hold more of them.
struct GivenVariable: Equatable {
    var name: String
    var value: String

    init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    static func read(_ text: String) throws -> GivenVariable {
        guard let given = GivenVariable(text) else {
            throw ValidationError("NAME=VALUE is wanted, such as --var instance=web-1")
        }
        return given
    }

    init?(_ text: String) {
        guard let mark = text.firstIndex(of: "=") else { return nil }
        var name = text[..<mark]
        // As a link of Grafana's writes it, or a query.
        if name.hasPrefix("var-") { name = name.dropFirst(4) } else if name.hasPrefix("$") { name = name.dropFirst() }
        guard !name.isEmpty else { return nil }
        self.name = String(name)
        value = String(text[text.index(after: mark)...])
    }
}

enum PictureForm: String, ExpressibleByArgument, CaseIterable {
    case ansi, text, svg, html

    init?(fileName: String) {
        let name = fileName.lowercased()
        let endings: [(String, PictureForm)] = [
            (".svg", .svg), (".html", .html), (".htm", .html), (".txt", .text), (".ans", .ansi), (".ansi", .ansi),
        ]
        guard let found = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
        self = found.1
    }

    func text(of frame: Frame, _ theme: PictureTheme, depth: ColorDepth, title: String) -> String {
        switch self {
        case .ansi: frame.ansiText(depth: depth)
        case .text: frame.plainText
        case .svg:
            frame.reduced(to: depth).svgText(
                background: theme.background, foreground: theme.foreground, title: title)
        case .html:
            frame.reduced(to: depth).htmlText(
                background: theme.background, foreground: theme.foreground, title: title)
        }
    }
}

enum PictureTheme: String, ExpressibleByArgument, CaseIterable {
    case dark, light

    /// Nil where the colours are too few for a choice.
    func theme(for depth: ColorDepth) -> PaintTheme? {
        guard depth >= .indexed256 else { return nil }
        return self == .dark ? .dark : .light
    }

    var background: (UInt8, UInt8, UInt8) {
        let color = self == .dark ? PaintTheme.dark.background : PaintTheme.light.background
        return (color.red, color.green, color.blue)
    }
    var foreground: (UInt8, UInt8, UInt8) { self == .dark ? (204, 204, 220) : (36, 41, 46) }
}

enum PictureColor: String, ExpressibleByArgument, CaseIterable {
    case auto, never, always, truecolor
    case ansi16 = "16"
    case indexed256 = "256"

    /// Nil where the depth itself is named.
    var wish: ColorWish? {
        switch self {
        case .auto: .auto
        case .never: .never
        case .always: .always
        case .truecolor, .ansi16, .indexed256: nil
        }
    }
    var depth: ColorDepth? {
        switch self {
        case .auto, .never, .always: nil
        case .truecolor: .trueColor
        case .ansi16: .ansi16
        case .indexed256: .indexed256
        }
    }
}

/// The moment, the range that ends there or stands by itself, and the zone.
struct PictureTimes: ParsableArguments {
    // Unconditional: `-1h` is a time, not an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What now means; default now, or a file's newest sample.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("Time to show, such as 6h; default the dashboard's.", valueName: "duration"))
    var range: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Begin of the time to show, such as now-1d.", valueName: "time"))
    var from: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("End of the time to show; default --at.", valueName: "time"))
    var to: String?

    @Flag(help: "Show times in UTC; default the local zone (TZ).")
    var utc = false

    static let scrapeLengthDefault = Milliseconds.seconds(15)

    var zone: TimeZoneChoice { TimeZoneChoice(isUTC: utc) }

    func validate() throws {
        if range != nil, from != nil || to != nil {
            throw ValidationError("--range ends at --at, --from and --to say both ends: choose one")
        }
        if from == nil, to != nil { throw ValidationError("--to needs --from, such as --from now-1h; or use --at") }
    }

    /// The first of the flags that speak of another time than now.
    var pastFlag: String? {
        [("--at", at), ("--from", from), ("--to", to)].first { $0.1 != nil }?.0
    }

    private func length() throws(CommandFailure) -> Milliseconds? {
        guard let range else { return nil }
        return try DurationText.read(range, "--range")
    }

    func scrapeLength() throws(CommandFailure) -> Milliseconds { try length() ?? Self.scrapeLengthDefault }

    /// - `now`: the source's own.
    /// Whether any time was given.
    var hasAny: Bool { at != nil || from != nil || to != nil || range != nil }

    func now(_ now: Timestamp, isUTC: Bool) throws(CommandFailure) -> Timestamp {
        guard let at else { return now }
        return try read(at, "--at", now, isUTC: isUTC)
    }

    /// - `watched`: what a scrape brought; no empty past is shown before it.
    func view(
        of dashboard: Dashboard, _ still: Still, watched: ClosedRange<Timestamp>?
    ) throws(CommandFailure) -> TimeView {
        let isUTC = utc || dashboard.isInUTC
        let offset = isUTC ? Milliseconds.zero : still.utcOffset
        var view: TimeView
        if let from {
            let start = try read(from, "--from", still.now, isUTC: isUTC)
            let end = try to.map { text throws(CommandFailure) in
                try read(text, "--to", still.now, isUTC: isUTC, isEnd: true)
            }
            guard start < end ?? still.now else {
                let zone = TimeZoneChoice(isUTC: isUTC)
                throw CommandFailure(
                    "--from (\(zone.text(start))) is not before \(to == nil ? "now" : "--to") "
                        + "(\(zone.text(end ?? still.now)))", status: ExitStatus.usage)
            }
            return TimeView(length: (end ?? still.now) - start, anchor: .history(end: end ?? still.now))
        } else if let length = try length() {
            view = TimeView(length: length)
        } else {
            view = TimeView(from: dashboard.timeFrom, to: dashboard.timeTo, now: still.now, offset: offset)
            if let watched, view.isLive {
                let length = Milliseconds(((still.now - watched.lowerBound).count + 999) / 1000 * 1000)
                view = TimeView(length: min(length, view.length))
            }
        }
        if still.isDated, view.isLive { view = TimeView(length: view.length, anchor: .history(end: still.now)) }
        return view
    }

    private func read(
        _ text: String, _ option: String, _ now: Timestamp, isUTC: Bool, isEnd: Bool = false
    ) throws(CommandFailure) -> Timestamp {
        do throws(TimeExpressionError) {
            let offset = TimeZoneChoice(isUTC: isUTC).offset(now)
            return try TimeExpression.parse(text, now: now, roundingUp: isEnd, offset: offset)
        } catch {
            throw CommandFailure("\(option): \(error)", status: ExitStatus.usage)
        }
    }
}

/// A picture's file: whole or as it was before; what is no file is written to as it is.
enum PictureFile {
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        if FileSystem.exists(path), !FileSystem.isRegularFile(path) {
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
            defer { close(descriptor) }
            if let failure = Program.write(bytes: bytes, to: descriptor) {
                throw CommandFailure("\(path): \(String(cString: strerror(failure)))")
            }
            return
        }
        let file = try TemporaryFile(beside: path)
        if let failure = Program.write(bytes: bytes, to: file.descriptor) {
            file.discard()
            throw CommandFailure("\(path): \(String(cString: strerror(failure)))")
        }
        // Samples are one's own business; a picture is made to be looked at. One that was there keeps who may see it.
        var before = stat()
        if stat(path, &before) == 0 {
            fchmod(file.descriptor, before.st_mode & 0o777)
        } else {
            let mask = umask(0)
            umask(mask)
            fchmod(file.descriptor, 0o666 & ~mask)
        }
        try file.commit()
    }
}

/// `12 of 24 panels` on a terminal while it takes long; nothing elsewhere, nothing within half a second.
struct WaitingLine {
    private let what: String
    private let started = Clock.monotonicMilliseconds()
    private var isVisible = false
    private let isShown = isatty(2) == 1

    init(_ what: String) { self.what = what }

    mutating func show(_ done: Int, of total: Int) {
        guard isShown, total > 0, Clock.monotonicMilliseconds() - started > 500 else { return }
        isVisible = true
        Program.write(bytes: Array("\r\(done) of \(total) \(what)\u{1b}[K".utf8), to: 2)
    }

    mutating func clear() {
        if isVisible { Program.write(bytes: Array("\r\u{1b}[K".utf8), to: 2) }
        isVisible = false
    }
}

// `... | ferula plot`: numbers of standard input as a live chart, or as one chart of text when they end.
// Lines are read by LogMetrics, kept in a Monitor, and shown by the same session as any dashboard.

import ArgumentParser
import CursesTerminal
import DashboardApp
import Dashboards
import Ferula
import Frames
import Glibc
import Ingestion
import LogMetrics
import MetricModel
import Panels
import PromQLEngine
import Querying
import TimeSeriesStore

struct PlotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Chart the numbers of standard input, as they come.",
        discussion: """
            ping example.org | ferula plot --only time --unit s
            vmstat 1 | ferula plot --only us --only sy --title CPU --unit percent
            while sleep 1; do cat /proc/net/dev | awk '/eth0/ {print "in="$2, "out="$10}'; done | ferula plot --rate --unit Bps
            seq 1 0.1 20 | awk '{print sin($1)}' | ferula plot > sine.txt

            A line is a number, several numbers (col1, col2, ...), a name and a number, or name=number pairs; numbers
            may have units (12ms, 10KiB, 45%). Other lines are passed over and counted.

            On a terminal the chart grows as lines come, with the keys of the dashboard (? lists them); it stays after
            the last line, until q. Otherwise one chart is printed at the end of the input. Input that ends within half
            a second has no times of its own: its lines stand --interval apart.

            Exit codes: 0 drawn, 1 error, 2 wrong usage, 5 no line had a number.
            """)

    @Option(help: ArgumentHelp("What the chart is called.", valueName: "text"))
    var title: String?

    @Option(
        help: ArgumentHelp("Unit of the values as Grafana names it: s, bytes, Bps, percent, ...", valueName: "unit"))
    var unit: String?

    @Option(help: ArgumentHelp("Time to show, such as 10m; default all, growing to 5m.", valueName: "duration"))
    var range: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Lower end of the axis.", valueName: "number"))
    var min: Double?

    @Option(parsing: .unconditional, help: ArgumentHelp("Upper end of the axis.", valueName: "number"))
    var max: Double?

    @Flag(help: "Draw the increase a second of what only grows.")
    var rate = false

    @Option(help: ArgumentHelp("Only the series of this name; may be repeated.", valueName: "name"))
    var only: [String] = []

    @Option(help: ArgumentHelp("Distance of lines that came all at once; default 1s.", valueName: "duration"))
    var interval: String?

    @Option(help: "auto, always or never; NO_COLOR is honoured.")
    var color: ColorWish = .auto

    @OptionGroup(title: "Screen") var appearance: AppearanceOptions

    func validate() throws {
        for (flag, number) in [("--min", min), ("--max", max)] where number?.isFinite == false {
            throw ValidationError("\(flag): a number is wanted")
        }
        if let min, let max, min >= max { throw ValidationError("--min must be below --max") }
        if appearance.plain {
            throw ValidationError("--plain is about dashboards; here, a pipe behind prints one chart")
        }
    }

    func run() async throws {
        if isatty(0) == 1 {
            throw CommandFailure(
                "nothing to plot: numbers come through a pipe, such as `seq 1 20 | ferula plot`",
                status: ExitStatus.usage)
        }
        var distance = Milliseconds.seconds(1)
        if let interval { distance = try DurationText.read(interval, "--interval") }
        let length = try range.map { text throws(CommandFailure) in try DurationText.read(text, "--range") }
        let feed = PlotFeed(NumberSeries(only: only, isRate: rate), distance: distance)
        let reading = Task { await InterfaceThread.run { feed.readAll() } }
        defer { reading.cancel() }
        if isatty(1) == 1 {
            try await show(feed, length)
        } else {
            await reading.value
            try draw(feed, length)
        }
        feed.tell()
        if feed.isEmpty { throw CommandFailure("", status: ExitStatus.empty) }
    }

    // MARK: On a terminal

    private func show(_ feed: PlotFeed, _ length: Milliseconds?) async throws {
        let look = try appearance.chosen()
        await feed.waitForBegin()
        var settings = SessionLoop.Settings(
            range: length ?? look.range, refresh: look.refresh, dataStart: feed.begin)
        settings.appearance = look.appearance
        settings.fullScreen = PlotDashboard.panelID
        settings.input = "standard input"
        let dashboard = try PlotDashboard.make(title: title, unit: unit, min: min, max: max, isRate: rate)
        let session = Session(
            dashboard: dashboard, backend: PlotBackend(base: feed.monitor.queryBackend, now: { feed.now() }),
            status: feed, settings: settings, color: color, now: { feed.now() })
        if let failure = await session.run() { throw CommandFailure("ferula: \(failure)") }
    }

    // MARK: As text

    private func draw(_ feed: PlotFeed, _ length: Milliseconds?) throws {
        var series = feed.series()
        guard let end = series.compactMap(\.timestamps.last).max(),
            var start = series.compactMap(\.timestamps.first).min()
        else { return }
        if let length, end - start > length {
            start = end - length
            for index in series.indices { series[index].drop(before: start) }
        }
        let output = OutputTerminal.detect(color: color)
        var chart = Chart(
            series: series, start: start, end: Swift.max(end, start + Milliseconds(1)), step: feed.longestGap(series),
            unit: unit, title: title ?? "")
        chart.minimum = min
        chart.maximum = max
        // Times that nobody gave count from zero.
        let offset = feed.hasTimes ? Clock.localOffset(end) : .zero
        let context = PaintContext(
            capabilities: output.capabilities, timeZoneOffsetSeconds: Int(offset.count / 1000))
        let size = Size(width: output.columns, height: Swift.min(24, Swift.max(14, 11 + series.count)))
        let frame = ChartPainter.frame(chart, size: size, context: context)
        let depth = output.capabilities.colors
        try Program.output(Array((depth == .none ? frame.plainText : frame.ansiText(depth: depth)).utf8))
    }
}

extension ChartSeries {
    fileprivate mutating func drop(before start: Timestamp) {
        let count = timestamps.prefix { $0 < start }.count
        self = ChartSeries(
            name: name, timestamps: Array(timestamps.dropFirst(count)), values: Array(values.dropFirst(count)))
    }
}

/// The dashboard of one graph.
enum PlotDashboard {
    static let panelID = 1
    static let metric = "plot"

    static func make(
        title: String?, unit: String?, min: Double?, max: Double?, isRate: Bool
    ) throws(CommandFailure) -> Dashboard {
        func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue { .object(JSONObject(members)) }
        let name = title ?? (isRate ? "standard input, per second" : "standard input")
        var defaults = JSONObject()
        func set(_ key: String, _ value: JSONValue?) {
            guard let value else { return }
            defaults.keys.append(key)
            defaults.values.append(value)
        }
        set("unit", unit.map { .string($0) })
        set("min", min.map { .number($0) })
        set("max", max.map { .number($0) })
        // The points are the numbers themselves, however far apart they come.
        set("custom", object(["spanNulls": .bool(true)]))
        let panel: JSONValue = object([
            "id": .number(Double(panelID)), "type": .string("timeseries"), "title": .string(name),
            "gridPos": object(["x": .number(0), "y": .number(0), "w": .number(24), "h": .number(16)]),
            "fieldConfig": object(["defaults": JSONValue.object(defaults)]),
            "options": object([
                "legend": object([
                    "displayMode": .string("table"), "placement": .string("bottom"),
                    "calcs": .array(["last", "min", "mean", "max"].map { .string($0) }),
                ])
            ]),
            "targets": .array([
                object([
                    "refId": .string("A"), "expr": .string(metric), "legendFormat": .string("{{series}}"),
                ])
            ]),
        ])
        let document: JSONValue = object([
            "title": .string(name), "panels": .array([panel]), "refresh": .string("1s"),
            "time": object(["from": .string("now-5m"), "to": .string("now")]),
        ])
        do {
            return try Dashboard(grafana: document, fileName: "plot")
        } catch {
            throw CommandFailure("\(error.message)")
        }
    }
}

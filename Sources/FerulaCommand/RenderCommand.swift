// `ferula render DASHBOARD`: one picture of a dashboard, as text, ANSI, SVG or HTML, without a terminal.
// Finds the dashboard (DashboardChoice), opens a source (SourceOptions), has it drawn by renderOnce, writes the picture.

import ArgumentParser
import DashboardApp
import Dashboards
import Frames
import MetricModel
import Panels
import PrometheusAPI
import Querying

struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Draw one picture of a dashboard: text, ANSI, SVG or HTML.",
        discussion: """
            ferula render host --scrape localhost:9100 -o svg > host.svg
            ferula render node.json --server localhost:9090 --range 6h -f node.html
            ferula render node.yml --load saved.om --at '2026-01-31 12:00' --utc
            ferula render node.json --server URL --var instance=web-1 --var instance=web-2
            ferula render localhost:8080               made of the metrics it has
            ferula render dashboards/ --title 'Node Exporter' --server URL --size 160x48
            curl -s localhost:8080/metrics | ferula render web.yml --size 80

            The same painters as on the screen, and the same bytes for the same samples,
            moment and time zone (--utc, or TZ).

            DASHBOARD: a file (Grafana's JSON or the short form in YAML), a folder with
            --title, a shipped one (such as host; `ferula dashboard list`), or - for standard
            input. Without one, or for `auto`, it is made of the metrics there are; a URL or
            host:port in its place is scraped and shown so.

            Where from: --server (or PROMETHEUS_URL), --scrape, --load, or standard input.
            --scrape takes as long as --range, 15s by default, and shows that time.
            --interval says how far apart a server's samples are, 15s by default, for
            $__rate_interval goes by it; of a file it is found out.

            --at is what now means; default: now, of a file its newest sample. --range ends
            there. Times: now-1h, 1h (ago), 2026-01-31 12:00, RFC 3339, Unix time.

            Forms (-o): ansi (default on a terminal), text (default elsewhere), svg, html;
            of a file given by -f, as its name ends: .svg, .html, .txt, .ans.

            \(ExitStatus.pictureTable)
            """)

    @Argument(
        help: ArgumentHelp(
            "A dashboard's file, a folder, a shipped one's name, `auto`, -, or a URL to scrape.", valueName: "DASHBOARD"
        ),
        completion: DashboardChoice.completion)
    var dashboard: String?

    @Option(
        help: ArgumentHelp(
            "Cells: 160x48, or 160 alone for as high as the dashboard is; default the terminal's width, else 120.",
            valueName: "COLUMNSxROWS"), transform: PictureSize.read)
    var size: PictureSize?

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: ArgumentHelp("How to draw.", valueName: "form"))
    var output: PictureForm?

    @Option(
        name: [.customShort("f"), .customLong("output-file")],
        help: ArgumentHelp("Write the picture into this file.", valueName: "FILE"),
        completion: .file())
    var outputFile: String?

    @OptionGroup(title: "Time") var times: PictureTimes

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp(
            "Value of a variable; again for another one, or for several values.", valueName: "NAME=VALUE"),
        transform: GivenVariable.read)
    var variables: [GivenVariable] = []

    @Option(help: ArgumentHelp("Of a folder: the dashboard of this title.", valueName: "TITLE"))
    var title: String?

    @Option(help: ArgumentHelp("Of a dashboard with tabs: the one of this name.", valueName: "NAME"))
    var tab: String?

    @Flag(help: "Open every row that the dashboard has closed.")
    var expandRows = false

    @Option(help: "dark or light.")
    var theme: PictureTheme?

    @Option(help: "auto, never, 16, 256, truecolor or always; NO_COLOR is honoured by auto.")
    var color: PictureColor = .auto

    @Option(
        help: ArgumentHelp(
            "Longest wait for all panels; default 2m. What is missing then says so.", valueName: "duration"))
    var timeout: String?

    @Flag(help: "Exit with 3 when a panel has no data or its query failed.")
    var strict = false

    @OptionGroup(title: "Source") var source: SourceOptions

    func validate() throws {
        if dashboard == "-", source.load == "-" {
            throw ValidationError("standard input is either the dashboard or the samples")
        }
        if source.scrape != nil || target != nil, let flag = times.pastFlag {
            throw ValidationError(
                "\(flag) is about samples that are there already; --scrape brings new ones: use --range")
        }
        if output == nil, let outputFile, outputFile != "-", PictureForm(fileName: outputFile) == nil {
            throw ValidationError("-f \(outputFile): .svg, .html, .txt or .ans is wanted, or a form by -o")
        }
    }

    private var form: PictureForm {
        if let output { return output }
        if let outputFile, let form = PictureForm(fileName: outputFile) { return form }
        return DashCommand.isTerminal ? .ansi : .text
    }

    /// What stands in the place of a dashboard and is scraped.
    private var target: String? {
        guard let dashboard, !FileSystem.exists(dashboard) else { return nil }
        let isURL = dashboard.hasPrefix("http://") || dashboard.hasPrefix("https://")
        return isURL || FirstArgument.isHostAndPort(dashboard) ? dashboard : nil
    }
    private var isAutomatic: Bool { dashboard == nil || dashboard == AutomaticChoice.name || target != nil }

    private func chosenSource() throws(CommandFailure) -> SourceOptions.Choice {
        guard let target else { return try source.choice() }
        if source.scrape != nil || source.load != nil || source.server.isServerGiven {
            throw CommandFailure(
                "\(target) is what is scraped: --server, --scrape and --load exclude it", status: ExitStatus.usage)
        }
        return .scrape(target)
    }

    func run() async throws {
        // What can be wrong in files and words is said before anything is asked.
        var document = Dashboard()
        if !isAutomatic, let dashboard { document = try DashboardChoice.dashboard(dashboard, title: title) }
        try give(to: &document)
        let tab = try tabIndex(in: document)
        let patience = try timeout.map { text throws(CommandFailure) in try DurationText.read(text, "--timeout") }
        let choice = try chosenSource()
        if dashboard == "-", choice == .standardInput {
            throw CommandFailure(
                "standard input is the dashboard: name the samples' source by --server, --scrape or --load",
                status: ExitStatus.usage)
        }
        let interval = try source.wantedInterval()
        let opened = try await source.open(choice) { () throws(CommandFailure) in
            ScrapePlan(over: try times.scrapeLength(), interval: interval ?? .seconds(1))
        }
        if isAutomatic { document = try await automaticDashboard(of: opened) }
        var still = Still(
            document, width: 0, capabilities: capabilities,
            now: try times.now(opened.now, isUTC: times.utc || document.isInUTC))
        if opened.kind == .fixed, !times.hasAny, isAutomatic, still.now.milliseconds % 1000 > 0 {
            // The points of graphs lie at whole seconds: the newest sample is seen at the one after it.
            still.now = Timestamp(milliseconds: (still.now.milliseconds / 1000 + 1) * 1000)
        }
        still.width = size?.width ?? Self.widthDefault
        still.height = size?.height
        still.theme = theme?.theme(for: still.capabilities.colors)
        still.utcOffset = times.zone.offset(still.now)
        still.isDated = opened.kind == .fixed || times.pastFlag != nil
        still.view = try times.view(of: document, still, watched: opened.kind == .scraped ? opened.dataRange : nil)
        if opened.kind == .fixed, !times.hasAny, let moment = opened.dataRange, moment.lowerBound == moment.upperBound {
            // A page has one moment. The points of graphs lie at round times, so now is the round one after it.
            let minute: Int64 = 60_000
            still.now = Timestamp(milliseconds: (moment.upperBound.milliseconds + minute - 1) / minute * minute)
            let length = min(still.view?.length ?? Self.pageLength, Self.pageLength)
            still.view = TimeView(length: length, anchor: .history(end: still.now))
        }
        still.opensRows = expandRows
        still.tab = tab
        var samplesApart = interval
        if samplesApart == nil { samplesApart = await opened.sampleDistance() }
        if samplesApart == nil, opened.kind == .live { samplesApart = RemoteDash.scrapeIntervalDefault }
        still.scrapeInterval = samplesApart
        if let name = opened.name {
            still.source = SessionLoop.Source(name: name, scrapeInterval: samplesApart ?? .seconds(1))
        }
        let picture = await draw(still, opened, patience ?? .minutes(2))
        if let silence = picture.silence { throw CommandFailure("\(silence)") }
        try write(picture.frame, title: document.title)
        try tell(picture)
    }

    /// Of a file all that it holds, up to six hours.
    private func automaticDashboard(of source: QuestionSource) async throws(CommandFailure) -> Dashboard {
        var made = try await AutomaticChoice.dashboard(
            of: source.backend, title: source.name ?? "Metrics", now: source.now)
        if source.kind == .fixed, let range = source.dataRange {
            let seconds = (range.upperBound - range.lowerBound).count / 1000
            // A page has one moment, and the dashboard's own range.
            if seconds > 0 { made.timeFrom = "now-\(min(seconds + 1, 6 * 3600))s" }
        }
        return made
    }

    private func draw(_ still: Still, _ source: QuestionSource, _ patience: Milliseconds) async -> StillPicture {
        var line = WaitingLine("panels")
        let picture = await renderOnce(
            still, backend: source.backend, status: source.status, progress: { line.show($0, of: $1) },
            // Cancelled as soon as every panel has its answer.
            limit: { try? await Task.sleep(for: .milliseconds(patience.count)) })
        line.clear()
        return picture
    }

    /// Of a page; longer ones would have their points too far apart to find its moment.
    private static let pageLength = Milliseconds.minutes(15)

    // MARK: What is drawn

    private func give(to document: inout Dashboard) throws(CommandFailure) {
        var values: [(name: String, values: [String])] = []
        for given in variables {
            if let place = values.firstIndex(where: { $0.name == given.name }) {
                values[place].values.append(given.value)
            } else {
                values.append((given.name, [given.value]))
            }
        }
        for (name, values) in values where !document.give(name, values) {
            let known = document.variables.map(\.name)
            let hint =
                FirstArgument.nearest(to: name, in: known).map { "; did you mean `\($0)`?" }
                ?? (known.isEmpty ? "" : "; it has \(known.joined(separator: ", "))")
            throw CommandFailure("--var: the dashboard has no variable `\(name)`\(hint)", status: ExitStatus.usage)
        }
    }

    private func tabIndex(in document: Dashboard) throws(CommandFailure) -> Int {
        guard let tab else { return 0 }
        guard let index = document.tabs.firstIndex(of: tab) else {
            guard !document.tabs.isEmpty else {
                throw CommandFailure("--tab: the dashboard has no tabs", status: ExitStatus.usage)
            }
            throw CommandFailure(
                "--tab: no tab `\(tab)`; there are \(document.tabs.joined(separator: ", "))", status: ExitStatus.usage)
        }
        return index
    }

    private static var widthDefault: Int {
        if DashCommand.isTerminal || OutputTerminal.environment("COLUMNS") != nil {
            return min(
                max(OutputTerminal.detect().columns, PictureSize.widths.lowerBound), PictureSize.widths.upperBound)
        }
        return 120
    }

    private var capabilities: TerminalCapabilities {
        let wish = color.wish
        var detected = OutputTerminal.detect(color: wish ?? .auto).capabilities
        switch form {
        case .text: detected.colors = .none
        case .ansi:
            // Who asks for it in a pipe means the colours.
            if !DashCommand.isTerminal || wish == .always { detected.colors = Self.colorsOfFile(wish) }
        case .svg, .html:
            detected.isUnicode = true
            detected.colors = Self.colorsOfFile(wish)
        }
        if form != .text, let depth = color.depth { detected.colors = depth }
        return detected
    }

    private static func colorsOfFile(_ wish: ColorWish?) -> ColorDepth {
        if wish == .never { return .none }
        let refuses = OutputTerminal.environment("NO_COLOR").map { !$0.isEmpty } ?? false
        return wish == .auto && refuses ? .none : .trueColor
    }

    // MARK: What is written

    private func write(_ frame: Frame, title: String) throws(CommandFailure) {
        let bytes = Array(form.text(of: frame, theme ?? .dark, depth: capabilities.colors, title: title).utf8)
        guard let outputFile, outputFile != "-" else { return try Program.output(bytes) }
        try PictureFile.write(bytes, to: outputFile)
    }

    /// On standard error: what a reader of the picture would have to look for.
    private func tell(_ picture: StillPicture) throws(CommandFailure) {
        for notice in picture.notices { Program.write(line: notice, to: 2) }
        for variable in picture.variables {
            let strange = variable.strangeValues
            guard !strange.isEmpty else { continue }
            let near = FirstArgument.nearest(to: strange[0], in: variable.options).map { "; did you mean `\($0)`?" }
            Program.write(
                line: "variable \(variable.name): no option `\(strange.joined(separator: "`, `"))`"
                    + (near ?? "; there are \(Self.listed(variable.options))"), to: 2)
        }
        var empty: [String] = []
        var failed = 0
        for panel in picture.panels {
            let name = panel.title.isEmpty ? panel.kind : panel.title
            switch panel.state {
            case .drawn: continue
            case .empty: empty.append(name)
            case .failed(let reason):
                failed += 1
                Program.write(line: "panel \(name): \(reason)", to: 2)
            case .unanswered:
                failed += 1
                Program.write(line: "panel \(name): no answer in time", to: 2)
            }
        }
        if !empty.isEmpty {
            Program.write(
                line: "no data in \(empty.count) of \(picture.panels.count) panels: \(Self.listed(empty))", to: 2)
        }
        if picture.panelsBelow > 0 {
            let width = size?.width ?? Self.widthDefault
            let hint = size?.height == nil ? "" : "; --size \(width) shows all"
            let panels = picture.panelsBelow == 1 ? "1 panel is" : "\(picture.panelsBelow) panels are"
            Program.write(line: "\(panels) below the picture's end\(hint)", to: 2)
        }
        guard !strict || empty.isEmpty && failed == 0 else { throw CommandFailure("", status: ExitStatus.findings) }
    }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}

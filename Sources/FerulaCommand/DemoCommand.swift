// `ferula demo`: a shop of three services that exists only in numbers, so that everything on the screen moves at once.
// The shop is DemoShop's; here are its clock, its store, and what it says of its targets.

import ArgumentParser
import DashboardApp
import Dashboards
import DemoShop
import Ferula
import Frames
import MetricModel
import PromQLEngine
import Querying
import ShippedDashboards
import Synchronization
import TimeSeriesStore

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show a made-up shop: three services, every kind of panel, an incident every three minutes.",
        discussion: """
            Nothing is scraped and nothing leaves this process. The shop has been open for 15 minutes when it begins; after \
            half a minute the bank behind its payments becomes slow: errors, a queue, a breaker that opens, two alerts.

            ferula demo                        look around: ? lists the keys, e asks PromQL, g a shows the alerts
            ferula demo | cat                  one frame of it as text
            """)

    @Option(help: ArgumentHelp("Time to show; default the dashboard's 5m.", valueName: "duration"))
    var range: String?

    @Option(help: "auto, always or never; NO_COLOR is honoured.")
    var color: ColorWish = .auto

    @OptionGroup(title: "Screen") var appearance: AppearanceOptions

    private static let history = Milliseconds.minutes(15)

    func run() async throws {
        if appearance.defaultSettings {
            try Program.output(Array(AppearanceOptions.defaultText.utf8))
            return
        }
        let every = try appearance.interval()
        let isAttended = DashCommand.isTerminal || appearance.plain
        let look = isAttended || appearance.settings != nil ? try appearance.chosen() : AppearanceOptions.Chosen()
        let wanted = try range.map { try QueryCommand.duration($0, "--range") }
        let dashboard = try DashboardFile.dashboard(ShippedDashboards.demo.bytes, "demo")
        let demo = Demo(start: Clock.now(), history: Self.history)
        let clock = Task { await demo.run() }
        defer { clock.cancel() }
        var settings = SessionLoop.Settings(range: wanted ?? look.range, refresh: look.refresh)
        settings.appearance = look.appearance
        try await DashView(
            dashboard: dashboard, backend: demo.backend, status: demo, settings: settings, color: color,
            plain: appearance.plain, every: every, patience: .seconds(10)
        ).run()
    }
}

/// The shop while it runs: its data, and its targets as a scraper would tell of them.
final class Demo: StatusSource {
    let store: TimeSeriesStore
    let backend: any QueryBackend
    private static let owedMax = Milliseconds.minutes(5)
    /// The shop, which its clock moves on and the screen asks about.
    private let feed: Mutex<DemoFeed>

    /// With all that came before `start`: some hundred thousand samples, a fraction of a second.
    init(start: Timestamp, history: Milliseconds) {
        store = TimeSeriesStore(limits: StoreLimits())
        backend = EmbeddedBackend(source: store, options: .user)
        // Seconds begin with seconds, so that points stand where graphs have their columns.
        let second = Timestamp(milliseconds: start.milliseconds / 1000 * 1000)
        var feed = DemoFeed(DemoShop(start: second, history: history), into: store)
        feed.advance(to: second)
        self.feed = Mutex(feed)
    }

    func run() async {
        // A sleep fails when the task is cancelled, and for nothing else.
        while (try? await Task.sleep(for: .milliseconds(200))) != nil {
            let now = Clock.now()
            feed.withLock { feed in
                // A machine that slept does not owe every second of it.
                if now - feed.shop.time > Self.owedMax { feed.skip(to: now - .seconds(1)) }
                feed.advance(to: now)
            }
        }
    }

    func targets() async -> [TargetStatus] {
        feed.withLock { feed in
            (0..<feed.shop.targetCount).map { place in
                let page = feed.shop.page(place)
                var status = TargetStatus(
                    scrapePool: feed.shop.job(place), url: Self.url(feed.shop, place),
                    labels: DemoFeed.labels(feed.shop, place), discoveredLabels: .empty,
                    health: page == nil ? .down : .up, lastError: page == nil ? "connection refused" : "",
                    lastScrape: feed.shop.time, interval: .seconds(1), timeout: .seconds(1))
                status.samplesScraped = page?.split(separator: "\n").count { !$0.hasPrefix("#") } ?? 0
                return status
            }
        }
    }

    private static func url(_ shop: DemoShop, _ place: Int) -> String { "http://\(shop.instance(place))/metrics" }

    func page(of target: TargetStatus) async throws(QueryFailure) -> TargetPage {
        let page = feed.withLock { feed in
            (0..<feed.shop.targetCount).first { Self.url(feed.shop, $0) == target.url }.flatMap { feed.shop.page($0) }
        }
        guard let page else { throw QueryFailure(.unavailable, "\(target.url): connection refused") }
        return TargetPage(contentType: "text/plain; version=0.0.4", body: Array(page.utf8))
    }

    func alertingRuleCount() async -> Int? { 2 }
}

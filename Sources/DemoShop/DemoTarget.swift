// One instance of a service of the demo shop: what it has counted since it started, and its page.
// DemoShop lets its seconds pass; DemoFeed reads its page as a scrape would.

import MetricModel

/// A path of a service, its share of the requests, how long it usually takes, and whether payments lie behind it.
struct DemoRoute: Hashable, Sendable {
    var path: String
    var share: Double
    /// Seconds; half of the requests take less.
    var median: Double
    var paysSomething: Bool
}

struct DemoTarget: Sendable {
    let service: DemoService
    let instance: String
    private(set) var version: String
    private(set) var startedAt: Timestamp

    /// By route, then by `codes`.
    private var requests: [[Double]]
    private var durations: [ClassicCounts]
    private var native = NativeCounts()
    private var cpuSeconds = 0.0
    private var memory: Double
    private var providerSum = 0.0
    private var providerCount = 0.0
    private var providerRecent: [Double] = []
    private var orders: [Double] = Array(repeating: 0, count: Self.categories.count)
    private var revenue: [Double] = Array(repeating: 0, count: Self.categories.count)
    private var queue = 4.0
    private var mail = 1.0
    private var inFlight = 0.0
    private var severity = 0.0
    private var stock: [Double] = [310, 120, 480, 260]

    static let codes = ["200", "404", "500", "503"]
    static let categories = ["books", "games", "garden", "music"]
    private static let prices = [18.0, 42, 64, 12]

    init(_ service: DemoService, instance: String, version: String, startedAt: Timestamp) {
        self.service = service
        self.instance = instance
        self.version = version
        self.startedAt = startedAt
        requests = Array(repeating: Array(repeating: 0, count: Self.codes.count), count: service.routes.count)
        durations = Array(repeating: ClassicCounts(), count: service.routes.count)
        memory = service.memory
    }

    // MARK: A second passes

    /// - `severity`: of the incident, 0...1.
    mutating func pass(_ time: Timestamp, severity: Double, random: inout DemoRandom) {
        self.severity = severity
        let day = Double(time.milliseconds / 1000 % 600) / 600
        let wave = 1 + 0.35 * DemoMath.sine(day + service.phase)
        let count = Int(service.requestsPerSecond * wave * (0.85 + 0.3 * random.unit()) + random.unit())
        inFlight = 0
        for _ in 0..<count { request(severity, &random) }
        cpuSeconds += min(0.95, 0.03 + Double(count) * service.cpuPerRequest * (1 + severity))
        // A leak that the collector finds every now and then.
        memory += service.memory * 0.004 * (1 + 3 * severity)
        if memory > service.memory * 1.6 { memory = service.memory * (1 + 0.1 * random.unit()) }
        queue = max(1, min(900, queue + (service.hasQueue ? severity * 10 - 6 + 4 * random.unit() : 0)))
        mail = max(0, min(80, mail + 3 * random.unit() - 1.5))
    }

    private mutating func request(_ severity: Double, _ random: inout DemoRandom) {
        let place = route(random.unit())
        let route = service.routes[place]
        let touched = route.paysSomething ? severity : 0
        let seconds = route.median * DemoMath.power2(1.1 * random.gaussian()) * (1 + 11 * touched)
        let chance = random.unit()
        let code = chance < 0.0015 + 0.22 * touched ? 2 : chance < 0.002 + 0.34 * touched ? 3 : chance > 0.985 ? 1 : 0
        requests[place][code] += 1
        durations[place].observe(seconds)
        native.observe(seconds)
        inFlight += seconds
        if service.sells, route.paysSomething, code == 0 { sell(&random) }
        if service.hasProvider {
            providerCount += 1
            providerSum += seconds * 0.8
            providerRecent.append(seconds * 0.8)
            if providerRecent.count > 400 { providerRecent.removeFirst(200) }
        }
    }

    private mutating func sell(_ random: inout DemoRandom) {
        let chance = random.unit()
        let category = chance < 0.42 ? 0 : chance < 0.7 ? 1 : chance < 0.88 ? 3 : 2
        orders[category] += 1
        revenue[category] += Self.prices[category] * (0.6 + 0.8 * random.unit())
        stock[category] -= 1
        if stock[category] < 40 { stock[category] += 400 }
    }

    private func route(_ chance: Double) -> Int {
        var rest = chance
        for (place, route) in service.routes.enumerated() {
            rest -= route.share
            if rest < 0 { return place }
        }
        return service.routes.count - 1
    }

    /// The same instance anew: every counter begins at zero.
    func restarted(version: String, at time: Timestamp) -> DemoTarget {
        DemoTarget(service, instance: instance, version: version, startedAt: time)
    }

    // MARK: What it tells

    var nativeHistogram: NativeHistogram { native.histogram }

    /// Text format 0.0.4.
    var page: String {
        var page = DemoPage()
        page.family("http_requests_total", "counter", "Requests answered.")
        for (route, counts) in zip(service.routes, requests) {
            for (code, count) in zip(Self.codes, counts) {
                page.sample("http_requests_total", [("route", route.path), ("code", code)], count)
            }
        }
        page.family("http_request_duration_seconds", "histogram", "Time to answer a request.")
        for (route, counts) in zip(service.routes, durations) {
            page.histogram("http_request_duration_seconds", [("route", route.path)], counts)
        }
        page.family("http_requests_in_flight", "gauge", "Requests that are being answered.")
        page.sample("http_requests_in_flight", [], inFlight)
        writeProcess(&page)
        if service.sells { writeSales(&page) }
        if service.hasQueue { writeQueues(&page) }
        if service.hasProvider { writeProvider(&page) }
        return page.text
    }

    private func writeProcess(_ page: inout DemoPage) {
        page.family("build_info", "gauge", "What is running.")
        page.sample("build_info", [("version", version), ("language", service.language)], 1)
        page.family("process_cpu_seconds_total", "counter", "Processor time used.")
        page.sample("process_cpu_seconds_total", [], cpuSeconds)
        page.family("process_resident_memory_bytes", "gauge", "Memory in use.")
        page.sample("process_resident_memory_bytes", [], memory.rounded())
        page.family("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.")
        page.sample("process_start_time_seconds", [], Double(startedAt.milliseconds) / 1000)
    }

    private func writeSales(_ page: inout DemoPage) {
        page.family("shop_orders_total", "counter", "Orders taken.")
        for (category, count) in zip(Self.categories, orders) {
            page.sample("shop_orders_total", [("category", category)], count)
        }
        page.family("shop_revenue_euros_total", "counter", "What they came to, in euros.")
        for (category, sum) in zip(Self.categories, revenue) {
            page.sample("shop_revenue_euros_total", [("category", category)], (sum * 100).rounded() / 100)
        }
        page.family("shop_stock_items", "gauge", "Items in the warehouse.")
        for (category, count) in zip(Self.categories, stock) {
            page.sample("shop_stock_items", [("category", category)], count)
        }
    }

    private func writeQueues(_ page: inout DemoPage) {
        page.family("shop_queue_depth", "gauge", "Jobs that wait.")
        page.sample("shop_queue_depth", [("queue", "fulfilment")], queue.rounded())
        page.sample("shop_queue_depth", [("queue", "mail")], mail.rounded())
    }

    private func writeProvider(_ page: inout DemoPage) {
        page.family("payment_provider_seconds", "summary", "Time that the bank takes.")
        let sorted = providerRecent.sorted()
        for quantile in [0.5, 0.9, 0.99] {
            let place = Int(Double(sorted.count - 1) * quantile)
            let value = sorted.indices.contains(place) ? sorted[place] : .nan
            page.sample("payment_provider_seconds", [("quantile", "\(quantile)")], value)
        }
        page.sample("payment_provider_seconds_sum", [], providerSum)
        page.sample("payment_provider_seconds_count", [], providerCount)
        page.family("payment_breaker_state", "gauge", "1 for the state that the circuit breaker is in.")
        let state = severity > 0.75 ? "open" : severity > 0.2 ? "half-open" : "closed"
        for name in ["closed", "half-open", "open"] {
            page.sample("payment_breaker_state", [("state", name)], name == state ? 1 : 0)
        }
        page.family("payment_connections", "gauge", "Connections to the bank.")
        let busy = min(20, (2 + inFlight * 3).rounded())
        page.sample("payment_connections", [("state", "busy")], busy)
        page.sample("payment_connections", [("state", "idle")], 20 - busy)
    }
}

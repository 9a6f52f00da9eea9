// The shop of `ferula demo`: three services whose numbers move as those of a real shop do, and an incident every three
// minutes. Pure: time is given, chance has a seed; DemoFeed brings what it tells into a store.

import MetricModel

/// What is known of a service before it runs.
struct DemoService: Hashable, Sendable {
    var name: String
    var routes: [DemoRoute]
    var requestsPerSecond: Double
    var cpuPerRequest: Double
    var memory: Double
    var language: String
    /// Of its daily wave, in turns.
    var phase: Double
    var sells = false
    var hasQueue = false
    var hasProvider = false
}

package struct DemoAlert: Hashable, Sendable {
    package var name: String
    package var service: String
    package var severity: String
    package var summary: String
    package var since: Timestamp
    package var isFiring: Bool
}

package struct DemoShop: Sendable {
    /// One incident to the next.
    package static let cycle = Milliseconds.minutes(3)
    /// From the start to the first one that somebody sees coming.
    package static let calm = Milliseconds.seconds(30)
    private static let incidentLength: Int64 = 60
    private static let restart: Range<Int64> = 52..<60

    package let start: Timestamp
    private(set) var targets: [DemoTarget]
    private var random: DemoRandom
    /// The last second that passed.
    package private(set) var time: Timestamp

    /// - `start`: of the demo; incidents are counted from it, before it too.
    /// - `history`: how long the shop has been open by then.
    package init(start: Timestamp, history: Milliseconds = .zero, seed: UInt64 = 7) {
        self.start = start
        time = (start - history) - .seconds(1)
        random = DemoRandom(seed: seed)
        let opened = time
        targets = Self.services.flatMap { service, count in
            (1...count).map { number in
                DemoTarget(service, instance: "\(service.name)-\(number):8080", version: "2.4.0", startedAt: opened)
            }
        }
    }

    private static let services: [(DemoService, Int)] = [
        (
            DemoService(
                name: "web",
                routes: [
                    DemoRoute(path: "/", share: 0.45, median: 0.012, paysSomething: false),
                    DemoRoute(path: "/search", share: 0.35, median: 0.045, paysSomething: false),
                    DemoRoute(path: "/checkout", share: 0.2, median: 0.11, paysSomething: true),
                ], requestsPerSecond: 34, cpuPerRequest: 0.009, memory: 180e6, language: "go", phase: 0), 2
        ),
        (
            DemoService(
                name: "orders",
                routes: [
                    DemoRoute(path: "/orders", share: 0.7, median: 0.06, paysSomething: true),
                    DemoRoute(path: "/stock", share: 0.3, median: 0.008, paysSomething: false),
                ], requestsPerSecond: 18, cpuPerRequest: 0.014, memory: 420e6, language: "java", phase: 0.1,
                sells: true, hasQueue: true), 2
        ),
        (
            DemoService(
                name: "payments",
                routes: [DemoRoute(path: "/charge", share: 1, median: 0.09, paysSomething: true)],
                requestsPerSecond: 12, cpuPerRequest: 0.02, memory: 95e6, language: "python", phase: 0.2,
                hasProvider: true), 1
        ),
    ]

    // MARK: Time

    /// Seconds since the incident began that began last, 0..<180.
    private func place(_ time: Timestamp) -> Int64 {
        let seconds = ((time - start).count - Self.calm.count) / 1000
        let cycle = Self.cycle.count / 1000
        return (seconds % cycle + cycle) % cycle
    }

    /// Of the incident, 0...1: it grows for ten seconds and ends within ten.
    package func severity(at time: Timestamp) -> Double {
        let place = place(time)
        guard place < Self.incidentLength else { return 0 }
        return min(1, Double(place + 1) / 10, Double(Self.incidentLength - place) / 10)
    }

    /// The payments are started anew while the incident ends, with another version.
    package func isDown(_ place: Int) -> Bool {
        targets.indices.contains(place) && targets[place].service.hasProvider
            && Self.restart.contains(self.place(time))
    }

    /// The shop is closed until then.
    mutating func skip(to time: Timestamp) { self.time = max(self.time, time) }

    /// One second: every service answers what is asked of it.
    package mutating func pass() {
        time = time + .seconds(1)
        let severity = severity(at: time)
        for place in targets.indices {
            if isDown(place) { continue }
            if targets[place].service.hasProvider, self.place(time) == Self.restart.upperBound {
                let next = targets[place].version == "2.4.0" ? "2.4.1" : "2.4.0"
                targets[place] = targets[place].restarted(version: next, at: time)
            }
            targets[place].pass(time, severity: severity, random: &random)
        }
    }

    // MARK: What it tells

    package var targetCount: Int { targets.count }
    package func job(_ place: Int) -> String { targets[place].service.name }
    package func instance(_ place: Int) -> String { targets[place].instance }
    /// Nil while the target is down.
    package func page(_ place: Int) -> String? { isDown(place) ? nil : targets[place].page }
    /// Durations of its requests; nil while it is down.
    package func nativeHistogram(_ place: Int) -> NativeHistogram? {
        isDown(place) ? nil : targets[place].nativeHistogram
    }

    /// As two rules would have them: pending for ten seconds, then firing until the trouble is over.
    package var alerts: [DemoAlert] {
        let place = place(time)
        func alert(
            _ name: String, _ service: String, _ severity: String, _ summary: String, _ range: Range<Int64>
        ) -> DemoAlert? {
            guard range.contains(place) else { return nil }
            let since = time - .seconds(place - range.lowerBound)
            return DemoAlert(
                name: name, service: service, severity: severity, summary: summary, since: since,
                isFiring: place >= range.lowerBound + 10)
        }
        return [
            alert("PaymentsFail", "payments", "critical", "More than 5 % of the payments fail.", 5..<66),
            alert("OrdersWait", "orders", "warning", "More than 100 orders wait to be fulfilled.", 20..<95),
        ].compactMap { $0 }
    }
}

// A hundred clients ask at once while targets are scraped: right answers, and no scrape late.

import FerulaConfiguration
import Glibc
import HTTPAccess
import HTTPService
import MetricModel
import Synchronization
import Testing
import TimeSeriesStore

@testable import FerulaServer

/// A target of 500 series that counts how often it is asked.
private final class CountingTarget: Sendable {
    private let arrivals = Atomic(0)
    /// Each question as it comes.
    let (questions, asked) = AsyncStream<Void>.makeStream()
    private let page: [UInt8] = Array(
        (0..<500).map { "requests_total{code=\"\($0 % 5)\",path=\"\($0)\"} \($0)\n" }.joined().utf8)

    var routes: [Route] {
        [
            Route("/metrics") { [self] _ in
                arrivals.add(1, ordering: .relaxed)
                asked.yield()
                return Response(contentType: "text/plain; version=0.0.4", body: .bytes(page))
            }
        ]
    }
    var count: Int { arrivals.load(ordering: .relaxed) }
}

/// The greatest lateness of a scrape, against the earliest schedule that fits all: by the times of `up`, which are
/// those at which the scrapes began. The target's own view would count how late it answers itself.
private func lateness(_ store: TimeSeriesStore, interval: Milliseconds) async throws -> Milliseconds {
    let selection = Selection(
        matchers: [Matcher(LabelSet.metricNameLabel, equals: "up")], start: .distantPast, end: .distantFuture)
    let found = try await store.select([selection], limits: SelectionLimits())
    // The first scrape is made at once, out of the schedule.
    let times = (found.first?.first?.timestamps ?? []).dropFirst().map(\.milliseconds)
    let offsets = times.enumerated().map { $1 - Int64($0) * interval.count }
    return Milliseconds((offsets.max() ?? 0) - (offsets.min() ?? 0))
}

@Suite(
    "a crowd of clients", .enabled(if: getenv("FERULA_PEERS") != nil, "run by make test-peers, beside no other test"),
    .timeLimit(.minutes(3)))
struct CrowdTests {
    private static let interval = Milliseconds.seconds(2)

    @Test("a hundred clients get right answers, and every scrape comes in its time")
    func crowd() async throws {
        let target = CountingTarget()
        try await Server(routes: target.routes).whileRunning { targetAddress in
            var options = ProcessOptions()
            options.listen = .loopback
            options.spreadsTargets = false
            var job = ScrapeConfiguration(jobName: "app", interval: Self.interval, timeout: Self.interval)
            job.groups = [TargetGroup(addresses: ["\(targetAddress)"], labels: ["instance": "here"])]
            options.configuration.scrapes = [job]
            let process = FerulaProcess(options)
            let (addresses, continuation) = AsyncStream<ListenAddress?>.makeStream()
            let running = Task { try await process.run { continuation.yield($0) } }
            var iterator = addresses.makeAsyncIterator()
            let address = try #require(await iterator.next() ?? nil)
            // With the second question the samples of the first answer are stored.
            var questions = target.questions.makeAsyncIterator()
            await questions.next()
            await questions.next()
            #expect(await process.status.targets().first?.health == .up)

            let begin = target.count
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let client = Client()
                        defer { Task { await client.shutdown() } }
                        var asked = 0
                        // Until three scrapes have come while everybody asks.
                        while target.count < begin + 3 {
                            try await Self.ask(client, address, number + asked)
                            asked += 1
                        }
                        return asked
                    }
                }
                return try await group.reduce(0, +)
            }
            let late = try await lateness(process.store, interval: Self.interval)
            print("100 clients, \(answers) answers within 3 scrapes; the latest scrape began \(late) late")
            #expect(answers >= 100)
            // One that begins an interval late is a scrape that is missing.
            #expect(late < Self.interval)
            running.cancel()
            try await running.value
        }
    }

    /// Queries whose answer does not depend on when they are asked.
    private static let questions: [(target: String, data: String)] = [
        ("query?query=sum(requests_total)&time=", #""resultType":"vector","result":[{"metric":{},"value":["#),
        (
            "query?query=count%20by%20(code)%20(requests_total)&time=",
            #""resultType":"vector","result":[{"metric":{"code":"0"},"value":["#
        ),
        ("label/code/values?start=", #"["0","1","2","3","4"]"#),
        ("labels?start=", #"["__name__","code","instance","job","path"]"#),
    ]
    private static let ends = [#","124750"]}]}}"#, #"{"metric":{"code":"4"},"value":["#, "}", "}"]

    private static func ask(_ client: Client, _ address: ListenAddress, _ number: Int) async throws {
        let place = number % questions.count
        let (target, data) = questions[place]
        var request = Request(url: "http://\(address)/api/v1/\(target)")
        request.timeout = .seconds(60)
        var body: [UInt8] = []
        let answer = try await client.send(request, into: &body)
        let text = String(decoding: body, as: UTF8.self)
        #expect(answer.status == 200)
        #expect(text.contains(data) && text.contains(ends[place]), "\(target): \(text.prefix(300))")
    }
}

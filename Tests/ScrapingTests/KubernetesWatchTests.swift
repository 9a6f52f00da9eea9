// Watches whose server misbehaves in ways that a real one cannot be told to: our own HTTP server in its place.
// The journeys over a real control plane are in PeerTests.

import FerulaConfiguration
import HTTPAccess
import HTTPService
import MetricModel
import Synchronization
import Testing

@testable import Scraping

/// The questions that a server was asked, one after the other.
private struct Asked: Hashable, Sendable {
    var isWatch: Bool
    var version: String

    init(_ request: HTTPService.Request) {
        isWatch = request.query["watch"] == "1"
        version = request.query["resourceVersion"] ?? ""
    }
    static func list() -> Asked { Asked(false, "") }
    static func watch(_ version: String) -> Asked { Asked(true, version) }
    private init(_ isWatch: Bool, _ version: String) {
        self.isWatch = isWatch
        self.version = version
    }
}

/// A clock that jumps to wherever somebody sleeps to.
private final class JumpingClock: Clock {
    struct Instant: InstantProtocol {
        var seconds: Duration
        func advanced(by duration: Duration) -> Instant { Instant(seconds: seconds + duration) }
        func duration(to other: Instant) -> Duration { other.seconds - seconds }
        static func < (one: Instant, other: Instant) -> Bool { one.seconds < other.seconds }
    }
    /// Guards the time, and how often somebody slept.
    private let state = Mutex((now: Instant(seconds: .zero), sleeps: 0))
    /// Told the number of each sleep, from 1 on.
    private let whileAsleep: @Sendable (Int) -> Void
    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }

    init(whileAsleep: @escaping @Sendable (Int) -> Void) { self.whileAsleep = whileAsleep }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state = (max(state.now, deadline), state.sleeps + 1)
            return state.sleeps
        }
        whileAsleep(number)
    }
}

private let emptyList = #"{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[]}"#

@Suite("Kubernetes watches whose server misbehaves", .timeLimit(.minutes(1)))
struct KubernetesWatchTests {
    /// Follows pods of a server that answers by `answer`, for as long as `body` takes.
    private static func whileWatching(
        pagesMax: Int = KubernetesWatch.pagesMax, silenceMax: Duration = KubernetesWatch.silenceMax,
        answer: @escaping @Sendable (Asked, HTTPService.Request) -> Response,
        _ body: @escaping @Sendable (DiscoveryRecord, inout AsyncStream<Asked>.Iterator) async throws -> Void
    ) async throws {
        let (questions, asked) = AsyncStream<Asked>.makeStream()
        let route = Route("/api/v1/pods") { request in
            let question = Asked(request)
            asked.yield(question)
            return answer(question, request)
        }
        try await Server(routes: [route]).whileRunning { address in
            var configuration = KubernetesDiscoveryConfiguration(role: .pod)
            configuration.server = "http://\(address)"
            let list = KubernetesStore.ListName(kind: .pod, namespace: nil)
            let record = DiscoveryRecord(.kubernetes(configuration)) {}
            let client = Client()
            var watch = KubernetesWatch(
                list: list, selector: KubernetesDiscoveryConfiguration.Selector(), client: client,
                access: { [configuration] () throws(DiscoveryFailure) in try KubernetesAccess(configuration) },
                store: KubernetesStore(configuration, lists: [list], record: record))
            watch.pagesMax = pagesMax
            watch.silenceMax = silenceMax
            let running = Task { [watch] in await watch.run() }
            var iterator = questions.makeAsyncIterator()
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(record, &iterator))
            } catch {
                result = .failure(error)
            }
            running.cancel()
            await running.value
            await client.shutdown()
            try result.get()
        }
    }

    @Test("a watch that says nothing for too long is made anew from the version that it had, and is no failure")
    func silence() async throws {
        try await Self.whileWatching(silenceMax: .milliseconds(100)) { question, _ in
            guard question.isWatch else {
                return Response(contentType: "application/json", body: .bytes(Array(emptyList.utf8)))
            }
            // One event, then silence, as of a peer that has vanished.
            let pod = #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(question.version)1"}}}"#
            return Response(
                contentType: "application/json",
                body: .stream { writer in
                    try await writer.write(Array((pod + "\n").utf8))
                    try await Task.sleep(for: .seconds(3600))
                })
        } _: { record, asked in
            // On a busy machine an answer may be late itself: then the same is asked once more.
            var seen: [Asked] = []
            while seen.last != .watch("711"), let next = await asked.next() {
                if next != seen.last { seen.append(next) }
            }
            #expect(seen == [.list(), .watch("7"), .watch("71"), .watch("711")])
            #expect(record.report.lastError == nil)
            #expect(record.report.counters[.kubernetesFailure] == nil)
        }
    }

    @Test("silence is counted from the last part, not from when somebody last looked")
    func silenceSinceTheLastPart() async {
        let heard = KubernetesWatch.Heard(JumpingClock.Instant(seconds: .zero))
        let clock = JumpingClock { number in
            // Parts at 1 s and at 76 s; the first sleep ends at 75 s, the second one at 76 s.
            switch number {
            case 1: heard.note(JumpingClock.Instant(seconds: .seconds(1)))
            case 2: heard.note(JumpingClock.Instant(seconds: .seconds(76)))
            default: break
            }
        }
        await KubernetesWatch.waitForSilence(of: heard, silenceMax: .seconds(75), clock: clock)
        #expect(clock.now.seconds == .seconds(151))
    }

    @Test(
        "410 to every version is told after the second one and stays told until an event comes",
        arguments: [true, false])
    func endlessGone(isEvent: Bool) async throws {
        let gone = #"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}"# + "\n"
        let event = #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}}"# + "\n"
        let isWell = Atomic(false)
        try await Self.whileWatching { question, _ in
            guard question.isWatch else {
                return Response(contentType: "application/json", body: .bytes(Array(emptyList.utf8)))
            }
            if isWell.load(ordering: .relaxed) {
                return Response(contentType: "application/json", body: .bytes(Array(event.utf8)))
            }
            guard isEvent else { return .text("{}", status: 410) }
            return Response(contentType: "application/json", body: .bytes(Array(gone.utf8)))
        } _: { record, asked in
            for expected in [Asked.list(), .watch("7"), .list(), .watch("7"), .list()] {
                #expect(await asked.next() == expected)
            }
            #expect(record.report.lastError == "pods: 410 Gone, 2 times in a row")
            // The list was read; the watch that follows has not said anything yet.
            #expect(await asked.next() == .watch("7"))
            #expect(record.report.lastError == "pods: 410 Gone, 2 times in a row")
            #expect(await asked.next() == .list())
            #expect(record.report.lastError == "pods: 410 Gone, 3 times in a row")
            isWell.store(true, ordering: .relaxed)
            while await asked.next() != .watch("8") {}
            #expect(record.report.lastError == nil)
        }
    }

    @Test("a list of as many pages as are read is taken, one of more is a failure")
    func pages() async throws {
        for (count, error) in [(3, nil), (4, "list of pods: more than 3 pages")] as [(Int, String?)] {
            try await Self.whileWatching(pagesMax: 3) { question, request in
                guard !question.isWatch else {
                    return Response(
                        contentType: "application/json",
                        body: .stream { _ in try await Task.sleep(for: .seconds(3600)) })
                }
                let page = (request.query["continue"].flatMap { Int($0) } ?? 0) + 1
                let rest = page < count ? #","continue":"\#(page)""# : ""
                let text = #"{"metadata":{"resourceVersion":"7"\#(rest)},"items":[]}"#
                return Response(contentType: "application/json", body: .bytes(Array(text.utf8)))
            } _: { record, asked in
                for _ in 0..<3 { #expect(await asked.next() == .list()) }
                // What is asked next tells what became of the list.
                #expect(await asked.next() == (error == nil ? .watch("7") : .list()))
                #expect(record.report.lastError == error)
            }
        }
    }
}

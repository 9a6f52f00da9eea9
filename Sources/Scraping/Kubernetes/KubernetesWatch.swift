// One kind of object in one namespace: listed page by page, then watched from there on, for as long as the task lives.
// Started by KubernetesDiscoverer; what it finds goes to KubernetesStore.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Querying
import Synchronization

struct KubernetesWatch: Sendable {
    /// Objects of a page; with their limit of size in the server, a page stays below the client's limit.
    static let pageObjects = 500
    /// One event: the largest object the server stores is 1.5 MiB.
    static let lineBytesMax = 8 << 20
    /// A list of more pages than the objects that are kept would fill has no end.
    static let pagesMax = KubernetesStore.objectsMax / pageObjects
    /// The server ends a watch after so many seconds.
    static let watchSeconds = 300
    /// A connection that is silent for so long is made anew, and the watch goes on from the last version: its peer may
    /// have vanished without a word. The server sends a bookmark about once a minute.
    ///
    /// Source: client-go's HTTP/2 connections find out by pings, 30 s and 15 s long.
    static let silenceMax = Duration.seconds(75)
    private static let pauseMin = Duration.milliseconds(100)
    private static let pauseMax = Duration.seconds(30)

    let list: KubernetesStore.ListName
    let selector: KubernetesDiscoveryConfiguration.Selector
    let client: Client
    let access: @Sendable () throws(DiscoveryFailure) -> KubernetesAccess
    let store: KubernetesStore
    var pagesMax = Self.pagesMax
    var silenceMax = Self.silenceMax

    private var kind: KubernetesKind { list.kind }

    private enum Ending: Error {
        /// What the version stands for is gone: everything is listed anew.
        case expired
        /// Not at this path; an older one may have it.
        case absent(String)
        case failed(String)
    }

    func run() async {
        var version: String?
        var pause = Self.pauseMin
        var prefix = kind.path.prefix
        // How often in a row a version was gone that the server had just given.
        var expirations = 0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            var known = version
            do throws(Ending) {
                let isSuspect = expirations > 1
                if version == nil { version = try await readAll(prefix, isSuspect: isSuspect) }
                known = version
                // Until the server ends it, as it does every few minutes: then on from the last version.
                let watched = await watch(prefix, from: version, isSuspect: isSuspect)
                version = watched.version
                if let ending = watched.ending { throw ending }
            } catch {
                if Task.isCancelled { return }
                switch error {
                case .expired:
                    version = nil
                    expirations += 1
                    if expirations > 1 {
                        store.failed(list, "\(kind.path.plural): 410 Gone, \(expirations) times in a row")
                    }
                case .absent(let reason):
                    if let older = kind.olderPrefix, prefix != older {
                        prefix = older
                    } else {
                        prefix = kind.path.prefix
                        store.failed(list, reason)
                    }
                case .failed(let reason): store.failed(list, reason)
                }
            }
            // A connection that brought something, or lasted, was a good one: nothing is wrong with the server.
            let hasProgressed = version != nil && version != known
            if hasProgressed || ContinuousClock.now - start > .seconds(10) {
                pause = Self.pauseMin
                expirations = 0
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
            pause = min(pause * 2, Self.pauseMax)
        }
    }

    private func path(_ prefix: String) -> String {
        let plural = kind.path.plural
        return list.namespace.map { "\(prefix)/namespaces/\(percentEncoded($0))/\(plural)" } ?? "\(prefix)/\(plural)"
    }

    private var selectorFields: [Header] {
        [Header("labelSelector", selector.label), Header("fieldSelector", selector.field)].filter { !$0.value.isEmpty }
    }

    private func connect() throws(Ending) -> KubernetesAccess {
        do throws(DiscoveryFailure) {
            return try access()
        } catch {
            throw .failed(error.description)
        }
    }

    // MARK: Lists

    /// Brings the store up to date; the version to watch from.
    ///
    /// - `isSuspect`: a list that is read is no sign yet that all is well.
    private func readAll(_ prefix: String, isSuspect: Bool) async throws(Ending) -> String {
        var objects: [String: KubernetesObject] = [:]
        var body: [UInt8] = []
        var rest = ""
        for _ in 0..<pagesMax {
            var fields = [Header("limit", "\(Self.pageObjects)")] + selectorFields
            if !rest.isEmpty { fields.append(Header("continue", rest)) }
            var request = try connect().request(path(prefix), fields)
            request.timeout = .seconds(60)
            let answer: Answer
            do throws(AccessFailure) {
                answer = try await client.send(request, into: &body)
            } catch {
                throw .failed(error.reason)
            }
            try check(answer.status, answer.reason, body)
            let page: Page
            do throws(JSONFailure) {
                page = try Page(kind, body)
            } catch {
                throw .failed("list of \(kind.path.plural): \(error)")
            }
            for object in page.objects { objects[object.meta.key] = object }
            rest = page.rest
            guard !rest.isEmpty else {
                store.replaceAll(list, objects, keepingFailure: isSuspect)
                return page.version
            }
        }
        throw .failed("list of \(kind.path.plural): more than \(pagesMax) pages")
    }

    private struct Page {
        var objects: [KubernetesObject] = []
        var version = ""
        /// Empty: this is the last page.
        var rest = ""

        init(_ kind: KubernetesKind, _ body: [UInt8]) throws(JSONFailure) {
            var cursor = JSONCursor(body)
            var page: (objects: [KubernetesObject], version: String, rest: String) = ([], "", "")
            try cursor.object { name, cursor throws(JSONFailure) in
                switch name {
                case "items":
                    try cursor.items { cursor throws(JSONFailure) in
                        page.objects.append(try KubernetesObject(kind, &cursor))
                    }
                case "metadata":
                    try cursor.fields { name, cursor throws(JSONFailure) in
                        switch name {
                        case "resourceVersion": page.version = try cursor.text() ?? ""
                        case "continue": page.rest = try cursor.text() ?? ""
                        default: try cursor.skip()
                        }
                    }
                default: try cursor.skip()
                }
            }
            (objects, version, rest) = page
        }
    }

    private func check(_ status: Int, _ reason: String, _ body: [UInt8]) throws(Ending) {
        guard status != 200 else { return }
        guard status != 410 else { throw .expired }
        let said = Self.message(body).map { ": \($0)" } ?? ""
        let text = "\(kind.path.plural): HTTP status \(status) \(reason)\(said)"
        throw status == 404 ? .absent(text) : .failed(text)
    }

    /// What a Status object says; nil for anything else.
    private static func message(_ body: [UInt8]) -> String? {
        var cursor = JSONCursor(body)
        var message: String?
        // A proxy answers in HTML: then the status must do.
        try? cursor.object { name, cursor throws(JSONFailure) in
            if name == "message" { message = try cursor.text() } else { try cursor.skip() }
        }
        return message.map { String($0.prefix(200)) }
    }

    // MARK: Watches

    /// When the last part of an answer came.
    final class Heard<Moment: InstantProtocol>: Sendable {
        private let moment: Mutex<Moment>
        var last: Moment { moment.withLock { $0 } }
        init(_ moment: Moment) { self.moment = Mutex(moment) }
        func note(_ now: Moment) { moment.withLock { $0 = now } }
    }

    /// Returns when nothing has come for `silenceMax`, counted from the last part; at once when the task is cancelled.
    static func waitForSilence<Time: Clock>(
        of heard: Heard<Time.Instant>, silenceMax: Time.Duration, clock: Time
    ) async {
        while clock.now < heard.last.advanced(by: silenceMax) {
            // A sleep fails when the watch has ended, and for nothing else.
            guard (try? await clock.sleep(until: heard.last.advanced(by: silenceMax), tolerance: nil)) != nil else {
                return
            }
        }
    }

    private struct Watched: Sendable {
        var version: String?
        var ending: Ending?
    }

    /// Until the server ends it or is silent for too long. `version` follows the events; after a broken connection they
    /// go on from there.
    private func watch(_ prefix: String, from version: String?, isSuspect: Bool) async -> Watched {
        let clock = ContinuousClock()
        let heard = Heard(clock.now)
        return await withTaskGroup(of: Watched?.self) { group in
            group.addTask {
                var watched = Watched(version: version)
                do throws(Ending) {
                    try await stream(prefix, &watched.version, isSuspect: isSuspect, heard)
                } catch {
                    watched.ending = error
                }
                return watched
            }
            group.addTask {
                await Self.waitForSilence(of: heard, silenceMax: silenceMax, clock: clock)
                return nil
            }
            var watched = Watched(version: version)
            var isSilent = false
            for await ended in group {
                if let ended {
                    watched = ended
                    if isSilent, !Task.isCancelled { watched.ending = nil }
                } else {
                    isSilent = true
                }
                group.cancelAll()
            }
            return watched
        }
    }

    private func stream(
        _ prefix: String, _ version: inout String?, isSuspect: Bool, _ heard: Heard<ContinuousClock.Instant>
    ) async throws(Ending) {
        let fields =
            [
                Header("watch", "1"), Header("allowWatchBookmarks", "true"),
                Header("resourceVersion", version ?? ""), Header("timeoutSeconds", "\(Self.watchSeconds)"),
            ] + selectorFields
        var request = try connect().request(path(prefix), fields)
        request.timeout = .seconds(Self.watchSeconds + 30)
        // Events come one by one and are small: what gzip would hold back is worth more than the bytes.
        request.acceptsGzip = false
        var lines = LineBuffer(bytesMax: Self.lineBytesMax)
        var refused: [UInt8] = []
        var ending: Ending?
        let answer: Answer
        do throws(AccessFailure) {
            answer = try await client.stream(request) { status in
                if status == 200, !isSuspect { store.recovered(list) }
            } part: { status, bytes in
                heard.note(.now)
                guard status == 200 else {
                    refused += bytes
                    return refused.count < 64 << 10
                }
                do throws(Ending) {
                    let known = version
                    try take(bytes, &lines, &version)
                    if isSuspect, version != known { store.recovered(list) }
                    return true
                } catch {
                    ending = error
                    return false
                }
            }
        } catch {
            if let ending { throw ending }
            throw .failed(error.reason)
        }
        if let ending { throw ending }
        try check(answer.status, answer.reason, refused)
    }

    private func take(
        _ bytes: [UInt8], _ lines: inout LineBuffer, _ version: inout String?
    ) throws(Ending) {
        guard let whole = lines.add(bytes) else {
            version = nil
            throw .failed("watch of \(kind.path.plural): an event of more than \(Self.lineBytesMax >> 20) MiB")
        }
        var events: [KubernetesEvent] = []
        defer { store.apply(events, kind) }
        for line in whole {
            let event: KubernetesEvent
            do throws(JSONFailure) {
                event = try KubernetesEvent(kind, line)
            } catch {
                version = nil
                throw .failed("watch of \(kind.path.plural): \(error)")
            }
            switch event.type {
            case .bookmark: version = event.object.meta.resourceVersion
            case .added, .modified, .deleted:
                version = event.object.meta.resourceVersion
                events.append(event)
            case .error(let code, let message):
                version = nil
                throw code == 410 ? .expired : .failed("watch of \(kind.path.plural): \(message)")
            }
        }
    }
}

struct KubernetesEvent: Sendable {
    enum Kind: Hashable, Sendable {
        case added, modified, deleted, bookmark
        case error(code: Int, message: String)
    }
    var type: Kind
    var object: KubernetesObject

    /// One line of a watch: `{"type":"ADDED","object":{...}}`.
    init(_ kind: KubernetesKind, _ line: [UInt8]) throws(JSONFailure) {
        var cursor = JSONCursor(line)
        var type = ""
        var object: JSONCursor.Mark?
        try cursor.object { name, cursor throws(JSONFailure) in
            switch name {
            case "type": type = try cursor.text() ?? ""
            case "object":
                object = cursor.mark
                try cursor.skip()
            default: try cursor.skip()
            }
        }
        guard let object else { throw cursor.failure("expected an event with an object") }
        cursor.go(to: object)
        if type == "ERROR" {
            var status = (code: 0, message: "")
            try cursor.fields { name, cursor throws(JSONFailure) in
                switch name {
                case "code": status.code = try cursor.integer() ?? 0
                case "message": status.message = try cursor.text() ?? ""
                default: try cursor.skip()
                }
            }
            self.type = .error(code: status.code, message: String(status.message.prefix(200)))
            self.object = KubernetesObject(body: .other)
            return
        }
        switch type {
        case "ADDED": self.type = .added
        case "MODIFIED": self.type = .modified
        case "DELETED": self.type = .deleted
        case "BOOKMARK": self.type = .bookmark
        default: throw cursor.failure("expected an event of a known type, not `\(type)`")
        }
        self.object = try KubernetesObject(kind, &cursor)
    }
}

/// Lines out of parts that end anywhere.
struct LineBuffer {
    private let bytesMax: Int
    private var rest: [UInt8] = []

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The lines that are whole now; nil when one is too long.
    mutating func add(_ bytes: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            guard rest.count + end - start <= bytesMax else { return nil }
            let line = rest + bytes[start..<end]
            rest = []
            if !line.isEmpty { lines.append(line) }
            start = end + 1
        }
        guard rest.count + bytes.count - start <= bytesMax else { return nil }
        rest += bytes[start...]
        return lines
    }
}

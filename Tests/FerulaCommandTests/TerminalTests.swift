// Programs on a pseudo-terminal: the live screen of `ferula plot`, and what is left on it when `ferula run` ends.
// The terminal is .ci/pseudoterminal.py.

import Ferula
import Foundation
import LogMetrics
import MetricModel
import Querying
import Synchronization
import Testing

@testable import FerulaCommand

private enum Python {
    static let isThere = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/python3")
    }
    static let folder = (#filePath as NSString).deletingLastPathComponent + "/../../.ci"

    static func run(_ words: [String]) async throws -> RealBinary.Outcome {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await RealBinary.run(
            ["python3"] + words, environment: ["PATH": path, "PYTHONDONTWRITEBYTECODE": "1"], program: "/usr/bin/env")
    }
}

@Suite("On a terminal", .serialized, .timeLimit(.minutes(3)), .enabled(if: Python.isThere))
struct TerminalTests {
    @Test("of numbers that come every 0.2 s the legend has the exact last, least and greatest one")
    func plot() async throws {
        let outcome = try await Python.run([Python.folder + "/plot-screen", RealBinary.path])
        #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.contains("waiting for the first number of standard input") == true, "\(lines)")
        // Name, last, min, mean, max: the mean of eighteen fives, -3, 9 and 4.
        #expect(lines.last?.split(separator: " ").suffix(5) == ["value", "4", "-3", "4.76", "9"], "\(lines)")
    }

    @Test("what a program wrote stands before what is said of the samples it left")
    func lastWords() async throws {
        let file = NSTemporaryDirectory() + "ferula-last-\(UUID().uuidString).om"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let script = """
            "\(RealBinary.path)" serve --listen 127.0.0.1:0 2>/dev/null & child=$!
            trap 'kill $child; echo last words; exit 3' TERM
            i=0; while [ ! -e "$SEEN" ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done
            echo more; kill $child; wait $child; echo end; exit 3
            """
        let program = """
            import os, re, sys, time; sys.path.insert(0, sys.argv[1])
            from pseudoterminal import Session
            seen = sys.argv[3] + ".seen"
            words = ["run", "--interval", "200ms", "--save", sys.argv[3], "--", "sh", "-c", sys.argv[4]]
            session = Session(sys.argv[2:3] + words, SEEN=seen)
            # The screen comes after the first scrape.
            end = time.time() + 50
            while time.time() < end and b"\\x1b[?1049h" not in session.output: session.drain(0.1)
            open(seen, "w").close()
            status = session.wait_end(60)
            os.remove(seen)
            print(-1 if status is None else status >> 8)
            left = session.output.decode().split("\\x1b[?1049l")[-1].replace("\\r", "")
            print(re.sub(r"\\x1b(\\[[0-9;?]*[a-zA-Z]|[>=])", "", left))
            """
        let outcome = try await Python.run(["-c", program, Python.folder, RealBinary.path, file, script])
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(outcome.status == 0 && lines.first == "3", "\(outcome.errors)\(outcome.output)")
        let places = ["more", "end"].map { word in lines.firstIndex(of: word) }
        #expect(!places.contains(nil), "\(lines)")
        #expect(lines.last?.hasPrefix("saved ") == true && lines.last?.hasSuffix(file) == true, "\(lines)")
    }
}

@Test("of more samples than are drawn each stretch keeps its first, least, greatest and last one")
func thinned() {
    let times = (0..<1000).map { Timestamp(milliseconds: Int64($0)) }
    var values = (0..<1000).map { Double($0 % 7) }
    values[501] = -50
    values[777] = 50
    let series = Series(labels: .empty, timestamps: times, samples: .floats(values))
    #expect(PlotBackend.thinned(series, most: 1000) == series)
    let thin = PlotBackend.thinned(series, most: 999)
    #expect(thin.timestamps.count <= 999 && thin.timestamps == thin.timestamps.sorted())
    let few = PlotBackend.thinned(series, most: 40)
    #expect(few.timestamps.count <= 40)
    #expect(few.samples.floats?.min() == -50 && few.samples.floats?.max() == 50)
    #expect(few.timestamps.first == times.first && few.timestamps.last == times.last)
}

@Suite("What the live chart asks for")
struct PlotBackendTests {
    private static let start = Timestamp(seconds: 1_700_000_000)
    private static let grid = StepGrid(start: start, end: start + .seconds(60), step: .seconds(5))

    @Test("a live range ends now, one that was scrolled back where it ends")
    func stretch() {
        func end(_ now: Milliseconds) -> Milliseconds {
            PlotBackend.stretch(of: Self.grid, now: Self.start + now).end - Self.start
        }
        #expect(end(.seconds(63)) == .seconds(63))
        #expect(end(.seconds(65)) == .seconds(65))
        #expect(end(Milliseconds(65_001)) == .seconds(60))
        #expect(end(.seconds(50)) == .seconds(60))
    }

    @Test("samples at the begin and at the end belong to the range, those a millisecond outside do not")
    func borders() async throws {
        let monitor = Monitor(labels: [:])
        for distance: Int64 in [-1, 0, 60_000, 60_001] {
            let labels = LabelSet(metric: PlotDashboard.metric, ["series": "value"])
            _ = try monitor.append(Double(distance), to: labels, at: Self.start + Milliseconds(distance))
        }
        let backend = PlotBackend(base: monitor.queryBackend, now: { Self.start + .hours(1) })
        let found = try await backend.range(RangeRequest(query: PlotDashboard.metric, grid: Self.grid))
        guard case .matrix(let series) = found.value else {
            Issue.record("\(found.value)")
            return
        }
        #expect(series.map(\.samples.floats) == [[0, 60_000]])
    }

    @Test("many series keep fewer samples each, never less than a wide screen shows")
    func samplesEach() {
        #expect(
            [0, 1, 5, 6, 50, 51, 64].map(PlotBackend.samplesEach) == [20_000, 20_000, 20_000, 16_666, 2000, 2000, 2000])
    }

    @Test("the time of a line is that of the start and what has passed since, whatever the wall clock says")
    func clock() {
        let elapsed = Mutex<Int64>(500)
        let feed = PlotFeed(
            NumberSeries(), distance: .seconds(1), start: Self.start, elapsed: { elapsed.withLock { $0 } })
        #expect(feed.now() == Self.start)
        elapsed.withLock { $0 = 3500 }
        #expect(feed.now() == Self.start + .seconds(3))
    }
}

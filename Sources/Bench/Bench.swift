// `make bench`: what a line, a series, a sample and a byte cost, each beside a plain loop in the same run.
// `Bench --smoke` does the same on small sizes, to see that it works; `--interruptions`, `--dashboards`, `--frames` and
// `--store-in-tests` are other questions, in their files.

import Exposition
import Ingestion
import MetricModel
import TimeSeriesStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct Bench {
    let seriesCount: Int
    let scrapes: Int
    let targets: Int
    let rounds: Int
    let bodies: [[UInt8]]

    static func main() async throws {
        let isSmoke = CommandLine.arguments.contains("--smoke")
        if let place = CommandLine.arguments.firstIndex(of: "--interruptions") {
            let rest = CommandLine.arguments.dropFirst(place + 1).filter { !$0.hasPrefix("--") }
            try await Interruptions(isSmoke: isSmoke).run(only: rest.first)
            return
        }
        let loading = DashboardLoading(rounds: isSmoke ? 1 : 5, panels: isSmoke ? 5 : 643)
        if let place = CommandLine.arguments.firstIndex(of: "--dashboards") {
            try await loading.run(folder: CommandLine.arguments.dropFirst(place + 1).first)
            return
        }
        if let place = CommandLine.arguments.firstIndex(of: "--frames") {
            for path in CommandLine.arguments.dropFirst(place + 1) {
                let file = DashboardLoading.read(file: path)
                print(path)
                FrameDrawing(rounds: isSmoke ? 3 : 300).run(file: file, name: path)
            }
            return
        }
        let storeInTests = StoreInTests(rounds: isSmoke ? 1 : 5, seriesCount: isSmoke ? 200 : 10_000)
        if CommandLine.arguments.contains("--store-in-tests") {
            try await storeInTests.run()
            return
        }
        let bench = Bench(
            seriesCount: isSmoke ? 200 : 5000, scrapes: isSmoke ? 20 : 100, targets: isSmoke ? 2 : 20,
            rounds: isSmoke ? 1 : 5)
        try await bench.memory()
        try await bench.text()
        try await bench.reading()
        try await loading.run(folder: nil)
        try await storeInTests.run()
    }

    init(seriesCount: Int, scrapes: Int, targets: Int, rounds: Int) {
        self.seriesCount = seriesCount
        self.scrapes = scrapes
        self.targets = targets
        self.rounds = rounds
        bodies = (0..<scrapes).map { SyntheticTarget(seriesCount: seriesCount).body(scrape: $0) }
    }

    // MARK: Text

    private func text() async throws {
        let body = bodies[0]
        let plain = await Measure.best(rounds: rounds, units: seriesCount, prepare: {}) { _ in Self.readNumbers(body) }
        let parse = try await Measure.best(rounds: rounds, units: seriesCount, prepare: {}) { _ in try Self.parse(body)
        }
        Measure.report("parse, a line", parse, beside: plain, "memchr and strtod, a line")

        let first = try await Measure.best(rounds: rounds, units: seriesCount, prepare: { ingestor() }) { ingestor in
            try Self.ingest(&ingestor, [body])
        }
        Measure.report("first ingest, a series", first, beside: plain, "memchr and strtod, a line")

        let plainAll = await Measure.best(rounds: rounds, units: seriesCount * (scrapes - 1), prepare: {}) { _ in
            var hash = WorkHash()
            for body in bodies.dropFirst() { hash.add(Self.readNumbers(body)) }
            return hash.value
        }
        let repeated = try await Measure.best(
            rounds: rounds, units: seriesCount * (scrapes - 1),
            prepare: {
                var ingestor = ingestor()
                _ = try Self.ingest(&ingestor, [body])
                return ingestor
            }
        ) { ingestor in try Self.ingest(&ingestor, bodies.dropFirst(), from: 1) }
        Measure.report("repeated ingest, a sample", repeated, beside: plainAll, "memchr and strtod, a line")

        let churning = (0..<scrapes).map { SyntheticTarget(seriesCount: seriesCount, churns: true).body(scrape: $0) }
        let churn = try await Measure.best(
            rounds: rounds, units: seriesCount * (scrapes - 1),
            prepare: {
                var ingestor = ingestor()
                _ = try Self.ingest(&ingestor, [churning[0]])
                return ingestor
            }
        ) { ingestor in try Self.ingest(&ingestor, churning.dropFirst(), from: 1) }
        Measure.report("a tenth renamed, a sample", churn, beside: plainAll, "memchr and strtod, a line")
    }

    private func ingestor() -> TargetIngestor {
        TargetIngestor(sink: TimeSeriesStore(limits: StoreLimits(bytesMax: .max / 4)))
    }

    /// Appends the bodies at 15 s; the hash is of what the store made of them.
    private static func ingest(
        _ ingestor: inout TargetIngestor, _ bodies: some Sequence<[UInt8]>, from first: Int = 0
    ) throws -> UInt64 {
        var hash = WorkHash()
        for (index, body) in bodies.enumerated() {
            let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(first + index) * 15_000)
            let report = try ingestor.ingest(body, format: .text, at: time)
            hash.add(report.outcome.appended)
            hash.add(report.seriesAdded)
        }
        return hash.value
    }

    private static func parse(_ body: [UInt8]) throws -> UInt64 {
        try body.withUnsafeBufferPointer { body in
            var hash = WorkHash()
            var parser = ExpositionParser(body, format: .text)
            while true {
                switch try parser.next() {
                case .end: return hash.value
                case .series:
                    hash.add(parser.value)
                    hash.add(try parser.labels().count)
                case .type, .help, .unit, .comment: break
                }
            }
        }
    }

    /// The baseline: the ends of lines by memchr, the number after the labels by strtod.
    private static func readNumbers(_ body: [UInt8]) -> UInt64 {
        body.withUnsafeBytes { bytes in
            var hash = WorkHash()
            guard var next = bytes.baseAddress else { return 0 }
            let end = next + bytes.count
            while next < end, let feed = memchr(next, 0x0a, end - next) {
                if let brace = memchr(next, 0x7d, UnsafeRawPointer(feed) - next) {
                    hash.add(strtod(brace.assumingMemoryBound(to: CChar.self) + 1, nil))
                }
                next = UnsafeRawPointer(feed) + 1
            }
            return hash.value
        }
    }

    // MARK: Reading

    private func reading() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(bytesMax: .max / 4))
        var ingestor = TargetIngestor(sink: store)
        _ = try Self.ingest(&ingestor, bodies)
        let samples = seriesCount * scrapes
        let columns = [UInt64](repeating: 7, count: samples * 2)
        let copy = await Measure.best(rounds: rounds, units: samples, prepare: {}) { _ in
            var hash = WorkHash()
            let copy = [UInt64](unsafeUninitializedCapacity: columns.count) { target, count in
                columns.withUnsafeBufferPointer { source in
                    if let from = source.baseAddress { target.baseAddress?.update(from: from, count: source.count) }
                }
                count = columns.count
            }
            hash.add(copy[copy.count / 2])
            return hash.value
        }
        let decode = try await Measure.best(rounds: rounds, units: samples, prepare: {}) { _ in
            try await Self.select(store, try Matcher("__name__", .regex, ".+"))
        }
        Measure.report("decode, a sample", decode, beside: copy, "memcpy of 16 bytes")
        let narrow = samples / max(1, seriesCount / 100)
        let select = try await Measure.best(rounds: rounds, units: narrow, prepare: {}) { _ in
            try await Self.select(store, try Matcher("__name__", .equal, "bench_family_1_total"))
        }
        Measure.report("select one metric, a sample", select, beside: copy, "memcpy of 16 bytes")
    }

    private static func select(_ store: TimeSeriesStore, _ matcher: Matcher) async throws -> UInt64 {
        let selection = Selection(matchers: [matcher], start: .distantPast, end: .distantFuture)
        var hash = WorkHash()
        for series in try await store.select([selection], limits: SelectionLimits()).first ?? [] {
            hash.add(series.timestamps.count)
            if let last = series.samples.floats?.last { hash.add(last) }
        }
        return hash.value
    }

    // MARK: Memory

    private func memory() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(bytesMax: .max / 4))
        var options = IngestionOptions()
        let before = Measure.residentBytes()
        var ingestors: [TargetIngestor] = []
        for target in 0..<targets {
            options.targetLabels = ["instance": "host-\(target):9100", "job": "bench"]
            var ingestor = TargetIngestor(sink: store, options: options)
            _ = try Self.ingest(&ingestor, [bodies[0]])
            ingestors.append(ingestor)
        }
        let withSeries = Measure.residentBytes()
        for index in bodies.indices.dropFirst() {
            for target in ingestors.indices { _ = try Self.ingest(&ingestors[target], [bodies[index]], from: index) }
        }
        let withSamples = Measure.residentBytes()
        let series = seriesCount * targets
        var hash = WorkHash()
        hash.add(store.statistics.seriesCount)
        hash.add(store.statistics.samplesAppended)
        hash.add(store.statistics.chunkBytes)
        Measure.report(
            "memory, a series with one sample", bytes: Double(withSeries - before) / Double(series),
            beside: Double(bodies[0].count) / Double(seriesCount), "its line of text", hash: hash.value)
        Measure.report(
            "memory, each further sample", bytes: Double(withSamples - withSeries) / Double(series * (scrapes - 1)),
            beside: 16, "time and value", hash: hash.value)
    }
}

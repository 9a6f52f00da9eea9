// Writers, readers, retention and state at the same time: what `make tsan` runs under ThreadSanitizer.
// The answers are checked by ModelTests; here it matters that every access is ordered.

import LinearRegex
import MetricModel
import Testing

@testable import TimeSeriesStore

@Suite("At the same time")
struct ConcurrencyTests {
    @Test("appends, queries, retention, metadata, exemplars and a state share one store")
    func everything() async throws {
        let store = TimeSeriesStore(limits: StoreLimits(bytesMax: 400_000, retention: .seconds(60)))
        let pattern = try Matcher("id", .regex, ".*[13579]|1.+")
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask { Self.write(store, writer) }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<40 {
                        let found = (try? await store.read([pattern])) ?? []
                        for series in found where series.times != series.times.sorted() {
                            Issue.record("out of order: \(series.labels)")
                        }
                        _ = store.exemplars([[pattern]], start: .distantPast, end: .distantFuture)
                        _ = try? await store.labelValues("id", [], start: .distantPast, end: .distantFuture, limit: 0)
                        _ = store.statistics
                    }
                }
            }
            group.addTask {
                for _ in 0..<20 {
                    var writer = StateWriter(store)
                    let back = TimeSeriesStore()
                    var reader = StateReader(into: back)
                    while let piece = writer.next() {
                        let refused = piece.withUnsafeBytes { piece in
                            do {
                                try reader.read(piece)
                                return false
                            } catch {
                                return true
                            }
                        }
                        if refused { Issue.record("a state written meanwhile is refused") }
                    }
                    if (try? reader.finish()) == nil { Issue.record("a state written meanwhile has no end") }
                }
            }
        }
        #expect(store.statistics.duplicates == 0)
    }

    private static func write(_ store: TimeSeriesStore, _ writer: Int) {
        for round in 0..<200 {
            let time = Timestamp(milliseconds: Int64(round) * 1000)
            var batch = AppendBatch()
            for number in 0..<40 {
                let id = number < 4 ? "\(number)-\(round / 10)" : "\(number)"
                let labels: LabelSet = ["__name__": "m", "writer": "\(writer)", "id": "\(id)"]
                guard let ref = try? store.register(labels) else { continue }
                batch.append(ref, time, Double(round * number % 17))
                if number == 7 {
                    store.append(Exemplar(labels: ["t": "\(round)"], value: 1, timestamp: time), for: ref)
                }
            }
            _ = store.append(batch)
            store.record(["m": Metadata(kind: round % 2 == 0 ? .gauge : .counter)])
            if round % 50 == 49 { store.enforceRetention() }
        }
    }
}

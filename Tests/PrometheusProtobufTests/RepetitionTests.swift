// The same target again: what is known, what vanishes, a change of the form, and bytes that are damaged at random.

import Foundation
import Ingestion
import MetricModel
import Testing

@testable import PrometheusProtobuf

@Suite("Protobuf bodies one after the other")
struct RepetitionTests {
    @Test("known series are appended, new ones added, vanished ones marked: a histogram by a histogram")
    func staleness() async throws {
        var target = Scraped()
        let native = family("h", .histogram, [histogram { fillNative(&$0) }])
        #expect(try target.ingest([family("a", .gauge, [gauge(1)]), native], at: 1000).seriesAdded == 2)
        let second = try target.ingest(
            [native, family("a", .gauge, [gauge(2)]), family("b", .gauge, [gauge(3)])], at: 2000)
        #expect(second.seriesAdded == 1)
        #expect(second.staleMarkers == 0)
        #expect(try target.ingest([family("b", .gauge, [gauge(3)])], at: 3000).staleMarkers == 2)
        #expect(
            try await target.lines() == [
                "a 1@1000", "a 2@2000", "a stale@3000", "b 3@2000", "b 3@3000", "h histogram of 7@1000",
                "h histogram of 7@2000", "h stale@3000",
            ])
        #expect(try await target.histograms().count == 3)
    }

    @Test("a refused body marks every series, and takes its own back")
    func refusedBody() async throws {
        var target = Scraped()
        let native = family("h", .histogram, [histogram { fillNative(&$0) }])
        try target.ingest([native], at: 1000)
        let damaged = try delimited([native, family("b", .gauge, [gauge(1)])]) + [0x80]
        #expect(throws: IngestionFailure.self) { try target.ingest(damaged, at: 2000) }
        #expect(try target.ingest([native], at: 3000).seriesAdded == 0)
        #expect(
            try await target.lines() == ["h histogram of 7@1000", "h histogram of 7@3000", "h stale@2000"])
    }

    @Test("a target that changes between text and protobuf keeps its series")
    func changeOfForm() async throws {
        var target = Scraped()
        let text = """
            # HELP h Help.
            # TYPE h histogram
            h_bucket{x="y",le="1.0"} 1
            h_bucket{x="y",le="+Inf"} 2
            h_sum{x="y"} 1.5
            h_count{x="y"} 2
            # TYPE g gauge
            g 1

            """
        let classic = histogram([("x", "y")]) {
            $0.sampleCount = 2
            $0.sampleSum = 1.5
            $0.bucket = [bucket(1, 1)]
        }
        let families = [family("h", .histogram, help: "Help.", [classic]), family("g", .gauge, [gauge(1)])]
        #expect(try target.ingest(text: text, at: 1000).seriesAdded == 5)
        for time in [2000, 4000] as [Int64] {
            let report = try target.ingest(families, at: time)
            #expect(report.seriesAdded == 0 && report.staleMarkers == 0 && report.samplesScraped == 5)
            let again = try target.ingest(text: text, at: time + 1000)
            #expect(again.seriesAdded == 0 && again.staleMarkers == 0)
        }
        #expect(try await target.lines().filter { $0.hasPrefix("h_count") }.count == 5)
        #expect(try await target.store.metadata(metric: "h") == ["h": [Metadata(kind: .histogram, help: "Help.")]])
    }

    @Test("a series twice in a body: the first one is kept")
    func duplicates() async throws {
        var target = Scraped()
        let report = try target.ingest([family("a", .gauge, [gauge(1), gauge(2)])])
        #expect(report.outcome.duplicates == 1)
        #expect(try await target.lines() == ["a 1@1000"])
    }

    @Test("a limit of samples counts native histograms as one each")
    func sampleLimit() throws {
        let body = [family("h", .histogram, [histogram { fillNative(&$0) }]), family("a", .gauge, [gauge(1)])]
        var target = Scraped(IngestionOptions(limits: IngestionLimits(samplesMax: 2)))
        try target.ingest(body)
        var limited = Scraped(IngestionOptions(limits: IngestionLimits(samplesMax: 1)))
        #expect(throws: IngestionFailure.self) { try limited.ingest(body) }
    }

    @Test("times at both ends of what 64 bits hold are stored and read, or refused as too far ahead")
    func extremeTimes() async throws {
        var target = Scraped(IngestionOptions(trackTimestampsStaleness: true))
        for (time, tooFarAhead) in [
            (.min, 0), (.min + 1, 0), (-1, 0), (1, 0), (601_000, 0), (601_001, 2), (.max, 2),
        ] as [(Int64, Int)] {
            var timed = histogram { fillNative(&$0) }
            timed.timestampMs = time
            let report = try target.ingest([
                family("a", .gauge, [gauge(1, at: time)]), family("h", .histogram, [timed]),
            ])
            #expect(report.tooFarAhead == tooFarAhead, "\(time)")
        }
        let lines = try await target.lines()
        #expect(
            lines == [
                "a 1@-1", "a 1@1", "a 1@601000", "h histogram of 7@-1", "h histogram of 7@1", "h histogram of 7@601000",
            ], "all but what retention drops")
    }

    @Test("of the exemplars of a native histogram the last hundred are kept")
    func manyExemplars() throws {
        for (count, kept) in [(100, 100), (101, 100)] {
            let message = HistogramMessage.with {
                for value in 0..<count {
                    $0.exemplars.append(
                        .with {
                            $0.value = Double(value)
                            $0.timestamp.seconds = 1
                        })
                }
            }
            #expect(message.nativeExemplars.count == kept)
            #expect(message.nativeExemplars.last?.value == Double(count - 1))
        }
    }

    @Test("damaged bytes are refused or read, never a trap; what was taken can be scraped again")
    func damagedBytes() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_261_126
        let rounds = environment["FUZZ_ROUNDS"].flatMap { Int($0) } ?? 3000
        var random = SplitMix(state: seed)
        let classic = histogram([("x", "y")]) {
            $0.sampleCount = 2
            $0.bucket = [bucket(1, 1), bucket(.infinity, 2)]
        }
        let floats = histogram {
            $0.sampleCountFloat = 3
            $0.positiveSpan = [span(-2, 2), span(3, 1)]
            $0.positiveCount = [1, 1, 1]
        }
        let whole = try delimited([
            family("a_total", .counter, help: "A", [.with { $0.counter.exemplar.label = pairs([("t", "1")]) }]),
            family("h", .histogram, [classic, histogram { fillNative(&$0) }, floats]),
            family("g", .gauge, unit: "", [gauge(1, [("b", "c")]), gauge(2, [("é.x", "d")])]),
        ])
        var taken = 0
        var target = Scraped(
            IngestionOptions(histograms: NativeHistogramOptions(keepsClassic: true, bucketsMax: 40)))
        for round in 0..<rounds {
            var body = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: body.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: body.removeSubrange(place..<min(body.count, place + Int.random(in: 1...9, using: &random)))
                }
                if body.isEmpty { body = [0] }
            }
            do {
                try target.ingest(body, at: Int64(round + 1) * 1000)
                taken += 1
            } catch let failure as IngestionFailure {
                #expect(!failure.description.isEmpty, "seed \(seed)")
            }
        }
        // Most changes of one byte within a number or a text are no damage.
        #expect(taken > rounds / 50 && taken < rounds, "seed \(seed): \(taken) of \(rounds) taken")
        try target.ingest(whole, at: Int64(rounds + 2) * 1000)
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

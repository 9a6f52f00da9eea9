// Takes what other programs write by Prometheus' remote write, 1.0 and 2.0, into the store.
// Behind /api/v1/write of PrometheusAPI when the process was told to; PrometheusProtobuf reads the bodies.

import ExporterKit
import HTTPService
import MetricModel
import PrometheusProtobuf
import Synchronization

/// Source: Prometheus storage/remote, write_handler.go, and the specifications of both versions. Unlike there, what of a
/// body can be kept is kept, in version one too: the store has no transactions, and a sender does not send again after 400.
final class RemoteWriteReceiver: Sendable {
    enum Limits {
        /// A body after decompression. Agents send 8 MiB at the most.
        static let bodyBytesMax = 32 << 20
        /// Bodies taken at a time; others wait, and their senders with them.
        static let turns = 2
        /// Samples in one batch for the store.
        static let batchMax = 16_384
        /// A sample's time may be so far ahead of the clock.
        static let aheadMax = Milliseconds.minutes(10)
    }

    private let sink: any SampleSink
    private let now: @Sendable () -> Timestamp
    private let gate = TurnGate(limit: Limits.turns)
    private let invalidSamples = Atomic(0)
    private let samples = Atomic(0)

    init(sink: any SampleSink, now: @escaping @Sendable () -> Timestamp) {
        self.sink = sink
        self.now = now
    }

    /// What is said of a request by its head alone; nil: its body is wanted.
    func refusal(_ request: Request) -> Response? {
        if case .failure(let refusal) = Self.version(of: request) { refusal.response } else { nil }
    }

    /// A 4xx says that the same body would fare the same: senders drop it. After a 5xx they send it again, and hold back what
    /// comes after it. So a store without room answers 400, too: one series too many would stop all others of its sender,
    /// and with them the time by which retention makes room.
    ///
    /// Source: Remote-Write 2.0, "Invalid Samples", "Retries & Backoff", "Retries on Partial Writes".
    func answer(_ request: Request) async throws -> Response {
        let version: WriteVersion
        switch Self.version(of: request) {
        case .success(let named): version = named
        case .failure(let refusal): return refusal.response
        }
        let body = request.body
        return try await gate.through { [self] in
            try await withTaskExecutorPreference(ComputingThreads.shared) {
                try Task.checkCancellation()
                return try take(body, version)
            }
        }
    }

    func addMetrics(to families: inout MetricFamilies) {
        families.add(
            "ferula_remote_write_samples_total", .counter, help: "Samples that others wrote and that were stored.",
            Double(samples.load(ordering: .relaxed)))
        families.add(
            "prometheus_api_remote_write_invalid_labels_samples_total", .counter,
            help: "Samples that others wrote under labels that cannot be stored.",
            Double(invalidSamples.load(ordering: .relaxed)))
    }

    private struct TypeRefusal: Error {
        var reason: String
        var response: Response { .text(reason + "\n", status: 415) }
    }

    private static func version(of request: Request) -> Result<WriteVersion, TypeRefusal> {
        let encoding = request.header("content-encoding") ?? ""
        return version(contentType: request.header("content-type") ?? "").flatMap { version in
            if encoding.isEmpty || encoding.lowercased() == "snappy" { return .success(version) }
            return .failure(
                TypeRefusal(
                    reason: "\(encoding.quotedForPrometheus) encoding is not accepted; only snappy is acceptable"))
        }
    }

    /// Without a type, or without its parameter, version one is meant.
    private static func version(contentType: String) -> Result<WriteVersion, TypeRefusal> {
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        let type = parts.first ?? ""
        guard type.isEmpty && parts.count == 1 || type.lowercased() == "application/x-protobuf" else {
            return .failure(
                TypeRefusal(
                    reason: "expected application/x-protobuf as the first (media) part, got "
                        + "\(contentType.quotedForPrometheus) content-type"))
        }
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            guard pair.count == 2, pair[0] == "proto" else { continue }
            switch pair[1] {
            case "prometheus.WriteRequest": return .success(.one)
            case "io.prometheus.write.v2.Request": return .success(.two)
            default:
                return .failure(
                    TypeRefusal(
                        reason: "unknown type \(pair[1].quotedForPrometheus) for remote write protobuf message, "
                            + "supported: prometheus.WriteRequest, io.prometheus.write.v2.Request"))
            }
        }
        return .success(.one)
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    // MARK: Bodies

    private func take(_ compressed: [UInt8], _ version: WriteVersion) throws(CancellationError) -> Response {
        var pass = WritePass(sink: sink, latest: now() + Limits.aheadMax)
        let failure: String?
        var cancellation: CancellationError?
        do {
            let body = try Snappy.decompress(compressed, bytesMax: Limits.bodyBytesMax)
            var reader = try WriteBodyReader(body, version)
            while let item = try reader.next() {
                try Task.checkCancellation()
                pass.take(item)
            }
            failure = nil
        } catch let error as CancellationError {
            // Nothing is wrong with the body.
            cancellation = error
            failure = nil
        } catch {
            failure = "\(error)"
        }
        pass.finish()
        samples.add(pass.samplesWritten + pass.histogramsWritten, ordering: .relaxed)
        invalidSamples.add(pass.samplesInvalid, ordering: .relaxed)
        if let cancellation { throw cancellation }
        // Version one has no word for labels that are no labels: Prometheus counts them and answers that all is well.
        let problem = failure ?? pass.problem(countsInvalid: version == .two)
        var response = Response.text(problem.map { $0 + "\n" } ?? "", status: 204)
        if problem == nil { response.headers = [] } else { response.status = 400 }
        if version == .two {
            response.headers += [
                ("X-Prometheus-Remote-Write-Samples-Written", "\(pass.samplesWritten)"),
                ("X-Prometheus-Remote-Write-Histograms-Written", "\(pass.histogramsWritten)"),
                ("X-Prometheus-Remote-Write-Exemplars-Written", "\(pass.exemplarsWritten)"),
            ]
        }
        return response
    }
}

/// One body on its way into the store.
private struct WritePass {
    private let sink: any SampleSink
    private let latest: Timestamp
    private var floats = AppendBatch()
    private var histograms = AppendBatch()
    /// Of each sample of the batches, to register a series again that was dropped in between.
    private var floatLabels: [LabelSet] = []
    private var histogramLabels: [LabelSet] = []
    private var metadata: [String: Metadata] = [:]
    private var outcome = AppendOutcome()
    private var samplesSeen = 0
    private var samplesAhead = 0
    private var samplesRefused = 0
    private var refusal = ""
    private var invalidReason = ""

    private(set) var samplesWritten = 0
    private(set) var histogramsWritten = 0
    private(set) var exemplarsWritten = 0
    private(set) var samplesInvalid = 0

    init(sink: any SampleSink, latest: Timestamp) {
        self.sink = sink
        self.latest = latest
    }

    mutating func take(_ item: WrittenItem) {
        switch item {
        case .metadata(let family, let said):
            guard !family.isEmpty else { return }
            metadata[family] = said
            if metadata.count >= RemoteWriteReceiver.Limits.batchMax { recordMetadata() }
        case .refused(let reason, let count):
            samplesSeen += count
            samplesInvalid += count
            if invalidReason.isEmpty { invalidReason = reason }
        case .series(let series):
            take(series)
        }
    }

    private mutating func take(_ series: WrittenSeries) {
        let count = series.samples.count + series.histograms.count
        samplesSeen += count
        let samples = series.samples.filter { $0.timestamp <= latest }
        let natives = series.histograms.filter { $0.timestamp <= latest }
        samplesAhead += count - samples.count - natives.count
        // A series of which nothing is kept is none. Senders put exemplars into entries of their own.
        guard !samples.isEmpty || !natives.isEmpty || !series.exemplars.isEmpty else { return }
        let ref: SeriesRef
        do throws(RegistrationRefusal) {
            ref = try sink.register(series.labels)
        } catch {
            note(error, samples.count + natives.count)
            return
        }
        for sample in samples {
            floats.append(ref, sample.timestamp, sample.value)
            floatLabels.append(series.labels)
            if floats.count >= RemoteWriteReceiver.Limits.batchMax { flushFloats() }
        }
        for histogram in natives {
            histograms.append(ref, histogram.timestamp, histogram.value)
            histogramLabels.append(series.labels)
            if histograms.count >= RemoteWriteReceiver.Limits.batchMax { flushHistograms() }
        }
        for exemplar in series.exemplars where (exemplar.timestamp ?? latest) <= latest {
            sink.append(exemplar, for: ref)
            exemplarsWritten += 1
        }
    }

    private mutating func note(_ error: RegistrationRefusal, _ samples: Int) {
        samplesRefused += samples
        if refusal.isEmpty { refusal = error.description }
    }

    mutating func finish() {
        flushFloats()
        flushHistograms()
        recordMetadata()
    }

    private mutating func recordMetadata() {
        if !metadata.isEmpty { sink.record(metadata) }
        metadata.removeAll(keepingCapacity: true)
    }

    private mutating func flushFloats() {
        samplesWritten += write(floats, floatLabels)
        floats.removeAll()
        floatLabels.removeAll(keepingCapacity: true)
    }

    private mutating func flushHistograms() {
        histogramsWritten += write(histograms, histogramLabels)
        histograms.removeAll()
        histogramLabels.removeAll(keepingCapacity: true)
    }

    /// Returns how many samples were stored.
    private mutating func write(_ batch: AppendBatch, _ labels: [LabelSet]) -> Int {
        guard batch.count > 0 else { return 0 }
        var result = sink.append(batch)
        let refusedBefore = samplesRefused
        // Retention dropped a series between its registration and now.
        if !result.unknownRefs.isEmpty {
            var again = AppendBatch()
            for position in result.unknownRefs {
                let ref: SeriesRef
                do throws(RegistrationRefusal) {
                    ref = try sink.register(labels[position])
                } catch {
                    note(error, 1)
                    continue
                }
                if let histogram = batch.histograms[position] {
                    again.append(ref, batch.timestamps[position], histogram)
                } else {
                    again.append(ref, batch.timestamps[position], batch.values[position])
                }
            }
            result.unknownRefs = []
            result += sink.append(again)
            samplesRefused += result.unknownRefs.count
        }
        outcome += result
        // A sample that is there already counts as written, as in Prometheus: its sender sends again after a silence.
        return batch.count - result.duplicates - result.outOfOrder - result.tooOld - (samplesRefused - refusedBefore)
    }

    /// What was not stored, in the words that senders' logs know; nil when all was.
    func problem(countsInvalid: Bool) -> String? {
        let causes = [
            (outcome.outOfOrder, "out of order sample"), (outcome.duplicates, "duplicate sample for timestamp"),
            (outcome.tooOld, "too old sample"), (samplesAhead, "out of bounds: more than 10m ahead of the clock"),
            (samplesRefused, refusal.isEmpty ? "series could not be kept" : refusal),
            (countsInvalid ? samplesInvalid : 0, invalidReason),
        ].filter { $0.0 > 0 }
        // A series without samples can be invalid, too.
        if causes.isEmpty { return countsInvalid && !invalidReason.isEmpty ? invalidReason : nil }
        let lost = causes.reduce(0) { $0 + $1.0 }
        return "\(lost) of \(samplesSeen) samples not written: "
            + causes.map { "\($0.1) (\($0.0))" }.joined(separator: ", ")
    }
}

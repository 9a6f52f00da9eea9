// A store, its ingestion and its query engine as one value, for embedding.
// Used by tests of other programs: no port, no clock, no sleep; every time is given by the caller.

import Exposition
import Ingestion
import MetricModel
import PromQLEngine
import PromQLSyntax
import Querying
import Synchronization
import TimeSeriesStore

/// Ingests metrics and answers PromQL about them, in this process and in memory.
///
/// Safe to use from several tasks at once. Nothing is read from a clock: a sample has the time it is given, and a query
/// is evaluated at the time it is given.
public final class Monitor: Sendable {
    /// Where the samples are.
    package let store: TimeSeriesStore
    private let backend: EmbeddedBackend
    // Guards the memory of each target's page before, by which its next one is read; the store has locks of its own.
    private let ingestors = Mutex<[String: TargetIngestor]>([:])
    /// What a failed expectation says when nothing was stored, by who was to fill the store.
    package let emptyStoreHint = Mutex<String?>(nil)
    /// Of every page.
    package let labels: LabelSet

    /// What a call does whose samples were not all stored: some too old, out of order, twice, or over a limit.
    public enum Drops: Hashable, Sendable {
        /// It throws, after it has stored the others: a test must not pass because something is missing.
        case thrown
        /// It returns, and what it returns has the counts: Prometheus' own scrapes go on like this.
        case counted
    }
    /// What a call does whose samples were not all stored.
    public let drops: Drops

    /// - `limits`: series, bytes and retention of the store.
    /// - `labels`: added to every series that is ingested as text, as a scrape adds `job` and `instance`.
    /// - `drops`: `.counted` for programs that go on when samples come late or are too many.
    public init(
        limits: StoreLimits = StoreLimits(), labels: LabelSet = .empty, options: EngineOptions = .user,
        drops: Drops = .thrown
    ) {
        self.drops = drops
        store = TimeSeriesStore(limits: limits)
        backend = EmbeddedBackend(source: store, options: options)
        self.labels = labels
    }

    /// Takes in a whole page of metrics as one scrape of one target would.
    ///
    /// - Samples without a timestamp get `time`. Times must ascend from call to call.
    /// - A series of the page before that this page lacks ends at `time`, as Prometheus ends it: queries at `time` and
    ///   later no longer find it.
    /// - `target`: whose page it is. Two services that are ingested into one monitor need one each: a page ends those
    ///   series of its own target that it lacks, and no others.
    /// - `fileID`, `line`: of the call, with which the error's description begins.
    /// - Throws: for a malformed page, with line and column: nothing of it is stored, and the target's series end. Also
    ///   for the first page of one more than `targetsMax` targets. And with `.dropped` when some samples were not
    ///   stored but the others were, unless the monitor is one that counts them.
    @discardableResult
    public func ingest(
        _ text: String, at time: Timestamp, format: ExpositionFormat = .text, target: String = "",
        fileID: String = #fileID, line: Int = #line
    ) throws(IngestionFailure) -> IngestionReport {
        do throws(IngestionFailure) {
            return try ingest(Array(text.utf8), at: time, format: format, target: target, adding: .empty)
        } catch {
            throw IngestionFailure(reason: error.reason, report: error.report, place: "\(fileID):\(line)")
        }
    }

    /// Targets that one monitor tells apart.
    public static let targetsMax = 10_000

    /// The same for bytes; `more` are labels of the target besides the monitor's, as its first page has them.
    package func ingest(
        _ body: [UInt8], at time: Timestamp, format: ExpositionFormat, target: String, adding more: LabelSet
    ) throws(IngestionFailure) -> IngestionReport {
        let options = IngestionOptions(targetLabels: LabelSet(labels.labels + more.labels))
        let result = ingestors.withLock { ingestors -> Result<IngestionReport, IngestionFailure> in
            guard ingestors[target] != nil || ingestors.count < Self.targetsMax else {
                return .failure(IngestionFailure(reason: .targetLimit(Self.targetsMax), report: IngestionReport()))
            }
            do throws(IngestionFailure) {
                let report = try ingestors[target, default: TargetIngestor(sink: store, options: options)].ingest(
                    body, format: format, at: time)
                return .success(try complete(report, at: time))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The report of a page, or the error that it is when samples were dropped and that is thrown.
    package func complete(_ report: IngestionReport, at time: Timestamp) throws(IngestionFailure) -> IngestionReport {
        guard drops == .thrown, report.hasDropped else { return report }
        throw IngestionFailure(reason: .dropped(at: time), report: report)
    }

    /// Ends every series of a target at a time, as a scrape that failed does. Returns how many; 0 for a target that never
    /// had a page, of which nothing is kept: its first page brings its labels.
    @discardableResult
    package func endSeries(of target: String, at time: Timestamp) -> Int {
        ingestors.withLock { $0[target]?.markAllStale(at: time) ?? 0 }
    }

    /// Appends one sample to one series. `labels` has the metric's name as `__name__`; see `LabelSet(metric:_:)`.
    ///
    /// - Returns: whether it was stored; false is for a monitor that counts what is dropped.
    /// - Throws: when the sample is older than the newest of its series, too old for the retention, or of a time that
    ///   has another value already, unless the monitor counts these; and when the series is new and the store takes no
    ///   more.
    @discardableResult
    public func append(
        _ value: Double, to labels: LabelSet, at time: Timestamp
    ) throws(SampleRefusal) -> Bool {
        var outcome = AppendOutcome()
        do throws(RegistrationRefusal) {
            var batch = AppendBatch()
            batch.append(try store.register(labels), time, value)
            outcome = store.append(batch)
        } catch {
            throw SampleRefusal(labels: labels, time: time, reason: .newSeries(error))
        }
        // The same value again is counted nowhere.
        let isDropped = outcome.outOfOrder + outcome.duplicates + outcome.tooOld + outcome.unknownRefs.count > 0
        guard isDropped else { return true }
        guard drops == .thrown else { return false }
        let reason: SampleRefusal.Reason =
            outcome.outOfOrder > 0 ? .outOfOrder : outcome.duplicates > 0 ? .duplicate : .tooOld
        throw SampleRefusal(labels: labels, time: time, reason: reason)
    }

    /// Evaluates an expression at one time.
    ///
    /// - Returns: the answer as `value`, a scalar, string, vector or matrix, with the warnings and infos about it as
    ///   `annotations`.
    public func query(_ expression: String, at time: Timestamp) async throws(QueryFailure) -> QueryResult {
        try await backend.instant(InstantRequest(query: expression, time: time))
    }

    /// Evaluates an expression at `start`, `start + step`, ... up to `end`.
    ///
    /// - Returns: a matrix as `value`, with the warnings and infos about it as `annotations`.
    /// - Throws: `QueryFailure`, also when `end` lies before `start` or `step` is not positive.
    public func query(
        _ expression: String, from start: Timestamp, to end: Timestamp, step: Milliseconds
    ) async throws(QueryFailure) -> QueryResult {
        guard start <= end else { throw QueryFailure(.badData, "end timestamp must not be before start time") }
        guard step.count > 0 else { throw QueryFailure(.badData, "the step must be positive") }
        return try await backend.range(
            RangeRequest(query: expression, grid: StepGrid(start: start, end: end, step: step)))
    }

    /// The one number an expression comes to at a time: a scalar, or the value of a vector's only element.
    ///
    /// - Returns: nil for an empty vector.
    /// - Throws: when the query fails, and when it has more than one element or no number.
    public func value(_ expression: String, at time: Timestamp) async throws(QueryFailure) -> Double? {
        let result = try await query(expression, at: time)
        switch result.value {
        case .scalar(_, let number): return number
        case .vector(let elements):
            guard let first = elements.first else { return nil }
            if elements.count == 1, case .histogram = first.value {
                throw QueryFailure(
                    .execution, "`\(expression)` is a native histogram where one number was asked for",
                    hint: "take histogram_count, histogram_sum or histogram_quantile of it")
            }
            guard elements.count == 1, case .float(let number) = first.value else {
                throw QueryFailure(
                    .execution, "`\(expression)` has \(elements.count) elements where one number was asked for",
                    hint: "aggregate it, or ask with query(_:at:)")
            }
            return number
        case .string, .matrix:
            throw QueryFailure(.execution, "`\(expression)` is no number")
        }
    }

    /// Times of the oldest and the newest sample, nil when there is none.
    public var timeRange: ClosedRange<Timestamp>? { store.timeRange }

    /// This monitor as what dashboards and the HTTP API ask.
    package var queryBackend: any QueryBackend { backend }
}

// What of a body was not stored, in words.
// Read from a report by who wants all of a body or an error: Monitor and the factory of FerulaMetrics.

import MetricModel

extension IngestionReport {
    /// Samples of the body that were not stored, whatever the reason.
    public var samplesDropped: Int {
        outcome.outOfOrder + outcome.duplicates + outcome.tooOld + tooFarAhead + samplesRefused
            + outcome.unknownRefs.count
    }

    /// Whether something of the body is not in the store, staleness markers included.
    public var hasDropped: Bool { samplesDropped > 0 || staleMarkersDropped > 0 }

    /// How many, then one phrase for each reason, and what helps; empty when nothing was dropped.
    package var droppedSamples: [String] {
        var phrases: [String] = []
        if samplesDropped > 0 {
            phrases.append("\(samplesDropped) of \(samplesScraped) samples were not stored")
        }
        func add(_ count: Int, _ words: String) { if count > 0 { phrases.append("\(count) \(words)") } }
        add(outcome.outOfOrder, "older than the newest of their series")
        add(outcome.duplicates, "of a time that has another value already, or twice in the page")
        add(outcome.tooOld + outcome.unknownRefs.count, "older than the retention")
        add(tooFarAhead, "more than \(TargetIngestor.aheadMax) ahead of the page")
        if samplesRefused > 0 {
            let reason = refusal.map { "\($0)" } ?? "the store takes no more"
            phrases.append("\(samplesRefused) of new series: \(reason)")
        }
        if staleMarkersDropped > 0 {
            let noun =
                staleMarkersDropped == 1
                ? "a series that the page lacks" : "\(staleMarkersDropped) series that the page lacks"
            phrases.append("\(noun) could not be ended before the newest sample")
        }
        if outcome.outOfOrder + outcome.duplicates + staleMarkersDropped > 0 {
            phrases.append("times must ascend from page to page")
        }
        return phrases
    }
}

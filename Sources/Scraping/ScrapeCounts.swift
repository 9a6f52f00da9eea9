// How many scrapes there were, and how many of them came late.
// Counted by every loop of a manager, read for /metrics.

import Synchronization

package final class ScrapeCounts: Sendable {
    /// A scrape that begins this much after it was due is a late one.
    package static let lateAfter = Duration.milliseconds(50)

    private let begun = Atomic(0)
    private let late = Atomic(0)

    package var total: Int { begun.load(ordering: .relaxed) }
    package var lateCount: Int { late.load(ordering: .relaxed) }

    func count(lateness: Duration) {
        begun.add(1, ordering: .relaxed)
        if lateness > Self.lateAfter { late.add(1, ordering: .relaxed) }
    }
}

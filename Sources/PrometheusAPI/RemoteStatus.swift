// What a server tells of itself beside its data: whether it has alerting rules, and its targets where they are listed.
// Behind StatusSource for the app's screens; asks by RemoteBackend.

import Querying

package struct RemoteStatus: StatusSource {
    private let backend: RemoteBackend

    package init(_ backend: RemoteBackend) { self.backend = backend }

    /// Its targets are its own affair.
    package func targets() async -> [TargetStatus] { [] }

    package func listedTargets() async throws(QueryFailure) -> [TargetStatus] { try await backend.targets() }

    package func alertingRuleCount() async -> Int? {
        // A server that does not say leaves it open: `try?` is that.
        try? await backend.alertingRuleCount()
    }
}

// What a failure says about a store that nobody has filled.

import Ferula
import FerulaTestKit
import Testing

@Suite("Empty stores")
struct EmptyStoreTests {
    @Test("who was to fill the store says what to look for, but only while it is empty")
    func hint() async throws {
        let monitor = Monitor()
        let bare = await monitor.failure(of: "up", .equals(1))
        #expect(bare?.details.last == "up: no series, the store is empty")
        monitor.emptyStoreHint.withLock { $0 = "nothing was recorded" }
        let hinted = await monitor.failure(of: "up", .equals(1))
        #expect(hinted?.details.suffix(2) == ["up: no series, the store is empty", "  nothing was recorded"])
        try monitor.load("down", "1", every: .seconds(1))
        #expect(await monitor.failure(of: "up", .equals(1))?.description.contains("recorded") == false)
    }
}

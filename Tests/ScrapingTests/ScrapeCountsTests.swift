// When a scrape counts as late.

import Testing

@testable import Scraping

@Test("a scrape 50 ms after it was due is in time, one later is late")
func lateness() {
    let counts = ScrapeCounts()
    for milliseconds in [-1, 0, 2, 50] { counts.count(lateness: .milliseconds(milliseconds)) }
    #expect(counts.total == 4)
    #expect(counts.lateCount == 0)
    counts.count(lateness: .milliseconds(50) + .nanoseconds(1))
    #expect(counts.total == 5)
    #expect(counts.lateCount == 1)
}

// The text an exporter serves, and this machine's own over HTTP.

import ExporterKit
import MetricModel
import Synchronization
import Testing

@testable import HostExporter

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Test("families are written sorted, with help and type, escaped")
func text() {
    var families = MetricFamilies()
    families.add("b_total", .counter, help: "B \\ and\nmore.", ["path": "a\"b\\c\nd"], 3)
    families.add("a", .unknown, help: "A.", 0.25)
    families.add("b_total", .counter, help: "ignored", ["path": "x"], .infinity)
    #expect(
        String(decoding: families.text(), as: UTF8.self) == #"""
            # HELP a A.
            # TYPE a untyped
            a 0.25
            # HELP b_total B \\ and\nmore.
            # TYPE b_total counter
            b_total{path="a\"b\\c\nd"} 3
            b_total{path="x"} +Inf

            """#)
}

private struct FailingCollector: Collector {
    struct Failure: Error {}
    let name = "broken"
    func collect(into families: inout MetricFamilies) throws {
        families.add("before", .gauge, help: "", 1)
        throw Failure()
    }
}

@Test("a failing collector keeps the others and says so")
func failingCollector() {
    let families = Registry([FailingCollector(), ClockCollector()], selfPrefix: "node").collect()
    #expect(families.value("before") == 1)
    #expect(families.value("node_scrape_collector_success", ["collector": "broken"]) == 0)
    #expect(families.value("node_scrape_collector_success", ["collector": "time"]) == 1)
}

@Test("missing files give no samples and no failure")
func missingFiles() {
    let families = HostMetrics.registry(root: "/nonexistent").collect()
    #expect(families.value("node_cpu_seconds_total", ["cpu": "0", "mode": "user"]) == nil)
    let success = families.all.first { $0.name == "node_scrape_collector_success" }
    #expect(success?.samples.allSatisfy { $0.value == 1 } == true)
}

#if os(Linux)
    @Test("this machine has CPUs, memory and load")
    func ownMachine() {
        let families = HostMetrics.registry().collect()
        #expect(families.value("node_cpu_seconds_total", ["cpu": "0", "mode": "idle"]) ?? 0 > 0)
        #expect(families.value("node_memory_MemTotal_bytes") ?? 0 > 0)
        #expect(families.value("node_load1") != nil)
    }
#endif

#if os(Linux)
    @Test("ten dead file servers hold up a scrape no longer than one, and are not asked twice")
    func deadMounts() {
        let questions = Mutex(0)
        let isOpen = Atomic(false)
        let probes = MountProbes(patience: .seconds(1)) { path in
            guard path.hasPrefix("/dead") else { return FilesystemSize(path: "/") }
            questions.withLock { $0 += 1 }
            while !isOpen.load(ordering: .acquiring) { usleep(1000) }
            return nil
        }
        defer { isOpen.store(true, ordering: .releasing) }
        let dead = (0..<10).map { Mount(device: "s:/x", mountPoint: "/dead\($0)", type: "nfs4", isReadOnly: false) }
        let mounts = dead + [Mount(device: "s:/y", mountPoint: "/alive", type: "nfs4", isReadOnly: false)]
        let clock = ContinuousClock()
        var sizes: [FilesystemSize?] = []
        let elapsed = clock.measure { sizes = probes.sizes(of: mounts, root: "") }
        #expect(elapsed < .seconds(5))
        #expect(sizes.map { $0 == nil } == Array(repeating: true, count: 10) + [false])
        _ = probes.sizes(of: dead, root: "")
        #expect(questions.withLock { $0 } <= 10)
    }
#endif

// Collectors that ask the kernel by call: clock, name, load averages, page size; the same on every system.
// Registered by HostMetrics.

import ExporterKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct ClockCollector: Collector {
    let name = "time"
    func collect(into families: inout MetricFamilies) {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return }
        families.add(
            "node_time_seconds", .gauge, help: "Unix time of this machine's clock.",
            Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
    }
}

struct UnameCollector: Collector {
    let name = "uname"
    func collect(into families: inout MetricFamilies) {
        var names = utsname()
        guard uname(&names) == 0 else { return }
        #if os(Linux)
            let domain = text(of: names.__domainname)
        #else
            let domain = "(none)"
        #endif
        families.add(
            "node_uname_info", .gauge, help: "Kernel and machine as uname tells them; always 1.",
            [
                "domainname": domain, "machine": text(of: names.machine), "nodename": text(of: names.nodename),
                "release": text(of: names.release), "sysname": text(of: names.sysname),
                "version": text(of: names.version),
            ], 1)
    }
}

/// The text of a C array of characters, up to its zero.
private func text<Array>(of array: Array) -> String {
    withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

struct LoadCollector: Collector {
    let name = "loadavg"
    func collect(into families: inout MetricFamilies) {
        var averages = [0.0, 0.0, 0.0]
        guard getloadavg(&averages, 3) == 3 else { return }
        for (minutes, value) in zip([1, 5, 15], averages) {
            families.add("node_load\(minutes)", .gauge, help: "Load average over \(minutes)m.", value)
        }
    }
}

// What the process says of itself at /metrics: its store and its own use of the machine.
// Called by PrometheusAPI's route; names are Prometheus' where it has one.

import ExporterKit
import MetricModel
import PrometheusAPI
import Scraping
import TimeSeriesStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct SelfMetrics: Sendable {
    private let store: TimeSeriesStore
    private let version: String
    private let discovery: @Sendable () -> DiscoveryReport
    private let scrapes: ScrapeCounts
    private let receiver: RemoteWriteReceiver?
    private let start = SelfMetrics.now()

    init(
        store: TimeSeriesStore, version: String, scrapes: ScrapeCounts, _ receiver: RemoteWriteReceiver? = nil,
        discovery: @escaping @Sendable () -> DiscoveryReport = { DiscoveryReport() }
    ) {
        self.store = store
        self.version = version
        self.discovery = discovery
        self.scrapes = scrapes
        self.receiver = receiver
    }

    /// The wall clock.
    static func now() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }

    /// For deadlines: a wall clock that is set would end every query, or none.
    static func monotonicMilliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// What the machine says of the process: folder, name, processors.
    static func machine() -> RuntimeStatus {
        var status = RuntimeStatus()
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        if getcwd(&buffer, buffer.count) != nil { status.workingFolder = text(of: buffer) }
        if gethostname(&buffer, buffer.count - 1) == 0 { status.hostName = text(of: buffer) }
        status.processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        return status
    }

    private static func text(of buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func text(isConfigurationRead: Bool, configurationTime: Timestamp) -> [UInt8] {
        var families = MetricFamilies()
        families.add(
            "prometheus_config_last_reload_successful", .gauge, help: "Whether the configuration was read last time.",
            isConfigurationRead ? 1 : 0)
        families.add(
            "prometheus_config_last_reload_success_timestamp_seconds", .gauge,
            help: "Unix time at which a configuration was last read.", configurationTime.seconds)
        families.add("ferula_build_info", .gauge, help: "Version of ferula; always 1.", ["version": version], 1)
        addStore(to: &families)
        families.add("ferula_scrapes_total", .counter, help: "Scrapes that have begun.", Double(scrapes.total))
        families.add(
            "ferula_scrapes_late_total", .counter, help: "Scrapes that began more than 50 ms after they were due.",
            Double(scrapes.lateCount))
        DiscoveryMetrics.add(discovery(), to: &families)
        receiver?.addMetrics(to: &families)
        addProcess(to: &families)
        return families.text()
    }

    private func addStore(to families: inout MetricFamilies) {
        let statistics = store.statistics
        let gauges = [
            ("ferula_series", "Series in memory.", statistics.seriesCount),
            ("ferula_chunk_bytes", "Bytes of samples in memory.", statistics.chunkBytes),
            ("ferula_index_bytes", "Bytes of labels and postings in memory.", statistics.indexBytes),
            ("ferula_metadata_bytes", "Bytes of metadata of metric families in memory.", statistics.metadataBytes),
            ("prometheus_tsdb_head_series", "Series in memory.", statistics.seriesCount),
        ]
        for (name, help, value) in gauges { families.add(name, .gauge, help: help, Double(value)) }
        let counters = [
            ("ferula_samples_appended_total", "Samples stored.", statistics.samplesAppended),
            ("ferula_series_created_total", "Series stored for the first time.", statistics.seriesCreated),
            ("ferula_series_dropped_total", "Series dropped by retention.", statistics.seriesDropped),
            ("ferula_series_refused_total", "Series refused because a limit was reached.", statistics.refusedSeries),
            (
                "ferula_samples_duplicate_total", "Samples refused: another value at the same time.",
                statistics.duplicates
            ),
            ("ferula_samples_out_of_order_total", "Samples refused: older than the newest.", statistics.outOfOrder),
            ("ferula_samples_too_old_total", "Samples refused: older than the retention.", statistics.tooOld),
        ]
        for (name, help, value) in counters { families.add(name, .counter, help: help, Double(value)) }
        families.add(
            "prometheus_tsdb_head_samples_appended_total", .counter, help: "Samples stored.", ["type": "float"],
            Double(statistics.samplesAppended))
    }

    private func addProcess(to families: inout MetricFamilies) {
        families.add(
            "process_start_time_seconds", .gauge, help: "Unix time at which the process started.", start.seconds)
        var usage = rusage()
        #if canImport(Glibc)
            let status = getrusage(RUSAGE_SELF.rawValue, &usage)
        #else
            let status = getrusage(RUSAGE_SELF, &usage)
        #endif
        if status == 0 {
            let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
            families.add(
                "process_cpu_seconds_total", .counter, help: "CPU seconds used, user and system.",
                seconds + microseconds / 1e6)
        }
        #if os(Linux)
            if let pages = memoryPages() {
                let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
                families.add(
                    "process_virtual_memory_bytes", .gauge, help: "Virtual memory.", pages.virtual * pageBytes)
                families.add(
                    "process_resident_memory_bytes", .gauge, help: "Resident memory.", pages.resident * pageBytes)
            }
        #endif
        var limit = rlimit()
        #if canImport(Glibc)
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        #else
            guard getrlimit(RLIMIT_NOFILE, &limit) == 0 else { return }
        #endif
        families.add("process_max_fds", .gauge, help: "File descriptors that may be open.", Double(limit.rlim_cur))
        #if os(Linux)
            if let count = openDescriptors() {
                families.add("process_open_fds", .gauge, help: "File descriptors that are open.", Double(count))
            }
            #if canImport(Glibc)
                let addressStatus = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            #else
                let addressStatus = getrlimit(RLIMIT_AS, &limit)
            #endif
            if addressStatus == 0 {
                // The client library of Go writes "no limit" as the greatest number of 64 bits.
                families.add(
                    "process_virtual_memory_max_bytes", .gauge, help: "Virtual memory that may be used.",
                    Double(limit.rlim_cur))
            }
            addNetwork(to: &families)
        #endif
    }
}

#if os(Linux)
    extension SelfMetrics {
        /// Nil when /proc is not mounted.
        fileprivate func openDescriptors() -> Int? {
            guard let folder = opendir("/proc/self/fd") else { return nil }
            defer { closedir(folder) }
            var count = 0
            while let entry = readdir(folder) {
                // 0x2e: `.` and `..`.
                if entry.pointee.d_name.0 != 0x2e { count += 1 }
            }
            // The folder itself was open while it was read.
            return count - 1
        }

        /// Of the network namespace, as the client library of Go has it.
        fileprivate func addNetwork(to families: inout MetricFamilies) {
            let lines = contents("/proc/self/net/netstat", bytesMax: 64 << 10).split(separator: "\n")
                .filter { $0.hasPrefix("IpExt:") }.map { $0.split(separator: " ") }
            guard lines.count == 2, lines[0].count == lines[1].count else { return }
            for (field, name, help) in [
                ("InOctets", "process_network_receive_bytes_total", "Bytes received over the network."),
                ("OutOctets", "process_network_transmit_bytes_total", "Bytes sent over the network."),
            ] {
                guard let place = lines[0].firstIndex(where: { $0 == field }), let value = Double(lines[1][place])
                else {
                    continue
                }
                families.add(name, .counter, help: help, value)
            }
        }

        /// Empty when there is no such file.
        private func contents(_ path: String, bytesMax: Int) -> String {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return "" }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: bytesMax)
            var filled = 0
            while filled < bytes.count {
                let count = bytes.withUnsafeMutableBytes { buffer in
                    read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
                }
                guard count > 0 else { break }
                filled += count
            }
            return String(decoding: bytes[..<filled], as: UTF8.self)
        }

        /// Nil when /proc is not mounted.
        fileprivate func memoryPages() -> (virtual: Double, resident: Double)? {
            let fields = contents("/proc/self/statm", bytesMax: 256).split(separator: " ")
            guard fields.count > 1, let virtual = Double(fields[0]), let resident = Double(fields[1]) else {
                return nil
            }
            return (virtual, resident)
        }
    }
#endif

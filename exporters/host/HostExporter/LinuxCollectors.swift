// The list of Linux collectors, and those that read a folder instead of one file.
// Registered by HostMetrics; each file's text goes to a parser of KernelText, DiskText or NetworkText.

#if os(Linux)
    import ExporterKit
    import Glibc
    import MetricModel

    func linuxCollectors(_ files: HostFiles) -> [any Collector] {
        let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
        return [
            FileCollector("stat", files, "/proc/stat") { parseStat($0, into: &$1) },
            FileCollector("meminfo", files, "/proc/meminfo") { parseMemory($0, into: &$1) },
            FileCollector("loadavg", files, "/proc/loadavg") { parseLoad($0, into: &$1) },
            FileCollector("diskstats", files, "/proc/diskstats") { parseDisks($0, into: &$1) },
            FilesystemCollector(files: files),
            FileCollector("netdev", files, "/proc/net/dev") { parseNetworkDevices($0, into: &$1) },
            NetworkClassCollector(files: files),
            FileCollector("netstat", files, "/proc/net/netstat", "/proc/net/snmp") { parseProtocols($0, into: &$1) },
            FileCollector("netstat6", files, "/proc/net/snmp6") { parseProtocols6($0, into: &$1) },
            FileCollector("sockstat", files, "/proc/net/sockstat", "/proc/net/sockstat6") {
                parseSockets($0, pageBytes: pageBytes, into: &$1)
            },
            FileCollector("softnet", files, "/proc/net/softnet_stat") { parseSoftnet($0, into: &$1) },
            PressureCollector(files: files),
            FileCollector("vmstat", files, "/proc/vmstat") { parseVirtualMemory($0, into: &$1) },
            FileCollector("filefd", files, "/proc/sys/fs/file-nr") { parseFileHandles($0, into: &$1) },
            FileCollector("os", files, "/etc/os-release") { parseOperatingSystem($0, into: &$1) },
            ThermalCollector(files: files),
            SmallNumbersCollector(files: files),
            UnameCollector(),
            ClockCollector(),
        ]
    }

    struct PressureCollector: Collector {
        let name = "pressure"
        let files: HostFiles
        func collect(into families: inout MetricFamilies) {
            for resource in ["cpu", "io", "memory", "irq"] {
                guard let text = files.text("/proc/pressure/\(resource)") else { continue }
                parsePressure(text, resource: resource, into: &families)
            }
        }
    }

    struct NetworkClassCollector: Collector {
        let name = "netclass"
        let files: HostFiles

        func collect(into families: inout MetricFamilies) {
            for device in files.names(in: "/sys/class/net") {
                let folder = "/sys/class/net/\(device)/"
                guard let state = files.line(folder + "operstate") else { continue }
                families.add(
                    "node_network_up", .gauge, help: "1 when the state of the interface is `up`, else 0.",
                    ["device": device], state == "up" ? 1 : 0)
                let labels = [
                    ("address", "address"), ("broadcast", "broadcast"), ("duplex", "duplex"), ("ifalias", "ifalias"),
                ]
                families.add(
                    "node_network_info", .gauge, help: "Addresses and state of the interface; always 1.",
                    labels: labels.map { Label($0.0, files.line(folder + $0.1) ?? "") }
                        + [Label("device", device), Label("operstate", state)], 1)
                let numbers = [
                    ("carrier", "carrier", "1 when a carrier is present.", 1.0),
                    ("mtu", "mtu_bytes", "Largest packet the interface sends.", 1),
                    ("speed", "speed_bytes", "Nominal speed in bytes a second.", 125_000),
                    ("tx_queue_len", "transmit_queue_length", "Packets that the transmit queue may hold.", 1),
                ]
                for (file, name, help, scale) in numbers {
                    // An interface without a nominal speed says -1.
                    guard let value = files.number(folder + file), value >= 0 else { continue }
                    families.add("node_network_\(name)", .gauge, help: help, ["device": device], value * scale)
                }
            }
        }
    }

    struct ThermalCollector: Collector {
        let name = "thermal_zone"
        let files: HostFiles
        func collect(into families: inout MetricFamilies) {
            for zone in files.names(in: "/sys/class/thermal") where zone.hasPrefix("thermal_zone") {
                guard let thousandths = files.number("/sys/class/thermal/\(zone)/temp") else { continue }
                let type = files.line("/sys/class/thermal/\(zone)/type") ?? ""
                families.add(
                    "node_thermal_zone_temp", .gauge, help: "Temperature of a zone in degrees Celsius.",
                    ["type": type, "zone": String(zone.dropFirst(12))], thousandths / 1000)
            }
        }
    }

    /// Files of one number each.
    struct SmallNumbersCollector: Collector {
        let name = "kernel_numbers"
        let files: HostFiles
        private static let numbers = [
            ("/proc/sys/kernel/random/entropy_avail", "node_entropy_available_bits", "Bits of entropy at hand."),
            ("/proc/sys/kernel/random/poolsize", "node_entropy_pool_size_bits", "Bits that the entropy pool holds."),
            ("/proc/sys/net/netfilter/nf_conntrack_count", "node_nf_conntrack_entries", "Connections tracked now."),
            (
                "/proc/sys/net/netfilter/nf_conntrack_max", "node_nf_conntrack_entries_limit",
                "Connections that may be tracked."
            ),
            ("/proc/sys/kernel/pid_max", "node_processes_max_processes", "Largest process number."),
            ("/proc/sys/kernel/threads-max", "node_processes_max_threads", "Threads that may exist."),
        ]
        func collect(into families: inout MetricFamilies) {
            for (path, name, help) in Self.numbers {
                guard let value = files.number(path) else { continue }
                families.add(name, .gauge, help: help, value)
            }
        }
    }
#endif

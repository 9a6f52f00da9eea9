// Parsers of /proc/stat, meminfo, loadavg, vmstat, pressure and their like: text in, samples out.
// Pure; a line that is not understood is skipped, since kernels add and drop lines.

import ExporterKit
import MetricModel

/// /proc/stat: CPU times in hundredths of a second (USER_HZ is 100 on every Linux), interrupts, forks.
func parseStat(_ text: String, into families: inout MetricFamilies) {
    let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    for line in lines(text) {
        let fields = words(line)
        guard let key = fields.first, fields.count > 1, let value = Double(fields[1]) else { continue }
        switch key {
        case "intr":
            families.add("node_intr_total", .counter, help: "Interrupts serviced since boot.", value)
        case "ctxt":
            families.add(
                "node_context_switches_total", .counter, help: "Switches from one task to another since boot.", value)
        case "processes":
            families.add("node_forks_total", .counter, help: "Processes and threads created since boot.", value)
        case "btime":
            families.add("node_boot_time_seconds", .gauge, help: "Unix time of the last boot.", value)
        case "procs_running":
            families.add("node_procs_running", .gauge, help: "Tasks that run or could run now.", value)
        case "procs_blocked":
            families.add("node_procs_blocked", .gauge, help: "Tasks that wait for input or output.", value)
        case _ where key.hasPrefix("cpu") && key != "cpu":
            let cpu = String(key.dropFirst(3))
            for (mode, field) in zip(modes, fields.dropFirst()) {
                guard let ticks = Double(field) else { continue }
                families.add(
                    "node_cpu_seconds_total", .counter, help: "Seconds each CPU spent in each mode.",
                    ["cpu": cpu, "mode": mode], ticks / 100)
            }
            for (mode, field) in zip(["user", "nice"], fields.dropFirst(9)) {
                guard let ticks = Double(field) else { continue }
                families.add(
                    "node_cpu_guest_seconds_total", .counter,
                    help: "Seconds each CPU ran virtual machines, counted in user and nice too.",
                    ["cpu": cpu, "mode": mode], ticks / 100)
            }
        default: continue
        }
    }
}

/// /proc/meminfo: `Active(anon):  12 kB` is `node_memory_Active_anon_bytes`; lines without kB are plain counts.
func parseMemory(_ text: String, into families: inout MetricFamilies) {
    for line in lines(text) {
        let fields = words(line)
        guard fields.count >= 2, fields[0].hasSuffix(":"), let value = Double(fields[1]) else { continue }
        let key = fields[0].dropLast()
        var name = "node_memory_"
        for character in key {
            switch character {
            case "(": name += "_"
            case ")": continue
            default: name.append(character)
            }
        }
        let isBytes = fields.count > 2 && fields[2] == "kB"
        families.add(
            isBytes ? name + "_bytes" : name, .gauge, help: "Memory information field \(key).",
            isBytes ? value * 1024 : value)
    }
}

/// /proc/loadavg: three averages, then `runnable/existing` scheduling entities.
func parseLoad(_ text: String, into families: inout MetricFamilies) {
    let fields = words(lines(text).first ?? "")
    guard fields.count >= 3 else { return }
    for (field, minutes) in zip(fields, [1, 5, 15]) {
        guard let value = Double(field) else { continue }
        families.add("node_load\(minutes)", .gauge, help: "Load average over \(minutes)m.", value)
    }
    guard fields.count > 3, let threads = fields[3].split(separator: "/").last.flatMap({ Double($0) }) else { return }
    families.add("node_processes_threads", .gauge, help: "Threads in the system.", threads)
}

/// /proc/pressure/{cpu,memory,io,irq}: `some` is waiting, `full` is stalled; totals in microseconds.
func parsePressure(_ text: String, resource: String, into families: inout MetricFamilies) {
    for line in lines(text) {
        let fields = words(line)
        guard let kind = fields.first, let total = fields.last, total.hasPrefix("total="),
            let microseconds = Double(total.dropFirst(6))
        else { continue }
        switch (resource, kind) {
        case ("cpu", "full"): continue  // always zero at the level of the whole system
        case (_, "some"):
            families.add(
                "node_pressure_\(resource)_waiting_seconds_total", .counter,
                help: "Seconds in which some task waited for \(resource).", microseconds / 1e6)
        case (_, "full"):
            families.add(
                "node_pressure_\(resource)_stalled_seconds_total", .counter,
                help: "Seconds in which no task could go on for want of \(resource).", microseconds / 1e6)
        default: continue
        }
    }
}

/// /proc/vmstat: the fields that node_exporter keeps: oom_kill, pgpg*, pswp*, pg*fault*.
func parseVirtualMemory(_ text: String, into families: inout MetricFamilies) {
    for line in lines(text) where line.hasPrefix("oom_kill") || line.hasPrefix("pg") || line.hasPrefix("pswp") {
        let fields = words(line)
        guard fields.count == 2, let value = Double(fields[1]) else { continue }
        let key = fields[0]
        guard !key.hasPrefix("pg") || key.hasPrefix("pgpg") || key.contains("fault") else { continue }
        families.add("node_vmstat_\(key)", .unknown, help: "Kernel counter \(key) of /proc/vmstat.", value)
    }
}

/// /proc/sys/fs/file-nr: allocated, unused, maximum.
func parseFileHandles(_ text: String, into families: inout MetricFamilies) {
    let fields = words(lines(text).first ?? "")
    guard fields.count == 3, let allocated = Double(fields[0]), let maximum = Double(fields[2]) else { return }
    families.add("node_filefd_allocated", .gauge, help: "Open file handles of the whole system.", allocated)
    families.add("node_filefd_maximum", .gauge, help: "File handles that the system may open.", maximum)
}

/// /etc/os-release: `KEY=value`, quoted or not.
func parseOperatingSystem(_ text: String, into families: inout MetricFamilies) {
    var fields: [String: String] = [:]
    for line in lines(text) {
        let parts = line.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { continue }
        fields[String(parts[0])] = String(parts[1]).trimmingQuotes
    }
    let names = [
        "build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
        "version", "version_codename", "version_id",
    ]
    let labels = names.map { Label($0, fields[$0.uppercased()] ?? "") }
    families.add("node_os_info", .gauge, help: "Name and version of the operating system; always 1.", labels: labels, 1)
    let version = (fields["VERSION_ID"] ?? "").split(separator: ".").prefix(2).joined(separator: ".")
    guard let number = Double(version) else { return }
    families.add(
        "node_os_version", .gauge, help: "Major and minor version of the operating system.",
        ["id": fields["ID"] ?? "", "id_like": fields["ID_LIKE"] ?? "", "name": fields["NAME"] ?? ""], number)
}

extension String {
    fileprivate var trimmingQuotes: String {
        guard count >= 2, let first, first == last, first == "\"" || first == "'" else { return self }
        return String(dropFirst().dropLast())
    }
}

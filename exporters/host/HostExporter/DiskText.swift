// Parsers of /proc/diskstats and /proc/self/mountinfo.
// Pure; FilesystemCollector asks the kernel for the sizes of the mounts found here.

import ExporterKit

/// Devices that node_exporter leaves out: RAM and loop devices, floppies, partitions.
///
/// `^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`, written out.
func isDiskShown(_ name: String) -> Bool {
    let stem = String(name.reversed().drop { $0.isASCII && $0.isNumber }.reversed())
    guard stem.count < name.count else { return true }
    if ["ram", "zram", "loop", "fd"].contains(stem) { return false }
    for prefix in ["hd", "sd", "vd", "xvd"] where stem.hasPrefix(prefix) && stem.count == prefix.count + 1 {
        return !(stem.last.map { $0.isASCII && $0.isLowercase } ?? false)
    }
    if stem.hasPrefix("nvme"), stem.hasSuffix("p") {
        let inner = stem.dropFirst(4).dropLast().split(separator: "n", omittingEmptySubsequences: false)
        return !(inner.count == 2 && inner.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) })
    }
    return true
}

private let diskColumns: [(name: String, isCounter: Bool, scale: Double, help: String)] = [
    ("reads_completed_total", true, 1, "Reads completed."),
    ("reads_merged_total", true, 1, "Reads merged with a neighbour before they were issued."),
    ("read_bytes_total", true, 512, "Bytes read."),
    ("read_time_seconds_total", true, 0.001, "Seconds that all reads took together."),
    ("writes_completed_total", true, 1, "Writes completed."),
    ("writes_merged_total", true, 1, "Writes merged with a neighbour before they were issued."),
    ("written_bytes_total", true, 512, "Bytes written."),
    ("write_time_seconds_total", true, 0.001, "Seconds that all writes took together."),
    ("io_now", false, 1, "Requests under way now."),
    ("io_time_seconds_total", true, 0.001, "Seconds in which at least one request was under way."),
    ("io_time_weighted_seconds_total", true, 0.001, "Seconds under way, each request counted."),
    ("discards_completed_total", true, 1, "Discards completed."),
    ("discards_merged_total", true, 1, "Discards merged with a neighbour."),
    ("discarded_sectors_total", true, 1, "Sectors discarded."),
    ("discard_time_seconds_total", true, 0.001, "Seconds that all discards took together."),
    ("flush_requests_total", true, 1, "Flush requests completed."),
    ("flush_requests_time_seconds_total", true, 0.001, "Seconds that all flush requests took together."),
]

/// /proc/diskstats: major, minor, name, then 11, 15 or 17 numbers, by the kernel's age.
func parseDisks(_ text: String, into families: inout MetricFamilies) {
    for line in lines(text) {
        let fields = words(line)
        guard fields.count >= 14, isDiskShown(fields[2]) else { continue }
        for (column, field) in zip(diskColumns, fields.dropFirst(3)) {
            guard let value = Double(field) else { continue }
            families.add(
                "node_disk_\(column.name)", column.isCounter ? .counter : .gauge, help: column.help,
                ["device": fields[2]], value * column.scale)
        }
    }
}

struct Mount: Hashable, Sendable {
    var device: String
    var mountPoint: String
    var type: String
    var isReadOnly: Bool
}

/// /proc/self/mountinfo, without what node_exporter leaves out by default; of several mounts at one point the last.
///
/// One difference: the root is shown even when it is an overlay, which is what a container has for a disk.
func parseMounts(_ text: String) -> [Mount] {
    var mounts: [Mount] = []
    for line in lines(text) {
        let fields = words(line)
        guard let separator = fields.firstIndex(of: "-"), fields.count > separator + 3, fields.count > 5 else {
            continue
        }
        let mount = Mount(
            device: unescapedMountField(fields[separator + 2]), mountPoint: unescapedMountField(fields[4]),
            type: fields[separator + 1], isReadOnly: fields[5].split(separator: ",").contains("ro"))
        guard isMountShown(mount) else { continue }
        mounts.removeAll { $0.mountPoint == mount.mountPoint }
        mounts.append(mount)
    }
    return mounts
}

private let hiddenTypes: Set<String> = [
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "erofs",
    "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs",
    "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
]
private let hiddenTrees = ["/dev", "/proc", "/sys"]
/// Everything below these, but not they themselves.
private let hiddenContents = ["/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"]

private func isMountShown(_ mount: Mount) -> Bool {
    if hiddenTypes.contains(mount.type) { return mount.mountPoint == "/" && mount.type == "overlay" }
    let point = mount.mountPoint
    if hiddenTrees.contains(where: { point == $0 || point.hasPrefix($0 + "/") }) { return false }
    return !hiddenContents.contains { point.hasPrefix($0) && point.utf8.count > $0.utf8.count }
}

/// The kernel writes blanks in paths as `\040`.
func unescapedMountField(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(3)
        if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
            bytes.append(digits.reduce(0) { $0 &<< 3 | ($1 - 0x30) })
            rest = rest.dropFirst(3)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

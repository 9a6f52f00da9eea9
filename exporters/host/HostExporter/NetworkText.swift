// Parsers of /proc/net: dev, netstat, snmp, snmp6, sockstat.
// Pure; what /sys/class/net adds is read by NetworkClassCollector.

import ExporterKit

/// /proc/net/dev: after two title lines `name: 8 received fields, 8 transmitted fields`.
func parseNetworkDevices(_ text: String, into families: inout MetricFamilies) {
    let received = ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"]
    let transmitted = ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"]
    for line in lines(text) {
        // A name may contain a colon (an alias), so the last one ends it.
        guard let colon = line.lastIndex(of: ":") else { continue }
        let device = words(line[..<colon]).joined()
        let fields = words(line[line.index(after: colon)...])
        guard fields.count >= 16 else { continue }
        for (direction, names, values) in [
            ("receive", received, fields.prefix(8)), ("transmit", transmitted, fields.dropFirst(8).prefix(8)),
        ] {
            for (name, field) in zip(names, values) {
                guard let value = Double(field) else { continue }
                families.add(
                    "node_network_\(direction)_\(name)_total", .counter,
                    help: "Network device statistic \(direction)_\(name).", ["device": device], value)
            }
        }
    }
}

private let keptStatistics: Set<String> = [
    "Ip_Forwarding", "Ip6_InOctets", "Ip6_OutOctets", "IpExt_InOctets", "IpExt_OutOctets", "Icmp_InMsgs",
    "Icmp_OutMsgs", "Icmp6_InMsgs", "Icmp6_OutMsgs", "TcpExt_TCPSynRetrans", "TcpExt_TCPTimeouts",
    "TcpExt_TCPOFOQueue", "TcpExt_TCPRcvQDrop", "Tcp_ActiveOpens", "Tcp_InSegs", "Tcp_OutSegs", "Tcp_OutRsts",
    "Tcp_PassiveOpens", "Tcp_RetransSegs", "Tcp_CurrEstab", "Udp_InDatagrams", "Udp_OutDatagrams", "Udp_NoPorts",
    "Udp_RcvbufErrors", "Udp_SndbufErrors", "Udp6_InDatagrams", "Udp6_OutDatagrams", "Udp6_NoPorts",
    "Udp6_RcvbufErrors", "Udp6_SndbufErrors",
]

private func isStatisticKept(_ name: String) -> Bool {
    keptStatistics.contains(name) || name.hasSuffix("_InErrors") || name.hasSuffix("_InErrs")
        || name.hasPrefix("TcpExt_Listen") || name.hasPrefix("TcpExt_Syncookies")
}

private func addStatistic(_ name: String, _ field: String, into families: inout MetricFamilies) {
    guard isStatisticKept(name), let value = Double(field) else { return }
    families.add("node_netstat_\(name)", .unknown, help: "Protocol statistic \(name).", value)
}

/// /proc/net/netstat and /proc/net/snmp: pairs of lines, names and values, each after `Protocol:`.
func parseProtocols(_ text: String, into families: inout MetricFamilies) {
    var titles: [String] = []
    for line in lines(text) {
        let fields = words(line)
        guard let key = fields.first, key.hasSuffix(":") else { continue }
        if titles.first == key, titles.count == fields.count {
            let prefix = String(key.dropLast()) + "_"
            for (title, field) in zip(titles, fields).dropFirst() {
                addStatistic(prefix + title, field, into: &families)
            }
            titles = []
        } else {
            titles = fields
        }
    }
}

/// /proc/net/snmp6: `Ip6InReceives 12`; the protocol's name ends with the 6.
func parseProtocols6(_ text: String, into families: inout MetricFamilies) {
    for line in lines(text) {
        let fields = words(line)
        guard fields.count == 2, let six = fields[0].firstIndex(of: "6") else { continue }
        let name = "\(fields[0][...six])_\(fields[0][fields[0].index(after: six)...])"
        addStatistic(name, fields[1], into: &families)
    }
}

/// /proc/net/sockstat and sockstat6: `TCP: inuse 4 orphan 0 mem 2`; `mem` is in pages.
func parseSockets(_ text: String, pageBytes: Double, into families: inout MetricFamilies) {
    for line in lines(text) {
        let fields = words(line)
        guard let key = fields.first, key.hasSuffix(":") else { continue }
        let section = key.dropLast()
        for index in stride(from: 1, to: fields.count - 1, by: 2) {
            guard let value = Double(fields[index + 1]) else { continue }
            let name = "node_sockstat_\(section)_\(fields[index])"
            families.add(name, .gauge, help: "Sockets of \(section): \(fields[index]).", value)
            if fields[index] == "mem" {
                families.add(
                    name + "_bytes", .gauge, help: "Memory of \(section) sockets, in bytes.", value * pageBytes)
            }
        }
    }
}

/// /proc/net/softnet_stat: a line for each CPU, hexadecimal: processed, dropped, times the budget ran out, ...
func parseSoftnet(_ text: String, into families: inout MetricFamilies) {
    let columns = [
        ("processed", "Packets processed by each CPU."), ("dropped", "Packets dropped because the backlog was full."),
        ("times_squeezed", "Times that processing ended with packets left."),
    ]
    for (line, text) in lines(text).enumerated() {
        let fields = words(text)
        // Since Linux 5.10 the 13th column is the CPU's number; before, lines are CPUs in order.
        let cpu = fields.count > 12 ? UInt64(fields[12], radix: 16) ?? UInt64(line) : UInt64(line)
        for (column, field) in zip(columns, fields) {
            guard let value = UInt64(field, radix: 16) else { continue }
            families.add(
                "node_softnet_\(column.0)_total", .counter, help: column.1, ["cpu": "\(cpu)"], Double(value))
        }
    }
}

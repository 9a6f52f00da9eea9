// Texts of /proc in, samples out.

import ExporterKit
import MetricModel
import Testing

@testable import HostExporter

private func collected(_ parse: (inout MetricFamilies) -> Void) -> MetricFamilies {
    var families = MetricFamilies()
    parse(&families)
    return families
}

@Test("CPU times are hundredths of seconds, and the sum line is left out")
func stat() {
    let text = """
        cpu  10 20 30 40 50 60 70 80 90 100
        cpu0 150 1 2 99 3 4 5 6 7 8
        cpu12 1 1
        intr 1234 0 1 2
        ctxt 77
        btime 1700000000
        processes 42
        procs_running 3
        procs_blocked 1
        softirq 1 2 3

        """
    let families = collected { parseStat(text, into: &$0) }
    #expect(families.value("node_cpu_seconds_total", ["cpu": "0", "mode": "user"]) == 1.5)
    #expect(families.value("node_cpu_seconds_total", ["cpu": "0", "mode": "steal"]) == 0.06)
    #expect(families.value("node_cpu_guest_seconds_total", ["cpu": "0", "mode": "nice"]) == 0.08)
    #expect(families.value("node_cpu_seconds_total", ["cpu": "12", "mode": "nice"]) == 0.01)
    #expect(families.all.first?.samples.count == 10)
    #expect(families.value("node_intr_total") == 1234)
    #expect(families.value("node_context_switches_total") == 77)
    #expect(families.value("node_boot_time_seconds") == 1_700_000_000)
    #expect(families.value("node_forks_total") == 42)
    #expect(families.value("node_procs_running") == 3)
    #expect(families.value("node_procs_blocked") == 1)
}

@Test("memory fields in kB become bytes, others stay counts")
func memory() {
    let text = "MemTotal:       1000 kB\nActive(anon):     10 kB\nHugePages_Total:       5\nbroken\n"
    let families = collected { parseMemory(text, into: &$0) }
    #expect(families.value("node_memory_MemTotal_bytes") == 1_024_000)
    #expect(families.value("node_memory_Active_anon_bytes") == 10_240)
    #expect(families.value("node_memory_HugePages_Total") == 5)
    #expect(families.all.count == 3)
}

@Test("load averages, threads, file handles and vmstat")
func smallFiles() {
    let families = collected {
        parseLoad("0.50 1.25 2.00 3/456 7890\n", into: &$0)
        parseFileHandles("1952\t0\t9223372036854775807\n", into: &$0)
        parseVirtualMemory("nr_free_pages 1\npgpgin 5\npgmajfault 6\noom_kill 7\npgalloc_dma 8\n", into: &$0)
    }
    #expect(families.value("node_load1") == 0.5)
    #expect(families.value("node_load15") == 2)
    #expect(families.value("node_processes_threads") == 456)
    #expect(families.value("node_filefd_allocated") == 1952)
    #expect(
        families.all.map(\.name).filter { $0.hasPrefix("node_vmstat") } == [
            "node_vmstat_pgpgin", "node_vmstat_pgmajfault", "node_vmstat_oom_kill",
        ])
}

@Test("pressure totals are microseconds; the CPU's full line says nothing")
func pressure() {
    let text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.0 avg300=0.0 total=1\n"
    let families = collected {
        parsePressure(text, resource: "cpu", into: &$0)
        parsePressure(text, resource: "io", into: &$0)
    }
    #expect(families.value("node_pressure_cpu_waiting_seconds_total") == 2.5)
    #expect(families.value("node_pressure_cpu_stalled_seconds_total") == nil)
    #expect(families.value("node_pressure_io_stalled_seconds_total") == 1e-6)
}

@Test("disks are counted in bytes and seconds, by the number of columns the kernel has")
func disks() {
    let text = """
           8       0 sda 100 2 8 500 50 1 4 250 3 750 1000 5 6 7 8000 9 1000
           8       1 sda1 1 1 1 1 1 1 1 1 1 1 1
         259       0 nvme0n1 1 0 2 0 0 0 0 0 0 0 0
        """
    let families = collected { parseDisks(text, into: &$0) }
    #expect(families.value("node_disk_reads_completed_total", ["device": "sda"]) == 100)
    #expect(families.value("node_disk_read_bytes_total", ["device": "sda"]) == 4096)
    #expect(families.value("node_disk_write_time_seconds_total", ["device": "sda"]) == 0.25)
    #expect(families.value("node_disk_io_now", ["device": "sda"]) == 3)
    #expect(families.value("node_disk_flush_requests_time_seconds_total", ["device": "sda"]) == 1)
    #expect(families.value("node_disk_reads_completed_total", ["device": "sda1"]) == nil)
    #expect(families.value("node_disk_read_bytes_total", ["device": "nvme0n1"]) == 1024)
    #expect(families.value("node_disk_flush_requests_total", ["device": "nvme0n1"]) == nil)
}

@Test(
    "partitions, RAM and loop devices are left out",
    arguments: [
        ("sda", true), ("sda1", false), ("vdb", true), ("vdb12", false), ("xvda1", false), ("loop0", false),
        ("ram15", false), ("zram0", false), ("nvme0n1", true), ("nvme0n1p2", false), ("dm-0", true), ("md127", true),
        ("mmcblk0", true), ("sdaa1", true), ("fd0", false), ("sr0", true),
    ])
func diskNames(name: String, isShown: Bool) {
    #expect(isDiskShown(name) == isShown)
}

@Test("mounts: defaults are left out, escapes are undone, the last mount at a point counts")
func mounts() {
    let text = #"""
        22 27 0:21 / /proc rw - proc proc rw
        23 27 0:22 / /sys/fs/x rw - ext4 /dev/sdz rw
        27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
        28 27 0:25 / /mnt/my\040disk ro,nosuid master:2 shared:7 - xfs /dev/vdb ro
        29 27 0:26 / /mnt/a rw - tmpfs none rw
        30 27 0:27 / /mnt/a rw - tmpfs other rw
        31 27 0:27 / /var/lib/docker/overlay2/x rw - ext4 /dev/vda rw
        32 27 0:28 / /merged rw - overlay overlay rw
        """#
    #expect(
        parseMounts(text) == [
            Mount(device: "/dev/vda", mountPoint: "/", type: "ext4", isReadOnly: false),
            Mount(device: "/dev/vdb", mountPoint: "/mnt/my disk", type: "xfs", isReadOnly: true),
            Mount(device: "other", mountPoint: "/mnt/a", type: "tmpfs", isReadOnly: false),
        ])
    #expect(parseMounts("1 0 0:1 / / rw - overlay overlay rw\n").map(\.mountPoint) == ["/"])
}

@Test("network devices, also with a number glued to the name")
func networkDevices() {
    let text = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:  10 1 0 0 0 0 0 0  20 2 0 0 0 0 0 0
          eth0:18446744073709551615 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17
        """
    let families = collected { parseNetworkDevices(text, into: &$0) }
    #expect(families.value("node_network_receive_bytes_total", ["device": "lo"]) == 10)
    #expect(families.value("node_network_receive_bytes_total", ["device": "eth0"]) == 1.8446744073709552e19)
    #expect(families.value("node_network_receive_multicast_total", ["device": "eth0"]) == 9)
    #expect(families.value("node_network_transmit_carrier_total", ["device": "eth0"]) == 16)
}

@Test("protocol statistics: the usual subset of netstat, snmp and snmp6")
func protocols() {
    let families = collected {
        parseProtocols("Tcp: RtoMin InSegs OutSegs\nTcp: 200 5 6\nUdp: InErrors\nUdp: 3\n", into: &$0)
        parseProtocols("TcpExt: ListenDrops TCPHPHits\nTcpExt: 1 2\n", into: &$0)
        parseProtocols6("Ip6InReceives 9\nIp6InOctets 8\nUdp6InErrors 4\nIcmp6InMsgs 2\n", into: &$0)
    }
    #expect(
        families.all.map(\.name) == [
            "node_netstat_Tcp_InSegs", "node_netstat_Tcp_OutSegs", "node_netstat_Udp_InErrors",
            "node_netstat_TcpExt_ListenDrops", "node_netstat_Ip6_InOctets", "node_netstat_Udp6_InErrors",
            "node_netstat_Icmp6_InMsgs",
        ])
}

@Test("sockets in use, memory in pages and bytes")
func sockets() {
    let families = collected {
        parseSockets("sockets: used 290\nTCP: inuse 4 orphan 0 tw 4 alloc 5 mem 2\n", pageBytes: 4096, into: &$0)
    }
    #expect(families.value("node_sockstat_sockets_used") == 290)
    #expect(families.value("node_sockstat_TCP_mem") == 2)
    #expect(families.value("node_sockstat_TCP_mem_bytes") == 8192)
}

@Test("packets by CPU, with and without the CPU's number")
func softnet() {
    let row = "0000000a 00000001 00000002 0 0 0 0 0 0 0 0 0"
    let families = collected { parseSoftnet("\(row)\n\(row) 00000007\n", into: &$0) }
    #expect(families.value("node_softnet_processed_total", ["cpu": "0"]) == 10)
    #expect(families.value("node_softnet_dropped_total", ["cpu": "7"]) == 1)
    #expect(families.value("node_softnet_times_squeezed_total", ["cpu": "7"]) == 2)
}

@Test("the operating system's name, quoted or not")
func operatingSystem() {
    let families = collected {
        parseOperatingSystem(
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\nNAME='Debian'\nVERSION_ID=\"12.5.1\"\n", into: &$0)
    }
    let info = families.all.first?.samples.first?.labels ?? []
    #expect(info.contains(Label("pretty_name", "Debian GNU/Linux 12")))
    #expect(families.value("node_os_version", ["id": "debian", "name": "Debian"]) == 12.5)
}

@Test("any text is read without a trap")
func garbage() {
    let texts = [
        "", "\n\n", ":", "- - - - - -\n", "cpu\ncpu0\n", "a:\nTcp: a\nTcp: 1 2\n", "\\04", "x=", "some total=\n",
    ]
    for text in texts {
        _ = collected {
            parseStat(text, into: &$0)
            parseMemory(text, into: &$0)
            parseLoad(text, into: &$0)
            parsePressure(text, resource: "io", into: &$0)
            parseVirtualMemory(text, into: &$0)
            parseFileHandles(text, into: &$0)
            parseOperatingSystem(text, into: &$0)
            parseDisks(text, into: &$0)
            parseNetworkDevices(text, into: &$0)
            parseProtocols(text, into: &$0)
            parseProtocols6(text, into: &$0)
            parseSoftnet(text, into: &$0)
            parseSockets(text, pageBytes: 1, into: &$0)
        }
        _ = parseMounts(text)
        _ = unescapedMountField(text)
    }
}

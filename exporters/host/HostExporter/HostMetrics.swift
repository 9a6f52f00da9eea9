// Everything this machine says of itself, under node_exporter's metric names.
// Served by the host exporter's program, and by ferula itself for the dashboard of the own machine.

import ExporterKit

public enum HostMetrics {
    /// Collectors of this system's kernel. Files that are missing give no samples and are no error.
    ///
    /// `root` is prefixed to /proc, /sys and /etc, for tests and for containers that see the host at a folder.
    public static func registry(root: String = "") -> Registry {
        #if os(Linux)
            Registry(linuxCollectors(HostFiles(root: root)), selfPrefix: "node")
        #else
            Registry([ClockCollector(), UnameCollector(), LoadCollector()], selfPrefix: "node")
        #endif
    }
}

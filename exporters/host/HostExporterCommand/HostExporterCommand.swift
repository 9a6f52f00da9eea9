// The host exporter's program: node_exporter's metrics of this machine at /metrics.
// HostExporter collects, ExporterKit serves.

import ArgumentParser
import ExporterKit
import HostExporter

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct HostExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ferula-host-exporter", abstract: "Serves metrics of this machine under node_exporter's names.")

    @Option(help: "Address to listen on, HOST:PORT; with port 0 the system chooses.")
    var listen = "127.0.0.1:9100"

    func run() async throws {
        let server = ExporterServer(title: "Ferula host exporter", registry: HostMetrics.registry())
        try await server.run(listen: listen) { address in
            print("listening on http://\(address)/metrics")
            // Who reads a pipe waits for this line.
            fflush(nil)
        }
    }
}

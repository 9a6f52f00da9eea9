// What the program does with its words: reads the configuration, says what is wrong with it, follows and serves.
// Apart from the command, so that tests need no process.

import FerulaConfiguration
import LogMetrics
import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

package struct LogProgram: Sendable {
    private let file: String
    private let listen: String
    private let isOnce: Bool
    private var options = LogExporter.Options()

    package init(file: String, listen: String, history: Bool, fromStart: Bool, once: Bool) {
        self.file = file
        self.listen = listen
        isOnce = once
        options.readsHistory = history
        // What was there before is all that there is to be read once.
        options.readsFromStart = fromStart || once
    }

    /// The exit code of a failure that was told; nil when all was well.
    package func run() async -> Int32? {
        do {
            let exporter = LogExporter(try LogConfiguration(file: file), options, tell: Self.tell)
            if isOnce {
                exporter.readOnce()
                Self.write(exporter.families().text(), to: 1)
                return nil
            }
            try await exporter.run(listen: listen) { address in
                // Who reads a pipe waits for this line.
                Self.write(Array("listening on http://\(address)/metrics\n".utf8), to: 1)
            }
            return nil
        } catch is CancellationError {
            return nil
        } catch {
            Self.tell("\(error)")
            return 1
        }
    }

    /// Names of files and lines of a configuration do nothing to a terminal.
    private static let tell: @Sendable (String) -> Void = { line in
        write(Array(("ferula-log-exporter: " + printable(line) + "\n").utf8), to: 2)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                    Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                #else
                    Darwin.write(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            // A reader that went away has what it wanted.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

// What has been read and counted: written by the follower's rounds, read by each scrape.
// Behind one lock; a scrape waits for a few lines at most.

import LinearRegex
import LogMetrics
import MetricModel

/// Of one followed file, since the exporter began.
struct FileCounts: Hashable, Sendable {
    var bytes = 0
    var matched = 0
    var unmatched = 0
    var ignored = 0
    var tooLong = 0
    var rotations = 0
    var truncations = 0
    var errors = 0
}

struct FileName: Hashable, Sendable {
    var log: Int
    var path: String
}

struct LogState: Sendable {
    let configuration: LogConfiguration
    private(set) var store = LogStore()
    private var readers: [LineReader] = []
    private(set) var files: [FileName: FileCounts] = [:]
    /// In the order of their coming.
    private var order: [FileName] = []
    var followedCount = 0
    /// Files that were not opened because `files_max` are.
    var overLimitCount = 0

    init(_ configuration: LogConfiguration) {
        self.configuration = configuration
        for log in configuration.logs { readers.append(LineReader(log, store: &store)) }
    }

    /// Counts of files that are gone are kept, so many names in all.
    var namesMax: Int { configuration.filesMax * 2 }

    mutating func count(_ file: FileName, _ change: (inout FileCounts) -> Void) {
        if files[file] == nil {
            order.append(file)
            files[file] = FileCounts()
        }
        change(&files[file, default: FileCounts()])
    }

    /// Gives up the oldest counts of files that are not among `followed`, when there are too many.
    mutating func forget(but followed: Set<FileName>) {
        guard order.count > namesMax else { return }
        var excess = order.count - namesMax
        order.removeAll { file in
            guard excess > 0, !followed.contains(file) else { return false }
            files[file] = nil
            excess -= 1
            return true
        }
    }

    mutating func read(_ line: String, of file: FileName) {
        guard readers.indices.contains(file.log) else { return }
        let outcome = readers[file.log].read(line, file: file.path, into: &store)
        count(file) { counts in
            switch outcome {
            case .matched: counts.matched += 1
            case .unmatched: counts.unmatched += 1
            case .ignored: counts.ignored += 1
            }
        }
    }

    // MARK: The page

    func families() -> [LogFamily] { store.snapshot() + fileFamilies() }

    private func fileFamilies() -> [LogFamily] {
        func family(_ name: String, _ help: String, _ value: (FileCounts) -> Int) -> LogFamily {
            LogFamily(
                name: LogStore.ownPrefix + name, kind: .counter, help: help,
                samples: order.map { file in
                    .init(labels: labels(file), value: Double(files[file].map(value) ?? 0))
                })
        }
        let lines = LogFamily(
            name: LogStore.ownPrefix + "lines_total", kind: .counter,
            help: "Lines by what became of them; too_long ones were not read.",
            samples: order.flatMap { file -> [LogFamily.Sample] in
                let counts = files[file] ?? FileCounts()
                return [
                    ("matched", counts.matched), ("unmatched", counts.unmatched), ("ignored", counts.ignored),
                    ("too_long", counts.tooLong),
                ].map { .init(labels: labels(file) + [Label("outcome", $0.0)], value: Double($0.1)) }
            })
        func gauge(_ name: String, _ help: String, _ value: Int) -> LogFamily {
            LogFamily(
                name: LogStore.ownPrefix + name, kind: .gauge, help: help,
                samples: [.init(labels: [], value: Double(value))]
            )
        }
        return [
            lines, family("read_bytes_total", "Bytes read from a file.") { $0.bytes },
            family("rotations_total", "Times that another file took a name.") { $0.rotations },
            family("truncations_total", "Times that a file was cut or written anew.") { $0.truncations },
            family("file_errors_total", "Failures to open or read a file.") { $0.errors },
            gauge("files", "Files that are followed.", followedCount),
            gauge("files_over_limit", "Files that are not followed because files_max are.", overLimitCount),
        ]
    }

    private func labels(_ file: FileName) -> [Label] {
        let name = configuration.logs.indices.contains(file.log) ? configuration.logs[file.log].name : ""
        return [Label("file", file.path), Label("log", name)]
    }
}

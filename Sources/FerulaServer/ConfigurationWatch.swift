// Which change of the configuration's files is worth a reload.
// Looked at by FerulaProcess every second while it runs.

import FerulaConfiguration
import MetricModel

/// A change counts when two looks in a row see the same: whoever is half way through writing is not disturbed.
struct ConfigurationWatch {
    private var pending: [String: FileStamp?]?
    /// What the last attempt found that failed; it is not made again until something else changes.
    private var failed: [String: FileStamp?]?
    /// The file that the last attempt failed in, which may be none of those that were read before.
    private var failedFile: String?

    /// True: the files are no longer those that `configuration` was read from, and have come to rest.
    mutating func isDue(_ configuration: Configuration) -> Bool {
        let now = stamps(configuration)
        let read = Dictionary(
            configuration.sources.map { ($0.path, $0.stamp) }, uniquingKeysWith: { first, _ in first })
        guard now != read, now != failed else {
            pending = nil
            return false
        }
        defer { pending = pending == now ? nil : now }
        return pending == now
    }

    /// The files as they are before they are read again.
    func looked(at configuration: Configuration) -> [String: FileStamp?] { stamps(configuration) }

    mutating func succeeded() {
        failedFile = nil
        failed = nil
    }

    /// `before`: what `looked` gave. A file that failed and was not among those that were known is looked at now.
    mutating func failed(
        _ failure: ConfigurationFailure, _ configuration: Configuration, _ before: [String: FileStamp?]
    ) {
        failedFile = failure.file
        failed = before.merging(stamps(configuration)) { known, _ in known }
    }

    private func stamps(_ configuration: Configuration) -> [String: FileStamp?] {
        var paths = Set(configuration.sources.map(\.path))
        for pattern in configuration.sourcePatterns { paths.formUnion(files(matching: pattern)) }
        if let failedFile { paths.insert(failedFile) }
        return Dictionary(uniqueKeysWithValues: paths.map { ($0, FileStamp($0)) })
    }
}

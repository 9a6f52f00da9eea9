// file_sd_configs: files that list target groups as JSON or YAML.
// One of the discoverers; looks at the files' times once a second and reads those that have changed.

import FerulaConfiguration
import MetricModel
import Querying

struct FileDiscoverer: Discoverer {
    static let filesMax = 10_000

    private let configuration: FileDiscoveryConfiguration
    /// How often the files' times are looked at.
    private let pause: Duration

    init(_ configuration: FileDiscoveryConfiguration, pause: Duration = .seconds(1)) {
        self.configuration = configuration
        self.pause = pause
    }

    private struct KnownFile {
        var stamp: FileStamp?
        var groups: [DiscoveredGroup] = []
        var failure: String?
    }

    package func run(_ record: DiscoveryRecord) async {
        let clock = ContinuousClock()
        var known: [String: KnownFile] = [:]
        var nextFullRead = clock.now
        var isFirst = true
        while !Task.isCancelled {
            let readsAll = clock.now >= nextFullRead
            if readsAll { nextFullRead = clock.now + .milliseconds(configuration.refreshInterval.count) }
            let isChanged = look(&known, readsAll: readsAll, record)
            if isChanged || isFirst { tell(record, known) }
            isFirst = false
            do {
                try await Task.sleep(for: min(pause, .milliseconds(configuration.refreshInterval.count)))
            } catch {
                return
            }
        }
    }

    /// Reads what is new or has changed; true when there was any.
    private func look(_ known: inout [String: KnownFile], readsAll: Bool, _ record: DiscoveryRecord) -> Bool {
        var paths: Set<String> = []
        for pattern in configuration.patterns { paths.formUnion(files(matching: pattern).prefix(Self.filesMax)) }
        var isChanged = false
        for path in known.keys where !paths.contains(path) {
            known[path] = nil
            isChanged = true
        }
        for path in paths {
            let stamp = FileStamp(path)
            if !readsAll, let file = known[path], file.stamp == stamp { continue }
            var file = known[path] ?? KnownFile()
            let before = file
            file.stamp = stamp
            do throws(DiscoveryFailure) {
                file.groups = try Self.read(path)
                file.failure = nil
            } catch {
                // Its former groups stay.
                file.failure = error.description
                record.count(.fileReadError)
            }
            known[path] = file
            if file.groups != before.groups || file.failure != before.failure || before.stamp == nil {
                isChanged = true
            }
        }
        return isChanged
    }

    private func tell(_ record: DiscoveryRecord, _ known: [String: KnownFile]) {
        let paths = known.keys.sorted { $0.isBefore($1) }
        let failures = paths.compactMap { known[$0]?.failure }
        record.replaceAll(
            with: paths.flatMap { known[$0]?.groups ?? [] },
            failure: failures.isEmpty ? nil : failures.joined(separator: "; "))
    }

    static func read(_ path: String) throws(DiscoveryFailure) -> [DiscoveredGroup] {
        let groups: [TargetGroup]
        do throws(ConfigurationFailure) {
            let text = try Configuration.text(of: path)
            groups =
                path.lowercased().hasSuffix(".json")
                ? try json(text, path) : try TargetGroup.list(parsing: text, file: path)
        } catch {
            throw DiscoveryFailure("\(error)")
        }
        return groups.enumerated().map { index, group in
            DiscoveredGroup(key: "\(path):\(index)", group, adding: [Label("__meta_filepath", path)])
        }
    }

    private static func json(_ text: String, _ path: String) throws(ConfigurationFailure) -> [TargetGroup] {
        let bytes = Array(text.utf8)
        do throws(JSONFailure) {
            return try TargetGroupJSON.read(bytes)
        } catch {
            let before = bytes.prefix(error.offset)
            let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            let line = before.count { $0 == 0x0a } + 1
            let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
            throw ConfigurationFailure(file: path, line: line, column: column, error.message)
        }
    }
}

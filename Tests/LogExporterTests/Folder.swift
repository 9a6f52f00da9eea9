// A temporary folder with logs in it, and an exporter that follows them by rounds: what these tests share.

import FerulaConfiguration
import Foundation
import LinearRegex
import LogMetrics
import MetricModel
import Testing

@testable import LogExporter

final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ferula-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }

    func append(_ name: String, _ text: String) throws {
        let file = open(path + "/" + name, O_WRONLY | O_APPEND | O_CREAT, 0o644)
        try #require(file >= 0)
        defer { close(file) }
        let bytes = Array(text.utf8)
        #expect(Foundation.write(file, bytes, bytes.count) == bytes.count)
    }

    func rename(_ name: String, _ other: String) throws {
        try #require(Foundation.rename(path + "/" + name, path + "/" + other) == 0)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    func truncate(_ name: String) throws { try #require(Foundation.truncate(path + "/" + name, 0) == 0) }

    /// Follows `files` of this folder; every line counts, by its first word.
    func exporter(
        _ files: String..., configure: (inout LogConfiguration) -> Void = { _ in },
        options: LogExporter.Options = .init()
    ) throws -> LogExporter {
        var log = LogDefinition(name: "test", paths: files.map { path + "/" + $0 })
        var metric = LogMetric(name: "words_total", kind: .counter)
        metric.pattern = try LinePattern("^(?P<word>[a-z]+)")
        metric.labels = [.init(label: "word", field: "word")]
        log.metrics = [metric]
        var configuration = LogConfiguration()
        configuration.logs = [log]
        configure(&configuration)
        return LogExporter(configuration, options)
    }
}

extension LogExporter {
    func words() -> [String: Int] {
        var words: [String: Int] = [:]
        for sample in families().first(where: { $0.name == "words_total" })?.samples ?? [] {
            words[sample.labels.first { $0.name == "word" }?.value ?? ""] = Int(sample.value)
        }
        return words
    }

    /// Sum over files, or of the one whose path ends so.
    func own(_ name: String, file: String = "", outcome: String? = nil) -> Int {
        let samples = families().first { $0.name == LogStore.ownPrefix + name }?.samples ?? []
        return samples.filter { sample in
            (file.isEmpty || sample.labels.first { $0.name == "file" }?.value.hasSuffix("/" + file) == true)
                && (outcome == nil || sample.labels.contains(Label("outcome", outcome ?? "")))
        }.reduce(0) { $0 + Int($1.value) }
    }
}

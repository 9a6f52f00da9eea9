// The engine against promqltest scripts: our own, and Prometheus' shared ones when that folder stands beside the package.
// Prints a score a file; fails below the floors kept here, which rise with the score.

import FerulaTestKit
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("promqltest scripts")
struct PromQLConformanceTests {
    /// Evals that pass, by file of the shared corpus.
    static let floors = [
        "aggregators.test": 123, "duration_expression.test": 59, "extended_vectors.test": 169,
        "fill-modifier.test": 46, "functions.test": 343, "histograms.test": 173, "info.test": 53,
        "native_histograms.test": 415, "operators.test": 185, "start_timestamps.test": 26, "type_and_unit.test": 58,
    ]

    @Test("our own scripts hold, every eval of them", arguments: Files.own)
    func ownScript(path: String) async throws {
        let report = await PromQLTestRunner().run(try Files.text(path), name: Files.name(path))
        #expect(report.total > 0)
        #expect(report.problems == [])
        for outcome in report.outcomes {
            #expect(outcome.failure == nil, "\(report.name):\(outcome.line): \(outcome.expression)")
        }
    }

    @Test("the shared corpus scores no less than its floor", arguments: Files.shared)
    func sharedScript(path: String) async throws {
        let report = await PromQLTestRunner().run(try Files.text(path), name: Files.name(path))
        let features = PromQLTestReport.FeatureClass.allCases.map { feature in
            let score = report.score(feature)
            return "\(feature.rawValue) \(score.passed)/\(score.total)"
        }
        print("promqltest \(report.name): \(report.passed)/\(report.total) (\(features.joined(separator: ", ")))")
        if getenv("CONFORMANCE_VERBOSE") != nil {
            for problem in report.problems { print("  problem \(problem)") }
            for outcome in report.outcomes {
                if let failure = outcome.failure {
                    print("  \(report.name):\(outcome.line): \(outcome.expression)\n      \(failure)")
                }
            }
        }
        #expect(report.passed >= Self.floors[report.name] ?? 0)
    }
}

/// Reads scripts without Foundation. Paths are relative to this file.
enum Files {
    private static let here = String(#filePath.dropLast("/PromQLConformanceTests.swift".utf8.count))

    static let own = list(here + "/Scripts")
    static let shared =
        list(here + "/../../../shared/corpus/promqltest") + list(here + "/../../../../shared/corpus/promqltest")

    static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    private static func list(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".test") { names.append(folder + "/" + name) }
        }
        return names.sorted()
    }

    struct Unreadable: Error { var path: String }

    static func text(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

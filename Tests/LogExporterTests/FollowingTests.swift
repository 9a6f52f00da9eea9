// Real files in a temporary folder: growing, rotated, cut, coming late, compressed.

import Foundation
import LogMetrics
import Testing

@testable import LogExporter

@Test("what was there is passed over, what is written afterwards is read")
func fromEnd() throws {
    let folder = try Folder()
    try folder.write("a.log", "old x\nold y\n")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    #expect(exporter.words() == [:])
    try folder.append("a.log", "new x\nnew")
    exporter.round(now: 250)
    #expect(exporter.words() == ["new": 1])
    try folder.append("a.log", "er\n")
    exporter.round(now: 500)
    #expect(exporter.words() == ["new": 1, "newer": 1])
    #expect(exporter.own("lines_total", outcome: "matched") == 2)
    #expect(exporter.own("files") == 1)
}

@Test("a last line without an end is read whole when its end comes")
func partialAtStart() throws {
    let folder = try Folder()
    try folder.write("a.log", "old\nbeg")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    try folder.append("a.log", "inning\n")
    exporter.round(now: 250)
    #expect(exporter.words() == ["beginning": 1])
}

@Test("from the start on request, of the configuration or of the program")
func fromStart() throws {
    let folder = try Folder()
    try folder.write("a.log", "old\n")
    let configured = try folder.exporter("a.log", configure: { $0.logs[0].readsFromStart = true })
    configured.round(now: 0)
    #expect(configured.words() == ["old": 1])
    var options = LogExporter.Options()
    options.readsFromStart = true
    let asked = try folder.exporter("a.log", options: options)
    asked.round(now: 0)
    #expect(asked.words() == ["old": 1])
}

@Test("a file that comes later is read from its first line, by pattern and by name")
func late() throws {
    let folder = try Folder()
    let exporter = try folder.exporter("*.log", "exact")
    exporter.round(now: 0)
    try folder.write("b.log", "one\n")
    try folder.write("exact", "two\n")
    try folder.write("other", "three\n")
    exporter.round(now: 250)
    #expect(exporter.words() == ["one": 1, "two": 1])
    #expect(exporter.own("rotations_total") == 0)
}

@Test("rotation by renaming loses no line: the old file is read on, the new one from its begin")
func renaming() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    try folder.append("a.log", "before\n")
    try folder.rename("a.log", "a.log.1")
    // The writer has not opened its log anew yet.
    try folder.append("a.log.1", "between\n")
    try folder.write("a.log", "after\n")
    exporter.round(now: 250)
    try folder.append("a.log.1", "later\n")
    try folder.append("a.log", "after\n")
    exporter.round(now: 500)
    #expect(exporter.words() == ["before": 1, "between": 1, "later": 1, "after": 2])
    #expect(exporter.own("rotations_total", file: "a.log") == 1)
    #expect(exporter.own("files") == 2)
}

@Test("a rotated file that the pattern finds under its new name is not read twice")
func renamedWithinPattern() throws {
    let folder = try Folder()
    let exporter = try folder.exporter("a.log*")
    exporter.round(now: 0)
    for round in 1...3 {
        try folder.append("a.log", "line\n")
        exporter.round(now: round * 1000)
        if round > 1 { try folder.rename("a.log.1", "a.log.2") }
        try folder.rename("a.log", "a.log.1")
        exporter.round(now: round * 1000 + 250)
    }
    #expect(exporter.words() == ["line": 3])
}

@Test("a file without a name is closed a minute after the last line, its last words read")
func farewell() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    let writer = open(folder.path + "/a.log", O_WRONLY | O_APPEND)
    defer { close(writer) }
    try folder.remove("a.log")
    exporter.round(now: 1000)
    #expect(write(writer, "gone\nend", 8) == 8)
    exporter.round(now: 30_000)
    exporter.round(now: 89_999)
    #expect(exporter.words() == ["gone": 1])
    #expect(exporter.own("files") == 1)
    exporter.round(now: 90_000)
    #expect(exporter.words() == ["gone": 1, "end": 1])
    #expect(exporter.own("files") == 0)
}

@Test("rotation by copying and truncating: reading begins anew")
func truncation() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    try folder.append("a.log", "first\nsecond\nhalf")
    exporter.round(now: 250)
    try folder.truncate("a.log")
    exporter.round(now: 500)
    try folder.append("a.log", "third\n")
    exporter.round(now: 750)
    #expect(exporter.words() == ["first": 1, "second": 1, "half": 1, "third": 1])
    #expect(exporter.own("truncations_total") == 1)
}

@Test("a file that was cut and has grown past the old place within one round is noticed")
func cutAndGrown() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    try folder.append("a.log", "first a\n")
    exporter.round(now: 250)
    try folder.truncate("a.log")
    try folder.append("a.log", "second b\nsecond c\nsecond d\n")
    exporter.round(now: 500)
    #expect(exporter.words() == ["first": 1, "second": 3])
    #expect(exporter.own("truncations_total") == 1)
}

@Test("a writer that does not look leaves a hole of zeros behind a cut; its lines are read")
func hole() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let writer = open(folder.path + "/a.log", O_WRONLY)
    defer { close(writer) }
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    #expect(write(writer, "first\n", 6) == 6)
    exporter.round(now: 250)
    try folder.truncate("a.log")
    exporter.round(now: 500)
    #expect(write(writer, "second\n", 7) == 7)
    exporter.round(now: 750)
    #expect(exporter.words() == ["first": 1, "second": 1])
}

@Test("history is read once: rotated files, compressed or not, then the logs themselves")
func history() throws {
    let folder = try Folder()
    try folder.write("a.log", "now\n")
    try folder.write("a.log.1", "yesterday\n")
    try folder.write("a.log.2", "older\nolder\n")
    try gzip(folder.path + "/a.log.2")
    try folder.write("b.log-20250101", "dated\n")
    try folder.write("unrelated.log.1", "unrelated\n")
    var options = LogExporter.Options()
    options.readsHistory = true
    let exporter = try folder.exporter("a.log", "b.log", options: options)
    exporter.readOnce()
    #expect(exporter.words() == ["now": 1, "yesterday": 1, "older": 2, "dated": 1])
    #expect(exporter.own("lines_total", file: "a.log.2.gz", outcome: "matched") == 2)
}

@Test("compressed files are never followed, and without history not read")
func compressed() throws {
    let folder = try Folder()
    try folder.write("a.log", "x\n")
    try gzip(folder.path + "/a.log")
    let exporter = try folder.exporter("a.log*", configure: { $0.logs[0].readsFromStart = true })
    exporter.round(now: 0)
    #expect(exporter.words() == [:])
    #expect(exporter.own("files") == 0)
}

@Test("of a damaged compressed file the lines before the damage count, and the failure is told")
func damaged() throws {
    let folder = try Folder()
    var text = ""
    for line in 0..<20_000 { text += "line \(line * 7919 % 10_007)\n" }
    try folder.write("a.log.1", text)
    try gzip(folder.path + "/a.log.1")
    let whole = try Data(contentsOf: URL(filePath: folder.path + "/a.log.1.gz"))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: folder.path + "/a.log.1.gz"))
    var options = LogExporter.Options()
    options.readsHistory = true
    let exporter = try folder.exporter("a.log", options: options)
    exporter.readOnce()
    #expect((1000..<20_000).contains(exporter.words()["line"] ?? 0))
    #expect(exporter.own("file_errors_total", file: "a.log.1.gz") == 1)
}

@Test("lines of the limit are read, longer ones counted and passed over")
func lineLimit() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    let exporter = try folder.exporter("a.log", configure: { $0.lineBytesMax = 64 })
    exporter.round(now: 0)
    let fits = "fits" + String(repeating: "-", count: 60)
    try folder.append("a.log", "\(fits)\n\(fits)-\nnext\n")
    exporter.round(now: 250)
    #expect(exporter.words() == ["fits": 1, "next": 1])
    #expect(exporter.own("lines_total", outcome: "too_long") == 1)
}

@Test("so many files are followed, one more is counted until there is room")
func filesMax() throws {
    let folder = try Folder()
    for file in 1...3 { try folder.write("\(file).log", "") }
    let exporter = try folder.exporter("*.log", configure: { $0.filesMax = 2 })
    exporter.round(now: 0)
    #expect(exporter.own("files") == 2)
    #expect(exporter.own("files_over_limit") == 1)
    try folder.remove("1.log")
    exporter.round(now: 1000)
    exporter.round(now: 61_000)
    exporter.round(now: 61_250)
    #expect(exporter.own("files") == 2)
    #expect(exporter.own("files_over_limit") == 0)
}

@Test("what is no file is told once and counted; folders are passed over")
func notRegular() throws {
    let folder = try Folder()
    try #require(mkfifo(folder.path + "/pipe.log", 0o600) == 0)
    try FileManager.default.createDirectory(atPath: folder.path + "/sub.log", withIntermediateDirectories: false)
    let exporter = try folder.exporter("*.log")
    exporter.round(now: 0)
    exporter.round(now: 250)
    #expect(exporter.own("file_errors_total", file: "pipe.log") == 2)
    #expect(exporter.own("file_errors_total") == 2)
    #expect(exporter.own("files") == 0)
}

@Test("two names of one file are one file, two logs read it each for itself")
func links() throws {
    let folder = try Folder()
    try folder.write("a.log", "")
    try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/b.log", withDestinationPath: folder.path + "/a.log")
    let exporter = try folder.exporter(
        "*.log",
        configure: { configuration in
            var second = configuration.logs[0]
            second.name = "second"
            configuration.logs.append(second)
        })
    exporter.round(now: 0)
    try folder.append("a.log", "word\n")
    exporter.round(now: 250)
    #expect(exporter.words() == ["word": 2])
    #expect(exporter.own("files") == 2)
}

@Test("counts of files that are gone are given up, the oldest first, when names come without end")
func names() throws {
    let folder = try Folder()
    let exporter = try folder.exporter("*.log", configure: { $0.filesMax = 2 })
    exporter.round(now: 0)
    for file in 1...20 {
        try folder.write("day-\(file).log", "line\n")
        exporter.round(now: file * 100_000)
        try folder.remove("day-\(file).log")
        exporter.round(now: file * 100_000 + 1)
        exporter.round(now: file * 100_000 + 70_000)
    }
    #expect(exporter.words() == ["line": 20])
    let files = exporter.families().first { $0.name == "ferula_log_rotations_total" }?.samples.count
    #expect(files == 4)
}

@Test("whatever is done to a file between two looks, no line is counted twice", arguments: 0..<8)
func randomRotation(seed: UInt64) throws {
    let folder = try Folder()
    var random = RandomNumbers(state: seed)
    let exporter = try folder.exporter("a.log")
    exporter.round(now: 0)
    var written = 0
    var rotation = 0
    for step in 1...300 {
        switch random.below(10) {
        case 0 where FileManager.default.fileExists(atPath: folder.path + "/a.log"):
            rotation += 1
            try folder.rename("a.log", "a.log.\(rotation)")
        case 1 where FileManager.default.fileExists(atPath: folder.path + "/a.log"):
            // As a careful rotation does it: what was written has been read.
            exporter.round(now: step * 100)
            try folder.truncate("a.log")
        default:
            let count = 1 + random.below(50)
            let isNew = !FileManager.default.fileExists(atPath: folder.path + "/a.log")
            try folder.append("a.log", (0..<count).map { "line \(seed) \(step) \($0)\n" }.joined())
            written += count
            // A file that comes and goes between two looks at its name cannot be known of.
            if isNew { exporter.round(now: step * 100) }
        }
        if random.below(3) == 0 { exporter.round(now: step * 100) }
    }
    exporter.round(now: 100_000)
    #expect(exporter.words() == ["line": written], "seed \(seed)")
}

private func gzip(_ path: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-f", path]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
}

struct RandomNumbers {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}

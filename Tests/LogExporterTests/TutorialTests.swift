// The tutorial of docs/log-exporter.md, held against what the exporter does.

import ExporterKit
import FerulaConfiguration
import Foundation
import LogMetrics
import Testing

@testable import LogExporter

@Test("the tutorial's log and configuration give the tutorial's page, by --once and by a scrape")
func tutorial() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let guide = try String(contentsOf: root.appending(path: "docs/log-exporter.md"), encoding: .utf8)
    let blocks = guide.components(separatedBy: "```")
    let files = try #require(blocks.first { $0.contains("$ cat shop.log") }).components(separatedBy: "$ cat ")
    try #require(files.count == 3)
    let folder = try Folder()
    for file in files.dropFirst() {
        let lines = file.split(separator: "\n", maxSplits: 1)
        try folder.write(String(lines[0]), String(lines[1]))
    }
    let text = try String(contentsOfFile: folder.path + "/shop.yml", encoding: .utf8)
        .replacing("files: ", with: "files: \(folder.path)/")
    var options = LogExporter.Options()
    options.readsFromStart = true
    let exporter = LogExporter(try LogConfiguration(parsing: text, file: "shop.yml"), options)
    exporter.readOnce()
    let wanted = try #require(blocks.first { $0.contains("--once | grep") }).split(separator: "\n").dropFirst()
    func shown(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.contains("ferula_log") }
    }
    #expect(shown(exporter.families().text()) == Array(wanted))
    #expect(shown(Registry([exporter.collector]).collect().text()) == Array(wanted))
}

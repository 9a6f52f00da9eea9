// What guides, articles and doc comments show of the libraries for tests is compiled and run: every block of Swift is a
// part of a test file, between `// begin snippet` and `// end snippet`; every report is a golden.
// README's examples are held against whole files, by ReadmeTests.

import Foundation
import Testing

@Suite("Snippets of the documentation")
struct SnippetTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let guides = ["docs/testing.md", "docs/tutorial.md"]
    /// Whose articles and doc comments are read.
    private static let modules = ["Ferula", "FerulaTestKit", "FerulaMetrics", "FerulaScraping"]

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Paths below the root, sorted.
    private static func files(_ folder: String, _ suffix: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(suffix) }.sorted().map { folder + "/" + $0 }
    }

    /// Without the blanks that all lines begin with.
    private static func dedented(_ lines: [Substring]) -> String {
        let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { $0.dropFirst(margin) }.joined(separator: "\n")
    }

    private struct Block {
        var place: String
        var language: String
        var text: String
    }

    /// Fenced blocks of Markdown; of Swift sources those in doc comments.
    private static func blocks(_ path: String) throws -> [Block] {
        let isSource = path.hasSuffix(".swift")
        var blocks: [Block] = []
        var open: (line: Int, language: String, lines: [Substring])?
        for (index, line) in try text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = line
            if isSource {
                line = line.drop { $0 == " " }
                guard line.hasPrefix("///") else { continue }
                line = line.dropFirst(line.hasPrefix("/// ") ? 4 : 3)
            }
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(place: "\(path):\(block.line)", language: block.language, text: dedented(block.lines)))
                    open = nil
                } else {
                    open = (index + 1, String(line.dropFirst(3)), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    private static func documents() throws -> [String] {
        try guides + modules.flatMap { try files("Sources/\($0)", ".md") + files("Sources/\($0)", ".swift") }
    }

    /// Parts of test files between the marks.
    private static func examples() throws -> [String] {
        var examples: [String] = []
        for target in ["FerulaMetricsTests", "FerulaScrapingTests"] {
            for path in try files("Tests/\(target)", ".swift") {
                var open: [Substring]?
                for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
                    switch line.drop(while: { $0 == " " }) {
                    case "// begin snippet": open = []
                    case "// end snippet":
                        examples.append(dedented(open ?? []))
                        open = nil
                    default: open?.append(line)
                    }
                }
            }
        }
        return examples
    }

    @Test("every block of Swift runs as a part of a test, and no such part is of a block that is gone")
    func swift() throws {
        let examples = try Set(Self.examples())
        let blocks = try Self.documents().flatMap { try Self.blocks($0) }.filter { $0.language == "swift" }
        #expect(blocks.count >= 20, "few blocks were found: \(blocks.count)")
        for block in blocks where !examples.contains(block.text) {
            Issue.record("\(block.place) is no part of a test file between the marks:\n\(block.text)")
        }
        for example in examples.subtracting(blocks.map(\.text)).sorted() {
            Issue.record("a test file marks what no document shows:\n\(example)")
        }
    }

    @Test("every report that is shown is a golden")
    func reports() throws {
        let goldens = try Set(
            Self.files("Tests/FerulaTestKitTests/Golden", ".txt").map { path in
                try Self.text(path).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                    .joined(separator: "\n")
            })
        var count = 0
        for block in try Self.documents().flatMap({ try Self.blocks($0) }) where block.text.hasPrefix("ShopTests/") {
            count += 1
            if !goldens.contains(block.text) { Issue.record("\(block.place) is no golden:\n\(block.text)") }
        }
        #expect(count >= 2)
    }

    @Test("what looks like Swift is marked as Swift")
    func marked() throws {
        for path in try Self.documents() {
            for block in try Self.blocks(path) where block.language.isEmpty {
                let isSwift =
                    block.text.contains("try ") || block.text.contains("let ") || block.text.contains("await ")
                if isSwift { Issue.record("\(block.place) has no language:\n\(block.text)") }
            }
        }
    }
}

// README's examples are tests: each block of Swift is a file that is compiled and run.

import Foundation
import Testing

@Suite("README")
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("every block of Swift is an example that runs")
    func blocks() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        let examples = try ["FerulaTestKitTests", "FerulaMetricsTests"].map { target in
            let file = Self.root.appending(path: "Tests/\(target)/ReadmeExample.swift")
            // Without the header of the file.
            let text = try String(contentsOf: file, encoding: .utf8)
            return text.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n\n")
        }
        #expect(blocks == examples)
    }
}

// A text under Golden; UPDATE_GOLDEN=1 writes it instead of comparing.
// Used for the messages of failures: each is kept word for word.

import Foundation
import Testing

struct GoldenFile {
    let name: String
    init(_ name: String) { self.name = name }

    private var url: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
    }

    func compare(_ text: String) throws {
        let text = text + "\n"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: url)
            return
        }
        let golden = try String(contentsOf: url, encoding: .utf8)
        #expect(text == golden, "\(name) differs from its golden; UPDATE_GOLDEN=1 writes it anew")
    }
}

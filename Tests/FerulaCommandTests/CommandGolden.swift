// A command line and all that it prints, kept as a file.
// UPDATE_GOLDEN=1 writes the file anew: look at it before it is committed.

import Foundation
import Testing

enum CommandGolden {
    static func compare(
        _ name: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
    ) async throws {
        let outcome = try await RealBinary.run(arguments, input: input, environment: environment)
        let shown = arguments.map { word in
            word.allSatisfy { $0.isLetter || $0.isNumber || "-._=:/".contains($0) } ? word : "'\(word)'"
        }
        var text = "$ ferula \(shown.joined(separator: " "))\n\(outcome.output)"
        text += "--- standard error\n\(outcome.errors)--- exit \(outcome.status)\n"
        let path = "\(RealBinary.goldenFolder)/\(name).txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        #expect(try text == String(contentsOfFile: path, encoding: .utf8))
    }
}

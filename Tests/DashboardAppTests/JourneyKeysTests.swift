// The table of .ci/journey-keys has every key of the help: a key that is added without a line there fails here.

import Frames
import Testing

@testable import DashboardApp

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("keys of the journey")
struct JourneyKeysTests {
    private static let named: [String: Key] = [
        "Tab": .tab, "BTab": .backTab, "Enter": .enter, "Escape": .escape, "Space": .character(" "),
        "BSpace": .backspace, "PPage": .pageUp, "NPage": .pageDown, "Home": .home, "End": .end, "Up": .up,
        "Down": .down, "Left": .left, "Right": .right, "S-Left": .shiftLeft, "S-Right": .shiftRight,
    ]

    /// As tmux names it.
    private static func key(_ name: Substring) -> Key? {
        if let key = named[String(name)] { return key }
        if name.count == 1 { return name.first.map { .character($0) } }
        if name.hasPrefix("C-") { return name.last.map { .control($0) } }
        if name.hasPrefix("M-") { return name.last.map { .alt($0) } }
        return name.hasPrefix("F") ? Int(name.dropFirst()).map { .function($0) } : nil
    }

    @Test("each action and each of its sequences is pressed")
    func complete() throws {
        let folder = String("\(#filePath)".dropLast("Tests/DashboardAppTests/JourneyKeysTests.swift".utf8.count))
        let file = try #require(fopen(folder + ".ci/journey-keys.txt", "r"))
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&buffer, 1, buffer.count, file)
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        var pressed: [String: [[Key]]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            try #require(fields.count == 4, "\(line)")
            let keys = try fields[1].split(separator: " ").map { try #require(Self.key($0), "\(line)") }
            pressed[String(fields[0]), default: []].append(keys)
        }
        for binding in KeyMap.standard.bindings {
            // The journey ends and suspends the program itself.
            if [.quit, .suspend].contains(binding.action) { continue }
            let lines = pressed.removeValue(forKey: binding.action.name) ?? []
            // Digits are alike: one stands for nine.
            let sequences = binding.keys == nil ? binding.sequences : Array(binding.sequences.prefix(1))
            for sequence in sequences {
                let isPressed = lines.contains { line in
                    line.indices.contains { line.dropFirst($0).starts(with: sequence) }
                }
                #expect(isPressed, "\(binding.action): \(KeyMap.name(of: sequence))")
            }
        }
        #expect(pressed.isEmpty, "no such actions: \(pressed.keys.sorted())")
    }
}

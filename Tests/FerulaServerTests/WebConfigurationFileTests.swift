// The web configuration file while somebody changes it under the running server.

import Foundation
import Testing

@testable import FerulaServer

@Suite("the web configuration file")
struct WebConfigurationFileTests {
    private static let users = "basic_auth_users: {ann: $2b$04$KkCdWnMsGqfXvBzPyR5HeOHkS4J6mBd4bv/bfWgW.eGQOFiP1VAGe}\n"

    /// Who is let in after each of the texts was written over the one before; nil: everybody; "!": a refusal.
    private func readings(_ texts: [String]) throws -> [String?] {
        let path = NSTemporaryDirectory() + "ferula-web-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try texts[0].write(toFile: path, atomically: false, encoding: .utf8)
        let file = try WebConfigurationFile(path)
        return try texts.map { text in
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            do {
                return try file.security().users.keys.first
            } catch {
                return "!"
            }
        }
    }

    @Test("emptied in the middle of a rewrite, it keeps the users of before")
    func emptied() throws {
        let bob = Self.users.replacingOccurrences(of: "ann", with: "robert")
        #expect(try readings([Self.users, "", "\n", bob, ""]) == ["ann", "ann", "ann", "robert", "robert"])
    }

    @Test("empty from the start, or without users by its own words, it lets everybody in")
    func open() throws {
        #expect(try readings(["", Self.users]) == [nil, "ann"])
        #expect(try readings([Self.users, "basic_auth_users: {}\n"]) == ["ann", nil])
        #expect(try readings([Self.users, "# open\n"]) == ["ann", nil])
    }

    @Test("a bad one, or none, is refused until it is right again")
    func bad() throws {
        #expect(try readings([Self.users, "users: 1\n", Self.users + "\n"]) == ["ann", "!", "ann"])
    }
}

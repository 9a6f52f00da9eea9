// Real queries: those of Prometheus' own test scripts and of dashboards in use, where they lie beside the tree.
// Without them these tests pass and say so in their names.

import FoundationEssentials
import PromQLSyntax
import Testing

/// `shared/corpus/NAME` beside some folder above this file; nil when there is none.
private func corpusFiles(_ name: String, suffix: String) -> [String] {
    var folder = #filePath
    while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
        folder = String(folder[..<slash])
        let candidate = "\(folder)/shared/corpus/\(name)"
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: candidate) else { continue }
        return entries.filter { $0.hasSuffix(suffix) }.sorted().map { "\(candidate)/\($0)" }
    }
    return []
}

private func contents(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
}

@Suite("Real queries, where the corpus is present")
struct CorpusTests {
    @Test("every query and every series line of the promqltest scripts parses, and prints to a fixed point")
    func promqltest() throws {
        var evals = 0
        for path in corpusFiles("promqltest", suffix: ".test") {
            for line in contents(path).split(separator: "\n") {
                var words = line.split(separator: " ", omittingEmptySubsequences: true)[...]
                guard let first = words.first, first.hasPrefix("eval") else { continue }
                words.removeFirst(first.isEmpty ? 0 : 1)
                let skipped = words.first == "instant" ? 3 : 7
                guard let start = words.dropFirst(skipped).first?.startIndex else { continue }
                let query = String(line[start...])
                evals += 1
                do {
                    try checkFixedPoint(query)
                } catch {
                    Issue.record("\(path): \(query): \((error as? SyntaxError)?.rendered(in: query) ?? "\(error)")")
                }
            }
        }
        print("corpus: \(evals) evals parse")
    }

    @Test("every series line of the promqltest scripts parses")
    func series() throws {
        var lines = 0
        for path in corpusFiles("promqltest", suffix: ".test") {
            var isInLoad = false
            for raw in contents(path).split(separator: "\n", omittingEmptySubsequences: false) {
                let line = String(raw).trimmingBlanks
                if line.isEmpty || line.hasPrefix("#") {
                    isInLoad = false
                    continue
                }
                if line.hasPrefix("load") {
                    isInLoad = true
                    continue
                }
                guard isInLoad else { continue }
                lines += 1
                do {
                    if try SeriesNotation.parseStartTimestamps(line) == nil { _ = try SeriesNotation.parse(line) }
                } catch {
                    Issue.record("\(path): \(error.rendered(in: line))")
                }
            }
        }
        print("corpus: \(lines) series lines parse")
    }

    @Test("dashboard queries parse once their variables are replaced")
    func dashboards() throws {
        var parsed = 0
        var refused: [String] = []
        for path in corpusFiles("dashboards", suffix: ".json") {
            guard let data = FileManager.default.contents(atPath: path),
                let document = try? JSONDecoder().decode(JSONTree.self, from: data)
            else { continue }
            for query in document.expressions {
                do {
                    try checkFixedPoint(replacingVariables(query))
                    parsed += 1
                } catch {
                    refused.append("\(path.split(separator: "/").last ?? ""): \(replacingVariables(query)): \(error)")
                }
            }
        }
        for line in refused { print("corpus: refused: \(line)") }
        print("corpus: \(parsed) dashboard queries parse, \(refused.count) do not")
        #expect(refused.count * 50 <= parsed)
    }

    private func checkFixedPoint(_ query: String) throws {
        let printed = try Expression(parsing: query).description
        #expect(try Expression(parsing: printed).description == printed)
        let pretty = try Expression(parsing: query).prettyPrinted()
        #expect(try Expression(parsing: pretty).description == printed)
    }

    /// A window, a number or a word for each `$name`, `${name}` and `[[name]]`, after what it stands in.
    private func replacingVariables(_ query: String) -> String {
        var result = ""
        var rest = Substring(query)
        while let character = rest.first {
            var name: Substring?
            if character == "$" {
                if rest.dropFirst().first == "{", let close = rest.firstIndex(of: "}") {
                    name = rest[rest.index(rest.startIndex, offsetBy: 2)..<close]
                    rest = rest[rest.index(after: close)...]
                } else {
                    let word = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                    if !word.isEmpty {
                        name = word
                        rest = rest[word.endIndex...]
                    }
                }
            } else if rest.hasPrefix("[[") {
                let word = rest.dropFirst(2).prefix { $0 != "]" }
                if rest[word.endIndex...].hasPrefix("]]") {
                    name = word
                    rest = rest[word.endIndex...].dropFirst(2)
                }
            }
            guard let name else {
                result.append(character)
                rest.removeFirst()
                continue
            }
            let lowered = name.lowercased()
            let isLength = ["interval", "range", "resolution", "window", "rate", "step", "period", "duration"].contains
            {
                lowered.contains($0)
            }
            let before = result.last { $0 != " " }
            if rest.first == "(" || rest.first == "{" {
                result += rest.first == "(" ? "rate" : "x"
                continue
            }
            result += before == "[" || before == ":" || (isLength && before != "\"") ? "5m" : isLength ? "5m" : "1"
        }
        return result
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop(while: \.isWhitespace))
    }
}

/// Any JSON; collects the queries of Grafana targets.
private indirect enum JSONTree: Decodable {
    case object([String: JSONTree])
    case array([JSONTree])
    case text(String)
    case other

    init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode([String: JSONTree].self) {
            self = .object(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else {
            self = .other
        }
    }

    var expressions: [String] {
        switch self {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { member -> [String] in
                if case .text(let query) = member.value {
                    let isBlank = query.allSatisfy(\.isWhitespace)
                    return member.key == "expr" && !isBlank ? [query] : []
                }
                return member.value.expressions
            }
        case .array(let values): values.flatMap(\.expressions)
        case .text, .other: []
        }
    }
}

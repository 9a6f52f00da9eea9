// The promqltest script language: clear, load and eval commands with what each eval expects.
// Read here, run by PromQLTestRunner. Source: Prometheus promql/promqltest, README and behaviour.

import LinearRegex
import MetricModel
import PromQLSyntax

struct PromQLScript {
    struct Load {
        var step: Milliseconds
        /// Classic histograms are stored as native ones with custom buckets, too.
        var convertsHistograms = false
        var series: [(labels: LabelSet, items: [SeriesNotation.Item], starts: [Milliseconds?])] = []
    }

    struct Pattern {
        enum Kind {
            case anything
            case text(String)
            case regex(LinearRegex)
        }
        var kind: Kind

        func matches(_ text: String) -> Bool {
            switch kind {
            case .anything: true
            case .text(let wanted): text.isSameBytes(as: wanted)
            case .regex(let regex): regex.matches(text)
            }
        }
        var description: String {
            switch kind {
            case .anything: "anything"
            case .text(let text): text
            case .regex(let regex): "/\(regex.pattern)/"
            }
        }
    }

    struct Expected {
        var labels: LabelSet
        var items: [SeriesNotation.Item]
    }

    struct Eval {
        var expression: String
        /// Of an instant eval, start and end are the same; `expect range vector` sets all three, but not the time.
        var start: Timestamp
        var end: Timestamp
        var step = Milliseconds(0)
        var isRange: Bool
        /// When an instant eval is evaluated.
        var time = Timestamp(milliseconds: 0)
        var failure: Pattern?
        var warnings: [Pattern] = []
        var infos: [Pattern] = []
        var expectsNoWarning = false
        var expectsNoInfo = false
        var isOrdered = false
        /// The old `eval_warn` and `eval_info`: at least one.
        var expectsSomeWarning = false
        var expectsSomeInfo = false
        var scalar: Double?
        var string: String?
        var series: [Expected] = []
        /// Not also run as a range query.
        var isOnlyInstant = false
    }

    enum Action {
        case clear
        case load(Load)
        case eval(Eval)
        /// A block that could not be read. `line` is that of the block at which its reading stopped, from 1.
        case unreadable(text: String, reason: String, line: Int)
    }

    struct Command {
        /// From 1.
        var line: Int
        var action: Action
    }

    private(set) var commands: [Command] = []

    init(_ text: String) {
        var reader = ScriptReader(text)
        while let command = reader.next() { commands.append(command) }
    }
}

private struct ScriptError: Error {
    var reason: String
}

private struct ScriptReader {
    private let lines: [String]
    private var position = 0

    init(_ text: String) {
        // Bytes: a carriage return and a line feed are one character.
        lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            let trimmed = Substring(line).trimmingBlanks
            return trimmed.hasPrefix("#") ? "" : trimmed
        }
    }

    mutating func next() -> PromQLScript.Command? {
        while position < lines.count, lines[position].isEmpty { position += 1 }
        guard position < lines.count else { return nil }
        let number = position + 1
        let line = lines[position]
        let word = line.words(1).first?.lowercased() ?? ""
        position += 1
        do {
            if word == "clear" { return PromQLScript.Command(line: number, action: .clear) }
            if word.hasPrefix("load") { return PromQLScript.Command(line: number, action: .load(try load(line))) }
            if word.hasPrefix("eval") { return PromQLScript.Command(line: number, action: .eval(try eval(line))) }
            throw ScriptError(reason: "invalid command")
        } catch {
            let last = position
            while position < lines.count, !lines[position].isEmpty { position += 1 }
            let reason = (error as? ScriptError)?.reason ?? "\(error)"
            return PromQLScript.Command(line: number, action: .unreadable(text: line, reason: reason, line: last))
        }
    }

    /// The next line of the block, nil at its end.
    private mutating func blockLine() -> String? {
        guard position < lines.count, !lines[position].isEmpty else { return nil }
        position += 1
        return lines[position - 1]
    }

    private func duration(_ text: String) throws -> Milliseconds {
        guard let length = Milliseconds(parsing: text) else {
            throw ScriptError(reason: "invalid duration \(text.quotedForPrometheus)")
        }
        return length
    }

    // MARK: load

    private mutating func load(_ line: String) throws -> PromQLScript.Load {
        let words = line.words(2)
        guard words.count == 2, words[0] == "load" || words[0] == "load_with_nhcb" else {
            throw ScriptError(reason: "invalid load command")
        }
        var load = PromQLScript.Load(step: try duration(words[1]), convertsHistograms: words[0] != "load")
        var starts: (labels: LabelSet, offsets: [Milliseconds?])?
        while let line = blockLine() {
            if let found = try SeriesNotation.parseStartTimestamps(line) {
                starts = found
                continue
            }
            let (labels, items) = try SeriesNotation.parse(line)
            if let starts, starts.labels != labels || starts.offsets.count != items.count {
                throw ScriptError(reason: "start timestamps do not fit the line after them: \(line)")
            }
            load.series.removeAll { $0.labels == labels }
            load.series.append((labels, items, starts?.offsets ?? []))
            starts = nil
        }
        return load
    }

    // MARK: eval

    private mutating func eval(_ line: String) throws -> PromQLScript.Eval {
        var eval: PromQLScript.Eval
        let head = line.words(3)
        guard head.count == 3 else { throw ScriptError(reason: "invalid evaluation command") }
        let suffix = head[0].hasPrefix("eval_") ? String(head[0].dropFirst(5)) : ""
        switch head[1] {
        case "instant":
            var rest = head[2]
            var time = Milliseconds.zero
            let parts = rest.words(3)
            if parts.count == 3, parts[0] == "at" {
                time = try duration(parts[1])
                rest = parts[2]
            }
            let at = Timestamp(milliseconds: time.count)
            eval = PromQLScript.Eval(expression: rest, start: at, end: at, isRange: false, time: at)
        case "range":
            let parts = head[2].words(7)
            guard parts.count == 7, parts[0] == "from", parts[2] == "to", parts[4] == "step" else {
                throw ScriptError(reason: "invalid evaluation command")
            }
            eval = PromQLScript.Eval(
                expression: parts[6], start: Timestamp(milliseconds: try duration(parts[1]).count),
                end: Timestamp(milliseconds: try duration(parts[3]).count), step: try duration(parts[5]), isRange: true)
        default: throw ScriptError(reason: "invalid evaluation command")
        }
        switch suffix {
        case "": break
        case "fail": eval.failure = PromQLScript.Pattern(kind: .anything)
        case "warn": eval.expectsSomeWarning = true
        case "info": eval.expectsSomeInfo = true
        case "ordered": eval.isOrdered = true
        default: throw ScriptError(reason: "invalid evaluation command")
        }
        try expectations(&eval)
        return eval
    }

    private mutating func expectations(_ eval: inout PromQLScript.Eval) throws {
        while let line = blockLine() {
            if let text = line.afterPrefix("expected_fail_message") {
                eval.failure = PromQLScript.Pattern(kind: .text(text.trimmingBlanks))
            } else if let text = line.afterPrefix("expected_fail_regexp") {
                eval.failure = PromQLScript.Pattern(kind: .regex(try LinearRegex(searching: text.trimmingBlanks)))
            } else if line.hasPrefix("expect range vector") {
                let parts = line.words(9)
                guard parts.count == 9, parts[3] == "from", parts[5] == "to", parts[7] == "step" else {
                    throw ScriptError(reason: "invalid range vector definition \(line)")
                }
                eval.start = Timestamp(milliseconds: try duration(parts[4]).count)
                eval.end = Timestamp(milliseconds: try duration(parts[6]).count)
                eval.step = try duration(parts[8])
                eval.isOnlyInstant = true
            } else if let text = line.afterPrefix("expect string ") {
                guard case .string(let literal)? = try? Expression(parsing: text) else {
                    throw ScriptError(reason: "expected a quoted string: \(line)")
                }
                eval.string = literal.value
                eval.isOnlyInstant = true
            } else if line.words(2).first == "expect" {
                try annotation(line, &eval)
            } else if let number = Self.number(line) {
                eval.scalar = number
            } else {
                let (labels, items) = try SeriesNotation.parse(line)
                if items.count > 1, !eval.isRange, eval.step.count == 0 {
                    throw ScriptError(reason: "several values for an instant eval: \(line)")
                }
                eval.series.append(PromQLScript.Expected(labels: labels, items: items))
            }
        }
        if eval.expectsNoWarning, !eval.warnings.isEmpty { throw ScriptError(reason: "warn and no_warn together") }
        if eval.expectsNoInfo, !eval.infos.isEmpty { throw ScriptError(reason: "info and no_info together") }
    }

    /// `expect warn msg: TEXT` and its kin.
    private func annotation(_ line: String, _ eval: inout PromQLScript.Eval) throws {
        let words = line.words(3)
        var pattern = PromQLScript.Pattern(kind: .anything)
        if words.count == 3 {
            if let text = words[2].afterPrefix("msg:") {
                pattern.kind = .text(text.trimmingBlanks)
            } else if let text = words[2].afterPrefix("regex:") {
                pattern.kind = .regex(try LinearRegex(searching: text.trimmingBlanks))
            } else {
                throw ScriptError(reason: "invalid expect statement: \(line)")
            }
        }
        switch words.count > 1 ? words[1] : "" {
        case "fail":
            guard eval.failure == nil else { throw ScriptError(reason: "several expect fail lines") }
            eval.failure = pattern
        case "warn": eval.warnings.append(pattern)
        case "info": eval.infos.append(pattern)
        case "no_warn": eval.expectsNoWarning = true
        case "no_info": eval.expectsNoInfo = true
        case "ordered": eval.isOrdered = true
        default: throw ScriptError(reason: "invalid expect statement: \(line)")
        }
    }

    /// A line that is one number, in Go's forms.
    private static func number(_ line: String) -> Double? {
        var text = line.lowercased()
        var sign = 1.0
        if text.hasPrefix("-") || text.hasPrefix("+") {
            if text.hasPrefix("-") { sign = -1 }
            text.removeFirst()
        }
        switch text {
        case "inf", "infinity": return sign * .infinity
        case "nan": return .nan
        default: break
        }
        guard let first = text.utf8.first, (first >= 0x30 && first <= 0x39) || first == 0x2e else { return nil }
        return Double(text).map { sign * $0 }
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        var bytes = Array(utf8)[...]
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }
        while let byte = bytes.first, isBlank(byte) { bytes.removeFirst() }
        while let byte = bytes.last, isBlank(byte) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    func afterPrefix(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }

    /// At most `count` words, the last one holding the rest of the line.
    func words(_ count: Int) -> [String] {
        split(maxSplits: count - 1, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
            .map(\.trimmingBlanks)
    }
}

// Fills the options of a dashboard's variables and settles what is chosen, each after those it depends on.
// Run by the app at load, when the range changes and when the reader picks a value.

import MetricModel
import Querying

public enum VariableResolver {
    /// Options kept of one variable.
    public static let optionsMax = 10_000

    /// What became of a dashboard's variables.
    public struct Outcome: Sendable {
        public var variables: [DashboardVariable]
        /// One line for each variable whose query failed; its present value stays.
        public var notices: [String]
    }

    /// Resolves variables against a backend: all, or those that are named.
    ///
    /// A chosen value that is still an option stays; else All where the file has it, else the first option. A query
    /// that fails or finds nothing leaves options and choice as they are: the next refresh tries again.
    public static func resolve(
        _ variables: [DashboardVariable], only names: Set<String>? = nil, backend: any QueryBackend, range: TimeRange
    ) async -> Outcome {
        var resolved = variables
        var notices: [String] = []
        var context = VariableContext(range: range)
        for variable in variables { context.set(variable) }
        for index in order(variables) where names?.contains(variables[index].name) ?? true {
            var variable = resolved[index]
            do {
                if let found = try await options(of: variable, context, backend, range) { settle(&variable, found) }
            } catch {
                notices.append("variable \(variable.name): \(error.message)")
            }
            resolved[index] = variable
            context.set(variable)
        }
        return Outcome(variables: resolved, notices: notices)
    }

    /// Options in their final order; nil where a variable has none to find.
    private static func options(
        of variable: DashboardVariable, _ context: VariableContext, _ backend: any QueryBackend, _ range: TimeRange
    ) async throws(QueryFailure) -> [Option]? {
        switch variable.kind {
        case .query(let text):
            if variable.refresh == .never, !variable.options.isEmpty { return nil }
            guard let query = VariableQuery(parsing: context.interpolate(text, .query)) else { return nil }
            let raw = try await query.options(backend, range: range)
            if raw.isEmpty { return nil }
            return sorted(filtered(raw, context.interpolate(variable.regex, .plain)), by: variable.sort)
        case .custom, .interval, .datasource, .toggle, .constant, .textbox, .adhoc, .unsupported:
            return localOptions(of: variable, context)
        }
    }

    /// Options that need no backend; nil where there are none.
    private static func localOptions(of variable: DashboardVariable, _ context: VariableContext) -> [Option]? {
        switch variable.kind {
        case .custom(let text): return custom(context.interpolate(text, .plain))
        case .interval(let text):
            var steps = split(text).map { Option(text: $0, value: $0) }
            if variable.automaticCount != nil {
                steps.insert(Option(text: "auto", value: "$__auto_interval_\(variable.name)"), at: 0)
            }
            return steps
        case .datasource:
            // There is one backend: whatever kind of source is asked for, Prometheus is what there is.
            let isPrometheus = variable.datasourceType.isEmpty || variable.datasourceType == "prometheus"
            return [isPrometheus ? Option(text: "prometheus", value: "prometheus") : Option(text: "(none)", value: "")]
        case .toggle(let on, let off): return [Option(text: on, value: on), Option(text: off, value: off)]
        case .query, .constant, .textbox, .adhoc, .unsupported: return nil
        }
    }

    /// Settles what needs no backend, as far as the file alone allows.
    static func settleLocally(_ variables: inout [DashboardVariable]) {
        var context = VariableContext(
            range: TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 0)))
        for variable in variables { context.set(variable) }
        for index in order(variables) {
            guard let options = localOptions(of: variables[index], context), !options.isEmpty else { continue }
            settle(&variables[index], options)
            context.set(variables[index])
        }
    }

    struct Option: Hashable {
        var text: String
        var value: String
    }

    /// `a, b\, c, shown : value`. The last colon with a space on both sides parts text and value; the value may be
    /// empty when more spaces follow.
    static func custom(_ text: String) -> [Option] {
        pieces(text).filter { !$0.trimmingSpaces.isEmpty }.map { item in
            let bytes = Array(item.utf8)
            func isSpace(_ at: Int) -> Bool { bytes[at] == 0x20 || (bytes[at] >= 0x09 && bytes[at] <= 0x0d) }
            for at in stride(from: bytes.count - 3, to: 1, by: -1)
            where bytes[at] == UInt8(ascii: ":") && isSpace(at - 1) && isSpace(at + 1) {
                let shown = String(decoding: bytes[..<(at - 1)], as: UTF8.self).trimmingSpaces
                guard !shown.isEmpty else { break }
                return Option(text: shown, value: String(decoding: bytes[(at + 2)...], as: UTF8.self).trimmingSpaces)
            }
            return Option(text: item.trimmingSpaces, value: item.trimmingSpaces)
        }
    }

    private static func split(_ text: String) -> [String] {
        pieces(text).map(\.trimmingSpaces).filter { !$0.isEmpty }
    }

    /// Between the commas that no backslash stands before.
    private static func pieces(_ text: String) -> [String] {
        var items: [String] = []
        var item = ""
        var isEscaped = false
        for character in text {
            if character == ",", !isEscaped {
                items.append(item)
                item = ""
            } else if character == "\\", !isEscaped {
                isEscaped = true
                continue
            } else {
                if isEscaped, character != "," { item.append("\\") }
                item.append(character)
            }
            isEscaped = false
        }
        items.append(item)
        return items
    }

    /// Options after the filter: without a group it only lets pass; one group, or those named `text` and `value`,
    /// cut out what counts. Each value once.
    static func filtered(_ raw: [String], _ regex: String) -> [Option] {
        let pattern = regex.isEmpty ? nil : TextPattern(regex)
        var seen: Set<String> = []
        var options: [Option] = []
        for text in raw.prefix(optionsMax) {
            var option = Option(text: text, value: text)
            if !regex.isEmpty {
                guard let pattern else { continue }
                let matches = pattern.allMatches(in: text)
                guard !matches.isEmpty else { continue }
                option = cut(text, matches)
            }
            if seen.insert(option.value).inserted { options.append(option) }
        }
        return options
    }

    private static func cut(_ raw: String, _ matches: [TextPattern.Match]) -> Option {
        let text = matches.lazy.compactMap { $0.names["text"] }.first
        let value = matches.lazy.compactMap { $0.names["value"] }.first
        if text != nil || value != nil { return Option(text: text ?? value ?? raw, value: value ?? text ?? raw) }
        guard let groups = matches.first?.groups, groups.count > 1 else { return Option(text: raw, value: raw) }
        let first = groups[1] ?? ""
        return Option(text: first, value: first)
    }

    /// Grafana's orders 1 to 8: odd ones ascend, even ones descend.
    static func sorted(_ options: [Option], by order: Int) -> [Option] {
        guard (1...8).contains(order) else { return options }
        let isBefore: (Option, Option) -> Bool =
            switch (order + 1) / 2 {
            case 1: { $0.text.isBefore($1.text) }
            case 2: { number($0.text) < number($1.text) }
            case 3: { $0.text.lowercased().isBefore($1.text.lowercased()) }
            default: { naturalKey($0.text).lexicographicallyPrecedes(naturalKey($1.text)) { $0 < $1 } }
            }
        let ordered = options.enumerated().sorted { left, right in
            if isBefore(left.element, right.element) { return true }
            if isBefore(right.element, left.element) { return false }
            return left.offset < right.offset
        }.map(\.element)
        return order % 2 == 1 ? ordered : ordered.reversed()
    }

    /// The first number in a text, -1 without one, as Grafana compares.
    private static func number(_ text: String) -> Double {
        let bytes = Array(text.utf8)
        guard let start = bytes.firstIndex(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return -1 }
        let digits = bytes[start...].prefix { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
        return Double(String(decoding: digits, as: UTF8.self)) ?? -1
    }

    private enum NaturalPart: Comparable {
        case number(Double)
        case text(String)
    }
    private static func naturalKey(_ text: String) -> [NaturalPart] {
        var parts: [NaturalPart] = []
        var rest = Substring(text.lowercased())
        while let first = rest.first {
            let isDigit = first.isASCII && first.isNumber
            let run = rest.prefix { ($0.isASCII && $0.isNumber) == isDigit }
            parts.append(isDigit ? .number(Double(run) ?? 0) : .text(String(run)))
            rest = rest[run.endIndex...]
        }
        return parts
    }

    /// New options into a variable, and a choice that is among them.
    static func settle(_ variable: inout DashboardVariable, _ options: [Option]) {
        variable.options = options.map(\.value)
        for option in options where option.text != option.value { variable.texts[option.value] = option.text }
        if variable.isGiven {
            variable.replaceTexts()
            return
        }
        if variable.includesAll, variable.current.contains("$__all") {
            variable.current = ["$__all"]
            return
        }
        let known = Set(variable.options)
        let kept = variable.current.filter { known.contains($0) }
        if !kept.isEmpty {
            variable.current = variable.isMulti ? kept : [kept[0]]
        } else if variable.includesAll {
            variable.current = ["$__all"]
        } else {
            variable.current = variable.options.first.map { [$0] } ?? []
        }
    }

    // MARK: Order

    /// Indices so that each variable comes after those its query names; a ring is cut where it closes.
    static func order(_ variables: [DashboardVariable]) -> [Int] {
        var places: [String: Int] = [:]
        for (index, variable) in variables.enumerated() { places[variable.name] = index }
        var result: [Int] = []
        var state = Array(repeating: 0, count: variables.count)
        func visit(_ index: Int, depth: Int) {
            guard state[index] == 0, depth < 200 else { return }
            state[index] = 1
            for name in names(in: variables[index]) {
                if let other = places[name], other != index { visit(other, depth: depth + 1) }
            }
            state[index] = 2
            result.append(index)
        }
        for index in variables.indices { visit(index, depth: 0) }
        return result
    }

    /// Names of the variables that a change of `name` makes stale, in the order to resolve them.
    public static func dependents(of name: String, in variables: [DashboardVariable]) -> [String] {
        var stale: Set<String> = [name]
        var result: [String] = []
        for index in order(variables) where !stale.contains(variables[index].name) {
            if names(in: variables[index]).contains(where: { stale.contains($0) }) {
                stale.insert(variables[index].name)
                result.append(variables[index].name)
            }
        }
        return result
    }

    private static func names(in variable: DashboardVariable) -> [String] {
        var texts = [variable.regex]
        switch variable.kind {
        case .query(let text), .custom(let text), .interval(let text), .textbox(let text), .constant(let text):
            texts.append(text)
        case .datasource, .adhoc, .unsupported, .toggle: break
        }
        var names: [String] = []
        for text in texts {
            var scanner = InterpolationScanner(text)
            while let piece = scanner.next() {
                if case .variable(let reference, _, _) = piece { names.append(reference.name) }
            }
        }
        return names
    }
}

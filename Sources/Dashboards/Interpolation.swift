// Variables in texts: $x, ${x}, ${x:format}, ${x.text}, [[x]]. Textual, before anything is parsed.
// PanelQueryPlan fills the context for queries, the app for titles and links.
// Source of the formats and escapes: grafana, features/variables/utils and datasource/prometheus.

import MetricModel

/// What variables stand for at one moment. A value type: cheap to copy, changed per panel for the built-ins.
public struct VariableContext: Sendable {
    public struct Choice: Sendable {
        /// The values that are chosen; every option when All is.
        public var values: [String]
        public var texts: [String]
        /// May hold several values, or All: then a query treats every value as a pattern.
        public var isMulti: Bool
        public var isAll: Bool
        public var allValue: String?
        /// A list even with one value, which several formats write otherwise than a value alone.
        public var isList: Bool
        public init(
            values: [String], texts: [String]? = nil, isMulti: Bool = false, isAll: Bool = false,
            allValue: String? = nil, isList: Bool? = nil
        ) {
            self.values = values
            self.texts = texts ?? values
            self.isMulti = isMulti
            self.isAll = isAll
            self.allValue = allValue
            self.isList = isList ?? (isMulti || isAll)
        }
    }

    /// How a value is written where the text does not say.
    public enum Style: Hashable, Sendable {
        /// Into PromQL: escaped for quotes, as patterns where several are possible.
        case query
        /// What the reader sees.
        case text
        /// The values as they are: one alone, several as `{a,b}`.
        case plain
        /// In an address: what parts one stays, all else has per cent signs.
        case address
    }

    public private(set) var choices: [String: Choice] = [:]
    public var range: TimeRange
    public var interval: Milliseconds = .seconds(1)
    public var rateInterval: Milliseconds = .seconds(4)
    public var clock: DisplayClock
    public var dashboardTitle = ""
    public var dashboardUID = ""
    /// How the range is written where a text is wanted: `now-6h` and `now`. Nil: as moments.
    public var rangeTexts: (from: String, to: String)?
    /// What `__field`, `__series`, `__value` and `__data` speak of; nil outside of links.
    public var datum: LinkDatum?
    /// Matchers of ad hoc variables, for every selector.
    public private(set) var filters: [AdHocFilter] = []

    public init(range: TimeRange, clock: DisplayClock? = nil) {
        self.range = range
        self.clock = clock ?? DisplayClock(now: range.end)
    }

    public init(dashboard: Dashboard, range: TimeRange, clock: DisplayClock? = nil) {
        self.init(range: range, clock: clock)
        dashboardTitle = dashboard.title
        dashboardUID = dashboard.uid
        for variable in dashboard.variables { set(variable) }
    }

    public mutating func set(_ name: String, _ choice: Choice) { choices[name] = choice }

    /// Takes over a variable's present choice.
    public mutating func set(_ variable: DashboardVariable) {
        if variable.kind == .adhoc {
            filters += variable.filters
            return
        }
        choices[variable.name] = variable.choice(range: range)
    }

    /// Values of a repeat come before those of the dashboard.
    public func scoped(_ values: [String: String]) -> VariableContext {
        var copy = self
        for (name, value) in values {
            let text = choices[name].flatMap { choice in
                zip(choice.values, choice.texts).first { $0.0 == value }?.1
            }
            copy.choices[name] = Choice(
                values: [value], texts: [text ?? value], isMulti: choices[name]?.isMulti ?? false, isList: false)
        }
        return copy
    }

    /// Replaces every variable that is known; what is not stays as it is written.
    public func interpolate(_ text: String, _ style: Style = .text) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) || text.contains("[[") else { return text }
        var scanner = InterpolationScanner(text)
        var result = ""
        while let piece = scanner.next() {
            switch piece {
            case .literal(let literal): result += literal
            case .variable(let reference, let source, let quote):
                result += value(of: reference, style, quote: quote) ?? source
            }
        }
        return result
    }

    private func value(of reference: VariableReference, _ style: Style, quote: UInt8?) -> String? {
        if var choice = choices[reference.name] {
            if reference.field == "text" { return VariableFormat.apply("text", reference.name, choice, clock: clock) }
            // `${x.1}`: the second of several values.
            if choice.isList, let place = reference.field.flatMap({ Int($0) }), choice.values.indices.contains(place) {
                choice = Choice(values: [choice.values[place]], isMulti: choice.isMulti, isList: false)
            }
            if let format = reference.format {
                return VariableFormat.apply(format, reference.name, choice, clock: clock)
            }
            switch style {
            case .query: return VariableFormat.prometheus(choice, quote: quote)
            case .text: return VariableFormat.apply("text", reference.name, choice, clock: clock)
            case .plain: return VariableFormat.apply("glob", reference.name, choice, clock: clock)
            case .address: return VariableFormat.apply("uriencode", reference.name, choice, clock: clock)
            }
        }
        if let value = datum?.text(of: reference.name, reference.field ?? "") {
            let format = reference.format ?? (style == .address ? "uriencode" : "raw")
            return VariableFormat.apply(format, reference.name, Choice(values: [value]), clock: clock)
        }
        guard let value = builtin(reference) else { return nil }
        // These two are parameters of an address already.
        guard let format = reference.format, !["__all_variables", "__url_time_range"].contains(reference.name),
            !format.hasPrefix("date") || reference.name == "__from" || reference.name == "__to"
        else { return value }
        return VariableFormat.apply(format, reference.name, Choice(values: [value]), clock: clock)
    }

    private func builtin(_ reference: VariableReference) -> String? {
        switch reference.name {
        case "__interval": return interval.description
        case "__interval_ms": return "\(interval.count)"
        case "__rate_interval": return rateInterval.description
        case "__rate_interval_ms": return "\(rateInterval.count)"
        case "__range": return "\(wholeSeconds)s"
        case "__range_s": return "\(wholeSeconds)"
        case "__range_ms": return "\(range.length.count)"
        case "__from": return "\(range.start.milliseconds)"
        case "__to": return "\(range.end.milliseconds)"
        case "__dashboard": return reference.field == "uid" ? dashboardUID : dashboardTitle
        case "__org": return reference.field == "name" ? "Main Org." : "1"
        case "__user": return reference.field == "id" ? "1" : "admin"
        case "__timezone": return clock.offset == .zero ? "utc" : "browser"
        case "__url_time_range":
            if let (from, to) = rangeTexts { return "from=\(from)&to=\(to)" }
            return "from=\(range.start.milliseconds)&to=\(range.end.milliseconds)"
        case "__all_variables":
            return choices.keys.sorted().compactMap { name in
                choices[name].map { VariableFormat.apply("queryparam", name, $0, clock: clock) }
            }.joined(separator: "&")
        default: return nil
        }
    }

    /// At least one second, so that `[$__range]` is a window.
    private var wholeSeconds: Int64 { max(1, (range.length.count + 500) / 1000) }
}

extension DashboardVariable {
    /// The present choice as values; an interval's `auto` needs the range.
    func choice(range: TimeRange) -> VariableContext.Choice {
        let isAll = includesAll && current.contains("$__all")
        var values = current.filter { $0 != "$__all" }
        if isAll {
            values = options.isEmpty ? values : options
            // All of options that are not known yet: everything.
            return VariableContext.Choice(
                values: values, texts: values.map { texts[$0] ?? $0 }, isMulti: true, isAll: true,
                allValue: allValue ?? (options.isEmpty ? ".*" : nil))
        }
        if values.isEmpty {
            switch kind {
            case .constant(let text), .textbox(let text): values = [text]
            case .datasource: values = ["prometheus"]
            case .toggle(_, let off): values = [off]
            case .query, .custom, .interval, .unsupported, .adhoc: values = options.first.map { [$0] } ?? [""]
            }
        }
        if case .constant(let text) = kind { values = [text] }
        if case .interval = kind {
            values = values.map { $0 == "auto" || $0.hasPrefix("$__auto") ? automaticInterval(range) : $0 }
        }
        return VariableContext.Choice(
            values: values, texts: values.map { texts[$0] ?? $0 }, isMulti: isMulti || includesAll, isList: isMulti)
    }

    private func automaticInterval(_ range: TimeRange) -> String {
        let length = range.length.count / Int64(max(1, automaticCount ?? 30))
        return max(niceInterval(Milliseconds(length)), automaticMinimum ?? .seconds(1)).description
    }
}

struct VariableReference: Hashable {
    var name: String
    var field: String?
    var format: String?
}

/// Splits a text into what is written and what is a variable, and knows which PromQL quote a variable stands in.
struct InterpolationScanner {
    enum Piece {
        case literal(String)
        case variable(VariableReference, source: String, quote: UInt8?)
    }
    private let bytes: [UInt8]
    private var index = 0
    private var quote: UInt8?

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> Piece? {
        guard index < bytes.count else { return nil }
        if let found = reference(at: index) {
            let source = text(index, found.end)
            index = found.end
            return .variable(found.reference, source: source, quote: quote)
        }
        let start = index
        repeat {
            follow(bytes[index])
            index += 1
        } while index < bytes.count && reference(at: index) == nil
        return .literal(text(start, index))
    }

    private mutating func follow(_ byte: UInt8) {
        if let open = quote {
            if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") {
                // The escaped byte is part of the literal, unless a variable begins there.
                if index + 1 < bytes.count, bytes[index + 1] == open { index += 1 }
            } else if byte == open {
                quote = nil
            }
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
            quote = byte
        }
    }

    private func text(_ from: Int, _ to: Int) -> String {
        String(decoding: bytes[from..<min(to, bytes.count)], as: UTF8.self)
    }

    private func isWord(_ at: Int) -> Bool {
        guard at < bytes.count else { return false }
        let byte = bytes[at]
        return byte == 0x5f || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
    }

    private func reference(at start: Int) -> (reference: VariableReference, end: Int)? {
        guard start + 1 < bytes.count else { return nil }
        if bytes[start] == UInt8(ascii: "$") {
            if bytes[start + 1] == UInt8(ascii: "{") { return braced(start + 2, close: [UInt8(ascii: "}")]) }
            var end = start + 1
            while isWord(end) { end += 1 }
            return end == start + 1 ? nil : (VariableReference(name: text(start + 1, end)), end)
        }
        if bytes[start] == UInt8(ascii: "["), bytes[start + 1] == UInt8(ascii: "[") {
            return braced(start + 2, close: [UInt8(ascii: "]"), UInt8(ascii: "]")])
        }
        return nil
    }

    /// `name.field:format` up to the closing bytes.
    private func braced(_ start: Int, close: [UInt8]) -> (reference: VariableReference, end: Int)? {
        var end = start
        while isWord(end) { end += 1 }
        guard end > start else { return nil }
        var reference = VariableReference(name: text(start, end))
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            let from = end + 1
            while end < bytes.count, bytes[end] != UInt8(ascii: ":"), bytes[end] != close[0] { end += 1 }
            reference.field = text(from, end)
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: ":") {
            let from = end + 1
            while end < bytes.count, bytes[end] != close[0] { end += 1 }
            reference.format = text(from, end)
        }
        guard end + close.count <= bytes.count, bytes[end..<(end + close.count)].elementsEqual(close) else {
            return nil
        }
        return (reference, end + close.count)
    }
}

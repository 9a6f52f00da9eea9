// What may come next at a place in a query, and the piece of text that it would replace.
// Pure: whoever asks fills in the names from a data source and filters them by `typed`.

import MetricModel

/// Completion at a cursor. Source of the places: Prometheus' grammar, see Parser.
public struct Completion: Hashable, Sendable {
    /// A selector as far as it is written, to narrow labels and values down.
    public struct SelectorContext: Hashable, Sendable {
        public var metricName: String?
        /// Complete matchers only, the one being written left out; no matcher on the name.
        public var matchers: [Matcher]
    }

    public enum Expectation: Hashable, Sendable {
        case metricName
        /// Nil: of any series, as in `by (...)` before the vector is written.
        case labelName(of: SelectorContext?)
        case labelValue(label: String, of: SelectorContext)
        case matchOperator
        case function
        case aggregation
        case keyword(String)
        /// `s`, `m`, ... behind digits.
        case durationUnit
        /// A length of time, such as `5m`.
        case duration
    }

    public var expectations: [Expectation]
    /// Bytes that an accepted proposal replaces: all of the word or of the value the cursor is in.
    public var range: SourceRange
    /// The part of the piece before the cursor.
    public var typed: String

    /// `cursor` is a byte offset; outside the text it is taken to the nearest end.
    public init(of query: String, at cursor: Int) {
        let bytes = Array(query.utf8)
        var place = min(max(cursor, 0), bytes.count)
        while place < bytes.count, bytes[place] & 0xc0 == 0x80 { place += 1 }
        var reader = CompletionReader(bytes: bytes, cursor: place)
        self = reader.read()
    }

    fileprivate init(_ expectations: [Expectation], _ range: SourceRange, _ typed: String) {
        self.expectations = expectations
        self.range = range
        self.typed = typed
    }
}

/// Walks the words before the cursor with just enough grammar to know the place.
private struct CompletionReader {
    /// What an open bracket of any kind belongs to.
    private enum Opening {
        case parenthesis
        case call(isAggregation: Bool)
        case labels(Keyword)
        case braces
        case window
        case fill
    }

    private enum Place {
        /// Before an operand: at the start, after an operator, after `(` or `,`.
        case operand
        /// Behind an operator: an operand or a modifier.
        case afterOperator(isComparison: Bool)
        case afterMatching
        case afterGrouping
        case afterOperand(isSelector: Bool, isAggregation: Bool)
        /// Behind the name of an aggregation.
        case afterAggregationName
        case afterAggregationGrouping
        case beforeLabels(Keyword)
        case offset
        case at
        case atCall
    }

    let bytes: [UInt8]
    let cursor: Int
    private var openings: [Opening] = []
    private var place = Place.operand
    /// Names and matchers of the selectors seen, the last one perhaps unfinished.
    private var selectors: [Completion.SelectorContext] = []

    init(bytes: [UInt8], cursor: Int) {
        self.bytes = bytes
        self.cursor = cursor
    }

    private func text(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }

    mutating func read() -> Completion {
        let tokens = Lexer.tokens(of: Array(bytes[..<cursor]))
        var words = tokens[...]
        var piece = SourceRange(cursor, cursor)
        var isQuoted = false
        if let last = words.popLast(), case .invalid = last.kind, last.range.start < cursor {
            // An unfinished string or number, or bytes of no meaning.
            piece = last.range
            isQuoted = bytes[piece.start].isQuote
            if !isQuoted, !bytes[piece.start].isDigit { piece = SourceRange(cursor, cursor) }
        } else if isInsideComment {
            return Completion([], piece, "")
        } else if let last = words.last, last.range.end == cursor, isWord(last) {
            piece = last.range
            words.removeLast()
        }
        for (index, word) in zip(words.indices, words) {
            let following = index + 1 < words.endIndex ? words[index + 1] : nil
            step(word, following)
        }
        let typed = text(isQuoted ? piece.start + 1 : piece.start, cursor)
        if isQuoted { return string(piece, typed, Array(words)) }
        let range = SourceRange(piece.start, endOfWord(from: piece))
        return Completion(expectations(typed, Array(words)), range, typed)
    }

    /// The lexer drops comments; a cursor in one expects nothing.
    private var isInsideComment: Bool {
        var quote: UInt8?
        var index = 0
        var isComment = false
        while index < cursor {
            let byte = bytes[index]
            if isComment {
                if byte == 0x0a || byte == 0x0d { isComment = false }
            } else if let open = quote {
                if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") {
                    index += 1
                } else if byte == open {
                    quote = nil
                }
            } else if byte.isQuote {
                quote = byte
            } else if byte == UInt8(ascii: "#") {
                isComment = true
            }
            index += 1
        }
        return isComment
    }

    private func isWord(_ token: Token) -> Bool {
        switch token.kind {
        case .identifier, .metricIdentifier, .keyword, .number, .duration: true
        default: false
        }
    }

    private func endOfWord(from piece: SourceRange) -> Int {
        guard piece.start < cursor || (cursor < bytes.count && bytes[cursor].isLetter) else { return cursor }
        var end = cursor
        let hasColons = openings.isEmpty || !isInside(.braces)
        while end < bytes.count, bytes[end].isLetterOrDigit || (hasColons && bytes[end] == UInt8(ascii: ":")) {
            end += 1
        }
        return end
    }

    private enum OpeningKind { case braces, window }
    private func isInside(_ kind: OpeningKind) -> Bool {
        switch (openings.last, kind) {
        case (.braces, .braces), (.window, .window): true
        default: false
        }
    }

    // MARK: Walking

    private mutating func step(_ word: Token, _ following: Token?) {
        if isInside(.braces) {
            if word.kind == .rightBrace {
                finishMatchers()
                openings.removeLast()
                place = .afterOperand(isSelector: true, isAggregation: false)
            }
            return
        }
        if isInside(.window) {
            if word.kind == .rightBracket {
                openings.removeLast()
                place = .afterOperand(isSelector: true, isAggregation: false)
            }
            return
        }
        switch word.kind {
        case .leftParen: open()
        case .rightParen: close()
        case .leftBrace:
            if case .afterOperand = place {} else { selectors.append(.init(metricName: nil, matchers: [])) }
            openings.append(.braces)
            bracesStart = word.range.end
        case .leftBracket: openings.append(.window)
        case .comma:
            if case .labels = openings.last { return }
            place = .operand
        case .symbol(let operation):
            switch place {
            case .afterOperand: place = .afterOperator(isComparison: operation.isComparison)
            case .offset, .at: break
            default: place = .operand
            }
        case .at: place = .at
        case .number, .duration, .string: place = .afterOperand(isSelector: false, isAggregation: false)
        case .identifier, .metricIdentifier:
            if following?.kind != .leftParen {
                if case .labels = openings.last { return }
                selectors.append(.init(metricName: text(word.range.start, word.range.end), matchers: []))
                place = .afterOperand(isSelector: true, isAggregation: false)
            } else {
                place = .beforeLabels(.sum)
            }
        case .keyword(let keyword): step(keyword, word, following)
        default: break
        }
    }

    private var bracesStart = 0

    private mutating func step(_ keyword: Keyword, _ word: Token, _ following: Token?) {
        if case .labels = openings.last { return }
        let isOperandNext: Bool
        switch place {
        case .operand, .afterOperator, .afterMatching, .afterGrouping: isOperandNext = true
        default: isOperandNext = false
        }
        switch keyword {
        case .bool: place = .afterOperator(isComparison: false)
        case .on, .ignoring, .groupLeft, .groupRight, .fill, .fillLeft, .fillRight: place = .beforeLabels(keyword)
        case .start, .end:
            if case .at = place { place = .atCall } else { name(word, following) }
        case .by, .without, .and, .or, .unless, .atan2, .offset, .anchored, .smoothed:
            // Where an operand is due these are names of metrics.
            if isOperandNext { name(word, following) } else { modify(keyword) }
        default:
            if keyword.aggregation != nil {
                switch following?.kind {
                case .leftParen, .keyword(.by), .keyword(.without), nil: place = .afterAggregationName
                default: name(word, following)
                }
            } else {
                name(word, following)
            }
        }
    }

    private mutating func modify(_ keyword: Keyword) {
        switch keyword {
        case .by, .without: place = .beforeLabels(keyword)
        case .offset: place = .offset
        case .anchored, .smoothed: place = .afterOperand(isSelector: true, isAggregation: false)
        default: place = .afterOperator(isComparison: false)
        }
    }

    private mutating func name(_ word: Token, _ following: Token?) {
        guard following?.kind != .leftParen else {
            place = .beforeLabels(.sum)
            return
        }
        selectors.append(.init(metricName: text(word.range.start, word.range.end), matchers: []))
        place = .afterOperand(isSelector: true, isAggregation: false)
    }

    private mutating func open() {
        switch place {
        case .beforeLabels(let keyword):
            switch keyword {
            case .on, .ignoring, .groupLeft, .groupRight, .by, .without: openings.append(.labels(keyword))
            case .fill, .fillLeft, .fillRight: openings.append(.fill)
            default: openings.append(.call(isAggregation: false))
            }
        case .afterAggregationName, .afterAggregationGrouping: openings.append(.call(isAggregation: true))
        default: openings.append(.parenthesis)
        }
        place = .operand
    }

    private mutating func close() {
        switch openings.popLast() {
        case .labels(.by), .labels(.without): place = .afterAggregationGrouping
        case .labels(.on), .labels(.ignoring): place = .afterMatching
        case .labels, .fill: place = .afterGrouping
        case .call(let isAggregation): place = .afterOperand(isSelector: false, isAggregation: isAggregation)
        default: place = .afterOperand(isSelector: false, isAggregation: false)
        }
    }

    // MARK: Inside braces

    /// Reads the complete matchers of the braces that begin at `bracesStart` up to the closing one, those behind the
    /// cursor too, and leaves out the one that the cursor is in.
    private mutating func finishMatchers() {
        guard var context = selectors.popLast() else { return }
        var words = Lexer.tokens(of: [UInt8(ascii: "{")] + bytes[bracesStart...], upTo: .rightBrace).dropFirst()
        while let name = words.popFirst(), name.kind != .rightBrace {
            if name.kind == .comma { continue }
            // The braces of the lexer stand where the last byte before `bracesStart` stood.
            let start = name.range.start - 1 + bracesStart
            if case .invalid = name.kind { break }
            let label: String
            if name.kind == .string {
                let end = name.range.end - 1 + bracesStart
                guard let value = try? StringText.unquote(bytes[start..<end]) else { continue }
                label = value
                if words.first?.kind == .comma || words.first?.kind == .rightBrace {
                    if context.metricName == nil { context.metricName = label }
                    continue
                }
            } else {
                label = text(start, name.range.end - 1 + bracesStart)
            }
            let operation: Matcher.Operation
            switch words.first?.kind {
            case .assign: operation = .equal
            case .symbol(.notEqual): operation = .notEqual
            case .matchesRegex: operation = .regex
            case .matchesNotRegex: operation = .notRegex
            default: continue
            }
            words.removeFirst()
            guard let value = words.first, value.kind == .string else { continue }
            words.removeFirst()
            let end = value.range.end - 1 + bracesStart
            let valueStart = value.range.start - 1 + bracesStart
            guard !(start < cursor && cursor <= end),
                let unquoted = try? StringText.unquote(bytes[valueStart..<end]),
                let matcher = try? Matcher(label, operation, unquoted)
            else { continue }
            context.matchers.append(matcher)
        }
        selectors.append(context)
    }

    private mutating func currentSelector() -> Completion.SelectorContext {
        finishMatchers()
        return selectors.last ?? .init(metricName: nil, matchers: [])
    }

    /// An unfinished string before the cursor: a value, or a quoted name.
    private mutating func string(_ piece: SourceRange, _ typed: String, _ words: [Token]) -> Completion {
        var end = cursor
        let quote = bytes[piece.start]
        while end < bytes.count, bytes[end] != quote, bytes[end] != 0x0a { end += 1 }
        // A quote further on may belong to the next matcher; then this value has no end yet.
        let isClosed =
            end < bytes.count && bytes[end] == quote
            && !bytes[cursor..<end].contains { [UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "}")].contains($0) }
        let range = SourceRange(piece.start + 1, isClosed ? end : cursor)
        if isInside(.braces) {
            switch words.last?.kind {
            case .assign, .matchesRegex, .matchesNotRegex, .symbol(.notEqual):
                guard let label = labelBefore(words) else { return Completion([], range, typed) }
                return Completion([.labelValue(label: label, of: currentSelector())], range, typed)
            default:
                let context = currentSelector()
                let names: [Completion.Expectation] = context.metricName == nil ? [.metricName] : []
                return Completion(names + [.labelName(of: context)], range, typed)
            }
        }
        if case .labels = openings.last { return Completion([.labelName(of: labelsContext)], range, typed) }
        return Completion([], range, typed)
    }

    private func labelBefore(_ words: [Token]) -> String? {
        guard words.count >= 2 else { return nil }
        let name = words[words.count - 2]
        if name.kind == .string { return try? StringText.unquote(bytes[name.range.start..<name.range.end]) }
        return name.kind == .identifier ? text(name.range.start, name.range.end) : nil
    }

    // MARK: Expectations

    /// The selector that labels of a grouping most likely belong to: the one written last, else the first one behind.
    private var labelsContext: Completion.SelectorContext? {
        if let last = selectors.last { return last }
        let behind = Lexer.tokens(of: Array(bytes[cursor...]))
        for (index, word) in behind.enumerated() where word.kind == .identifier || word.kind == .metricIdentifier {
            let next = index + 1 < behind.count ? behind[index + 1].kind : .end
            let isInLabels = next == .comma || next == .rightParen
            if next == .leftParen || (isInLabels && !behind[..<index].contains { $0.kind == .leftParen }) { continue }
            let name = text(cursor + word.range.start, cursor + word.range.end)
            return .init(metricName: name, matchers: [])
        }
        return nil
    }

    private mutating func expectations(_ typed: String, _ words: [Token]) -> [Completion.Expectation] {
        let hasDigits = typed.utf8.first?.isDigit ?? false
        if isInside(.braces) {
            switch words.last?.kind {
            case .leftBrace, .comma: return hasDigits ? [] : [.labelName(of: currentSelector())]
            case .identifier: return [.matchOperator]
            case .string where words.count > 1:
                let before = words[words.count - 2].kind
                return before == .leftBrace || before == .comma ? [.matchOperator] : []
            default: return []
            }
        }
        if hasDigits {
            switch place {
            case .offset: return [.durationUnit]
            case .at: return []
            default: return isInside(.window) ? [.durationUnit] : []
            }
        }
        if isInside(.window) {
            let calls = ["step()", "range()", "min_of(", "max_of("].map { Completion.Expectation.keyword($0) }
            switch words.last?.kind {
            case .leftBracket, .colon, .comma, .leftParen, .symbol: return [.duration] + calls
            default: return []
            }
        }
        if case .labels = openings.last {
            let isName = words.last?.kind == .comma || words.last?.kind == .leftParen
            return isName ? [.labelName(of: labelsContext)] : []
        }
        if case .fill = openings.last { return [] }
        return expectationsAtPlace()
    }

    private func keywords(_ words: [Keyword]) -> [Completion.Expectation] { words.map { .keyword($0.rawValue) } }

    private func expectationsAtPlace() -> [Completion.Expectation] {
        let operand: [Completion.Expectation] = [.metricName, .function, .aggregation]
        switch place {
        case .operand: return operand
        case .afterOperator(let isComparison):
            return operand + keywords((isComparison ? [.bool] : []) + [.on, .ignoring, .fill, .fillLeft, .fillRight])
        case .afterMatching: return operand + keywords([.groupLeft, .groupRight, .fill, .fillLeft, .fillRight])
        case .afterGrouping: return operand + keywords([.fill, .fillLeft, .fillRight])
        case .afterAggregationName: return keywords([.by, .without])
        case .afterAggregationGrouping: return keywords([.and, .or, .unless, .atan2])
        case .afterOperand(let isSelector, let isAggregation):
            let modifiers: [Keyword] = isSelector ? [.offset, .anchored, .smoothed] : []
            let grouping: [Keyword] = isAggregation ? [.by, .without] : []
            return keywords(modifiers + grouping + [.and, .or, .unless, .atan2])
        case .beforeLabels, .atCall: return []
        case .offset: return [.duration] + ["step()", "range()"].map { .keyword($0) }
        case .at: return ["start()", "end()"].map { .keyword($0) }
        }
    }
}

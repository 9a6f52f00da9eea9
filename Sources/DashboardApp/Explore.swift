// Explore: one query typed with proposals, its graph and its newest values.
// The state of the editor and what its keys do; the graph and the table are panels that no document has.

import Dashboards
import Frames
import MetricModel
import PromQLSyntax
import Querying

package struct ExploreState: Sendable {
    static let graphID = -10
    static let tableID = -11
    static let treeID = -12
    static let textMost = 20_000
    static let historyMost = 500
    static let proposalsMost = 200

    package private(set) var text = ""
    /// Place in `text`, in characters.
    private(set) var cursor = 0
    package internal(set) var isEditing = true
    /// What is asked: the text as it was when Enter was pressed.
    package private(set) var asked = ""
    /// The oldest first.
    package internal(set) var history: [String] = []
    /// Run since the last look, to be kept for the next run of the program.
    var unremembered: [String] = []
    /// Place in `history` while walking through it; what was typed before waits in `draft`.
    private var historyPlace: Int?
    private var draft = ""
    var tree = TreeState()
    /// First row of the newest values that is shown.
    var tableRow = 0
    /// The query of a panel that was taken over last.
    var taken: String?
    var proposals: [Proposal] = []
    /// Nil: Enter runs the query. Otherwise it takes this proposal.
    var chosenProposal: Int?
    /// Names and values that were asked for, by what they are of.
    var words: [WordQuestion: [String]] = [:]
    var wordsAsked: Set<WordQuestion> = []
    /// When a question got no answer; it is put again after some seconds.
    var wordsFailed: [WordQuestion: Timestamp] = [:]
    static let wordsRetryAfter = Milliseconds.seconds(5)

    struct Proposal: Hashable, Sendable {
        var text: String
        var note: String
        /// Beside the list while this one is chosen.
        var help: String
    }

    /// Labels or values that the backend is asked for while one types.
    package struct WordQuestion: Hashable, Sendable {
        /// Nil: the names of labels.
        package var label: String?
        package var selector: String?
    }

    var completion: Completion { Completion(of: text, at: text.prefix(cursor).utf8.count) }

    // MARK: Editing

    mutating func set(_ text: String) {
        self.text = String(Self.inOneLine(text).filter { !$0.isControl }.prefix(Self.textMost))
        cursor = self.text.count
        chosenProposal = nil
    }

    /// A query of several lines as one: comments end with their line, which then is no more.
    static func inOneLine(_ text: String) -> String {
        guard text.contains(where: \.isNewline) else { return text }
        var line = ""
        var quote: Character?
        var isEscaped = false
        var isComment = false
        for character in text {
            if character.isNewline {
                isComment = false
                // Only raw strings have line feeds within.
                line.append(" ")
            } else if isComment {
                continue
            } else if let open = quote {
                line.append(character)
                if isEscaped {
                    isEscaped = false
                } else if character == "\\", open != "`" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else if character == "#" {
                isComment = true
            } else {
                if "\"'`".contains(character) { quote = character }
                line.append(character)
            }
        }
        return line
    }

    mutating func insert(_ inserted: String) {
        let added = Self.inOneLine(inserted).filter { !$0.isControl }
        guard text.count + added.count <= Self.textMost else { return }
        join(String(text.prefix(cursor)) + added, String(text.dropFirst(cursor)))
    }

    /// The cursor between the two. A mark that joins the character before it makes fewer of them than were put together.
    private mutating func join(_ before: String, _ after: String) {
        text = before + after
        cursor = min(before.count, text.count)
        historyPlace = nil
        chosenProposal = nil
    }

    mutating func deleteBefore() {
        guard cursor > 0 else { return }
        join(String(text.prefix(cursor - 1)), String(text.dropFirst(cursor)))
    }

    mutating func deleteAfter() {
        join(String(text.prefix(cursor)), String(text.dropFirst(cursor + 1)))
    }

    /// The word before the cursor, or the sign, and the blanks after it.
    mutating func deleteWord() {
        var before = text.prefix(cursor)
        while before.last?.isWhitespace == true { before.removeLast() }
        if before.last?.isWord == false {
            before.removeLast()
        } else {
            while before.last?.isWord == true { before.removeLast() }
        }
        join(String(before), String(text.dropFirst(cursor)))
    }

    mutating func deleteToStart() {
        join("", String(text.dropFirst(cursor)))
    }

    mutating func deleteToEnd() {
        join(String(text.prefix(cursor)), "")
    }

    mutating func move(to place: Int) {
        cursor = max(0, min(place, text.count))
        chosenProposal = nil
    }
    mutating func move(by distance: Int) { move(to: cursor + distance) }

    /// Earlier queries for a negative number: those that begin like what was typed, or all when none does.
    mutating func walkHistory(by step: Int) {
        guard step != 0 else { return }
        if historyPlace == nil { draft = text }
        let typed = draft
        let start = history.contains { $0 != typed && $0.hasPrefix(typed) } ? typed : ""
        var place = (historyPlace ?? history.count) + step.signum()
        while history.indices.contains(place), !history[place].hasPrefix(start) || history[place] == text {
            place += step.signum()
        }
        guard place >= 0 else { return }
        set(place < history.count ? history[place] : typed)
        draft = typed
        historyPlace = place < history.count ? place : nil
    }

    /// Of another run of the program, the oldest first.
    mutating func begin(with history: [String]) {
        self.history = Array(history.filter { !$0.isEmpty && $0.count <= Self.textMost }.suffix(Self.historyMost))
    }

    mutating func run() {
        asked = text
        chosenProposal = nil
        proposals = []
        historyPlace = nil
        guard !text.isEmpty else { return }
        history.removeAll { $0 == text }
        history.append(text)
        if history.count > Self.historyMost { history.removeFirst(history.count - Self.historyMost) }
    }

    // MARK: Proposals

    mutating func take(_ proposal: Proposal) {
        let range = completion.range
        let bytes = Array(text.utf8)
        guard range.start <= range.end, range.end <= bytes.count else { return }
        let before = String(decoding: bytes[..<range.start], as: UTF8.self)
        let after = String(decoding: bytes[range.end...], as: UTF8.self)
        // What opens itself does not open twice.
        let opens = proposal.text.last == "(" && after.first == "(" ? String(proposal.text.dropLast()) : proposal.text
        join(before + opens, after)
        proposals = []
    }

    /// The label names or values wanted here that were not asked for yet.
    var wanted: WordQuestion? {
        for expectation in completion.expectations {
            switch expectation {
            case .labelName(let context): return WordQuestion(label: nil, selector: context.map(\.selector))
            case .labelValue(let label, let context): return WordQuestion(label: label, selector: context.selector)
            default: continue
            }
        }
        return nil
    }

    /// Types of metrics that make sense right behind the function's bracket: counters in a rate, gauges in a delta.
    private func wantedKinds(before place: Int) -> Set<String> {
        var before = Array(text.utf8.prefix(place))
        while before.last == UInt8(ascii: " ") { before.removeLast() }
        guard before.popLast() == UInt8(ascii: "(") else { return [] }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let name = before.reversed().prefix { letters.contains($0) || $0 == UInt8(ascii: "_") }.reversed()
        switch BuiltinFunction(rawValue: String(decoding: name, as: UTF8.self)) {
        case .rate, .irate, .increase, .resets:
            return [Metadata.Kind.counter.rawValue, Metadata.Kind.histogram.rawValue, Metadata.Kind.summary.rawValue]
        case .delta, .idelta, .deriv, .predictLinear: return [Metadata.Kind.gauge.rawValue]
        default: return []
        }
    }

    /// What may stand at the cursor, what begins with the typed part first.
    mutating func propose(_ metrics: [MetricEntry]) {
        let place = completion
        let typed = place.typed.lowercased()
        // Nothing typed and nothing special wanted: no list over the picture.
        var found: [Proposal] = []
        for expectation in place.expectations {
            switch expectation {
            case .metricName where !place.typed.isEmpty:
                found += metrics.lazy.filter { $0.name.lowercased().contains(typed) }.map { metric in
                    Proposal(
                        text: metric.name, note: metric.metadata?.kind.rawValue ?? "metric",
                        help: metric.metadata?.help ?? "")
                }
            case .function where !place.typed.isEmpty:
                found += BuiltinFunction.allCases.map {
                    Proposal(text: $0.rawValue + "(", note: "function", help: $0.usage + "  " + $0.summary)
                }
            case .aggregation where !place.typed.isEmpty:
                found += AggregationOperator.allCases.map {
                    Proposal(text: $0.rawValue, note: "aggregation", help: $0.summary)
                }
            case .keyword(let word) where !place.typed.isEmpty:
                found.append(Proposal(text: word, note: "keyword", help: ""))
            case .labelName, .labelValue:
                guard let wanted else { continue }
                let isValue = wanted.label != nil
                found += (words[wanted] ?? []).map { word in
                    let quoted = isValue ? String(word.quotedForPrometheus.dropFirst().dropLast()) : word
                    return Proposal(text: quoted, note: isValue ? "value" : "label", help: "")
                }
            case .duration:
                found += ["1m", "5m", "15m", "1h"].map { Proposal(text: $0, note: "window", help: "") }
            default: continue
            }
        }
        let begin = found.filter { $0.text.lowercased().hasPrefix(typed) && $0.text != place.typed }
        let within =
            typed.isEmpty
            ? [] : found.filter { !$0.text.lowercased().hasPrefix(typed) && $0.text.lowercased().contains(typed) }
        // What the function around it is made for comes first, then what is short: it is nearer to what was typed. Where
        // nothing was, the order is the backend's.
        let kinds = wantedKinds(before: place.range.start)
        func rank(_ proposal: Proposal) -> (Int, Int, String) {
            (kinds.contains(proposal.note) ? 0 : 1, proposal.text.utf8.count, proposal.text)
        }
        let ordered = typed.isEmpty ? begin : begin.sorted { rank($0) < rank($1) }
        let others = kinds.isEmpty ? within : within.filter { rank($0).0 == 0 } + within.filter { rank($0).0 == 1 }
        proposals = Array((ordered + others).prefix(Self.proposalsMost))
        if let chosen = chosenProposal, chosen >= proposals.count { chosenProposal = nil }
    }
}

extension Character {
    fileprivate var isWord: Bool { isLetter || isNumber || self == "_" || self == ":" }
}

extension Completion.SelectorContext {
    fileprivate var selector: String {
        let name = metricName.map { ["__name__=\($0.quotedForPrometheus)"] } ?? []
        return "{" + (name + matchers.map(\.description)).joined(separator: ",") + "}"
    }
}

extension AppState {
    mutating func openExplore() {
        // The query of the panel at hand is where one starts from; what was typed before is in the history.
        if screen == .dashboard, let id = panelAtHand, let query = panels[id]?.plan?.queries.first?.expression,
            explore.taken != query
        {
            explore.taken = query
            explore.set(query)
            runExplore()
        }
        show(.explore)
        explore.isEditing = true
    }

    /// From elsewhere: the query is asked at once.
    mutating func explore(_ query: String) {
        explore.set(query)
        runExplore()
        show(.explore)
        explore.isEditing = false
    }

    /// Asks the query that is written; a picture of another one is no answer to it.
    private mutating func runExplore() {
        explore.run()
        if !explore.asked.isEmpty { explore.unremembered.append(explore.asked) }
        for id in [ExploreState.graphID, ExploreState.tableID, Self.pastID(of: ExploreState.graphID)] {
            panels[id] = PanelState(
                generation: panels[id]?.generation ?? generationFloor, version: (panels[id]?.version ?? 0) + 1)
        }
        hiddenSeries[ExploreState.graphID] = nil
        explore.tableRow = 0
        growTree()
    }

    /// The graph and the table of the query that is asked.
    var explorePanels: [Panel] {
        guard !explore.asked.isEmpty else { return [] }
        var graph = Panel(
            id: ExploreState.graphID, kind: .timeSeries(TimeSeriesOptions()), title: "Graph",
            position: GridPosition(x: 0, y: 0, width: 24, height: 10))
        graph.targets = [PanelTarget(refID: "A", expression: explore.asked)]
        var table = Panel(
            id: ExploreState.tableID, kind: .table(TableOptions()), title: "Newest values",
            position: GridPosition(x: 0, y: 10, width: 24, height: 10))
        table.targets = [PanelTarget(refID: "A", expression: explore.asked)]
        table.targets[0].isInstant = true
        table.targets[0].isTable = true
        return [graph, table]
    }

    var explorePlacements: [Placement] {
        let area = exploreArea
        guard area.height >= 3 else { return [] }
        let panels = explorePanels
        guard panels.count == 2 else { return [] }
        let graphHeight = area.height < 12 ? area.height : area.height * 3 / 5
        var rects = [
            Rect(x: area.x, y: area.y, width: area.width, height: graphHeight),
            Rect(x: area.x, y: area.y + graphHeight, width: area.width, height: area.height - graphHeight),
        ]
        if let tree = treeRect {
            if tree.y == area.y {
                rects[0].x += tree.width
                rects[0].width -= tree.width
            } else {
                rects[1].height = 0
            }
        }
        return zip(panels, rects).filter { !$0.1.isEmpty }.map { Placement(panel: $0.0, rect: $0.1) }
    }

    /// Keys of the editor. Nil: the key means what it means on every screen.
    mutating func takeInExplore(_ key: Key) -> [Effect]? {
        guard screen == .explore else { return nil }
        guard explore.isEditing else {
            if let effects = takeInTree(key) { return effects }
            if scrollExploreTable(key) { return [] }
            switch keys.look(up: [key]) {
            case .action(.explore), .action(.search), .action(.open): explore.isEditing = true
            case .nothing where key == .character("i"): explore.isEditing = true
            case .action(.back) where crosshair == nil: show(.dashboard)
            default: return nil
            }
            return []
        }
        switch key {
        case .escape:
            if explore.proposals.isEmpty || explore.chosenProposal == nil { explore.isEditing = false }
            explore.proposals = []
            explore.chosenProposal = nil
            return []
        case .enter:
            if let chosen = explore.chosenProposal, explore.proposals.indices.contains(chosen) {
                explore.take(explore.proposals[chosen])
            } else {
                runExplore()
                return []
            }
        case .tab:
            guard !explore.proposals.isEmpty else { return [] }
            explore.take(explore.proposals[min(explore.chosenProposal ?? 0, explore.proposals.count - 1)])
        case .down where !explore.proposals.isEmpty:
            explore.chosenProposal = min((explore.chosenProposal ?? -1) + 1, explore.proposals.count - 1)
            return []
        case .up where explore.chosenProposal != nil:
            explore.chosenProposal = explore.chosenProposal.flatMap { $0 > 0 ? $0 - 1 : nil }
            return []
        case .up, .control("p"):
            explore.walkHistory(by: -1)
            return []
        case .down, .control("n"):
            explore.walkHistory(by: 1)
            return []
        case .left: explore.move(by: -1)
        case .right: explore.move(by: 1)
        case .home, .control("a"): explore.move(to: 0)
        case .end, .control("e"): explore.move(to: .max)
        case .backspace: explore.deleteBefore()
        case .delete: explore.deleteAfter()
        case .control("w"): explore.deleteWord()
        case .control("u"): explore.deleteToStart()
        case .control("k"): explore.deleteToEnd()
        case .character(let character): explore.insert(String(character))
        // Where one types, a key with Alt is none of Escape and that key.
        case .alt: return []
        default: return nil
        }
        explore.propose(metrics)
        return []
    }

    /// By pages, as far as there are rows.
    private mutating func scrollExploreTable(_ key: Key) -> Bool {
        guard [.pageDown, .pageUp, .home, .end].contains(key),
            let rect = explorePlacements.first(where: { $0.panel.id == ExploreState.tableID })?.rect,
            case .table(let table)? = panels[ExploreState.tableID]?.data?.content
        else { return false }
        let page = max(1, rect.height - 4)
        let count = table.columns.first?.cells.count ?? 0
        switch key {
        case .pageDown: explore.tableRow += page
        case .pageUp: explore.tableRow -= page
        case .home: explore.tableRow = 0
        default: explore.tableRow = count
        }
        explore.tableRow = max(0, min(explore.tableRow, count - page))
        return true
    }

    /// Metrics once, labels and values as the cursor gets to them.
    mutating func exploreQuestions() -> [Effect] {
        guard screen == .explore else { return [] }
        var effects = treeQuestions()
        if explore.isEditing, let wanted = explore.wanted, !explore.wordsAsked.contains(wanted) {
            if let failed = explore.wordsFailed[wanted], now - failed < ExploreState.wordsRetryAfter { return effects }
            // Names come and go: what was learnt long ago is forgotten with the rest.
            if explore.wordsAsked.count >= 200 {
                explore.wordsAsked = []
                explore.words = [:]
                explore.wordsFailed = [:]
            }
            explore.wordsAsked.insert(wanted)
            effects.append(.fetchWords(wanted, time.range(now: now)))
        }
        return effects
    }

    /// Nil: there was no answer.
    mutating func take(_ words: [String]?, of question: ExploreState.WordQuestion) {
        guard let words else {
            explore.wordsAsked.remove(question)
            explore.wordsFailed[question] = now
            return
        }
        explore.words[question] = words
        if screen == .explore, explore.isEditing { explore.propose(metrics) }
    }

    /// False for what means the same on every screen: the dashboard behind Explore is left as it is.
    func isNothingInExplore(_ action: Action) -> Bool {
        guard screen == .explore else { return false }
        switch action {
        case .open, .variables, .links, .nextTab, .previousTab, .expandRows, .collapseRows, .focusNext, .focusPrevious,
            .focusUp, .focusDown, .focusLeft, .focusRight, .scrollPageUp, .scrollPageDown, .scrollHalfUp,
            .scrollHalfDown, .scrollTop, .scrollBottom, .kiosk, .previousDashboard:
            return true
        default: return false
        }
    }
}

/// Names of labels or values of one, of the series that are selected.
func words(
    _ question: ExploreState.WordQuestion, from backend: any QueryBackend, over range: TimeRange
) async -> [String]? {
    let selectors = question.selector.map { $0 == "{}" ? [] : [$0] } ?? []
    let limit = 5000
    do throws(QueryFailure) {
        if let label = question.label {
            return try await backend.labelValues(label, selectors, start: range.start, end: range.end, limit: limit)
        }
        return try await backend.labelNames(selectors, start: range.start, end: range.end, limit: limit)
    } catch {
        // Who cannot be asked proposes nothing; the query itself will say why.
        return nil
    }
}

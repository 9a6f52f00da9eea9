// The tree of a query's sub-expressions, each with what it comes to: where in a long query the answer is lost.
// Made from the text that Explore asks; its questions go the way of panels' questions, its answers come back to it.

import Dashboards
import Frames
import MetricModel
import Panels
import PromQLSyntax
import Querying

/// Sub-expressions from the whole to the selectors; literals and parentheses stand within their parents.
struct ExpressionTree: Sendable, Hashable {
    /// More are not asked; queries of such size are made by programs.
    static let nodesMost = 40

    struct Node: Sendable, Hashable {
        /// What the node adds to its children: `sum by (mode)`, `/ on (job)`, `up{job="a"}`.
        var words: String
        /// The sub-expression as it stands in the query.
        var query: String
        /// What is asked for its result: of a range the count of its samples, not they themselves.
        var asked: String
        var isRange = false
        /// Of each ancestor below the root and of the node itself: whether it is the last of its parent's.
        var lastOnWay: [Bool]
    }
    private(set) var nodes: [Node] = []
    private(set) var isCut = false

    init(_ expression: Expression, text: String) {
        let bytes = Array(text.utf8)
        func exact(_ range: SourceRange) -> String {
            guard range.start >= 0, range.start <= range.end, range.end <= bytes.count else { return "" }
            return String(decoding: bytes[range.start..<range.end], as: UTF8.self)
        }
        func source(_ start: Int, _ end: Int) -> String {
            exact(SourceRange(start, end)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        /// The text of the node without its children's, which stand beneath; an ellipsis where a child among arguments was.
        func words(_ expression: Expression) -> String {
            switch expression {
            case .aggregation(let node):
                let grouping =
                    node.grouping.isEmpty && !node.isWithout
                    ? ""
                    : " \(node.isWithout ? "without" : "by") (\(node.grouping.joined(separator: ", ")))"
                let parameter = node.parameter.map { parameter -> String in
                    parameter.isLiteral ? "(\(source(parameter.range.start, parameter.range.end)), …)" : "(…, …)"
                }
                return node.operation.rawValue + (parameter ?? "") + grouping
            case .call(let node):
                guard node.arguments.contains(where: \.isLiteral) else { return node.function.rawValue }
                let arguments = node.arguments.map { $0.isLiteral ? source($0.range.start, $0.range.end) : "…" }
                return "\(node.function.rawValue)(\(arguments.joined(separator: ", ")))"
            case .binary(let node):
                let operation = source(node.operatorRange.start, node.operatorRange.end)
                let left = node.left.isLiteral ? source(node.left.range.start, node.left.range.end) + " " : ""
                let right = node.right.isLiteral ? " " + source(node.right.range.start, node.right.range.end) : ""
                return left + operation + right
            case .unary(let node): return node.isNegation ? "-" : "+"
            case .subquery(let node): return source(node.expression.range.end, node.range.end)
            case .parenthesized, .number, .string, .vectorSelector, .matrixSelector:
                return source(expression.range.start, expression.range.end)
            }
        }
        func add(_ expression: Expression, _ way: [Bool]) {
            if case .parenthesized(let node) = expression { return add(node.expression, way) }
            guard nodes.count < Self.nodesMost else {
                isCut = true
                return
            }
            let query = exact(expression.range)
            var node = Node(words: words(expression), query: query, asked: query, lastOnWay: way)
            if expression.isCountableRange {
                node.isRange = true
                node.asked = "count_over_time(\(query))"
            }
            nodes.append(node)
            let children = expression.parts.filter { !$0.isLiteral }
            for (index, child) in children.enumerated() { add(child, way + [index == children.count - 1]) }
        }
        add(expression, [])
    }
}

extension Expression {
    fileprivate var isLiteral: Bool {
        switch self {
        case .number, .string: true
        case .unary(let node): node.expression.isLiteral
        case .parenthesized(let node): node.expression.isLiteral
        default: false
        }
    }

    /// Anchored and smoothed ranges are for a few functions only.
    fileprivate var isCountableRange: Bool {
        switch self {
        case .subquery: true
        case .matrixSelector(let node): !node.selector.isAnchored && !node.selector.isSmoothed
        default: false
        }
    }

    fileprivate var parts: [Expression] {
        switch self {
        case .number, .string, .vectorSelector, .matrixSelector: []
        case .subquery(let node): [node.expression]
        case .call(let node): node.arguments
        case .aggregation(let node): (node.parameter.map { [$0] } ?? []) + [node.expression]
        case .binary(let node): [node.left, node.right]
        case .unary(let node): [node.expression]
        case .parenthesized(let node): [node.expression]
        }
    }
}

/// What is known of the tree's nodes.
struct TreeState: Sendable {
    /// The query it is of; another one begins anew.
    fileprivate(set) var text = ""
    fileprivate(set) var tree: ExpressionTree?
    /// By node.
    fileprivate(set) var results: [Int: NodeResult] = [:]
    fileprivate(set) var generation = 0
    fileprivate(set) var isInFlight = false
    fileprivate var asked: (view: TimeView, revision: Int, at: Timestamp)?
    /// The node whose sub-expression Enter explores.
    var selected: Int?
    /// On a narrow screen: the tree in the place of the newest values.
    var isChosen = false

    /// The question under way is given up.
    mutating func leave() {
        isInFlight = false
        asked = nil
    }

    struct NodeResult: Hashable, Sendable {
        var words: String
        var isError = false
        var isEmpty = false
        /// Nil where nobody measured.
        var took: Milliseconds?
    }
}

extension AppState {
    /// Node counts change slowly, and forty questions a second would be a load of their own.
    private static let treeIntervalMost = Milliseconds.seconds(5)
    /// Parts that took so long together are asked with every refresh.
    private static let treeCostLeast = Milliseconds(50)
    /// A server is asked by others, too.
    private static let treeIntervalOfServer = Milliseconds.seconds(30)
    /// Narrower, the tree would leave the graph no room beside it.
    private static let treeBesideWidth = 100

    private var treeInterval: Milliseconds {
        if sourceName != nil { return Self.treeIntervalOfServer }
        let times = explore.tree.results.values.map(\.took)
        let isCheap = !times.isEmpty && !times.contains(nil)
        let cost = times.reduce(Int64(0)) { $0 + ($1?.count ?? 0) }
        return isCheap && cost <= Self.treeCostLeast.count ? .zero : Self.treeIntervalMost
    }

    /// Nil: there is none, or no room for it.
    var treeRect: Rect? {
        guard screen == .explore, let tree = explore.tree.tree, tree.nodes.count > 1 else { return nil }
        let area = exploreArea
        guard area.height >= 6, area.width >= 30 else { return nil }
        let graphHeight = area.height < 12 ? area.height : area.height * 3 / 5
        if area.width >= Self.treeBesideWidth {
            return Rect(x: area.x, y: area.y, width: treeWidth(tree, of: area.width), height: graphHeight)
        }
        guard explore.tree.isChosen, area.height >= 12 else { return nil }
        return Rect(x: area.x, y: area.y + graphHeight, width: area.width, height: area.height - graphHeight)
    }

    private func treeWidth(_ tree: ExpressionTree, of width: Int) -> Int {
        let wanted = tree.nodes.map { TextWidth.cells(of: $0.words) + $0.lastOnWay.count * 3 }.max() ?? 0
        return min(max(wanted + 34, 48), width / 2)
    }

    /// The tree of the query that is asked; a query with a mistake has none.
    mutating func growTree() {
        guard explore.tree.text != explore.asked else { return }
        let isChosen = explore.tree.isChosen
        let generation = explore.tree.generation
        explore.tree = TreeState()
        explore.tree.isChosen = isChosen
        explore.tree.generation = generation
        explore.tree.text = explore.asked
        // What is wrong with it is said beneath the query.
        guard let expression = try? Expression(parsing: explore.asked) else { return }
        explore.tree.tree = ExpressionTree(expression, text: explore.asked)
    }

    /// One instant query for each node, when they are due and the tree is on the screen.
    mutating func treeQuestions() -> [Effect] {
        guard treeRect != nil, let tree = explore.tree.tree else { return [] }
        if let asked = explore.tree.asked, asked.view == time, asked.revision == revision {
            guard time.isLive, !explore.tree.isInFlight, let refreshNow else { return [] }
            let passed = now - asked.at
            guard
                passed.count < 0
                    || passed >= max(refreshNow, treeInterval)
            else { return [] }
        }
        let range = time.range(now: now)
        // What was found of another time is no answer to this one.
        if explore.tree.asked?.view != time { explore.tree.results = [:] }
        explore.tree.asked = (time, revision, now)
        explore.tree.generation += 1
        explore.tree.isInFlight = true
        let queries = tree.nodes.enumerated().map { index, node in
            PlannedQuery(
                refID: String(index), request: .instant(InstantRequest(query: node.asked, time: range.end)),
                step: range.length)
        }
        return [
            .query(
                PanelQuestion(
                    panel: ExploreState.treeID, generation: explore.tree.generation, queries: queries,
                    wantsReasons: false))
        ]
    }

    mutating func takeTree(_ answers: PanelAnswers, took: [String: Milliseconds], generation: Int) {
        guard generation == explore.tree.generation, let tree = explore.tree.tree else { return }
        explore.tree.isInFlight = false
        for index in tree.nodes.indices {
            guard let answer = answers[String(index)] else { continue }
            explore.tree.results[index] = Self.words(
                of: answer, isRange: tree.nodes[index].isRange, took: took[String(index)])
        }
    }

    private static func words(
        of answer: Result<QueryResult, QueryFailure>, isRange: Bool, took: Milliseconds?
    ) -> TreeState.NodeResult {
        switch answer {
        case .failure(let failure):
            return TreeState.NodeResult(words: failure.description, isError: true, took: took)
        case .success(let result):
            switch result.value {
            case .scalar(_, let number):
                return TreeState.NodeResult(words: UnitFormatter.format(number, unit: "short").description, took: took)
            case .string(_, let text): return TreeState.NodeResult(words: text, took: took)
            case .vector(let elements) where isRange:
                let samples = elements.reduce(0.0) { sum, element in
                    if case .float(let number) = element.value { sum + number } else { sum }
                }
                let count = UnitFormatter.format(samples, unit: "short")
                let words = "\(elements.count) series  \(count)\(count.suffix.isEmpty ? " samples" : "")"
                return TreeState.NodeResult(words: words, isEmpty: elements.isEmpty, took: took)
            case .vector(let elements):
                var words = "\(elements.count) series"
                if elements.count == 1, case .float(let number)? = elements.first?.value {
                    words += "  = " + UnitFormatter.format(number, unit: "short").description
                }
                return TreeState.NodeResult(words: words, isEmpty: elements.isEmpty, took: took)
            case .matrix(let series):
                let samples = series.reduce(0) { $0 + $1.timestamps.count }
                let count = UnitFormatter.format(Double(samples), unit: "short")
                let words = "\(series.count) series  \(count)\(count.suffix.isEmpty ? " samples" : "")"
                return TreeState.NodeResult(words: words, isEmpty: series.isEmpty, took: took)
            }
        }
    }

    // MARK: Keys

    /// Arrows walk the tree; Enter asks the sub-expression at hand. Nil: the key means something else.
    mutating func takeInTree(_ key: Key) -> [Effect]? {
        guard crosshair == nil else { return nil }
        let meaning = keys.look(up: [key])
        if meaning == .action(.focusNext), explore.tree.tree.map({ $0.nodes.count > 1 }) == true,
            size.width < Self.treeBesideWidth
        {
            explore.tree.isChosen.toggle()
            return []
        }
        guard treeRect != nil, let tree = explore.tree.tree else { return nil }
        let last = tree.nodes.count - 1
        switch meaning {
        case .action(.focusDown): explore.tree.selected = explore.tree.selected.map { min($0 + 1, last) } ?? 0
        case .action(.focusUp): explore.tree.selected = explore.tree.selected.flatMap { $0 > 0 ? $0 - 1 : nil }
        case .action(.open):
            guard let selected = explore.tree.selected, selected > 0, tree.nodes.indices.contains(selected) else {
                return nil
            }
            explore(tree.nodes[selected].query)
        default: return nil
        }
        return []
    }

    var treeKeys: [(String, String)] {
        guard let tree = explore.tree.tree, tree.nodes.count > 1 else { return [] }
        if treeRect != nil { return [(hint(.focusDown, .focusUp), "parts"), (hint(.open), "explore part")] }
        return size.width < Self.treeBesideWidth && exploreArea.height >= 12 ? [(hint(.focusNext), "tree")] : []
    }

    // MARK: Drawing

    func drawTree(into frame: inout Frame) {
        guard let rect = treeRect, let tree = explore.tree.tree else { return }
        frame.fill(rect, with: Cell())
        frame.drawBox(rect, style: theme.border)
        frame.put(StyledText(" Tree ", theme.title), x: rect.x + 2, y: rect.y)
        let rows = rect.height - 2
        let first = max(0, min((explore.tree.selected ?? 0) - rows / 2, tree.nodes.count - rows))
        for row in 0..<max(0, rows) where first + row < tree.nodes.count {
            let index = first + row
            let node = tree.nodes[index]
            let y = rect.y + 1 + row
            var end = rect.maxX - 2
            var way = ""
            for (level, isLast) in node.lastOnWay.enumerated() {
                let isOwn = level == node.lastOnWay.count - 1
                way += isOwn ? (isLast ? "└─ " : "├─ ") : (isLast ? "   " : "│  ")
            }
            let words = StyledText(way, chrome.dim) + StyledText(node.words)
            let (result, took) = treeText(of: index)
            // The time is the first to give way, then the expression's end.
            if words.width + result.width + Self.treeTimeCells + 1 <= rect.width - 4 {
                frame.put(took, x: end - took.width, y: y)
                end -= Self.treeTimeCells
            }
            let start = end - min(result.width, rect.width / 2)
            frame.put(result, x: start, y: y, limit: end)
            frame.put(words, x: rect.x + 2, y: y, limit: start - 1)
            if index == explore.tree.selected {
                frame.restyle(Rect(x: rect.x + 1, y: y, width: rect.width - 2, height: 1)) {
                    $0.attributes.formUnion(.reverse)
                }
            }
        }
        let hidden = tree.nodes.count - rows
        if hidden > 0 || tree.isCut {
            let words = StyledText(tree.isCut ? " the first \(tree.nodes.count) parts " : " +\(hidden) ", chrome.dim)
            frame.put(words, x: max(rect.x + 1, rect.maxX - words.width - 2), y: rect.maxY - 1)
        }
    }

    /// Cells of the widest time and the gap before it.
    private static let treeTimeCells = 9

    private func treeText(of index: Int) -> (StyledText, took: StyledText) {
        guard let result = explore.tree.results[index] else {
            return (StyledText(explore.tree.isInFlight ? "…" : "", chrome.dim), StyledText())
        }
        let took = result.took.map { $0 < Milliseconds(1) ? "<1 ms" : "\($0.count) ms" } ?? ""
        if result.isError { return (StyledText("✗ " + result.words, chrome.bad), StyledText()) }
        return (
            StyledText(result.words, result.isEmpty ? chrome.warning : chrome.plain), StyledText(took, chrome.dim)
        )
    }
}

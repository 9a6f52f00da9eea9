// Panels of one line each that belong together become one: `heap used`, `heap free` and their like share a graph.
// Called for the drafts of one row; DocumentWriting lays out what is left.

enum PanelMerging {
    /// Lines of a merged panel.
    static let linesMax = 6
    /// A line a thousand times lower than the highest would lie on the axis.
    static let spreadMost = 1000.0

    /// - `depth`: words that all names of the row begin with.
    static func merged(_ drafts: [PanelDraft], depth: Int) -> [PanelDraft] {
        var byKey: [String: [PanelDraft]] = [:]
        var result: [PanelDraft] = []
        for draft in paired(drafts) {
            if let key = draft.mergeKey {
                byKey["\(draft.isQuiet) \(key)", default: []].append(draft)
            } else {
                result.append(draft)
            }
        }
        for (_, group) in byKey.sorted(by: { $0.key < $1.key }) { result += joined(group, depth, row: depth) }
        return result
    }

    // MARK: One line each

    /// Those that share more words first; what is left over shares a panel when it is alike in size.
    private static func joined(_ group: [PanelDraft], _ depth: Int, row: Int) -> [PanelDraft] {
        if group.count <= 1 { return group }
        var byWord: [String: [PanelDraft]] = [:]
        for draft in group {
            byWord[draft.words.count > depth + 1 ? draft.words[depth] : "", default: []].append(draft)
        }
        var result: [PanelDraft] = []
        var single: [PanelDraft] = []
        if byWord.count == 1, let only = byWord.first, !only.key.isEmpty {
            // All of them share one more word.
            return joined(group, depth + 1, row: row)
        }
        for (word, members) in byWord.sorted(by: { $0.key < $1.key }) {
            if word.isEmpty || members.count == 1 {
                single += members
            } else {
                result += joined(members, depth + 1, row: row)
            }
        }
        return result + chunks(single, depth: row)
    }

    private static func chunks(_ drafts: [PanelDraft], depth: Int) -> [PanelDraft] {
        var result: [PanelDraft] = []
        var chunk: [PanelDraft] = []
        for draft in drafts.sorted(by: { ($1.magnitude, $0.words.joined()) < ($0.magnitude, $1.words.joined()) }) {
            if let first = chunk.first,
                chunk.count == linesMax || first.magnitude > draft.magnitude * spreadMost && draft.magnitude > 0
            {
                result.append(one(chunk, depth: depth))
                chunk = []
            }
            chunk.append(draft)
        }
        if !chunk.isEmpty { result.append(one(chunk, depth: depth)) }
        return result
    }

    private static func one(_ drafts: [PanelDraft], depth: Int) -> PanelDraft {
        guard var made = drafts.first, drafts.count > 1 else { return drafts[0] }
        let common = commonPrefix(drafts.map(\.words))
        let sharedSuffix = Set(drafts.map(\.suffix)).count == 1 ? made.suffix : ""
        made.queries = drafts.flatMap { draft -> [PanelDraft.Query] in
            let rest = draft.words.dropFirst(common)
            // Where only the unit is left, the last word that all have says more.
            let isMute = rest.allSatisfy(Wording.isMute)
            let legend = Wording.title(isMute ? Array(draft.words.prefix(max(1, common)).suffix(1)) : Array(rest))
            return draft.queries.map { .init(expression: $0.expression, legend: legend) }
        }
        made.suffix = sharedSuffix
        if common > depth {
            made.words = Array(made.words.prefix(common))
        } else {
            // Nothing in common but the row: the first names and how many more there are.
            let names = made.queries.map(\.legend)
            let shown = names.prefix(2).joined(separator: ", ")
            made.words =
                Array(made.words.prefix(depth)) + [names.count > 2 ? "\(shown) and \(names.count - 2) more" : shown]
        }
        made.help = drafts.map { draft in
            draft.help.isEmpty ? draft.words.joined(separator: " ") : draft.help
        }.joined(separator: " · ")
        made.families = drafts.flatMap(\.families)
        made.lineCount = made.queries.count
        made.sortsLegend = false
        made.mergeKey = nil
        return made
    }

    static func commonPrefix(_ lists: [[String]]) -> Int {
        guard let first = lists.first else { return 0 }
        var count = first.count
        for list in lists.dropFirst() {
            count = min(count, zip(first, list).prefix { $0 == $1 }.count)
        }
        return count
    }

    // MARK: Opposites

    private static let opposites: [(String, String)] = [
        ("receive", "transmit"), ("received", "sent"), ("received", "transmitted"), ("rx", "tx"), ("in", "out"),
        ("input", "output"), ("read", "written"), ("read", "write"), ("reads", "writes"), ("read", "wrote"),
        ("reads", "written"), ("hits", "misses"), ("success", "failure"), ("succeeded", "failed"),
        ("success", "failed"), ("opened", "closed"), ("started", "finished"), ("allocs", "frees"),
    ]

    /// Two graphs of the same labels whose names differ in a word and its opposite.
    private static func paired(_ drafts: [PanelDraft]) -> [PanelDraft] {
        var result: [PanelDraft] = []
        var places: [String: Int] = [:]
        for draft in drafts {
            guard draft.look == .graph, draft.queries.count == 1, draft.lineCount * 2 <= PanelDrafting.linesMax,
                let (key, word) = pairKey(draft)
            else {
                result.append(draft)
                continue
            }
            guard let place = places.removeValue(forKey: key), let other = pairKey(result[place])?.word else {
                places[key] = result.count
                result.append(draft)
                continue
            }
            var made = result[place]
            func named(_ query: PanelDraft.Query, _ word: String, _ draft: PanelDraft) -> PanelDraft.Query {
                let isOne = draft.mergeKey != nil
                return .init(
                    expression: query.expression, legend: isOne ? word : "\(query.legend) \(word)")
            }
            made.queries = [named(made.queries[0], other, made), named(draft.queries[0], word, draft)]
            made.words = made.words.flatMap { $0 == other ? [other, word] : [$0] }
            made.families += draft.families
            made.isQuiet = made.isQuiet && draft.isQuiet
            made.help += made.help.isEmpty || draft.help.isEmpty ? draft.help : " · " + draft.help
            made.lineCount += draft.lineCount
            made.sortsLegend = false
            made.mergeKey = nil
            result[place] = made
        }
        return result
    }

    /// The same for two that are each other's opposite.
    private static func pairKey(_ draft: PanelDraft) -> (key: String, word: String)? {
        for (place, word) in draft.words.enumerated() {
            guard let pair = opposites.first(where: { $0.0 == word.lowercased() || $0.1 == word.lowercased() }) else {
                continue
            }
            var rest = draft.words
            rest[place] = pair.0 + "/" + pair.1
            return (rest.joined(separator: "_") + draft.suffix + (draft.unit ?? ""), word)
        }
        return nil
    }
}

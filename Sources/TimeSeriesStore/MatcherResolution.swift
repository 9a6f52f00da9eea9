// Matchers to series slots: which postings to intersect, which to take away.
// Reads LabelIndex under its lock only to take arrays out; patterns run outside.

import LinearRegex
import MetricModel

extension LabelIndex {
    /// What one matcher needs from the index.
    enum Candidates {
        /// Postings to unite, already settled.
        case settled([Posting])
        /// Values whose test has yet to be run.
        case values([(value: String, posting: Posting)])
    }

    /// The postings of a matcher's label. For a matcher that takes the absent label, what must be told is which values
    /// it refuses; then `.settled` holds refused postings and `.values` all values.
    func candidates(_ matcher: Matcher) -> Candidates {
        switch matcher.operation {
        case .equal where !matcher.value.isEmpty, .notEqual where !matcher.value.isEmpty:
            return .settled(pair(Label(matcher.name, matcher.value)).map { [pairs[Int($0)].posting] } ?? [])
        case .equal, .notEqual:
            // Empty: the label must be absent, or present with any value.
            guard let name = nameID(matcher.name) else { return .settled([]) }
            return .settled(names[Int(name)].pairs.map { pairs[Int($0)].posting })
        case .regex where !matcher.matchesEmpty:
            // A pattern that is a few texts is looked up like as many equalities.
            if let texts = matcher.pattern?.literalSet {
                let found = Set(texts.compactMap { pair(Label(matcher.name, $0)) })  // a text may be there twice
                return .settled(found.map { pairs[Int($0)].posting })
            }
            return values(matcher)
        case .regex, .notRegex:
            return values(matcher)
        }
    }

    private func values(_ matcher: Matcher) -> Candidates {
        guard let name = nameID(matcher.name) else { return .settled([]) }
        var values: [(value: String, posting: Posting)] = []
        values.reserveCapacity(names[Int(name)].pairs.count)
        for id in names[Int(name)].pairs {
            values.append((pairs[Int(id)].label.value, pairs[Int(id)].posting))
        }
        return .values(values)
    }
}

/// Resolves a set of matchers; all must hold.
struct MatcherResolution {
    let candidates: [(matcher: Matcher, takesAbsent: Bool, postings: LabelIndex.Candidates)]
    /// All live slots, taken only when no matcher narrows the choice.
    let live: SlotSet
    let slotCount: Int

    /// Call under the index' lock; `slots()` is called after it.
    init(_ matchers: [Matcher], _ emptyMatches: [Bool], _ index: borrowing LabelIndex) {
        var candidates: [(matcher: Matcher, takesAbsent: Bool, postings: LabelIndex.Candidates)] = []
        for (matcher, takesAbsent) in zip(matchers, emptyMatches) {
            candidates.append((matcher, takesAbsent, index.candidates(matcher)))
        }
        self.candidates = candidates
        live = emptyMatches.allSatisfy({ $0 }) ? index.live : SlotSet(capacity: 0)
        slotCount = index.slotCount
    }

    /// Slots of the series that satisfy every matcher, ascending.
    func slots(_ pace: inout WorkPace) throws(SourceFailure) -> [UInt32] {
        var lists: [[UInt32]] = []
        var refused: [Posting] = []
        for (matcher, takesAbsent, candidates) in candidates {
            if takesAbsent {
                refused += try postings(candidates, &pace) { !matcher.matches($0) }
            } else {
                let list = union(try postings(candidates, &pace) { matcher.matches($0) })
                try pace.work(list.count * 4)
                if list.isEmpty { return [] }
                lists.append(list)
            }
        }
        lists.sort { $0.count < $1.count }
        var result = lists.first ?? live.slots
        for list in lists.dropFirst() {
            try pace.work(result.count * 4)
            result = result.intersection(list)
        }
        guard !refused.isEmpty, !result.isEmpty else { return result }
        return subtract(refused, from: result)
    }

    private func postings(
        _ candidates: LabelIndex.Candidates, _ pace: inout WorkPace, where test: (String) -> Bool
    ) throws(SourceFailure) -> [Posting] {
        switch candidates {
        case .settled(let postings): return postings
        case .values(let values):
            var found: [Posting] = []
            for (value, posting) in values {
                // A byte of a value may cost a new state of the pattern's automaton.
                try pace.work(20 + 20 * value.utf8.count)
                if test(value) { found.append(posting) }
            }
            return found
        }
    }

    private func union(_ postings: [Posting]) -> [UInt32] {
        guard postings.count > 1 else { return postings.first?.slots ?? [] }
        let total = postings.reduce(0) { $0 + $1.count }
        if total * 64 > slotCount {
            var set = SlotSet(capacity: slotCount)
            for posting in postings { set.insert(posting) }
            return set.slots
        }
        var slots: [UInt32] = []
        slots.reserveCapacity(total)
        // Postings of one label name never share a series: sorting is all that the union needs.
        for posting in postings { slots.append(contentsOf: posting.slots) }
        slots.sort()
        return slots
    }

    private func subtract(_ refused: [Posting], from slots: [UInt32]) -> [UInt32] {
        let total = refused.reduce(0) { $0 + $1.count }
        if refused.count == 1, slots.count * 16 < total {
            let list = refused[0].slots
            return slots.filter { slot in
                let place = list.lowerBound(of: slot)
                return place == list.count || list[place] != slot
            }
        }
        var set = SlotSet(capacity: slotCount)
        for posting in refused { set.insert(posting) }
        return slots.filter { !set.contains($0) }
    }
}

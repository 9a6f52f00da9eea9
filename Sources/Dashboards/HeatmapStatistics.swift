// What a heatmap's counts say as numbers: quantiles of all that is shown, and how much is counted a minute.
// Comes after HeatmapData; the painter writes them beneath the picture.

import MetricModel

extension HeatmapData {
    /// - `isBeyond`: the value lies above the last finite bound, which is given.
    public struct Quantile: Hashable, Sendable {
        public var value: Double
        public var isBeyond: Bool
    }

    /// The values below which each share of everything lies that was counted, linear within its bucket as
    /// histogram_quantile has it, from zero in a lowest bucket that is open. Nil without counts or without bounds.
    ///
    /// Cost: one pass over all counts for all the shares.
    public func quantiles(_ shares: [Double]) -> [Quantile?] {
        let totals = totals
        return shares.map { quantile($0, totals) }
    }

    private func quantile(_ share: Double, _ totals: [Double]) -> Quantile? {
        let all = totals.reduce(0) { $0 + max(0, $1) }
        guard all > 0, all.isFinite, let first = buckets.first, !first.upper.isNaN, first.lower < first.upper else {
            return nil
        }
        let wanted = max(0, min(1, share)) * all
        var below = 0.0
        for (bucket, total) in zip(buckets, totals) where total > 0 {
            guard below + total >= wanted else {
                below += total
                continue
            }
            if bucket.upper == .infinity {
                return bucket.lower.isFinite ? Quantile(value: bucket.lower, isBeyond: true) : nil
            }
            var lower = bucket.lower
            if lower == -.infinity {
                guard bucket.upper > 0 else { return Quantile(value: bucket.upper, isBeyond: false) }
                lower = 0
            }
            let value = lower + (bucket.upper - lower) * max(0, min(1, (wanted - below) / total))
            return value.isFinite ? Quantile(value: value, isBeyond: false) : nil
        }
        return nil
    }

    /// Events a minute, on average over the columns of which anything is known; nil where counts are no events.
    public var countPerMinute: Double? {
        guard let perMinute, !columns.isEmpty, counts.count >= columns.count * buckets.count else { return nil }
        var (sum, known) = (0.0, 0)
        for column in columns.indices {
            var isKnown = false
            for bucket in buckets.indices {
                let count = counts[bucket * columns.count + column]
                guard count.isFinite else { continue }
                sum += count
                isKnown = true
            }
            if isKnown { known += 1 }
        }
        let mean = sum / Double(known) * perMinute
        return known > 0 && mean.isFinite ? mean : nil
    }

    /// How many events a minute one count stands for: 60 where queries ask for rates, a minute over their window where
    /// for increases. Nil where they ask for neither, not for the same, or calculate with what they found.
    static func perMinute(_ queries: [String]) -> Double? {
        var found: Double?
        for query in queries {
            guard let factor = perMinute(query), found == nil || found == factor else { return nil }
            found = factor
        }
        return found
    }

    private static func perMinute(_ query: String) -> Double? {
        var code = ""
        var quote: Character?
        for character in query {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" || character == "`" {
                quote = character
            } else {
                code.append(character)
            }
        }
        guard !code.contains(where: { "*/%^".contains($0) }) else { return nil }
        if rest(after: "rate(", in: code) != nil { return 60 }
        guard let rest = rest(after: "increase(", in: code), let open = rest.firstIndex(of: "["),
            let close = rest[open...].firstIndex(of: "]"),
            let window = Milliseconds(parsing: rest[rest.index(after: open)..<close]), window.count > 0
        else { return nil }
        return 60_000 / Double(window.count)
    }

    private static func rest(after word: String, in text: String) -> Substring? {
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix(word) { return rest.dropFirst(word.count) }
            rest.removeFirst()
        }
        return nil
    }
}

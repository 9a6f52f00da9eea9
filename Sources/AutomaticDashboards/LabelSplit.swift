// Which label splits a metric best: by what the label means, how many values it has and how evenly they share.
// docs/automatic-dashboards.md has the same rule in words; change both.

import MetricModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The label by whose values a counter, or the sum of many gauges, is drawn.
///
/// `score = meaning × width × evenness`, and the label with the highest score of at least `scoreLeast` is taken, of two
/// alike the first by name:
///
/// - meaning: 1.6 where the name says how something ended (`code`, `status`, `result`), 1.3 of what kind it was
///   (`method`, `mode`, `type`, `device`), 1.1 where (`handler`, `queue`, `table`), 0.4 who reported it (`instance`,
///   `pod`, `cpu`, `id`), 1 for any other name. The whole name counts, or its last word: `envoy_response_code` is a
///   code.
/// - width, of `n` values that are not 0: 1 for 3 to 10, 0.9 for 2, `10 / n` for more. A label that has had one value
///   so far counts 0.2, and only if it says how something ended: the second value is what one waits for.
/// - evenness: `0.4 + 0.6 × H / ln n`, where `H` is the entropy of the values' shares of the sum of the newest values
///   (of the number of series, while all are 0). A value that has nearly everything leaves nothing to see.
package enum LabelSplit {
    package static let scoreLeast = 0.02
    /// Of a name in the middle of things.
    static let meaningPlain = 1.0

    package static func best(_ labels: [LabelShape]) -> String? {
        var best: (name: String, score: Double)?
        for label in labels {
            let score = score(label)
            // Sums of shares in another order differ in the last digit.
            if score >= scoreLeast, score > (best?.score ?? 0) + 1e-9 { best = (label.name, score) }
        }
        return best?.name
    }

    package static func score(_ label: LabelShape) -> Double {
        guard !["le", "quantile", "job"].contains(label.name) else { return 0 }
        let count = label.shares.values.count { $0 > 0 }
        if count <= 1 { return isOutcome(label.name) ? meaning(of: label.name) * 0.2 : 0 }
        let width = count == 2 ? 0.9 : count <= 10 ? 1 : 10 / Double(count)
        let entropy = label.shares.values.reduce(0.0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        return meaning(of: label.name) * width * (0.4 + 0.6 * min(1, entropy / log(Double(count))))
    }

    package static func isOutcome(_ name: String) -> Bool { meaning(of: name) == 1.6 }

    package static func meaning(of name: String) -> Double {
        let whole = name.lowercased()
        if let found = meanings[whole] { return found }
        return Wording.words(of: whole).last.flatMap { meanings[$0] } ?? meaningPlain
    }

    private static let meanings: [String: Double] = {
        var table: [String: Double] = [:]
        let rows: [(Double, String)] = [
            (1.6, "code status result outcome error reason class statuscode grpc_code status_class exception"),
            (
                1.3,
                """
                mode state type kind method verb operation op cmd command direction action event phase level severity \
                stage area device interface mountpoint collector gc
                """
            ),
            (
                1.1,
                """
                handler route path endpoint uri url service name queue topic db database table cluster backend \
                frontend proxy upstream server namespace group resource pool
                """
            ),
            (
                0.4,
                """
                instance pod container id uid uuid ip address addr pid cpu core node host hostname version revision \
                remote peer
                """
            ),
        ]
        for (meaning, words) in rows {
            for word in words.split(whereSeparator: { $0 == " " || $0 == "\n" }) { table[String(word)] = meaning }
        }
        return table
    }()
}

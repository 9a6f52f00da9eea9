// The words of the command line before ArgumentParser reads them: promtool's spellings, and --watch without a length.
// Pure; Program hands on what comes out.

enum CommandWords {
    static let watchDefault = "2s"

    /// - `--watch` not followed by a duration gets its default.
    /// - `query instant|range SERVER EXPR` becomes `query --server SERVER EXPR`, printed as promtool prints unless `-o`
    ///   says otherwise; `query series|labels SERVER ...` becomes `series|labels --server SERVER ...`.
    static func canonical(_ words: [String]) -> [String] {
        guard words.first == "query" else { return words }
        return watched(promtool(words))
    }

    private static func watched(_ words: [String]) -> [String] {
        var result: [String] = []
        for (index, word) in words.enumerated() {
            result.append(word)
            guard word == "--watch", !words[..<index].contains("--") else { continue }
            let next = index + 1 < words.count ? DurationText.parse(words[index + 1]) : nil
            if next == nil { result.append(watchDefault) }
        }
        return result
    }

    private static func promtool(_ words: [String]) -> [String] {
        guard words.count > 2, ["instant", "range", "series", "labels"].contains(words[1]) else { return words }
        let rest = Array(words[2...])
        // promtool's first positional word is the server; without one this is a metric of that name.
        guard let place = firstPositional(rest), isAddress(rest[place]) else { return words }
        var others = rest
        let server = others.remove(at: place)
        let isListing = words[1] == "series" || words[1] == "labels"
        var result = [isListing ? words[1] : "query", "--server", server]
        let hasForm = others.contains { word in
            ["-o", "--output", "--format"].contains { word == $0 || word.hasPrefix($0 + "=") }
        }
        if !hasForm { result += ["-o", "promql"] }
        if words[1] == "range", !others.contains(where: { $0.hasPrefix("--start") }) { result += ["--start", "5m"] }
        return result + others
    }

    /// Options whose value is a word of its own.
    private static let valued: Set<String> = [
        "--time", "--start", "--end", "--step", "--match", "--header", "--http.config.file", "-o", "--format",
        "--output",
    ]

    private static func firstPositional(_ words: [String]) -> Int? {
        var index = 0
        while index < words.count {
            if valued.contains(words[index]) {
                index += 2
            } else if words[index].hasPrefix("-") {
                index += 1
            } else {
                return index
            }
        }
        return nil
    }

    private static func isAddress(_ word: String) -> Bool {
        word.hasPrefix("http://") || word.hasPrefix("https://") || FirstArgument.isHostAndPort(word)
    }
}

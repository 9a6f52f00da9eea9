// Families to rows: by the words their names begin with, what is looked at most before what runs beneath.
// Used by AutomaticDashboard.

struct FamilyGroup {
    var title: String
    /// Words that all names share, which titles within the row need not say.
    var depth: Int
    var families: [MetricFamily]
    var tier: Tier

    enum Tier: Int, Comparable {
        /// The page's own, then processes and languages, then the exporter itself.
        case own, about, runtime, exporter
        static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
    }
}

enum Grouping {
    /// A row of more families is divided by the next word.
    static let familiesOfRow = 16
    /// The same for a row that two words name.
    static let familiesOfPart = 60
    /// Fewer of one next word stay where they are.
    static let familiesLeast = 4
    private static let depthMost = 3

    private static let runtimes: Set<String> = [
        "go", "process", "python", "jvm", "nodejs", "ruby", "dotnet", "erlang", "beam", "tomcat", "logback", "executor",
        "hikaricp", "system", "application",
    ]

    static func isRuntime(_ words: [String]) -> Bool { words.first.map { runtimes.contains($0.lowercased()) } ?? false }

    /// What an exporter says of itself.
    static func isOfTheExporter(_ words: [String]) -> Bool {
        guard let first = words.first?.lowercased() else { return false }
        if first == "promhttp" || first.hasSuffix("exporter") { return true }
        if first == "prometheus" { return false }
        let second = words.dropFirst().first?.lowercased()
        // The log exporter's own: what is read from logs comes first.
        if first == "ferula", second == "log" { return true }
        return second == "exporter" || second == "textfile" || words.contains { $0 == "scrape" || $0 == "scrapes" }
    }

    static func groups(_ families: [MetricFamily]) -> [FamilyGroup] {
        var byTier: [FamilyGroup.Tier: [MetricFamily]] = [:]
        for family in families { byTier[tier(of: family), default: []].append(family) }
        var groups: [FamilyGroup] = []
        groups += own(byTier[.own] ?? [])
        if let about = byTier[.about] {
            groups.append(FamilyGroup(title: "About", depth: 0, families: about, tier: .about))
        }
        for (first, members) in byFirstWord(byTier[.runtime] ?? []) {
            groups.append(FamilyGroup(title: first, depth: 1, families: members, tier: .runtime))
        }
        if let exporter = byTier[.exporter] {
            groups.append(FamilyGroup(title: "Exporter", depth: 0, families: exporter, tier: .exporter))
        }
        return groups.enumerated().sorted {
            ($0.element.tier, -weight($0.element), $0.offset) < ($1.element.tier, -weight($1.element), $1.offset)
        }.map(\.element)
    }

    private static func tier(of family: MetricFamily) -> FamilyGroup.Tier {
        if isOfTheExporter(family.words) { return .exporter }
        if family.kind == .info { return .about }
        return isRuntime(family.words) ? .runtime : .own
    }

    private static func byFirstWord(_ families: [MetricFamily]) -> [(String, [MetricFamily])] {
        var byWord: [String: [MetricFamily]] = [:]
        for family in families { byWord[family.words.first ?? "", default: []].append(family) }
        return byWord.sorted { $0.key < $1.key }
    }

    private static func own(_ families: [MetricFamily]) -> [FamilyGroup] {
        var groups: [FamilyGroup] = []
        var rest: [MetricFamily] = []
        let spaces = byFirstWord(families)
        for (first, members) in spaces {
            if spaces.count > 1, members.count < familiesLeast - 1 {
                rest += members
            } else {
                groups += divided(members, prefix: [first])
            }
        }
        if !rest.isEmpty {
            groups.append(
                FamilyGroup(title: groups.isEmpty ? "Metrics" : "Other", depth: 0, families: rest, tier: .own))
        }
        return groups
    }

    private static func divided(_ families: [MetricFamily], prefix: [String]) -> [FamilyGroup] {
        let depth = prefix.count
        func whole(_ members: [MetricFamily]) -> FamilyGroup {
            FamilyGroup(
                title: Wording.safe(prefix.joined(separator: " "), most: Wording.titleMost), depth: depth,
                families: members, tier: .own)
        }
        guard families.count > (depth > 1 ? familiesOfPart : familiesOfRow), depth < depthMost else {
            return [whole(families)]
        }
        var byWord: [String: [MetricFamily]] = [:]
        for family in families {
            byWord[family.words.count > depth ? family.words[depth] : "", default: []].append(family)
        }
        var groups: [FamilyGroup] = []
        var rest: [MetricFamily] = []
        for (word, members) in byWord.sorted(by: { $0.key < $1.key }) {
            if word.isEmpty || members.count < familiesLeast {
                rest += members
            } else {
                groups += divided(members, prefix: prefix + [word])
            }
        }
        if !rest.isEmpty { groups.append(whole(rest)) }
        return groups
    }

    // MARK: Order

    private static let weights: [String: Double] = [
        "http": 12, "requests": 12, "request": 12, "rq": 10, "cpu": 14, "memory": 5, "disk": 10, "filesystem": 9,
        "network": 9, "load1": 6, "server": 6, "grpc": 8, "queue": 5, "upstream": 6, "apiserver": 10, "frontend": 6,
        "backend": 5, "sessions": 5, "errors": 6, "commands": 8, "tsdb": 3, "engine": 3,
    ]

    private static func weight(_ group: FamilyGroup) -> Double {
        let living = Double(group.families.count { !$0.isQuiet })
        let words = Set(Wording.words(of: group.title.lowercased()))
        return min(12, living) + words.reduce(0) { $0 + (weights[$1] ?? 0) }
    }
}

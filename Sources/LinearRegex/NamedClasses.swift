// Character classes with a name: Perl's \d \s \w, POSIX' [:alpha:], Unicode's general categories and scripts.
// Asked by the parser. Source: RE2's syntax page; Go's regexp/syntax for which names exist.

enum NamedClasses {
    private static func set(_ ranges: (UInt32, UInt32)...) -> ScalarSet {
        ScalarSet(ranges.map { ScalarRange(low: $0.0, high: $0.1) })
    }

    /// `d`, `s` or `w`; ASCII only.
    static func perl(_ letter: UInt8) -> ScalarSet? {
        switch letter {
        case UInt8(ascii: "d"): set((0x30, 0x39))
        case UInt8(ascii: "s"): set((9, 10), (12, 13), (32, 32))
        case UInt8(ascii: "w"): set((0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a))
        default: nil
        }
    }

    /// The name between `[:` and `:]`, without `^`.
    static func posix(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": set((0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a))
        case "alpha": set((0x41, 0x5a), (0x61, 0x7a))
        case "ascii": set((0, 0x7f))
        case "blank": set((9, 9), (32, 32))
        case "cntrl": set((0, 0x1f), (0x7f, 0x7f))
        case "digit": set((0x30, 0x39))
        case "graph": set((0x21, 0x7e))
        case "lower": set((0x61, 0x7a))
        case "print": set((0x20, 0x7e))
        case "punct": set((0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e))
        case "space": set((9, 13), (32, 32))
        case "upper": set((0x41, 0x5a))
        case "word": set((0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a))
        case "xdigit": set((0x30, 0x39), (0x41, 0x46), (0x61, 0x66))
        default: nil
        }
    }

    /// A general category (`L`, `Lu`, `Letter`), a script, `Any`, `ASCII`, `Assigned`; nil when there is no such name.
    static func unicode(_ name: String) -> ScalarSet? {
        let key = String(decoding: name.utf8.filter { $0 != 0x5f && $0 != 0x20 && $0 != 0x2d }, as: UTF8.self)
            .lowercased()
        switch key {
        case "any": return .all
        case "ascii": return set((0, 0x7f))
        case "assigned": return categories["cn"]?.inverted
        case "lc": return union(["lu", "ll", "lt"])
        default: break
        }
        if let short = categoryAliases[key] { return category(short) }
        return category(key) ?? Scripts.set(key)
    }

    private static func category(_ key: String) -> ScalarSet? {
        if let exact = categories[key] { return exact }
        guard key.utf8.count == 1 else { return nil }
        let members = categories.keys.filter { $0.hasPrefix(key) && ($0 != "cn") }
        return members.isEmpty ? nil : union(members)
    }

    private static func union(_ names: [String]) -> ScalarSet {
        ScalarSet(names.flatMap { categories[$0]?.ranges ?? [] })
    }

    private static let categoryAliases: [String: String] = [
        "letter": "l", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt",
        "casedletter": "lc", "modifierletter": "lm", "otherletter": "lo",
        "mark": "m", "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me", "combiningmark": "m",
        "number": "n", "decimalnumber": "nd", "digit": "nd", "letternumber": "nl", "othernumber": "no",
        "punctuation": "p", "punct": "p", "connectorpunctuation": "pc", "dashpunctuation": "pd",
        "openpunctuation": "ps", "closepunctuation": "pe", "initialpunctuation": "pi", "finalpunctuation": "pf",
        "otherpunctuation": "po",
        "symbol": "s", "mathsymbol": "sm", "currencysymbol": "sc", "modifiersymbol": "sk", "othersymbol": "so",
        "separator": "z", "spaceseparator": "zs", "lineseparator": "zl", "paragraphseparator": "zp",
        "other": "c", "control": "cc", "cntrl": "cc", "format": "cf", "surrogate": "cs", "privateuse": "co",
        "unassigned": "cn",
    ]

    /// Every category's ranges, gathered in one pass when the first `\p` is met.
    private static let categories: [String: ScalarSet] = {
        var ranges: [String: [ScalarRange]] = [:]
        var start: UInt32 = 0
        var current = "cc"
        func finish(at end: UInt32) { ranges[current, default: []].append(ScalarRange(low: start, high: end)) }
        for value in 0...ScalarSet.scalarMax {
            // Planes 4 to 13 have no character.
            if value > 0x4_0000 && value < 0xe_0000 { continue }
            let name = Unicode.Scalar(value).map { shortName($0.properties.generalCategory) } ?? "cs"
            if name != current {
                finish(at: value - 1)
                start = value
                current = name
            }
        }
        finish(at: ScalarSet.scalarMax)
        return ranges.mapValues { ScalarSet($0) }
    }()

    private static func shortName(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "lu"
        case .lowercaseLetter: "ll"
        case .titlecaseLetter: "lt"
        case .modifierLetter: "lm"
        case .otherLetter: "lo"
        case .nonspacingMark: "mn"
        case .spacingMark: "mc"
        case .enclosingMark: "me"
        case .decimalNumber: "nd"
        case .letterNumber: "nl"
        case .otherNumber: "no"
        case .connectorPunctuation: "pc"
        case .dashPunctuation: "pd"
        case .openPunctuation: "ps"
        case .closePunctuation: "pe"
        case .initialPunctuation: "pi"
        case .finalPunctuation: "pf"
        case .otherPunctuation: "po"
        case .mathSymbol: "sm"
        case .currencySymbol: "sc"
        case .modifierSymbol: "sk"
        case .otherSymbol: "so"
        case .spaceSeparator: "zs"
        case .lineSeparator: "zl"
        case .paragraphSeparator: "zp"
        case .control: "cc"
        case .format: "cf"
        case .surrogate: "cs"
        case .privateUse: "co"
        case .unassigned: "cn"
        @unknown default: "cn"
        }
    }
}

// Grafana's unit ids and how each one scales and ends.
// UnitFormatter looks an id up here; an id that is not here is shown as it is, after the number.
// Source of ids, factors and suffixes: grafana-data, valueFormats/categories.ts.

/// How the values of one unit are written.
enum UnitStyle: Sendable {
    /// The number and a fixed ending.
    case fixed(String)
    case prefixed(String)
    /// Divided by powers of `factor`; `units` holds the ending of each power, `offset` the place of the value itself.
    case scaled(factor: Double, units: [String], offset: Int)
    case percent(factor: Double)
    case seconds(factor: Double)
    case nanoseconds, microseconds, milliseconds, minutes, hours, days
    case duration(factorMilliseconds: Double, unit: String)
    case clock(factorMilliseconds: Double)
    case hoursMinutesSeconds(days: Bool)
    case dateTime(DateTimeStyle)
    case fromNow
    case currency(String, isSuffix: Bool)
    case boolean(yes: String, no: String)
    case hexadecimal(prefix: String)
    case scientific
    case grouped
    case plainText
}

enum DateTimeStyle: Sendable {
    case iso(hidesToday: Bool)
    case us(hidesToday: Bool)
    /// A moment.js pattern.
    case pattern(String)
}

enum UnitCatalog {
    private static let siPrefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"]
    private static let siBase = 5
    private static let binaryPrefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]

    static func si(_ unit: String, _ offset: Int = 0) -> UnitStyle {
        .scaled(factor: 1000, units: siPrefixes.map { " \($0)\(unit)" }, offset: siBase + offset)
    }
    static func binary(_ unit: String, _ offset: Int = 0) -> UnitStyle {
        .scaled(factor: 1024, units: binaryPrefixes.map { " \($0)\(unit)" }, offset: offset)
    }
    static func count(_ symbol: String) -> UnitStyle {
        .scaled(factor: 1000, units: ["", "K", "M", "B", "T"].map { "\($0) \(symbol)" }, offset: 0)
    }

    /// The style of an id; nil id or an empty one: a plain number.
    static func style(_ id: String?) -> UnitStyle {
        guard let id, !id.isEmpty else { return .fixed("") }
        if let known = styles[id] { return known }
        guard let colon = id.firstIndex(of: ":"), colon > id.startIndex else { return .fixed(id) }
        let rest = String(id[id.index(after: colon)...])
        switch id[..<colon] {
        case "prefix": return .prefixed(rest)
        case "suffix": return .fixed(rest)
        case "time": return .dateTime(.pattern(rest))
        case "si":
            // `si:mV` scales from milli; a first letter that is no prefix belongs to the unit.
            let first = rest.prefix(1)
            if let place = siPrefixes.firstIndex(where: { $0 == first || ($0 == "µ" && first == "μ") }), place != siBase
            {
                return si(String(rest.dropFirst()), place - siBase)
            }
            return si(rest)
        case "count": return count(rest)
        case "currency": return .currency(rest, isSuffix: false)
        case "bool":
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            return .boolean(yes: parts.first.map(String.init) ?? "", no: parts.count > 1 ? String(parts[1]) : "-")
        default: return .fixed(id)
        }
    }

    static let styles: [String: UnitStyle] = misc.merging(fixedSuffixes) { first, _ in first }
        .merging(scaledUnits) { first, _ in first }.merging(counts) { first, _ in first }
        .merging(currencies) { first, _ in first }

    private static let misc: [String: UnitStyle] = [
        "none": .fixed(""), "string": .plainText, "locale": .grouped, "sci": .scientific,
        "short": .scaled(
            factor: 1000, units: ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"], offset: 0),
        "percent": .percent(factor: 1), "percentunit": .percent(factor: 100),
        "hex": .hexadecimal(prefix: ""), "hex0x": .hexadecimal(prefix: "0x"),
        "bool": .boolean(yes: "True", no: "False"), "bool_yes_no": .boolean(yes: "Yes", no: "No"),
        "bool_on_off": .boolean(yes: "On", no: "Off"),
        "ns": .nanoseconds, "µs": .microseconds, "us": .microseconds, "ms": .milliseconds, "s": .seconds(factor: 1),
        "m": .minutes, "h": .hours, "d": .days, "timeticks": .seconds(factor: 0.01),
        "dtdurationms": .duration(factorMilliseconds: 1, unit: "millisecond"),
        "dtdurations": .duration(factorMilliseconds: 1000, unit: "second"),
        "dthms": .hoursMinutesSeconds(days: false), "dtdhms": .hoursMinutesSeconds(days: true),
        "clockms": .clock(factorMilliseconds: 1), "clocks": .clock(factorMilliseconds: 1000),
        "dateTimeAsIso": .dateTime(.iso(hidesToday: false)),
        "dateTimeAsIsoNoDateIfToday": .dateTime(.iso(hidesToday: true)),
        "dateTimeAsUS": .dateTime(.us(hidesToday: false)),
        "dateTimeAsUSNoDateIfToday": .dateTime(.us(hidesToday: true)),
        "dateTimeAsLocal": .dateTime(.iso(hidesToday: false)),
        "dateTimeAsLocalNoDateIfToday": .dateTime(.iso(hidesToday: true)),
        "dateTimeAsSystem": .dateTime(.iso(hidesToday: false)), "dateTimeFromNow": .fromNow,
        "pressurepsi": .scaled(factor: 1000, units: ["psi", "ksi", "Mpsi"], offset: 0),
    ]

    private static let fixedSuffixes: [String: UnitStyle] = [
        "humidity": "%H", "dB": "dB", "pixel": "px", "accMS2": "m/sec²", "accFS2": "f/sec²",
        "accG": "g", "degree": "°", "radian": "rad", "grad": "grad", "arcmin": "arcmin", "arcsec": "arcsec",
        "areaM2": "m²", "areaF2": "ft²", "areaMI2": "mi²", "acres": "ac", "hectares": "ha", "ppm": "ppm",
        "conppb": "ppb", "conngm3": "ng/m³", "conngNm3": "ng/Nm³", "conμgm3": "μg/m³", "conμgNm3": "μg/Nm³",
        "conmgm3": "mg/m³", "conmgNm3": "mg/Nm³", "congm3": "g/m³", "congNm3": "g/Nm³", "conmgdL": "mg/dL",
        "conmmolL": "mmol/L", "flowgpm": "gpm", "flowcms": "cms", "flowcfs": "cfs", "flowcfm": "cfm",
        "litreh": "L/h", "flowlpm": "L/min", "flowmlpm": "mL/min", "lux": "lux", "masst": "t", "masslb": "lb",
        "lengthin": "in", "lengthft": "ft", "lengthmi": "mi", "pressurehpa": "hPa", "pressurekpa": "kPa",
        "pressurehg": "\"Hg", "rotrpm": "rpm", "rotrads": "rad/s", "rotdegs": "°/s", "celsius": "°C",
        "fahrenheit": "°F", "farenheit": "°F", "kelvin": "K", "velocityms": "m/s", "velocitykmh": "km/h",
        "velocitymph": "mph", "velocityknot": "kn", "m3": "m³", "Nm3": "Nm³", "dm3": "dm³", "gallons": "gal",
    ].mapValues { .fixed($0) }

    private static let scaledUnits: [String: UnitStyle] = {
        var styles: [String: UnitStyle] = [:]
        let decimal: [(String, String, Int)] = [
            ("flops", "FLOPS", 0), ("mflops", "FLOPS", 2), ("gflops", "FLOPS", 3), ("tflops", "FLOPS", 4),
            ("pflops", "FLOPS", 5), ("eflops", "FLOPS", 6), ("zflops", "FLOPS", 7), ("yflops", "FLOPS", 8),
            ("decbits", "b", 0), ("decbytes", "B", 0), ("deckbytes", "B", 1), ("decmbytes", "B", 2),
            ("decgbytes", "B", 3), ("dectbytes", "B", 4), ("decpbytes", "B", 5), ("pps", "p/s", 0), ("bps", "b/s", 0),
            ("Bps", "B/s", 0), ("KBs", "B/s", 1), ("Kbits", "b/s", 1), ("MBs", "B/s", 2), ("Mbits", "b/s", 2),
            ("GBs", "B/s", 3), ("Gbits", "b/s", 3), ("TBs", "B/s", 4), ("Tbits", "b/s", 4), ("PBs", "B/s", 5),
            ("Pbits", "b/s", 5), ("watt", "W", 0), ("kwatt", "W", 1), ("megwatt", "W", 2), ("gwatt", "W", 3),
            ("mwatt", "W", -1), ("mwatth", "Wh", 2), ("Wm2", "W/m²", 0), ("candela", "cd", 0), ("sishort", "", 0),
            ("voltamp", "VA", 0), ("kvoltamp", "VA", 1), ("voltampreact", "VAr", 0),
            ("kvoltampreact", "VAr", 1), ("watth", "Wh", 0), ("watthperkg", "Wh/kg", 0), ("kwatth", "Wh", 1),
            ("kwattm", "W-Min", 1), ("amph", "Ah", 0), ("kamph", "Ah", 1), ("mamph", "Ah", -1), ("joule", "J", 0),
            ("ev", "eV", 0), ("amp", "A", 0), ("kamp", "A", 1), ("mamp", "A", -1), ("volt", "V", 0), ("kvolt", "V", 1),
            ("mvolt", "V", -1), ("dBm", "dBm", 0), ("mohm", "Ω", -1), ("ohm", "Ω", 0), ("kohm", "Ω", 1),
            ("Mohm", "Ω", 2), ("farad", "F", 0), ("µfarad", "F", -2), ("nfarad", "F", -3), ("pfarad", "F", -4),
            ("ffarad", "F", -5), ("henry", "H", 0), ("mhenry", "H", -1), ("µhenry", "H", -2), ("lumens", "Lm", 0),
            ("forceNm", "Nm", 0), ("forcekNm", "Nm", 1), ("forceN", "N", 0), ("forcekN", "N", 1), ("Hs", "H/s", 0),
            ("KHs", "H/s", 1), ("MHs", "H/s", 2), ("GHs", "H/s", 3), ("THs", "H/s", 4), ("PHs", "H/s", 5),
            ("EHs", "H/s", 6), ("massmg", "g", -1), ("massg", "g", 0), ("masskg", "g", 1), ("lengthmm", "m", -1),
            ("lengthm", "m", 0), ("lengthkm", "m", 1), ("pressurembar", "bar", -1), ("pressurebar", "bar", 0),
            ("pressurekbar", "bar", 1), ("pressurepa", "Pa", 0), ("radbq", "Bq", 0), ("radci", "Ci", 0),
            ("radgy", "Gy", 0), ("radrad", "rad", 0), ("radsv", "Sv", 0), ("radmsv", "Sv", -1), ("radusv", "Sv", -2),
            ("radrem", "rem", 0), ("radexpckg", "C/kg", 0), ("radr", "R", 0), ("radsvh", "Sv/h", 0),
            ("radmsvh", "Sv/h", -1), ("radusvh", "Sv/h", -2), ("rothz", "Hz", 0), ("rotkhz", "Hz", 1),
            ("rotmhz", "Hz", 2), ("rotghz", "Hz", 3), ("hertz", "Hz", 0), ("mlitre", "L", -1), ("litre", "L", 0),
        ]
        for (id, unit, offset) in decimal { styles[id] = si(unit, offset) }
        let binaries: [(String, String, Int)] = [
            ("bytes", "B", 0), ("bits", "b", 0), ("kbytes", "B", 1), ("mbytes", "B", 2), ("gbytes", "B", 3),
            ("tbytes", "B", 4), ("pbytes", "B", 5), ("binBps", "B/s", 0), ("binbps", "b/s", 0), ("KiBs", "B/s", 1),
            ("Kibits", "b/s", 1), ("MiBs", "B/s", 2), ("Mibits", "b/s", 2), ("GiBs", "B/s", 3), ("Gibits", "b/s", 3),
            ("TiBs", "B/s", 4), ("Tibits", "b/s", 4), ("PiBs", "B/s", 5), ("Pibits", "b/s", 5),
        ]
        for (id, unit, offset) in binaries { styles[id] = binary(unit, offset) }
        return styles
    }()

    private static let counts: [String: UnitStyle] = [
        "cps": "c/s", "ops": "ops/s", "reqps": "req/s", "rps": "rd/s", "wps": "wr/s", "iops": "io/s", "eps": "evt/s",
        "mps": "msg/s", "recps": "rec/s", "rowsps": "rows/s", "cpm": "c/m", "opm": "ops/m", "reqpm": "req/m",
        "rpm": "rd/m", "wpm": "wr/m", "epm": "evts/m", "mpm": "msgs/m", "recpm": "rec/m", "rowspm": "rows/m",
    ].mapValues { count($0) }

    private static let currencies: [String: UnitStyle] = {
        let before = [
            "USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "RUB": "₽", "UAH": "₴", "BRL": "R$", "CZK": "czk",
            "CHF": "CHF", "PLN": "PLN", "BTC": "฿", "mBTC": "mBTC", "μBTC": "μBTC", "ZAR": "R", "INR": "₹", "KRW": "₩",
            "IDR": "Rp", "PHP": "PHP", "MYR": "RM", "XPF": "XPF", "BGN": "BGN", "PYG": "₲", "UYU": "UYU",
            "ILS": "₪", "CNY": "¥",
        ]
        let after = ["DKK": "kr", "ISK": "kr", "NOK": "kr", "SEK": "kr", "VND": "đ", "TRY": "₺", "HUF": "Ft"]
        var styles: [String: UnitStyle] = [:]
        for (code, symbol) in before { styles["currency" + code] = .currency(symbol, isSuffix: false) }
        for (code, symbol) in after { styles["currency" + code] = .currency(symbol, isSuffix: true) }
        return styles
    }()
}

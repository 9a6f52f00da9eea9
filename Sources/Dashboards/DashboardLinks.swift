// Links of dashboards, panels and series: where each leads, and what it carries along.
// Comes after Interpolation, which fills the addresses; the app shows the choices and follows them.

import MetricModel

/// A link of a dashboard, a panel or a field. `url` holds variables, interpolated when it is followed.
public struct DashboardLink: Hashable, Sendable {
    public var title: String
    public var url: String
    /// Of a link that lists dashboards: those with all of these tags.
    public var tags: [String]
    /// One choice for each dashboard with the tags instead of `url`.
    public var listsDashboards = false
    public var keepsTime = false
    public var includesVariables = false

    public init(title: String, url: String, tags: [String] = []) {
        self.title = title
        self.url = url
        self.tags = tags
    }
}

/// What links know a loaded dashboard by.
public struct DashboardName: Hashable, Sendable {
    public var uid: String
    public var title: String
    public var tags: [String]
    public init(_ dashboard: Dashboard) {
        uid = dashboard.uid
        title = dashboard.title
        tags = dashboard.tags
    }
}

/// One thing a reader may choose to follow.
public struct LinkChoice: Hashable, Sendable {
    public var title: String
    public var url: String
    /// Nil when the address is no dashboard's.
    public var address: DashboardAddress?
    public init(title: String, url: String) {
        self.title = title.isEmpty ? url : title
        self.url = url
        address = DashboardAddress(url)
    }
    /// A loaded dashboard, by its uid or without one by its title.
    public init(dashboard name: DashboardName) {
        let slug = "/dashboard/db/" + DashboardAddress.slug(of: name.title)
        title = name.title.isEmpty ? "(no title)" : name.title
        url = name.uid.isEmpty ? slug : "/d/" + VariableFormat.percentEncoded(name.uid, keeping: "")
        address = DashboardAddress(url)
    }
}

extension DashboardLink {
    /// Choices of one link that lists dashboards.
    public static let listedMax = 200

    /// Where the link leads now: one choice, or one for each dashboard it lists.
    public func choices(_ context: VariableContext, library: [DashboardName]) -> [LinkChoice] {
        guard listsDashboards else {
            let address = context.interpolate(url, .address)
            guard !address.isEmpty else { return [] }
            return [LinkChoice(title: context.interpolate(title), url: carrying(address, context))]
        }
        let listed = library.filter { name in
            (name.uid.isEmpty || name.uid != context.dashboardUID) && tags.allSatisfy { name.tags.contains($0) }
        }
        return listed.prefix(Self.listedMax).map { name in
            LinkChoice(title: name.title, url: carrying(LinkChoice(dashboard: name).url, context))
        }
    }

    private func carrying(_ address: String, _ context: VariableContext) -> String {
        var parameters: [String] = []
        if keepsTime { parameters.append(context.interpolate("${__url_time_range}")) }
        if includesVariables { parameters.append(context.interpolate("${__all_variables}")) }
        var address = address
        for parameter in parameters where !parameter.isEmpty {
            address += (address.contains("?") ? address.hasSuffix("?") ? "" : "&" : "?") + parameter
        }
        return address
    }
}

/// What the address of a dashboard says: which one, and what is chosen in it.
///
/// `/d/UID/any-name?var-x=a&var-x=b&from=now-6h&to=now`, behind any host and any prefix; of old files also
/// `/dashboard/db/name-of-it`.
public struct DashboardAddress: Hashable, Sendable {
    public var uid: String?
    /// Of an old address: the title in small letters with dashes.
    public var slug: String?
    /// In their order; a name once for each value.
    public var variables: [(name: String, value: String)] { pairs.map { ($0.name, $0.value) } }
    public var from: String?
    public var to: String?
    private var pairs: [Pair] = []

    private struct Pair: Hashable, Sendable {
        var name: String
        var value: String
    }
    /// Values that an address carries; the rest is left out.
    public static let valuesMax = 1000

    public init?(_ url: String) {
        let beforeFragment = url.prefix { $0 != "#" }
        let mark = beforeFragment.firstIndex(of: "?") ?? beforeFragment.endIndex
        let path = beforeFragment[..<mark].split(separator: "/").map { Self.decoded($0) }
        if let place = path.firstIndex(where: { $0 == "d" || $0 == "d-solo" }), place + 1 < path.count {
            uid = path[place + 1]
        } else if let place = path.firstIndex(of: "db"), place > 0, path[place - 1] == "dashboard",
            place + 1 < path.count
        {
            slug = path[place + 1]
        } else {
            return nil
        }
        guard mark < beforeFragment.endIndex else { return }
        for field in beforeFragment[beforeFragment.index(after: mark)...].split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            let value = parts.count > 1 ? Self.decoded(parts[1]) : ""
            if name == "from" {
                from = value
            } else if name == "to" {
                to = value
            } else if name.hasPrefix("var-"), pairs.count < Self.valuesMax {
                pairs.append(Pair(name: String(name.dropFirst(4)), value: value))
            }
        }
    }

    /// Whether it is that dashboard's.
    public func names(_ name: DashboardName) -> Bool {
        if let uid { return uid == name.uid }
        return slug == Self.slug(of: name.title)
    }

    /// Letters and digits in small, everything else between them as one dash.
    static func slug(of title: String) -> String {
        title.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    /// `%20` and `+` as what they stand for; what is no UTF-8 then is shown as such.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            // Digits one by one: a number may have a sign, an escape has none.
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest.removeFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Dashboard {
    /// Takes over the choices that an address carries. A variable it does not name keeps its own.
    public mutating func choose(_ address: DashboardAddress) {
        for index in variables.indices {
            let values = address.variables.filter { $0.name == variables[index].name }.map(\.value)
            if !values.isEmpty { variables[index].choose(values) }
        }
    }
}

extension DashboardVariable {
    mutating func choose(_ values: [String]) {
        switch kind {
        case .constant, .unsupported: return
        case .adhoc:
            filters = values.compactMap { text in
                let parts = text.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
                return parts.count == 3 ? AdHocFilter(key: parts[0], operation: parts[1], value: parts[2]) : nil
            }
        case .textbox: current = [values[0]]
        case .query, .custom, .interval, .datasource, .toggle:
            let isAll = includesAll && values.contains { $0 == "$__all" || $0 == "All" || $0 == allValue }
            current = isAll ? ["$__all"] : isMulti ? values : [values[0]]
        }
    }
}

/// One series or row that a link speaks of, in `${__field.labels.x}` and its kind.
public struct LinkDatum: Sendable {
    public var name: String
    public var labels: LabelSet
    /// The newest value; nil without one.
    public var value: Double?
    public var time: Timestamp?
    /// What the panel writes for the value.
    public var text: String
    /// Of a table: the cells of the row by their columns' names.
    public var cells: [(name: String, text: String)]

    public init(
        name: String, labels: LabelSet = .empty, value: Double? = nil, time: Timestamp? = nil, text: String = "",
        cells: [(name: String, text: String)] = []
    ) {
        self.name = name
        self.labels = labels
        self.value = value
        self.time = time
        self.text = text
        self.cells = cells
    }

    /// True for a link whose address is another for each series.
    public static func isMeant(by link: DashboardLink) -> Bool {
        ["__field", "__series", "__value", "__data"].contains { word in
            for opening in ["${", "$", "[["]
            where link.url.contains(opening + word) || link.title.contains(opening + word) {
                return true
            }
            return false
        }
    }

    /// `name`, `labels.x`, `labels["x"]`, `raw`, `fields.x`, `fields[0]`. Nil for what is none of these.
    func text(of variable: String, _ path: String) -> String? {
        switch variable {
        case "__field", "__series":
            if path == "name" || path == "displayName" { return name }
            return Self.key(path, after: "labels").map { labels[$0] ?? "" }
        case "__value":
            switch path {
            case "raw", "numeric", "": return value.map(numberText) ?? ""
            case "text": return text
            case "time": return time.map { "\($0.milliseconds)" } ?? ""
            default: return nil
            }
        case "__data":
            guard let key = Self.key(path, after: "fields") else { return nil }
            if let found = cells.first(where: { $0.name == key }) { return found.text }
            if let place = Int(key), cells.indices.contains(place) { return cells[place].text }
            // Of a graph, the labels of a series are all the columns there are.
            return labels[key] ?? ""
        default: return nil
        }
    }

    /// What stands behind a word: `.x`, `["x"]`, `[0]`; without `.text` or `.numeric` after it.
    private static func key(_ path: String, after word: String) -> String? {
        guard path.hasPrefix(word) else { return nil }
        let rest = path.dropFirst(word.count)
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            return rest[rest.index(after: rest.startIndex)..<end].trimmingQuotes
        }
        guard rest.hasPrefix(".") else { return nil }
        var key = rest.dropFirst()
        for suffix in [".text", ".numeric"] where key.hasSuffix(suffix) { key = key.dropLast(suffix.count) }
        return key.trimmingQuotes
    }
}

extension Substring {
    fileprivate var trimmingQuotes: String {
        guard count >= 2, let first, first == "\"" || first == "'", last == first else { return String(self) }
        return String(dropFirst().dropLast())
    }
}

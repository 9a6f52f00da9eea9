// Label names and values, and the sorted sets of them that name a series.
// Made by Ingestion and by the store, carried through the engine to legends and tables.

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One name and value. Compared byte for byte, as Prometheus does: Swift's String equality would take canonically
/// equivalent spellings of one text for the same label.
public struct Label: Hashable, Comparable, Sendable {
    /// `__name__` for the metric's name.
    public let name: String
    /// Empty means that the label is absent.
    public let value: String

    /// Any text: neither is checked.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static func == (left: Label, right: Label) -> Bool {
        left.name.isSameBytes(as: right.name) && left.value.isSameBytes(as: right.value)
    }
    public static func < (left: Label, right: Label) -> Bool {
        if !left.name.isSameBytes(as: right.name) { return left.name.isBefore(right.name) }
        return left.value.isBefore(right.value)
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
    }
}

/// The labels of one series: sorted by name, each name once, no empty value. `__name__` is the metric's name.
///
/// A handle on shared immutable storage: copying costs one retain; the hash is computed once, when it is first needed.
public struct LabelSet: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByDictionaryLiteral {
    /// Under which a metric's name is kept: `__name__`.
    public static let metricNameLabel = "__name__"
    /// No label.
    public static let empty = LabelSet(sorted: [])

    private final class Storage: Sendable {
        let labels: [Label]
        /// Zero until somebody asks: most sets are only read and sorted.
        private let knownHash = Atomic<Int>(0)

        init(_ labels: [Label]) { self.labels = labels }

        var hash: Int {
            let known = knownHash.load(ordering: .relaxed)
            if known != 0 { return known }
            var hasher = Hasher()
            hasher.combine(labels.count)
            for label in labels { label.hash(into: &hasher) }
            let hash = hasher.finalize() | 1
            knownHash.store(hash, ordering: .relaxed)
            return hash
        }
    }
    private let storage: Storage

    /// Sorts; an empty value means that the label is absent; of two labels with one name the later wins.
    public init(_ labels: some Sequence<Label>) {
        var sorted = Array(labels)
        var isSorted = true
        for index in sorted.indices {
            if sorted[index].value.isEmpty { isSorted = false }
            if index > 0, !sorted[index - 1].name.isBefore(sorted[index].name) { isSorted = false }
        }
        if !isSorted {
            var unique: [Label] = []
            unique.reserveCapacity(sorted.count)
            // A stable order by name keeps the later of two equal names behind the earlier one.
            let order = sorted.indices.sorted { left, right in
                if sorted[left].name.isSameBytes(as: sorted[right].name) { return left < right }
                return sorted[left].name.isBefore(sorted[right].name)
            }
            for index in order {
                let label = sorted[index]
                if let last = unique.last, last.name.isSameBytes(as: label.name) { unique.removeLast() }
                unique.append(label)
            }
            sorted = unique.filter { !$0.value.isEmpty }
        }
        storage = Storage(sorted)
    }

    /// `labels` must be sorted by name without repetition or empty values.
    package init(sorted labels: [Label]) { storage = Storage(labels) }

    /// The set of a metric's name and further labels.
    public init(metric: String, _ labels: [String: String] = [:]) {
        self.init([Label(Self.metricNameLabel, metric)] + labels.map { Label($0.key, $0.value) })
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { Label($0.0, $0.1) })
    }

    /// Sorted by name.
    public var labels: [Label] { storage.labels }
    /// Labels, the name among them.
    public var count: Int { storage.labels.count }
    /// Whether there is no label, not even a name.
    public var isEmpty: Bool { storage.labels.isEmpty }

    /// Value of a label, nil when absent. Cost: linear; label sets are short.
    public subscript(name: String) -> String? {
        for label in storage.labels where label.name.isSameBytes(as: name) { return label.value }
        return nil
    }

    /// Value of `__name__`, nil when absent.
    public var metricName: String? { self[Self.metricNameLabel] }

    /// The labels of other names.
    public func without(_ names: some Collection<String>) -> LabelSet {
        LabelSet(sorted: labels.filter { label in !names.contains { $0.isSameBytes(as: label.name) } })
    }
    /// The labels of these names alone.
    public func keeping(_ names: some Collection<String>) -> LabelSet {
        LabelSet(sorted: labels.filter { label in names.contains { $0.isSameBytes(as: label.name) } })
    }
    /// The labels but `__name__`.
    public var withoutMetricName: LabelSet { metricName == nil ? self : without(CollectionOfOne(Self.metricNameLabel)) }

    /// Replaces or adds one label; an empty value removes it.
    public func setting(_ name: String, to value: String) -> LabelSet { LabelSet(labels + [Label(name, value)]) }

    public static func == (left: LabelSet, right: LabelSet) -> Bool {
        left.storage === right.storage || left.storage.labels == right.storage.labels
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(storage.hash) }

    /// Prometheus' order: pair by pair, then the shorter set first.
    public static func < (left: LabelSet, right: LabelSet) -> Bool {
        for (one, other) in zip(left.labels, right.labels) {
            if one == other { continue }
            return one < other
        }
        return left.count < right.count
    }

    /// `name{label="value", ...}`, quoted where a name is not a classic one.
    public var description: String {
        let name = metricName
        let rest = name == nil ? labels : labels.filter { !$0.name.isSameBytes(as: Self.metricNameLabel) }
        var parts: [String] = []
        var head = ""
        if let name {
            if name.isClassicMetricName { head = name } else { parts.append(name.quotedForPrometheus) }
        }
        for label in rest {
            let labelName = label.name.isClassicLabelName ? label.name : label.name.quotedForPrometheus
            parts.append("\(labelName)=\(label.value.quotedForPrometheus)")
        }
        if parts.isEmpty && !head.isEmpty { return head }
        return head + "{" + parts.joined(separator: ", ") + "}"
    }
}

extension String {
    /// Byte equality. Two Strings of one canonical form but other bytes are different label values.
    public func isSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && compareBytes(with: other) == 0
    }

    /// Byte order, which is Prometheus' order of names and values.
    public func isBefore(_ other: String) -> Bool { compareBytes(with: other) < 0 }

    /// Below, at or above zero, as memcmp says; of a text and its beginning the shorter one is first.
    private func compareBytes(with other: String) -> Int {
        let native = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right -> Int in
                guard let leftBytes = left.baseAddress, let rightBytes = right.baseAddress else {
                    return left.count - right.count
                }
                let order = memcmp(leftBytes, rightBytes, min(left.count, right.count))
                return order == 0 ? left.count - right.count : Int(order)
            }
        }
        if let native, let order = native { return order }
        // Texts bridged from elsewhere have no bytes of their own.
        if utf8.elementsEqual(other.utf8) { return 0 }
        return utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    package var isClassicMetricName: Bool { isName(allowingColon: true) }
    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    package var isClassicLabelName: Bool { isName(allowingColon: false) }

    private func isName(allowingColon: Bool) -> Bool {
        var isFirst = true
        for byte in utf8 {
            let isLetter =
                (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == 0x5f || (allowingColon && byte == 0x3a)
            guard isLetter || (!isFirst && byte >= 0x30 && byte <= 0x39) else { return false }
            isFirst = false
        }
        return !isFirst
    }

    /// In double quotes, with `\\`, `\"`, `\n` and other control characters escaped as Go's strconv.Quote does.
    package var quotedForPrometheus: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}":
                let hex = String(scalar.value, radix: 16)
                text += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

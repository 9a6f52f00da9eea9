// Numbers of lines as series: which names, how many of them, and the rates of what is counted.
// Between NumberLine and whoever keeps the samples; pure.

package struct NumberSeries: Sendable {
    package static let seriesMax = 64

    /// Only series of these names, when there are any.
    package let only: Set<String>
    private let isRate: Bool
    /// In the order of their coming.
    package private(set) var names: [String] = []
    private var known: Set<String> = []
    /// The line right above, when it may be a table's head.
    private var headCandidate: [String] = []
    /// The unreadable lines right above the one at hand, cut: two at most.
    private var above: [String] = []
    /// What the columns are called, by their number. Settled by what stands above the first numbers of a width: words
    /// that come later are words. At most `seriesMax` widths.
    private var tables: [Int: Table] = [:]
    private struct Table {
        /// None: the numbers came without a head.
        var head: [String] = []
        /// The line above the head, which may name groups of columns.
        var groups: String?
    }
    private static let keptLength = 200
    private var previous: [String: (milliseconds: Int64, number: Double)] = [:]
    /// Lines that hold no number, and the first of them.
    package private(set) var unreadableCount = 0
    package private(set) var firstUnreadable: String?
    /// Names that were read and not asked for, in the order of their coming; the first ones only.
    package private(set) var passedOver: [String] = []
    /// Numbers of names beyond the limit.
    package private(set) var refusedCount = 0

    package init(only: [String] = [], isRate: Bool = false) {
        self.only = Set(only)
        self.isRate = isRate
    }

    /// What a line adds at a time. Blank lines and comments say nothing. Words in as many columns as the numbers beneath
    /// them are the columns' names, such as those of `vmstat`.
    ///
    /// Of rates: the increase a second since the name's line before; nothing at the first one. What fell was reset, and
    /// has risen from zero since.
    package mutating func read(_ line: String, at milliseconds: Int64) -> [NumberLine.Value] {
        let start = line.utf8.first { $0 != 0x20 && $0 != 0x09 }
        guard let start, start != UInt8(ascii: "#") else { return [] }
        guard let values = NumberLine.values(line) else {
            takeUnreadable(line)
            return []
        }
        let numbers = named(values)
        (headCandidate, above) = ([], [])
        return numbers.compactMap { value in
            guard only.isEmpty || only.contains(value.name) else {
                pass(over: value.name)
                return nil
            }
            guard known.contains(value.name) || add(value.name) else {
                refusedCount += 1
                return nil
            }
            return isRate ? rate(value, milliseconds) : value
        }
    }

    private mutating func takeUnreadable(_ line: String) {
        let words = NumberLine.head(line)
        // A table repeats its head now and then, with the line of its groups.
        if !words.isEmpty, let table = tables[words.count], words == table.head {
            forgive(table.groups != nil && above.last == table.groups ? 1 : 0)
            return
        }
        let kept = String(line.prefix(Self.keptLength))
        headCandidate = words
        unreadableCount += 1
        above = above.suffix(1) + [kept]
        if firstUnreadable == nil { firstUnreadable = kept }
    }

    /// So many of the lines right above belong to a head.
    private mutating func forgive(_ count: Int) {
        unreadableCount -= count
        above = []
        headCandidate = []
        if unreadableCount == 0 { firstUnreadable = nil }
    }

    private mutating func named(_ values: [NumberLine.Value]) -> [NumberLine.Value] {
        guard values.count > 1, values[0].name == NumberLine.columnName(0) else { return values }
        if tables[values.count] == nil, tables.count < Self.seriesMax {
            var table = Table()
            if headCandidate.count == values.count {
                table = Table(head: headCandidate, groups: above.count > 1 ? above.first : nil)
                forgive(above.count)
            }
            tables[values.count] = table
        }
        guard let head = tables[values.count]?.head, !head.isEmpty else { return values }
        return zip(head, values).map { NumberLine.Value($0, $1.number) }
    }

    private mutating func pass(over name: String) {
        if passedOver.count < Self.seriesMax, !passedOver.contains(name) { passedOver.append(name) }
    }

    private mutating func add(_ name: String) -> Bool {
        guard names.count < Self.seriesMax else { return false }
        names.append(name)
        known.insert(name)
        return true
    }

    private mutating func rate(_ value: NumberLine.Value, _ milliseconds: Int64) -> NumberLine.Value? {
        guard let before = previous[value.name] else {
            previous[value.name] = (milliseconds, value.number)
            return nil
        }
        let (elapsed, overflow) = milliseconds.subtractingReportingOverflow(before.milliseconds)
        // Within one millisecond nothing can be said; the next line counts from the one before.
        guard !overflow, elapsed > 0 else { return nil }
        previous[value.name] = (milliseconds, value.number)
        let increase = value.number >= before.number ? value.number - before.number : value.number
        return NumberLine.Value(value.name, increase / (Double(elapsed) / 1000))
    }
}

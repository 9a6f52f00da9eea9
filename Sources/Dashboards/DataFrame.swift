// A result as Grafana's frames: named columns that transformations rearrange.
// Made by FrameBuilder from query results; Transformations work on them, PanelDataBuilder turns them into fields or a
// table.

import MetricModel

struct DataFrame: Sendable {
    var refID: String
    var name: String
    /// All of one length.
    var fields: [FrameField]

    init(refID: String, name: String = "", fields: [FrameField] = []) {
        self.refID = refID
        self.name = name
        self.fields = fields
    }
    var rowCount: Int { fields.map(\.cells.count).max() ?? 0 }
    var timeField: FrameField? { fields.first { $0.kind == .time } }

    /// Columns filled up to one length, so that a row exists in each.
    mutating func level() {
        let count = rowCount
        for index in fields.indices where fields[index].cells.count < count {
            fields[index].cells += Array(repeating: TableCell.empty, count: count - fields[index].cells.count)
        }
    }

    /// Keeps these rows, in this order.
    mutating func select(rows: [Int]) {
        for index in fields.indices {
            let cells = fields[index].cells
            fields[index].cells = rows.map { $0 < cells.count ? cells[$0] : .empty }
        }
    }
}

struct FrameField: Sendable {
    enum Kind: Hashable, Sendable { case time, number, text }
    /// `Time`, `Value`, `Value #A`, a label's name.
    var name: String
    /// From the legend format or an earlier rename; nil: derived from name and labels.
    var displayName: String?
    var kind: Kind
    var labels: LabelSet = .empty
    var cells: [TableCell]
    var step: Milliseconds = .zero
    /// Settings that a transformation read from other data, before the panel's overrides.
    var properties: [FieldOverride.Property] = []

    init(name: String, displayName: String? = nil, kind: Kind, labels: LabelSet = .empty, cells: [TableCell]) {
        self.name = name
        self.displayName = displayName
        self.kind = kind
        self.labels = labels
        self.cells = cells
    }

    /// What matchers and transformations compare with.
    var shownName: String {
        if let displayName { return displayName }
        if name != "Value" || labels.isEmpty { return name }
        return labels.description
    }
    var numbers: [Double] { cells.map { $0.number ?? .nan } }

    /// The kind that the cells have now.
    mutating func inferKind() {
        var sawNumber = false
        for cell in cells {
            switch cell {
            case .text:
                kind = .text
                return
            case .number, .trend: sawNumber = true
            case .time, .empty: break
            }
        }
        if sawNumber { kind = .number }
    }
}

extension TableCell {
    var number: Double? {
        switch self {
        case .number(let number), .trend(let number, _): number
        case .time(let time): Double(time.milliseconds)
        case .text, .empty: nil
        }
    }
    var isNumeric: Bool {
        switch self {
        case .number, .trend: true
        case .text, .time, .empty: false
        }
    }
    /// For keys and names.
    var plainText: String {
        switch self {
        case .number(let number), .trend(let number, _): numberText(number)
        case .time(let time): "\(time.milliseconds)"
        case .text(let text): text
        case .empty: ""
        }
    }

    /// Numbers and times by size, then texts by bytes; empty cells last.
    static func isBefore(_ one: TableCell, _ other: TableCell) -> Bool {
        switch (one, other) {
        case (.text(let left), .text(let right)): left.isBefore(right)
        case (.empty, _): false
        case (_, .empty): true
        case (.text, _): false
        case (_, .text): true
        default:
            // NaN sorts behind every number, so that the order stays one.
            (one.number ?? .nan).isNaN
                ? false : (other.number ?? .nan).isNaN ? true : (one.number ?? 0) < (other.number ?? 0)
        }
    }
}

// What label sets cost that a query makes: counted in cells, beside the columns, before the next one is made.
// Called by the operations that change labels; Evaluator keeps the sum.

import MetricModel
import Querying

/// Room of one label set that an operation has made, in cells of nine bytes.
enum LabelRoom {
    /// The set's object and array, two texts a label, and a place in the dictionary that finds it. Texts are shared with
    /// the labels they came from; `newBytes` are those of texts that are not.
    static func cells(labels: Int, newBytes: Int = 0) -> Int32 {
        let bytes = 128 + 32 * labels + (newBytes > inlineBytes ? 32 + newBytes : 0)
        return Int32(clamping: bytes / 9)
    }

    /// A short text lies within its label.
    private static let inlineBytes = 15
}

extension Evaluator {
    /// Counts a new label set until the node it is made in is done; its result counts what it still holds.
    func chargeLabels(_ labels: LabelSet, newBytes: Int = 0) throws(QueryFailure) -> Int32 {
        let cells = LabelRoom.cells(labels: labels.count, newBytes: newBytes)
        try charge(cells: Int(cells))
        return cells
    }

    /// Refuses a text of a label before it is made: texts may double with each call around another.
    func checkLabelValue(_ bytes: Int, in function: String, _ place: Range<Int>) throws(QueryFailure) {
        if bytes <= options.labelValueBytesMax { return }
        throw QueryFailure(
            .execution,
            "\(function)() makes a label value of \(bytes) bytes, more than \(options.labelValueBytesMax)",
            bytes: place)
    }
}

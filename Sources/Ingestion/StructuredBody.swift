// Bodies that are no text: entries one after the other, each under the line that the text format would have for it.
// Implemented by PrometheusProtobuf; TargetIngestor reads them by the same rules as text.

import MetricModel

/// One metadata statement or one sample, filled in anew for each entry of a body.
package struct BodyEntry: Sendable {
    package enum Content: Sendable {
        case kind(Metadata.Kind)
        case help(String)
        case unit(String)
        case float(Double)
        case histogram(NativeHistogram)
    }
    /// A sample's name and labels, or the whole metadata line with its line feed, as text 0.0.4 writes them. Equal keys
    /// are one series, and nothing else is: a target that changes between text and protobuf keeps its series.
    package var key: [UInt8] = []
    package var family = ""
    /// Of the family, where it is known: it governs how `le` and `quantile` are written.
    package var kind = Metadata.Kind.unknown
    package var content = Content.float(0)
    package var timestamp: Timestamp?
    package var exemplars: [Exemplar] = []
    /// Byte of the body at which the entry's family begins, from 0.
    package var place = 0

    package init() {}
}

package protocol StructuredBody {
    /// Reads the next entry; false at the end of the body.
    mutating func next(_ entry: inout BodyEntry) throws(BodyError) -> Bool
}

/// Why a body that is no text was refused.
public struct BodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 0; where the family begins whose reading failed.
    public var offset: Int
    /// Empty when its name was not read.
    public var family: String
    public var problem: String

    package init(offset: Int, family: String, problem: String) {
        self.offset = offset
        self.family = family
        self.problem = problem
    }

    /// `byte 120, family "x": ...`
    public var description: String {
        let shown = family.isEmpty ? "" : ", family \(Self.shown(family))"
        return "byte \(offset)\(shown): \(problem)"
    }

    /// Quoted, its first hundred scalars: one character of a hostile text can be a megabyte of marks.
    package static func shown(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(100))).quotedForPrometheus
    }
}

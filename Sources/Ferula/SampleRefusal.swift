// Why one sample was not stored.
// Thrown by Monitor.append.

import MetricModel

/// Why a single sample was not stored: its series, its time and the reason.
public struct SampleRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// The series is new, and the store takes no more.
        case newSeries(RegistrationRefusal)
        /// The series has a newer sample.
        case outOfOrder
        /// The series has a sample of this time with another value, which was kept.
        case duplicate
        /// Older than the retention, counted back from the newest sample of all.
        case tooOld
    }
    /// Of the series, with its name as `__name__`.
    public let labels: LabelSet
    /// Of the sample.
    public let time: Timestamp
    /// What was wrong.
    public let reason: Reason

    /// `up{job="a"} at second 15: the series has a newer sample`.
    public var description: String {
        let words =
            switch reason {
            case .newSeries(let refusal): "\(refusal); Monitor(limits:) raises it"
            case .outOfOrder: "the series has a newer sample; times must ascend"
            case .duplicate: "the series has another value at this time"
            case .tooOld: "older than the retention; Monitor(limits: StoreLimits(retention: ...)) lengthens it"
            }
        return "\(labels) at second \(time): \(words)"
    }
}

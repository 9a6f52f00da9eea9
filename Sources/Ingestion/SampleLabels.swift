// From the labels in a body to the labels of a stored series: target labels, relabelling, limits.
// Done once for each new line; TargetIngestor remembers the result.

import MetricModel
import Relabeling

extension IngestionOptions {
    /// The series' labels; nil when relabelling drops it.
    /// `absent` names the labels that the body has with an empty value: with honor_labels no target label takes their
    /// place. A Pushgateway says so of series that are not of its own instance.
    func seriesLabels(_ exposed: LabelSet, absent: [String]) throws(IngestionRefusal) -> LabelSet? {
        let merged = targetLabels.isEmpty ? exposed : merge(exposed, absent)
        guard let labels = metricRelabeling.isEmpty ? merged : metricRelabeling.apply(to: merged), !labels.isEmpty
        else { return nil }
        guard labels.metricName != nil else { throw IngestionRefusal(reason: .missingName(labels)) }
        if legacyNames, !labels.hasClassicNames { throw IngestionRefusal(reason: .invalidName(labels)) }
        try check(labels)
        return labels
    }

    /// Source: Prometheus scrape, mutateSampleLabels and resolveConflictingExposedLabels.
    private func merge(_ exposed: LabelSet, _ absent: [String]) -> LabelSet {
        if honorLabels {
            let added = targetLabels.labels.filter { label in
                exposed[label.name] == nil && !absent.contains { $0.isSameBytes(as: label.name) }
            }
            return LabelSet(exposed.labels + added)
        }
        var labels: [Label] = []
        labels.reserveCapacity(exposed.count + targetLabels.count)
        var conflicting: [Label] = []
        for label in exposed.labels {
            if targetLabels[label.name] == nil { labels.append(label) } else { conflicting.append(label) }
        }
        labels += targetLabels.labels
        // Shorter names first, so that `a` and `exported_a` do not take each other's new name.
        for label in conflicting.sorted(by: { $0.name.utf8.count < $1.name.utf8.count }) {
            var name = "exported_" + label.name
            while labels.contains(where: { $0.name.isSameBytes(as: name) }) || exposed[name] != nil {
                name = "exported_" + name
            }
            labels.append(Label(name, label.value))
        }
        return LabelSet(labels)
    }

    private func check(_ labels: LabelSet) throws(IngestionRefusal) {
        let metric = labels.metricName ?? ""
        if limits.labelsMax > 0, labels.count > limits.labelsMax {
            throw IngestionRefusal(
                reason: .labelLimit(metric: metric, count: labels.count, limit: limits.labelsMax))
        }
        guard limits.labelNameBytesMax > 0 || limits.labelValueBytesMax > 0 else { return }
        for label in labels.labels {
            let nameLength = label.name.utf8.count
            if limits.labelNameBytesMax > 0, nameLength > limits.labelNameBytesMax {
                throw IngestionRefusal(
                    reason: .labelNameLength(
                        metric: metric, name: label.name, length: nameLength, limit: limits.labelNameBytesMax))
            }
            let valueLength = label.value.utf8.count
            if limits.labelValueBytesMax > 0, valueLength > limits.labelValueBytesMax {
                throw IngestionRefusal(
                    reason: .labelValueLength(
                        metric: metric, name: label.name, value: label.value, length: valueLength,
                        limit: limits.labelValueBytesMax))
            }
        }
    }
}

/// A reason on its way to where the report is.
struct IngestionRefusal: Error {
    var reason: IngestionFailure.Reason
}

extension LabelSet {
    fileprivate var hasClassicNames: Bool {
        labels.allSatisfy { label in
            label.name.isSameBytes(as: Self.metricNameLabel)
                ? label.value.isClassicMetricName : label.name.isClassicLabelName
        }
    }
}

// Metric families as the text of a scrape.
// The last stage of an exporter before the socket.

import Exposition
import MetricModel

extension MetricFamilies {
    /// Families sorted by name, each with HELP and TYPE.
    public func text(_ format: ExpositionFormat = .text) -> [UInt8] {
        var writer = ExpositionWriter(format)
        for family in all.sorted(by: { $0.name.isBefore($1.name) }) {
            writer.family(family.name, Metadata(kind: family.kind, help: family.help, unit: family.unit))
            let name = Label(LabelSet.metricNameLabel, family.name)
            for sample in family.samples {
                writer.sample(LabelSet([name] + sample.labels), suffix: sample.suffix, sample.value)
            }
        }
        writer.finish()
        return writer.bytes
    }
}

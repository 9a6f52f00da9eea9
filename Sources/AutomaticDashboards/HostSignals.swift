// The top of a machine's page, as node_exporter and its like write it: processor, memory, network, disks.
// Comes before GoldenSignals: a machine has no requests.

import MetricModel

struct HostSignals {
    var drafting: PanelDrafting

    /// Empty unless there are processors by mode and one thing more.
    func drafts(_ families: [MetricFamily]) -> [PanelDraft] {
        var byName: [String: MetricFamily] = [:]
        for family in families { byName[family.name] = family }
        guard let cpu = byName["node_cpu_seconds_total"] ?? byName["node_cpu_seconds"],
            cpu.labels.contains(where: { $0.name == "mode" })
        else { return [] }
        let panels = [processors(cpu), memory(byName), network(byName), disks(byName)].compactMap(\.self)
        return panels.count >= 2 ? panels : []
    }

    private func processors(_ cpu: MetricFamily) -> PanelDraft {
        let rate = drafting.writer.rate(cpu.metric, raw: #"mode!="idle""#)
        var made = drafting.draft(cpu, .stacked, [.init(expression: "sum by (mode) (\(rate))", legend: "{{mode}}")])
        made.words = ["cpu", "busy"]
        let all = "count(count by (cpu) (\(drafting.writer.selector(cpu.metric))))"
        made.queries[0].expression = "sum by (mode) (\(rate)) / on () group_left () \(all)"
        made.unit = "percentunit"
        made.families = []
        return made
    }

    private func memory(_ byName: [String: MetricFamily]) -> PanelDraft? {
        guard let total = byName["node_memory_MemTotal_bytes"], let free = byName["node_memory_MemAvailable_bytes"]
        else { return nil }
        let (all, available) = (drafting.writer.selector(total.metric), drafting.writer.selector(free.metric))
        var made = drafting.draft(
            total, .graph,
            [
                .init(expression: "sum(\(all) - \(available))", legend: "used"),
                .init(expression: "sum(\(all))", legend: "all"),
            ])
        made.words = ["memory"]
        made.unit = "bytes"
        made.help = [total.help, free.help].filter { !$0.isEmpty }.joined(separator: " · ")
        made.families = []
        return made
    }

    private func network(_ byName: [String: MetricFamily]) -> PanelDraft? {
        guard let received = byName["node_network_receive_bytes_total"],
            let sent = byName["node_network_transmit_bytes_total"]
        else { return nil }
        let queries = [(received, "received"), (sent, "sent")].map { family, legend in
            let rate = drafting.writer.rate(family.metric, raw: #"device!="lo""#)
            return PanelDraft.Query(expression: "sum(\(rate))", legend: legend)
        }
        var made = drafting.draft(received, .graph, queries)
        made.words = ["network"]
        made.unit = "binBps"
        made.families = []
        return made
    }

    private func disks(_ byName: [String: MetricFamily]) -> PanelDraft? {
        guard let busy = byName["node_disk_io_time_seconds_total"] else { return nil }
        let rate = drafting.writer.rate(busy.metric)
        var made = drafting.draft(
            busy, .graph,
            [
                .init(
                    expression: "topk(\(PanelDrafting.linesMax), sum by (device) (\(rate)))", legend: "{{device}}")
            ])
        made.words = ["disks", "busy"]
        made.unit = "percentunit"
        made.families = []
        return made
    }
}

// Discovery and pools in numbers, for /metrics; names are Prometheus'.
// Between Scraping's report and SelfMetrics.

import ExporterKit
import MetricModel
import Scraping

enum DiscoveryMetrics {
    static func add(_ report: DiscoveryReport, to families: inout MetricFamilies) {
        for pool in report.pools {
            families.add(
                "prometheus_sd_discovered_targets", .gauge, help: "Targets of a job before relabelling.",
                ["config": pool.jobName, "name": "scrape"], Double(pool.discoveredCount))
            families.add(
                "prometheus_target_scrape_pool_targets", .gauge, help: "Targets of a job that are scraped.",
                ["scrape_job": pool.jobName], Double(pool.targetCount))
            families.add(
                "prometheus_target_scrape_pool_target_limit", .gauge,
                help: "Targets that a job may have; 0 is no limit.", ["scrape_job": pool.jobName],
                Double(pool.targetLimit))
        }
        families.add(
            "prometheus_target_scrape_pool_exceeded_target_limit_total", .counter,
            help: "How often a job got more targets than it may have.",
            Double(report.exceededCount))
        let scrape: KeyValuePairs = ["name": "scrape"]
        families.add(
            "prometheus_sd_failed_configs", .gauge, help: "Sources of targets that fail now.", scrape,
            Double(report.sources.count { $0.lastError != nil }))
        families.add(
            "prometheus_sd_received_updates_total", .counter, help: "Answers of sources of targets.", scrape,
            Double((report.sources + report.ended).reduce(0) { $0 + $1.updateCount }))
        families.add(
            "prometheus_sd_updates_total", .counter, help: "How often the jobs' targets were brought up to date.",
            scrape, Double(report.syncCount))
        // One series for a job and a mechanism, however many sources of that kind the job has.
        for (key, count) in report.failures.sorted(by: {
            ($0.key.job, $0.key.mechanism) < ($1.key.job, $1.key.mechanism)
        }) {
            families.add(
                "prometheus_sd_refresh_failures_total", .counter, help: "Failures of sources of targets.",
                ["config": key.job, "mechanism": key.mechanism], Double(count))
        }
        addMechanisms(report, to: &families)
    }

    private static func addMechanisms(_ report: DiscoveryReport, to families: inout MetricFamilies) {
        func count(_ mechanism: String, _ number: (DiscoveryReport.Source) -> Int) -> Double? {
            let sources = (report.sources + report.ended).filter { $0.mechanism == mechanism }
            return sources.isEmpty ? nil : Double(sources.reduce(0) { $0 + number($1) })
        }
        let rows: [(String, String, Double?)] = [
            (
                "prometheus_sd_file_read_errors_total", "Files of targets that could not be read.",
                count("file") { $0.counters[.fileReadError] ?? 0 }
            ),
            (
                "prometheus_sd_http_failures_total", "Failures of HTTP servers that list targets.",
                count("http") { $0.failureCount }
            ),
            (
                "prometheus_sd_dns_lookups_total", "Names of targets that were looked up.",
                count("dns") { $0.counters[.dnsLookup] ?? 0 }
            ),
            (
                "prometheus_sd_dns_lookup_failures_total", "Look-ups that failed.",
                count("dns") { $0.counters[.dnsLookupFailure] ?? 0 }
            ),
            (
                "prometheus_sd_kubernetes_failures_total", "Lists and watches of Kubernetes that failed.",
                count("kubernetes") { $0.counters[.kubernetesFailure] ?? 0 }
            ),
        ]
        for (name, help, value) in rows {
            if let value { families.add(name, .counter, help: help, value) }
        }
        addKubernetesEvents(report, to: &families)
    }

    private static func addKubernetesEvents(_ report: DiscoveryReport, to families: inout MetricFamilies) {
        var events: [String: [String: Int]] = [:]
        for (counter, count) in (report.sources + report.ended).flatMap(\.counters) {
            guard case .kubernetesEvent(let role, let event) = counter else { continue }
            events[role, default: [:]][event, default: 0] += count
        }
        for (role, counts) in events.sorted(by: { $0.key < $1.key }) {
            for (event, count) in counts.sorted(by: { $0.key < $1.key }) {
                families.add(
                    "prometheus_sd_kubernetes_events_total", .counter, help: "Changes of objects in Kubernetes.",
                    ["event": event, "role": role], Double(count))
            }
        }
    }
}

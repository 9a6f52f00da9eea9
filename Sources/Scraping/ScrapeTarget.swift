// From a job's configuration to the targets it scrapes: labels before and after relabelling, URL, schedule.
// Pure; ScrapeManager starts a loop for each target made here.

import FerulaConfiguration
import HTTPAccess
import MetricModel
import Relabeling

/// One endpoint to scrape.
package struct ScrapeTarget: Hashable, Sendable {
    package var url: String
    /// The same without what is for the request alone: names, passwords, and parameters that are secret.
    package var shownURL: String
    /// Of every series: `job`, `instance` and what the configuration adds; no name begins with `__`.
    package var labels: LabelSet
    /// Before relabelling.
    package var discoveredLabels: LabelSet
    package var interval: Milliseconds
    package var timeout: Milliseconds
}

extension LabelSet {
    /// With an `__address__`, and other labels of the target alone, that can be shown.
    fileprivate var withoutSecrets: LabelSet {
        var shown: [Label] = []
        for label in labels where label.name.hasPrefix("__") {
            let value =
                label.name == "__address__"
                ? AddressParts(label.value).address
                : ShownParameter(label.name, label.value, isParameter: label.name.hasPrefix("__param_")).value
            if value != label.value { shown.append(Label(label.name, value)) }
        }
        return shown.isEmpty ? self : LabelSet(labels + shown)
    }
}

/// A parameter of a request as it may be shown. A probe's own target is a URL, and may have a password.
private struct ShownParameter {
    let value: String

    init(_ name: String, _ value: String, isParameter: Bool) {
        if PublicText.isSecret(parameter: name) {
            self.value = value.isEmpty ? "" : PublicText.secret
        } else {
            self.value = PublicText.withoutSecretParameters(Self.withoutPassword(value, isParameter: isParameter))
        }
    }

    /// Without a scheme, `name:word@host` is an address in a parameter; elsewhere it may be an image and its digest.
    private static func withoutPassword(_ value: String, isParameter: Bool) -> String {
        guard value.utf8.contains(UInt8(ascii: "@")) else { return value }
        if value.contains("://") { return AddressParts(value).address }
        return isParameter ? PublicText.withoutPassword(value) ?? value : value
    }
}

/// What became of one target of a group.
package enum TargetOutcome: Hashable, Sendable {
    case target(ScrapeTarget)
    /// Relabelling left it out.
    case dropped(discoveredLabels: LabelSet)
    /// One line that says why it cannot be scraped.
    case refused(discoveredLabels: LabelSet, reason: String)
}

extension ScrapeConfiguration {
    /// The groups that stand in the file itself.
    var staticGroups: [DiscoveredGroup] {
        groups.enumerated().map { DiscoveredGroup(key: "\($0)", $1) }
    }

    /// Every target of the static groups, in order.
    package func targets() -> [TargetOutcome] { staticGroups.flatMap { targets(of: $0) } }

    /// Every target of a group, in order. Source: Prometheus scrape, PopulateLabels.
    package func targets(of group: DiscoveredGroup) -> [TargetOutcome] {
        let defaults = defaultLabels
        return group.targets.map { target($0, group.labels, defaults) }
    }

    /// A target's labels as its source gives them, with those that the job gives to each that lacks them.
    package func completed(_ labels: LabelSet) -> LabelSet { LabelSet(defaultLabels + labels.labels) }

    private var defaultLabels: [Label] {
        var labels: [Label] = [
            Label("job", jobName), Label("__scrape_interval__", interval.description),
            Label("__scrape_timeout__", timeout.description), Label("__metrics_path__", metricsPath),
            Label("__scheme__", scheme),
        ]
        for parameter in parameters {
            guard let first = parameter.values.first else { continue }
            labels.append(Label("__param_" + parameter.name, first))
        }
        return labels
    }

    private func target(_ own: LabelSet, _ group: LabelSet, _ defaults: [Label]) -> TargetOutcome {
        // Of two labels with one name the later wins: a group's label overrides the job's default.
        let discovered = LabelSet(defaults + group.labels + own.labels)
        guard let relabeled = relabeling.apply(to: discovered) else {
            return .dropped(discoveredLabels: discovered.withoutSecrets)
        }
        do throws(TargetRefusal) {
            return .target(try finish(relabeled, discovered))
        } catch {
            return .refused(discoveredLabels: discovered.withoutSecrets, reason: error.reason)
        }
    }

    private struct TargetRefusal: Error { var reason: String }

    private func finish(_ relabeled: LabelSet, _ discovered: LabelSet) throws(TargetRefusal) -> ScrapeTarget {
        guard let address = relabeled["__address__"] else { throw TargetRefusal(reason: "no address") }
        guard !address.utf8.contains(UInt8(ascii: "/")) else {
            throw TargetRefusal(reason: "`\(printable(AddressParts(address).address))` is no host:port")
        }
        guard let interval = Milliseconds(parsing: relabeled["__scrape_interval__"] ?? ""), interval > .zero,
            let timeout = Milliseconds(parsing: relabeled["__scrape_timeout__"] ?? ""), timeout > .zero
        else { throw TargetRefusal(reason: "__scrape_interval__ or __scrape_timeout__ is no duration above 0s") }
        guard timeout <= interval else {
            throw TargetRefusal(
                reason: "scrape timeout cannot be greater than scrape interval (\(timeout) > \(interval))")
        }
        var path = relabeled["__metrics_path__"] ?? ""
        if !path.hasPrefix("/") { path = "/" + path }
        var own = relabeled.labels.filter { !$0.name.hasPrefix("__") }
        if relabeled["instance"] == nil { own.append(Label("instance", AddressParts(address).address)) }
        return ScrapeTarget(
            url: url(relabeled, address, path) { $1 },
            shownURL: url(relabeled, AddressParts(address).address, PublicText.withoutSecretParameters(path)) {
                ShownParameter($0, $1, isParameter: true).value
            },
            labels: LabelSet(own), discoveredLabels: discovered.withoutSecrets, interval: interval, timeout: timeout)
    }

    /// - `shown`: what stands for the value of a parameter.
    private func url(
        _ labels: LabelSet, _ address: String, _ path: String, _ shown: (_ name: String, String) -> String
    ) -> String {
        var query = parameters.map { (name: $0.name, values: $0.values) }
        for label in labels.labels where label.name.hasPrefix("__param_") {
            let name = String(label.name.dropFirst(8))
            if let index = query.firstIndex(where: { $0.name == name }) {
                query[index].values = [label.value] + query[index].values.dropFirst()
            } else {
                query.append((name, [label.value]))
            }
        }
        let fields = query.sorted { $0.name.isBefore($1.name) }
            .flatMap { field in field.values.map { Header(field.name, shown(field.name, $0)) } }
        let scheme = labels["__scheme__"] ?? "http"
        let socket = labels["__unix_socket__"].map { "\(scheme)+unix://\(percentEncoded($0))" }
        let base = (socket ?? "\(scheme)://\(address)") + path
        guard !fields.isEmpty else { return base }
        return base + (path.contains("?") ? "&" : "?") + formEncoded(fields)
    }
}

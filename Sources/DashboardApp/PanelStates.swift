// What a panel says while there is nothing to draw, and when what it draws is old.
// Comes between the last answer and the painter: the answer stays as it was, words are put beside it.

import Dashboards
import MetricModel

extension AppState {
    /// The panel's data as it is to be painted now.
    func shownData(of panel: Panel) -> PanelData {
        let panelState = panels[panel.id]
        let range = time.range(now: now)
        guard var data = panelState?.data else {
            var data = PanelData(content: .none, start: range.start, end: range.end)
            data.isLoading = true
            if let words = waitingWords(for: panel) { data.notices = [words] }
            return data
        }
        if panel.kind.isGraph { data.marks = annotationMarks + markedMoments }
        data.past = past(of: panel)
        if data.isEmpty, data.failure == nil, let words = waitingWords(for: panel, said: data.notices) {
            data.notices = [words]
        }
        if sourceName != nil, let answeredAt = panelState?.answeredAt, !data.isEmpty,
            panelState?.plan?.queries.isEmpty == false
        {
            data.failure = panelState?.trouble ?? data.failure
            if panelState?.trouble != nil || sourceSilence != nil {
                data.staleFor = max(.seconds(1), (now - answeredAt).inWholeSeconds)
            }
            return data
        }
        if !data.isEmpty, time.isLive { data.staleFor = staleness(of: data, isKept: panelState?.isKept ?? false) }
        return data
    }

    /// Nil when the panel's emptiness has nothing to do with the start.
    ///
    /// - `said`: what was found out about it.
    private func waitingWords(for panel: Panel, said: [String] = []) -> String? {
        guard !panel.targets.isEmpty else { return nil }
        if let words = scrapeWords(for: panel, said: said) { return words }
        // Of `offset 1d` the first sample is a day away.
        let step = panels[panel.id]?.plan?.queries.map(\.step).max() ?? .seconds(1)
        guard time.isLive, !isStill, !said.isEmpty, let later = panels[panel.id]?.laterBy, later <= step else {
            return nil
        }
        return "the first \(inputName == nil ? "samples" : "numbers") came just now; drawn within \(step)"
    }

    private func scrapeWords(for panel: Panel, said: [String]) -> String? {
        guard !targets.isEmpty else { return nil }
        guard let firstScrape else {
            if let failed = targets.first(where: { $0.health == .down }), !failed.lastError.isEmpty {
                return "target down: \(failed.lastError)"
            }
            return inputName.map { "waiting for the first number of \($0)" } ?? "waiting for the first scrape"
        }
        // A still picture is taken once, after all scrapes that it waited for; and no scrape brings a metric that is not there.
        guard !hasSecondScrape, !isStill, !said.contains(where: Explanation.saysNoMetric),
            panel.targets.contains(where: { Self.needsTwoScrapes($0.expression) })
        else { return nil }
        let interval = targets.map(\.interval).min() ?? .seconds(1)
        let left = (firstScrape + interval - now).count
        return "first rate in \(max(1, (left + 999) / 1000)) s"
    }

    private static func needsTwoScrapes(_ expression: String) -> Bool {
        ["rate(", "increase(", "delta(", "deriv("].contains { expression.contains($0) }
    }

    private func staleness(of data: PanelData, isKept: Bool) -> Milliseconds? {
        guard isAnyTargetDown else { return nil }
        if let silence { return max(silence, .seconds(1)) }
        guard let newest = data.newest else { return nil }
        let age = now - newest
        // A point lies up to a step before now, and scrapes come when they come.
        let usual = max((data.step ?? .zero).count * 2, (targets.map(\.interval).max() ?? .seconds(1)).count * 3)
        if isKept || age.count > usual { return age }
        return nil
    }
}

extension PanelData {
    var newest: Timestamp? {
        if case .heatmap(let heatmap) = content { return heatmap.columns.last.map { $0 + heatmap.width } }
        guard case .fields(let fields) = content else { return nil }
        return fields.compactMap(\.timestamps.last).max()
    }
    var step: Milliseconds? {
        if case .heatmap(let heatmap) = content { return heatmap.width }
        guard case .fields(let fields) = content else { return nil }
        return fields.map(\.step).max()
    }
}

// Comparing with an earlier time: the graphs on the screen ask the same questions of then, and show both.
// Between the actions and the questions; answers are kept beside the panels' own under numbers of their own.

import Dashboards
import Frames
import MetricModel

extension AppState {
    /// What the key goes through, before nothing.
    private static let comparisons: [Milliseconds] = [.hours(1), .hours(24), .hours(7 * 24)]

    /// The number of a panel's questions about the past. Documents have no panels of such numbers.
    static func pastID(of id: Int) -> Int { id ^ Int.min }
    static func isPast(_ id: Int) -> Bool { id < Int.min / 2 || id > Int.max / 2 }
    static func presentID(of id: Int) -> Int { isPast(id) ? pastID(of: id) : id }

    mutating func compareWithNext() {
        let next = Self.comparisons.first { $0 > comparison ?? .zero }
        compare(with: next)
    }

    mutating func compare(_ word: String) {
        if word.isEmpty {
            compareWithNext()
        } else if word == "off" {
            compare(with: nil)
        } else if let distance = Milliseconds(parsing: word), distance >= .seconds(1),
            distance <= TimeView.lengthMost
        {
            compare(with: distance)
        } else {
            message = Message(text: ":compare wants a length from 1s to 10y, such as 1d, or off", isError: true)
        }
    }

    private mutating func compare(with distance: Milliseconds?) {
        guard comparison != distance else { return }
        comparison = distance
        // Another past is another picture; numbers go on, so that a late answer is none to a new question.
        for (id, state) in panels where Self.isPast(id) {
            panels[id] = PanelState(generation: state.generation)
        }
    }

    /// The graphs on the screen, each with the number of its questions about the past.
    var pastPlacements: [Placement] {
        guard comparison != nil else { return [] }
        return visiblePlacements.compactMap { placement in
            guard placement.panel.hasPast else { return nil }
            var placement = placement
            placement.panel.id = Self.pastID(of: placement.panel.id)
            return placement
        }
    }

    /// Keeps an answer about the past, unless it is none while there is a picture.
    mutating func take(_ data: PanelData, of id: Int, _ state: PanelState, past: Milliseconds) {
        var state = state
        let picture = PictureKey(view: state.askedFor?.view ?? time, variablesRevision: variablesRevision)
        // An older past stands for a newer one only while it is of the same time and the same variables.
        if data.failure == nil || state.data == nil || state.picture != picture {
            state.data = data
            state.data?.past = data.failure == nil ? data.past(words: Self.words(of: past), movedForward: past) : nil
            state.picture = picture
        }
        state.trouble = data.failure
        panels[id] = state
    }

    /// Nil where nothing is compared, and while nothing is known of then.
    func past(of panel: Panel) -> PanelPast? {
        guard comparison != nil, panel.hasPast else { return nil }
        let past = panels[Self.pastID(of: panel.id)]?.data?.past
        return past?.fields.isEmpty == false ? past : nil
    }

    private static func words(of distance: Milliseconds) -> String { "\(distance) before" }

    /// For the line on top: what is compared, and whether there is anything of then.
    func comparisonText(isShort: Bool, gap: String) -> StyledText {
        guard let comparison else { return StyledText() }
        let then = pastPlacements.map { panels[$0.panel.id]?.data }
        let isNothing = !then.isEmpty && then.allSatisfy { $0?.past?.fields.allSatisfy { $0.values.isEmpty } == true }
        if let trouble = pastPlacements.lazy.compactMap({ panels[$0.panel.id]?.trouble }).first {
            return StyledText(gap + "vs \(comparison) ✗" + (isShort ? "" : " " + trouble.firstWords), chrome.bad)
        }
        guard isNothing else { return StyledText(gap + "vs \(comparison)", chrome.accent) }
        return StyledText(
            gap + (isShort ? "vs \(comparison) —" : "no data " + Self.words(of: comparison)), chrome.warning)
    }
}

extension String {
    /// As much as the line on top has room for.
    fileprivate var firstWords: String { count <= 30 ? self : prefix(29) + "…" }
}

extension Panel {
    /// A graph of series.
    fileprivate var hasPast: Bool {
        if case .timeSeries = kind { true } else { false }
    }
}

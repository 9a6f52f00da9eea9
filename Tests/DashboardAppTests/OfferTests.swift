// What else could be looked at: told once, listed beside the dashboards, opened when chosen.

import Dashboards
import MetricModel
import Querying
import Testing

@testable import DashboardApp

@Suite("Offers")
struct OfferTests {
    private static let offers = [
        Offer(address: "localhost:9090", name: "Prometheus"), Offer(address: "localhost:8080", name: ""),
        Offer(address: "localhost:9901", name: "Envoy"), Offer(address: "localhost:2379", name: "etcd"),
    ]

    private static func offered() -> AppState {
        var state = Scene.started()
        _ = update(&state, .offered(offers))
        return state
    }

    @Test("what was found is told in the last line, and kept in the log")
    func told() {
        var state = Self.offered()
        let words =
            "also here: Prometheus on localhost:9090, localhost:8080, Envoy on localhost:9901, and 1 more; g d shows them"
        #expect(state.message?.text == words)
        press(&state, "g", "l")
        #expect(state.log.last?.notice.text == words)
        var other = Scene.started()
        other.message = AppState.Message(text: "something else", isError: true)
        _ = update(&other, .offered([Self.offers[0]]))
        #expect(other.message?.text == "something else")
        _ = update(&other, .offered([]))
        #expect(other.offers.isEmpty)
    }

    @Test("one that is chosen is asked for, and its dashboard is shown when it comes, with a way back")
    func opened() {
        var state = Self.offered()
        press(&state, "g", "d")
        #expect(state.picker?.items.map(\.note).contains("Prometheus") == true)
        press(&state, "9", "9", "0", "1")
        let effects = press(&state, .enter)
        guard case .open(let offer)? = effects.first(where: { if case .open = $0 { true } else { false } }) else {
            Issue.record("nothing was opened")
            return
        }
        #expect(offer.name == "Envoy")
        #expect(state.message?.text == "asking localhost:9901")
        _ = update(&state, .opened(offer, .success(Dashboard(uid: "local-9901", title: "Envoy"))))
        #expect(state.document.title == "Envoy" && state.offers.count == 3)
        press(&state, .backspace)
        #expect(state.document.title == "Host")
        press(&state, "g", "d")
        #expect(state.picker?.items.contains { $0.text == "Envoy" } == true)
    }

    @Test("one that does not answer says so and stays in the list")
    func failed() {
        var state = Self.offered()
        _ = update(&state, .opened(Self.offers[0], .failure(QueryFailure(.unavailable, "connection refused"))))
        #expect(state.message?.isError == true && state.message?.text.contains("connection refused") == true)
        #expect(state.document.title == "Host" && state.offers.count == 4)
    }
}

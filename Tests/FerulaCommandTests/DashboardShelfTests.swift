// Which shipped dashboards are offered beside those that are loaded, and what a picture without metrics says.

import Dashboards
import ShippedDashboards
import Testing

@testable import DashboardApp
@testable import FerulaCommand

@Suite("The shelf of shipped dashboards")
struct DashboardShelfTests {
    @Test("what was asked for, by name or alias, is not offered again, nor are its companions")
    func rest() throws {
        let all = ShippedDashboards.all.map(\.name)
        #expect(DashboardShelf.rest(after: []).map(\.name) == all)
        #expect(DashboardShelf.rest(after: ["java", "x.json"]).map(\.name) == all.filter { $0 != "jvm" })
        #expect(DashboardShelf.rest(after: ["k8s"]).allSatisfy { !$0.name.hasPrefix("kubernetes") })
        let host = try DashCommand.dashboard("host")
        #expect(DashboardShelf.rest(DashboardShelf.rest(after: []), beside: host).map(\.name) == Array(all.dropFirst()))
        let other = Dashboard(uid: "x", title: "Host")
        #expect(DashboardShelf.rest(DashboardShelf.rest(after: []), beside: other).map(\.name) == all)
    }

    @Test("every one that is offered can be read, with its companions behind it")
    func read() throws {
        for one in DashboardShelf.rest(after: []) {
            let found = try DashboardShelf.read(one).get()
            #expect(found.first?.name == one.name)
            #expect(found.count == (one.name.hasPrefix("kubernetes") ? 3 : 1), "\(one.name)")
        }
        guard case .failure(let failure) = DashboardShelf.read(ShelvedDashboard(name: "none", summary: "")) else {
            Issue.record("a dashboard called none")
            return
        }
        #expect(failure.description == "none: no shipped dashboard")
    }

    @Test("a picture counts its panels without a metric when they are most of them")
    func missing() {
        func panels(_ reasons: [String?]) -> [StillPicture.PanelOutcome] {
            reasons.map { StillPicture.PanelOutcome(title: "", kind: "stat", state: $0.map { .empty($0) } ?? .drawn) }
        }
        let words = DashboardShelf.missingWords(panels(["no metric a", "no metric b", nil]))
        #expect(
            words == "2 of 3 panels have no data: none of their metrics is there; `-d auto` draws what there is")
        #expect(DashboardShelf.missingWords(panels(["no metric a", "no metric b", nil, nil])) == nil)
        #expect(DashboardShelf.missingWords(panels(["no metric a"])) == nil)
        #expect(DashboardShelf.missingWords(panels(["no a with b=\"c\"", "there is data", "no data"])) == nil)
    }
}

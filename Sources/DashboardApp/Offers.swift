// What else serves metrics near by: told once, listed with the dashboards, scraped when somebody chooses it.
// The command looks for it and makes its dashboard; here is what the screen does with it.

import Dashboards
import Querying

/// Something that could be scraped.
package struct Offer: Hashable, Sendable {
    /// `localhost:9090`
    package var address: String
    /// What it usually is; empty: nobody knows.
    package var name: String

    package init(address: String, name: String) {
        self.address = address
        self.name = name
    }

    fileprivate var words: String { name.isEmpty ? address : "\(name) on \(address)" }
}

extension AppState {
    private static let offersTold = 3

    mutating func take(_ offers: [Offer]) {
        self.offers = offers
        guard !offers.isEmpty else { return }
        let told = offers.prefix(Self.offersTold).map(\.words)
        let more = offers.count > told.count ? ", and \(offers.count - told.count) more" : ""
        let key = keys.hint(.dashboards).map { "; \($0) shows \(offers.count == 1 ? "it" : "them")" } ?? ""
        let notice = Notice("also here: " + told.joined(separator: ", ") + more + key)
        note(notice)
        // Whoever reads something else already is not interrupted.
        if message == nil { message = Message(text: notice.text, isError: false) }
    }

    var offerItems: [Picker.Item] {
        offers.enumerated().map { place, offer in
            Picker.Item(
                value: "offer \(place)", text: offer.address,
                note: offer.name.isEmpty ? "serves metrics" : offer.name)
        }
    }

    mutating func open(offer place: Int) -> [Effect] {
        guard offers.indices.contains(place) else { return [] }
        message = Message(text: "asking \(offers[place].address)", isError: false)
        return [.open(offers[place])]
    }

    mutating func take(_ outcome: Result<Dashboard, QueryFailure>, of offer: Offer) {
        switch outcome {
        case .failure(let failure): complain(failure)
        case .success(let dashboard):
            message = nil
            offers.removeAll { $0 == offer }
            library.append(dashboard)
            visit(dashboard, time: time)
        }
    }
}

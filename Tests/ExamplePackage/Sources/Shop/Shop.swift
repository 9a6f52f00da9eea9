// A shop with two routes, which counts what it sells through swift-metrics and shows a page of metrics.
// It knows nothing of Ferula: its tests do.

import Hummingbird
import Metrics

/// The routes of the shop. `page` is what `/metrics` answers: that of whatever backend the program has started.
public func shopRouter(page: @escaping @Sendable () -> String) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: MetricsMiddleware())
    router.post("/sales/:item") { request, context in
        let item = try context.parameters.require("item")
        let amount = request.uri.queryParameters.get("amount", as: Int.self) ?? 1
        guard amount > 0 else {
            Counter(label: "shop_refused_total", dimensions: [("item", item)]).increment()
            throw HTTPError(.badRequest, message: "nothing is sold")
        }
        Counter(label: "shop_sold_total", dimensions: [("item", item)]).increment(by: amount)
        Recorder(label: "shop_sale_size").record(amount)
        return "sold\n"
    }
    router.get("/metrics") { _, _ in page() }
    return router
}

/// Restocks as long as its task runs: one item at each period of the clock.
public func restock(_ item: String, every period: Duration, clock: any Clock<Duration>) async throws {
    let counter = Counter(label: "shop_restocked_total", dimensions: [("item", item)])
    while true {
        try await clock.sleep(for: period)
        counter.increment()
    }
}

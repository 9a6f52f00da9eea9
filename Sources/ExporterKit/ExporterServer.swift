// An exporter's two pages over HTTP: / and /metrics.
// Used by the exporters' programs, and by FerulaServer for the host it runs on.

import Exposition
import HTTPService

/// Serves a registry: a page that leads to `/metrics`, and `/metrics` in the form that the asker prefers.
public struct ExporterServer: Sendable {
    private let title: String
    private let registry: Registry

    /// `title` is shown on the first page; it is written into HTML as it is.
    public init(title: String, registry: Registry) {
        self.title = title
        self.registry = registry
    }

    package var routes: [Route] {
        let registry = registry
        let page = """
            <!DOCTYPE html>
            <html><head><title>\(title)</title></head>
            <body><h1>\(title)</h1><p><a href="/metrics">Metrics</a></p></body></html>

            """
        return [
            Route("/") { _ in .html(page) },
            Route("/metrics") { request in
                let format = AcceptHeader.preferredFormat(request.header("accept") ?? "")
                // Collectors read files of the kernel and ask file servers: never on the threads that tasks share.
                let text = try await onBlockingThread { registry.collect().text(format) }
                return Response(contentType: format.contentType, body: .bytes(text))
            },
        ]
    }

    /// Serves until the task is cancelled. `address` is `HOST:PORT`; with port 0 the system chooses. `ready` gets
    /// the address that was bound.
    ///
    /// - Throws: when the address is none, or cannot be bound.
    public func run(
        listen address: String, ready: @escaping @Sendable (String) async -> Void = { _ in }
    ) async throws {
        guard let parsed = ListenAddress(parsing: address) else {
            throw ServiceFailure("`\(address)` is no HOST:PORT")
        }
        try await Server(routes: routes).run(on: parsed) { await ready("\($0)") }
    }
}

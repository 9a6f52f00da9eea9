// promtool's `--http.config.file`: how a client of a server proves who it is.
// Read once by the command line; the same fields as a scrape configuration has.

import MetricModel
import Yams

/// Source: Prometheus docs, configuration, `<http_config>`.
package struct HTTPClientConfiguration: Hashable, Sendable {
    package var authentication: AuthenticationFields?
    package var tls: TLSFields?
    package var headers: [HeaderFields] = []
    /// Nil: the server is asked directly.
    package var proxy: ProxyFields?
    package var followsRedirects = true
    /// Fields that are known but not used here, one line each.
    package var warnings: [String] = []

    package init() {}

    /// Reads a file; relative paths in it are taken from its folder.
    package init(file path: String) throws(ConfigurationFailure) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        try self.init(parsing: Configuration.text(of: path), file: path, directory: folder)
    }

    package init(parsing text: String, file: String, directory: String = "") throws(ConfigurationFailure) {
        self.init()
        let document = YAMLDocument(file: file)
        guard let root = try document.root(of: text) else { return }
        if case .scalar(let scalar) = root, scalar.string.isEmpty || scalar.string == "null" { return }
        var fields = try YAMLFields(root, section: "the file", in: document)
        let reader = ScrapeReader(document: document, directory: directory, global: GlobalConfiguration())
        var warnings: [String] = []
        self = try reader.client(&fields, in: "the file", &warnings)
        self.warnings = warnings
        try fields.finish()
    }
}

extension ScrapeReader {
    /// The fields of an HTTP client among those of another section.
    func client(
        _ fields: inout YAMLFields, in section: String, _ warnings: inout [String]
    ) throws(ConfigurationFailure) -> HTTPClientConfiguration {
        var client = HTTPClientConfiguration()
        client.authentication = try authentication(&fields)
        if var section = try fields.mapping("tls_config") { client.tls = try tls(&section) }
        client.headers = try headers(&fields)
        client.proxy = try proxy(&fields)
        client.followsRedirects = try fields.flag("follow_redirects") ?? true
        // As the client has it anyway, within reason.
        _ = fields.skip(["enable_http2"])
        let foreign = fields.skip(["oauth2", "sigv4", "azuread", "google_iam"])
        warnings += unused(foreign, in: section)
        return client
    }
}

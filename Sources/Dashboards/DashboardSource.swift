// The document that a dashboard was made from, kept so that it can be written to a file again.
// Set by the import; `:write` and nothing else reads it.

import MetricModel

/// Grafana's JSON: as a file has it, or as the short form came to it.
package enum DashboardSource: Sendable, CustomStringConvertible {
    case bytes([UInt8])
    case value(JSONValue)

    /// No more: who prints a dashboard wants to see what was made of it.
    package var description: String { "document" }
}

extension Dashboard {
    /// Another time and refresh, of a made document too: what is written is what was shown.
    package mutating func setTime(from: String, to: String, refresh: Milliseconds?) {
        (timeFrom, timeTo, self.refresh) = (from, to, refresh)
        guard case .value(var document)? = source else { return }
        document.set(["time", "from"], .string(from))
        document.set(["time", "to"], .string(to))
        if let refresh {
            document.set(["refresh"], .string("\(refresh)"))
        } else {
            document.remove(["refresh"])
        }
        source = .value(document)
    }

    /// The file's text: Grafana's JSON where the name ends so, else the short form. Nil: there is no document.
    ///
    /// What was chosen or opened on the screen is no part of it.
    package func text(forFile name: String) throws(DashboardError) -> String? {
        guard let source else { return nil }
        let isJSON = name.lowercased().hasSuffix(".json")
        switch source {
        case .bytes(let bytes):
            if isJSON { return String(decoding: bytes, as: UTF8.self) }
            return ShortForm.yaml(try ShortForm.write(grafanaJSON: bytes, fileName: title))
        case .value(let value):
            let json = ShortForm.json(value)
            if isJSON { return json }
            return ShortForm.yaml(try ShortForm.write(grafanaJSON: Array(json.utf8), fileName: title))
        }
    }
}

// Which text format a body is in, and which formats a scrape asks for.
// Asked by Scraping before a body is parsed, and by exporters and federation before one is written.

/// A text form of a page of metrics.
public enum ExpositionFormat: String, Hashable, Sendable, CaseIterable {
    /// Prometheus text 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// The media type of an answer in this format.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// Takes the format from a Content-Type; `fallback` is used for one that is blank, malformed or unknown.
    ///
    /// Source: Prometheus 3.0, `fallback_scrape_protocol`.
    public init(contentType: String, fallback: ExpositionFormat? = nil) throws(ContentTypeError) {
        let problem: ContentTypeError.Problem
        if contentType.isEmpty {
            problem = .blank
        } else if let mediaType = Self.mediaType(contentType) {
            switch mediaType {
            case "text/plain":
                self = .text
                return
            case "application/openmetrics-text":
                self = .openMetrics
                return
            default: problem = .unsupported
            }
        } else {
            problem = .malformed
        }
        guard let fallback else { throw ContentTypeError(contentType: contentType, problem: problem) }
        self = fallback
    }

    /// The type in lower case, without its parameters; nil when the text is not a media type.
    static func mediaType(_ text: String) -> String? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let type = parts[0].trimmingBlanks.lowercased()
        let names = type.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 1 || names.count == 2, names.allSatisfy({ isToken($0) }) else { return nil }
        for (index, part) in parts.enumerated().dropFirst() {
            let parameter = part.trimmingBlanks
            // A semicolon at the end is tolerated.
            if parameter.isEmpty, index == parts.count - 1 { continue }
            guard let equal = parameter.firstIndex(of: "=") else { return nil }
            guard isToken(parameter[..<equal].trimmingBlanks) else { return nil }
            let value = parameter[parameter.index(after: equal)...].trimmingBlanks
            guard isToken(value) || (value.utf8.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")) else {
                return nil
            }
        }
        return type
    }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in byte > 0x20 && byte < 0x7f && !"()<>@,;:\\\"/[]?=".utf8.contains(byte) }
    }
}

/// Why an answer's Content-Type does not tell the format. Source: Prometheus 3.0.
public struct ContentTypeError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable { case blank, malformed, unsupported }
    public var contentType: String
    public var problem: Problem

    public var description: String {
        switch problem {
        case .blank:
            "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
        case .malformed: "cannot parse Content-Type \"\(contentType)\" and no fallback_scrape_protocol for target"
        case .unsupported:
            "received unsupported Content-Type \"\(contentType)\" and no fallback_scrape_protocol specified for target"
        }
    }
}

/// How names outside of the classic alphabet are to be sent.
public enum EscapingScheme: String, Hashable, Sendable, CaseIterable {
    case allowUTF8 = "allow-utf-8"
    case underscores
    case dots
    case values
}

/// `scrape_protocols` of the configuration.
public enum ScrapeProtocol: String, Hashable, Sendable, CaseIterable {
    case protobuf = "PrometheusProto"
    case text004 = "PrometheusText0.0.4"
    case text100 = "PrometheusText1.0.0"
    case openMetrics001 = "OpenMetricsText0.0.1"
    case openMetrics100 = "OpenMetricsText1.0.0"

    var mediaType: String {
        switch self {
        case .protobuf:
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        case .text004: "text/plain;version=0.0.4"
        case .text100: "text/plain;version=1.0.0"
        case .openMetrics001: "application/openmetrics-text;version=0.0.1"
        case .openMetrics100: "application/openmetrics-text;version=1.0.0"
        }
    }

    /// The older versions cannot say how names are escaped.
    var hasEscaping: Bool {
        switch self {
        case .text100, .openMetrics100: true
        case .protobuf, .text004, .openMetrics001: false
        }
    }
}

/// What a scrape says it accepts.
public enum AcceptHeader {
    public static let defaultProtocols: [ScrapeProtocol] = [.openMetrics100, .openMetrics001, .text100, .text004]

    /// Weights count down from the number of known protocols and one. Source: Prometheus 3.14, acceptHeader.
    public static func value(
        _ protocols: [ScrapeProtocol] = defaultProtocols, escaping: EscapingScheme = .allowUTF8
    ) -> String {
        var weight = ScrapeProtocol.allCases.count + 1
        var parts: [String] = []
        for scrapeProtocol in protocols {
            var part = scrapeProtocol.mediaType
            if scrapeProtocol.hasEscaping { part += ";escaping=\(escaping.rawValue)" }
            parts.append("\(part);q=0.\(weight)")
            weight = max(weight - 1, 1)
        }
        return (parts + ["*/*;q=0.\(weight)"]).joined(separator: ",")
    }

    /// The format to answer in: what the header weighs highest of ours; text when it names neither.
    public static func preferredFormat(_ accept: String) -> ExpositionFormat {
        var best: (format: ExpositionFormat, weight: Double)?
        for part in accept.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.trimmingBlanks.lowercased() }
            let format: ExpositionFormat
            switch pieces.first {
            case "application/openmetrics-text": format = .openMetrics
            case "text/plain", "text/*", "*/*": format = .text
            default: continue
            }
            let weight = pieces.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > 0, weight > best?.weight ?? 0 { best = (format, weight) }
        }
        return best?.format ?? .text
    }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    fileprivate var trimmingBlanks: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var rest = self[...]
        while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return String(rest)
    }
}

// The form of an answer's body, found in its Content-Type, and how it is ingested.
// Between ScrapeLoop, which fetches, and TargetIngestor; the Accept header that asked for it is made of ProtocolFields.

import Exposition
import FerulaConfiguration
import Ingestion
import MetricModel
import PrometheusProtobuf

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

enum BodyForm: Hashable, Sendable {
    case text(ExpositionFormat)
    /// Delimited messages of MetricFamily.
    case protobuf

    /// `fallback` is used for a type that is blank, malformed or unknown.
    init(contentType: String, fallback: ScrapeProtocol?) throws(BodyFormError) {
        var parts = contentType.split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.lowercased().filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        if parts.first == ProtobufBody.mediaType {
            parts.removeFirst()
            for part in parts {
                let isOther =
                    part.hasPrefix("proto=") && part != "proto=io.prometheus.client.metricfamily"
                    || part.hasPrefix("encoding=") && part != "encoding=delimited"
                if isOther { throw BodyFormError(description: Self.refusal(contentType)) }
            }
            self = .protobuf
            return
        }
        do throws(ContentTypeError) {
            self = .text(try ExpositionFormat(contentType: contentType, fallback: fallback?.textFormat))
        } catch {
            guard fallback == .protobuf else { throw BodyFormError(description: error.description) }
            self = .protobuf
        }
    }

    private static func refusal(_ contentType: String) -> String {
        "received Content-Type \"\(contentType)\"; of protobuf only proto=io.prometheus.client.MetricFamily with "
            + "encoding=delimited is read"
    }
}

struct BodyFormError: Error, Hashable {
    var description: String
}

extension ScrapeProtocol {
    fileprivate var textFormat: ExpositionFormat? {
        switch self {
        case .text004, .text100: .text
        case .openMetrics001, .openMetrics100: .openMetrics
        case .protobuf: nil
        }
    }
}

extension ProtocolFields {
    var acceptHeader: String { AcceptHeader.value(accepted, escaping: acceptedEscaping) }
}

extension TargetIngestor {
    mutating func ingest(
        _ body: [UInt8], form: BodyForm, at timestamp: Timestamp
    ) throws(IngestionFailure) -> IngestionReport {
        switch form {
        case .text(let format): try ingest(body, format: format, at: timestamp)
        case .protobuf: try ingest(protobuf: body, at: timestamp)
        }
    }
}

extension NativeHistogramOptions {
    init(_ fields: ProtocolFields) {
        self.init(
            isRead: fields.readsNativeHistograms, keepsClassic: fields.keepsClassicHistograms,
            convertsClassic: fields.convertsClassicHistograms, bucketsMax: fields.bucketsMax,
            schemaMax: Self.schema(bucketFactorMin: fields.bucketFactorMin))
    }

    /// The finest schema whose bounds grow by the factor or more. Source: Prometheus scrape, pickSchema.
    static func schema(bucketFactorMin factor: Double) -> Int32 {
        guard factor > 1 else { return schemaMax }
        let finest = floor(-log2(log2(factor)))
        return Int32(min(max(finest, Double(schemaMin)), Double(schemaMax)))
    }
}

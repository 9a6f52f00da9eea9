// In which form a job asks for its samples, and what of native histograms it keeps.
// Read for `global` and for each entry of scrape_configs; Scraping makes the Accept header of it.

import Exposition

package struct ProtocolFields: Hashable, Sendable {
    /// In order of preference; nil: not said.
    package var protocols: [ScrapeProtocol]?
    package var readsNativeHistograms = false
    /// The classic form of a native histogram is kept, too.
    package var keepsClassicHistograms = false
    /// Of one native histogram; 0: no limit.
    package var bucketsMax = 0
    /// Buckets whose bounds are closer are joined; 0: none are.
    package var bucketFactorMin = 0.0
    /// Classic histograms become native ones with custom buckets.
    package var convertsClassicHistograms = false
    /// Names of the classic alphabet alone; others fail the scrape.
    package var wantsLegacyNames = false
    /// Nil: not said.
    package var escaping: EscapingScheme?

    package init() {}

    /// What a scrape asks for: protobuf is the only form that has native histograms.
    ///
    /// Source: Prometheus 3, DefaultScrapeProtocols and DefaultProtoFirstScrapeProtocols.
    package var accepted: [ScrapeProtocol] {
        protocols ?? (readsNativeHistograms ? [.protobuf] : []) + AcceptHeader.defaultProtocols
    }

    /// How names outside of the classic alphabet are asked for.
    package var acceptedEscaping: EscapingScheme { escaping ?? (wantsLegacyNames ? .underscores : .allowUTF8) }

    init(_ fields: inout YAMLFields, defaults: ProtocolFields) throws(ConfigurationFailure) {
        self = defaults
        convertsClassicHistograms =
            try fields.flag("convert_classic_histograms_to_nhcb") ?? defaults.convertsClassicHistograms
        try readNames(&fields)
        if let own = try Self.protocols(&fields) { protocols = own }
        readsNativeHistograms = try fields.flag("scrape_native_histograms") ?? defaults.readsNativeHistograms
        keepsClassicHistograms = try fields.flag("always_scrape_classic_histograms") ?? defaults.keepsClassicHistograms
    }

    /// Source: Prometheus 3, config.ScrapeConfig.Validate.
    private mutating func readNames(_ fields: inout YAMLFields) throws(ConfigurationFailure) {
        let scheme = try fields.text("metric_name_validation_scheme")
        switch scheme?.value {
        case nil, "": break
        case "legacy": wantsLegacyNames = true
        case "utf8": wantsLegacyNames = false
        case .some(let found):
            throw fields.document.failure(
                at: scheme?.mark, "metric_name_validation_scheme: utf8 or legacy is wanted, found `\(found)`")
        }
        let own = try fields.text("metric_name_escaping_scheme")
        if let own, !own.value.isEmpty {
            guard let known = EscapingScheme(rawValue: own.value) else {
                let near = nearestName(to: own.value, among: EscapingScheme.allCases.map(\.rawValue))
                throw fields.document.failure(
                    at: own.mark, "metric_name_escaping_scheme: `\(own.value)` is no escaping scheme",
                    hint: near.map { "did you mean `\($0)`?" } ?? "there are allow-utf-8, underscores, dots and values")
            }
            escaping = known
        }
        if wantsLegacyNames, escaping == .allowUTF8 {
            throw fields.document.failure(
                at: own?.mark ?? scheme?.mark,
                "metric_name_escaping_scheme: allow-utf-8 asks for names that metric_name_validation_scheme: legacy "
                    + "refuses")
        }
    }

    /// The fields that only a job has.
    mutating func readLimits(_ fields: inout YAMLFields) throws(ConfigurationFailure) {
        bucketsMax = try fields.count("native_histogram_bucket_limit") ?? 0
        guard let factor = try fields.text("native_histogram_min_bucket_factor") else { return }
        guard let number = Double(factor.value), number.isFinite, number >= 0 else {
            throw fields.document.failure(
                at: factor.mark, "native_histogram_min_bucket_factor: `\(factor.value)` is no factor",
                hint: "such as 1.1")
        }
        bucketFactorMin = number
    }

    private static func protocols(_ fields: inout YAMLFields) throws(ConfigurationFailure) -> [ScrapeProtocol]? {
        guard let place = fields.names.first(where: { $0.name == "scrape_protocols" })?.mark else { return nil }
        var found: [ScrapeProtocol] = []
        for name in try fields.texts("scrape_protocols") {
            let known = try scrapeProtocol(name, "scrape_protocols", in: fields.document)
            guard !found.contains(known) else {
                throw fields.document.failure(at: name.mark, "scrape_protocols: `\(name.value)` stands there twice")
            }
            found.append(known)
        }
        guard !found.isEmpty else {
            throw fields.document.failure(at: place, "scrape_protocols: at least one protocol is wanted")
        }
        return found
    }
}

func scrapeProtocol(
    _ name: Located<String>, _ field: String, in document: YAMLDocument
) throws(ConfigurationFailure) -> ScrapeProtocol {
    if let known = ScrapeProtocol(rawValue: name.value) { return known }
    let near = nearestName(to: name.value, among: ScrapeProtocol.allCases.map(\.rawValue))
    throw document.failure(
        at: name.mark, "\(field): `\(name.value)` is no scrape protocol", hint: near.map { "did you mean `\($0)`?" })
}

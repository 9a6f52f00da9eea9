// What is written around a heatmap: the bounds of its buckets, and the line of numbers beneath it.
// Used by HeatmapPainter and HistogramPainter; HeatmapStatistics has the numbers.

import Dashboards
import Frames

/// `p50 22 ms   p90 61 ms   p99 212 ms   12.4 K/min`
enum HeatmapNumbers {
    /// Empty where buckets have no bounds or nothing was counted.
    static func texts(_ data: HeatmapData) -> [String] {
        var texts: [String] = []
        for (name, quantile) in zip(["p50", "p90", "p99"], data.quantiles([0.5, 0.9, 0.99])) {
            guard let quantile else { return [] }
            var field = FieldConfiguration()
            field.unit = data.configuration.unit ?? "short"
            let value = BoundText.short(ValueText(quantile.value, field), isFixed: false).text
            texts.append(name + (quantile.isBeyond ? " > " : " ") + value)
        }
        if let count = data.countPerMinute {
            var field = FieldConfiguration()
            field.unit = "short"
            texts.append(BoundText.short(ValueText(count, field), isFixed: false).text + "/min")
        }
        return texts
    }

    /// The whole line, the same closer together, and shorter ones.
    static func choices(_ texts: [String]) -> [(text: String, isWhole: Bool)] {
        guard texts.count >= 3 else { return [] }
        let whole = [texts.joined(separator: "   "), texts.joined(separator: "  ")]
        let shorter = [texts.prefix(3).joined(separator: "  "), texts[0] + "  " + texts[2]]
        return whole.map { ($0, true) } + shorter.map { ($0, false) }
    }
}

/// Bounds of buckets as axes write them: in the unit, without zeros that say nothing.
enum BoundText {
    /// One for each bucket.
    static func labels(_ data: HeatmapData) -> [String] {
        let texts = data.buckets.map { label($0, data.naming, data.configuration) }
        guard data.configuration.decimals != nil, Set(texts).count < texts.count else { return texts }
        // So few decimals that two bounds look the same: as many as they need.
        var field = data.configuration
        field.decimals = nil
        return data.buckets.map { label($0, data.naming, field) }
    }

    private static func label(
        _ bucket: HeatmapData.Bucket, _ naming: HeatmapData.Naming, _ field: FieldConfiguration
    ) -> String {
        switch naming {
        case .upper where !bucket.upper.isNaN: text(bucket.upper, field)
        case .lower where !bucket.lower.isNaN: text(bucket.lower, field)
        case .upper, .lower, .name: bucket.name
        }
    }

    static func text(_ bound: Double, _ field: FieldConfiguration) -> String {
        if bound.isInfinite { return bound < 0 ? "-Inf" : "+Inf" }
        var plain = FieldConfiguration()
        plain.unit = field.unit
        plain.decimals = field.decimals
        if plain.unit == nil, plain.decimals == nil {
            let text = numberText(bound)
            if text.utf8.count <= 7 { return text }
            plain.unit = "short"
        }
        return short(ValueText(bound, plain), isFixed: plain.decimals != nil).text
    }

    static func short(_ text: ValueText, isFixed: Bool) -> ValueText {
        guard !isFixed, text.number.contains("."), text.number.utf8.allSatisfy({ $0 < 0x3a }) else { return text }
        var number = Substring(text.number)
        while number.hasSuffix("0") { number.removeLast() }
        if number.hasSuffix(".") { number.removeLast() }
        return ValueText(number: String(number), unit: text.unit)
    }
}

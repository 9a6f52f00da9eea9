// The bodies that one target hands out, scrape after scrape: counters, histogram buckets, gauges and constants in the
// shares of a machine's and a service's metrics.
// A pure function of series and scrape, so that every run does the same work.

struct SyntheticTarget {
    let seriesCount: Int
    /// One series in ten has another label value each scrape.
    var churns = false

    private static func mix(_ number: UInt64) -> UInt64 {
        var word = number &+ 0x9e37_79b9_7f4a_7c15
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    func body(scrape: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(seriesCount * 90)
        var family = -1
        for series in 0..<seriesCount {
            if series / 100 != family {
                family = series / 100
                bytes += "# TYPE bench_family_\(family)_total counter\n".utf8
            }
            let revision = churns && series % 10 == 3 ? scrape : 0
            bytes +=
                "bench_family_\(family)_total{code=\"\(200 + series % 5)\",handler=\"/api/v1/resource\(series / 5)\","
                .utf8
            bytes += "method=\"\(series % 3 == 0 ? "GET" : "POST")\",rev=\"\(revision)\"} ".utf8
            Self.append(value(series, scrape), to: &bytes)
            bytes.append(0x0a)
        }
        return bytes
    }

    /// In hundredths.
    private func value(_ series: Int, _ scrape: Int) -> UInt64 {
        let noise = Self.mix(UInt64(series) << 32 | UInt64(scrape))
        let step = UInt64(scrape)
        switch series % 10 {
        case 0...3: return UInt64(series) * 100  // constants and states
        case 4, 5: return (step * 20 + noise % 20) * 100  // counts
        case 6: return step * 93 + noise % 93  // CPU seconds
        case 7: return (1 << 33 + noise % (1 << 20) * 4096) * 100  // bytes
        case 8: return (step * 64 + noise % 64) * 100  // buckets
        default: return step / 9 * 100  // rare events
        }
    }

    private static func append(_ hundredths: UInt64, to bytes: inout [UInt8]) {
        bytes += String(hundredths / 100).utf8
        let fraction = hundredths % 100
        if fraction > 0 {
            bytes.append(0x2e)
            bytes.append(UInt8(0x30 + fraction / 10))
            if fraction % 10 > 0 { bytes.append(UInt8(0x30 + fraction % 10)) }
        }
    }
}

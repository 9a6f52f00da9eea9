// Numbers as people read them: fixed decimals, about three significant digits, no exponent where it can be helped.
// Under every axis label and value; units come from Dashboards.

enum NumberText {
    /// `decimals` digits after the point (0...12), rounded half away from zero. From 1e15 on, an exponent.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        guard abs(value) < 1e15 else { return value.description }
        let places = max(0, min(decimals, 12))
        var power: Int64 = 1
        for _ in 0..<places { power *= 10 }
        let scaled = abs(value) * Double(power)
        guard scaled < 9e18 else { return value.description }
        let units = Int64(scaled.rounded())
        let (whole, fraction) = units.quotientAndRemainder(dividingBy: power)
        let sign = value < 0 && units != 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let digits = String(fraction)
        return sign + String(whole) + "." + String(repeating: "0", count: places - digits.utf8.count) + digits
    }

    /// Decimals that leave about three significant digits, none for whole numbers below a thousand.
    static func decimals(for value: Double) -> Int {
        let magnitude = abs(value)
        guard magnitude.isFinite, magnitude > 0 else { return 0 }
        if magnitude < 1000, magnitude == magnitude.rounded() { return 0 }
        switch magnitude {
        case 100...: return 0
        case 10..<100: return 1
        case 1..<10: return 2
        case 0.1..<1: return 3
        case 0.01..<0.1: return 4
        case 0.001..<0.01: return 5
        default: return 6
        }
    }

    /// Least decimals that write multiples of `step` exactly, at most 6.
    static func decimals(ofStep step: Double) -> Int {
        var scaled = abs(step)
        guard scaled.isFinite, scaled > 0 else { return 0 }
        for places in 0..<6 {
            if abs(scaled - scaled.rounded()) < 1e-6 * max(1, scaled) { return places }
            scaled *= 10
        }
        return 6
    }
}

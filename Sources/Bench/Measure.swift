// How a figure is taken: CPU time of the best round, beside a plain loop over the same bytes in the same run.
// The ratio of both survives a noisy machine; the hash says that the work was the same.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// FNV-1a over words: the hash of what a round did.
struct WorkHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    @inline(__always)
    mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }
    mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }
    mutating func add(_ number: Double) { add(number.bitPattern) }
}

struct Figure {
    /// Nanoseconds of CPU a unit.
    var nanoseconds: Double
    var hash: UInt64
}

enum Measure {
    static func cpuNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The best of `rounds`; `prepare` is not measured. `units` is what one round does.
    static func best<Input>(
        rounds: Int, units: Int, prepare: () throws -> Input, _ body: (inout Input) async throws -> UInt64
    ) async rethrows -> Figure {
        var least = UInt64.max
        var hash: UInt64 = 0
        for _ in 0..<rounds {
            var input = try prepare()
            let start = cpuNanoseconds()
            hash = try await body(&input)
            least = min(least, cpuNanoseconds() - start)
        }
        return Figure(nanoseconds: Double(least) / Double(max(1, units)), hash: hash)
    }

    /// Resident bytes of this process.
    static func residentBytes() -> Int {
        #if canImport(Glibc)
            guard let file = fopen("/proc/self/statm", "r") else { return 0 }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 128)
            guard fgets(&line, 128, file) != nil else { return 0 }
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
        #else
            return 0
        #endif
    }

    static func report(_ name: String, _ figure: Figure, beside baseline: Figure, _ plain: String) {
        print(
            column(name, 34), right(decimal(figure.nanoseconds), 10), "ns  ", column(plain, 24),
            right(decimal(baseline.nanoseconds), 8), "ns   ratio",
            right(decimal(figure.nanoseconds / baseline.nanoseconds), 8),
            "  hash", String(figure.hash, radix: 16))
    }

    static func report(_ name: String, bytes: Double, beside plain: Double, _ what: String, hash: UInt64) {
        print(
            column(name, 34), right(decimal(bytes), 10), "B   ", column(what, 24), right(decimal(plain), 8),
            "B    ratio", right(decimal(bytes / plain), 8), "  hash", String(hash, radix: 16))
    }

    private static func decimal(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
    static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

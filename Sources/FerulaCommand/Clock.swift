// The wall clock, the local zone and a monotonic clock, for the programs that need them.
// The pure band has none: times are handed down from here.

import Glibc
import MetricModel

enum Clock {
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Local time minus UTC at that moment, by TZ or the system's zone.
    static func localOffset(_ time: Timestamp) -> Milliseconds {
        var seconds = time_t(time.milliseconds / 1000)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else { return .zero }
        return .seconds(Int64(local.tm_gmtoff))
    }

    /// As the monotonic one, and goes on while the machine sleeps.
    static func elapsedMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static func monotonicMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

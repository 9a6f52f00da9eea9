// Units, number texts and dates against the texts of Grafana.
// Expected values follow grafana-data's valueFormats (valueFormats.ts, dateTimeFormatters.ts, symbolFormatters.ts).

import MetricModel
import Testing

@testable import Dashboards

@Suite struct UnitTests {
    typealias Case = (value: Double, unit: String?, decimals: Int?, text: String)
    static let cases: [Case] = [
        (0, "short", nil, "0"), (1234, "short", nil, "1.23 K"), (1_500_000, "short", 1, "1.5 Mil"),
        (-2.5e9, "short", nil, "-2.5 Bil"), (0.5, "short", nil, "0.500"), (0.123, "none", nil, "0.123"),
        (3.14159, nil, nil, "3.14"), (1000, "none", nil, "1000"), (23.456, "percent", 1, "23.5%"),
        (0.729, "percentunit", 1, "72.9%"), (1, "percentunit", nil, "100%"), (1024, "bytes", nil, "1 KiB"),
        (1536, "bytes", nil, "1.50 KiB"), (58.3 * 1_073_741_824, "bytes", 1, "58.3 GiB"), (0, "bytes", nil, "0 B"),
        (512, "bytes", 0, "512 B"), (14_200_000, "Bps", 1, "14.2 MB/s"), (1e6, "decbytes", nil, "1 MB"),
        (2048, "binBps", nil, "2 KiB/s"), (1500, "bps", nil, "1.50 kb/s"), (1500, "pps", nil, "1.50 kp/s"),
        (1536, "kbytes", nil, "1.50 MiB"), (3, "mbytes", nil, "3 MiB"), (12, "reqps", nil, "12 req/s"),
        (1234, "ops", 2, "1.23K ops/s"), (5, "rps", nil, "5 rd/s"), (5, "wps", nil, "5 wr/s"),
        (5, "iops", nil, "5 io/s"),
        (7, "opm", nil, "7 ops/m"), (9, "cps", nil, "9 c/s"), (4, "eps", nil, "4 evt/s"), (0, "s", nil, "0 s"),
        (0.0005, "s", nil, "500 µs"), (0.25, "s", nil, "250 ms"), (1.5, "s", nil, "1.50 s"), (90, "s", nil, "1.50 min"),
        (7200, "s", nil, "2 hour"), (1_071_360, "s", nil, "1.77 week"), (259_200, "s", nil, "3 day"),
        (31_556_900 * 2, "s", nil, "2 year"), (1.5, "ms", nil, "1.50 ms"), (1500, "ms", nil, "1.50 s"),
        (120_000, "ms", nil, "2 min"), (1500, "µs", nil, "1.50 ms"), (2_500_000, "ns", nil, "2.50 ms"),
        (90, "m", nil, "1.50 hour"), (36, "h", nil, "1.50 day"), (14, "d", nil, "2 week"),
        (3661, "dtdurations", nil, "1 hour"), (3661, "dtdurations", 2, "1 hour, 1 minute, 1 second"),
        (0, "dtdurations", nil, "0 seconds"), (-60, "dtdurations", nil, "1 minute ago"),
        (61_001, "dtdurationms", 2, "1 minute, 1 second, 1 millisecond"), (3723, "dthms", nil, "01:02:03"),
        (90_061, "dtdhms", nil, "1 d 01:01:01"), (1000, "clockms", nil, "01s:000ms"),
        (3_723_004, "clockms", nil, "01h:02m:03s:004ms"),
        (42, "celsius", nil, "42 °C"), (1, "bool", nil, "True"), (0, "bool_yes_no", nil, "No"),
        (1, "bool_on_off", nil, "On"),
        (255, "hex", nil, "FF"), (255, "hex0x", nil, "0xFF"), (12345, "sci", 2, "1.23e+4"),
        (0.00015, "sci", nil, "1.5e-4"),
        (1_234_567.5, "locale", nil, "1,234,567.5"), (1234, "currencyUSD", nil, "$1.23K"),
        (-5, "currencyEUR", nil, "-€5"),
        (5, "currencySEK", nil, "5kr"), (12, "cores", nil, "12 cores"), (12, "suffix:nodes", nil, "12 nodes"),
        (12, "prefix:~", nil, "~12"), (1500, "si:/s", nil, "1.50 k/s"), (1500, "si:mV", nil, "1.50 V"),
        (1500, "count:jobs", nil, "1.50K jobs"), (3, "currency:₿", nil, "₿3"), (1, "bool:up/down", nil, "up"),
        (1_577_934_245_000, "dateTimeAsIso", nil, "2020-01-02 03:04:05"),
        (1_577_934_245_000, "dateTimeAsUS", nil, "01/02/2020 3:04:05 am"),
        (1_577_934_245_000, "time:YYYY/MM/DD [at] HH:mm", nil, "2020/01/02 at 03:04"), (1500, "hertz", nil, "1.50 kHz"),
        (50, "rotrpm", nil, "50 rpm"), (1500, "watt", nil, "1.50 kW"), (12, "string", nil, "12"),
        (60, "dB", nil, "60 dB"),
        (1e30, "short", nil, "1000000 Sept"), (.nan, "bytes", nil, "NaN"), (.infinity, "s", nil, "∞"),
    ]

    @Test("values are written as Grafana writes them", arguments: cases.indices)
    func format(index: Int) {
        let one = Self.cases[index]
        #expect(UnitFormatter.format(one.value, unit: one.unit, decimals: one.decimals).description == one.text)
    }

    @Test("a unit stands apart from its number")
    func parts() {
        let value = UnitFormatter.format(14_200_000, unit: "Bps", decimals: 1)
        #expect((value.number, value.unit) == ("14.2", "MB/s"))
        #expect(UnitFormatter.format(23.4, unit: "percent").unit == "%")
    }

    @Test("without configured decimals a panel drops zeros that nobody asked for")
    func display() {
        #expect(UnitFormatter.display(1536, unit: "bytes", decimals: nil).description == "1.5 KiB")
        #expect(UnitFormatter.display(1536, unit: "bytes", decimals: 2).description == "1.50 KiB")
        #expect(UnitFormatter.display(60, unit: "percent", decimals: nil).description == "60%")
    }

    @Test("labels of an axis have the same decimals, as few as tell them apart")
    func axis() {
        let labels = UnitFormatter.axisLabels([0, 0.5, 1, 1.5], unit: "none")
        #expect(labels.map(\.description) == ["0", "0.5", "1.0", "1.5"])
        let bytes = UnitFormatter.axisLabels([0, 8_589_934_592, 17_179_869_184], unit: "bytes")
        #expect(bytes.map(\.description) == ["0 B", "8 GiB", "16 GiB"])
        #expect(UnitFormatter.axisLabels([0, 25, 50], unit: "percent").map(\.description) == ["0%", "25%", "50%"])
    }

    @Test(
        "ages are told in words",
        arguments: [
            (-10.0, "a few seconds ago"), (-90.0, "2 minutes ago"), (-3600.0, "an hour ago"), (259200.0, "in 3 days"),
            (-34_560_000.0, "a year ago"),
        ])
    func fromNow(seconds: Double, text: String) {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let value = Double(now.milliseconds) + seconds * 1000
        #expect(UnitFormatter.format(value, unit: "dateTimeFromNow", clock: DisplayClock(now: now)).description == text)
    }

    @Test(
        "numbers have their shortest text",
        arguments: [
            (0.1, "0.1"), (100.0, "100"), (1e21, "1e+21"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"),
            (123456789012345680000.0, "123456789012345680000"),
            (-0.000001, "-0.000001"), (1e15, "1000000000000000"), (1.25e16, "12500000000000000"),
        ])
    func shortest(value: Double, text: String) { #expect(numberText(value) == text) }

    @Test(
        "dates survive the way there and back",
        arguments: [0, 951_782_400_000, -86_400_000, 4_102_444_799_000, 1_709_164_800_000])
    func calendar(milliseconds: Int64) {
        #expect(CalendarDate(milliseconds: milliseconds).milliseconds == milliseconds)
    }
}

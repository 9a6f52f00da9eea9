// Themes by name, and what they make of a panel's colours.

import Dashboards
import Frames
import MetricModel
import Testing

@testable import Panels

@Suite("Themes")
struct ThemeTests {
    private func field(_ color: RGB, _ kind: FieldColor = .paletteClassic) -> DataField {
        var configuration = FieldConfiguration()
        configuration.color = kind
        configuration.thresholds.steps = [
            Thresholds.Step(value: -.infinity, color: "green"), Thresholds.Step(value: 1, color: "semi-dark-orange"),
            Thresholds.Step(value: 2, color: "dark-red"), Thresholds.Step(value: 3, color: "#f2495c"),
            Thresholds.Step(value: 4, color: "blue"),
        ]
        configuration.mappings = [.value("1", MappingResult(text: "up", color: "green"))]
        return DataField(
            name: "a", refID: "A", labels: .empty, timestamps: [], values: [], step: .seconds(1),
            configuration: configuration, color: color, reduced: [])
    }

    private func recolored(_ field: DataField, by theme: PaintTheme) throws -> DataField {
        let data = PanelData(
            content: .fields([field]), start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 1))
        guard case .fields(let fields) = theme.recolored(data).content else {
            Issue.record("no fields")
            return field
        }
        return try #require(fields.first)
    }

    @Test("the names of the themes")
    func names() {
        #expect(NamedTheme.all.map(\.name) == ["default", "dark", "light", "high-contrast", "colour-blind", "mono"])
    }

    @Test("series have the theme's colours in the palette's order; fixed ones stay")
    func series() throws {
        let blind = PaintTheme.colorBlind
        #expect(try recolored(field(RGB.palette(0)), by: blind).color == RGB(0x56, 0xb4, 0xe9))
        #expect(try recolored(field(RGB.palette(1)), by: blind).color == RGB(0xe6, 0x9f, 0x00))
        #expect(try recolored(field(RGB.palette(8)), by: blind).color == RGB(0x56, 0xb4, 0xe9))
        #expect(try recolored(field(RGB.palette(0), .fixed("green")), by: blind).color == RGB.palette(0))
        #expect(try recolored(field(RGB(1, 2, 3)), by: blind).color == RGB(1, 2, 3))
        #expect(try recolored(field(RGB.palette(0)), by: .terminal).color == RGB.palette(0))
        #expect(try recolored(field(RGB.palette(0)), by: .dark).color == RGB.palette(0))
    }

    @Test("thresholds and mappings of Grafana's names are the theme's good, warning and bad; other colours stay")
    func thresholds() throws {
        let field = try recolored(field(try #require(RGB.named("red")), .thresholds), by: .colorBlind)
        #expect(
            field.configuration.thresholds.steps.map(\.color) == ["#56b4e9", "#f0e442", "#d55e00", "#f2495c", "blue"])
        #expect(field.configuration.mappings == [.value("1", MappingResult(text: "up", color: "#56b4e9"))])
        #expect(field.color == RGB(0xd5, 0x5e, 0x00))
        let before = try recolored(self.field(RGB.palette(0)), by: .dark)
        #expect(before.configuration.thresholds.steps.map(\.color).first == "green")
    }

    @Test("a terminal without colours has a theme without")
    func noColors() {
        #expect(PaintTheme.dark.suited(to: .none) == .mono)
        #expect(PaintTheme.dark.suited(to: .ansi16) == .dark)
    }
}

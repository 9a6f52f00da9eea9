// Panels to boxes: rows, compaction, repeats. And colours by name.

import MetricModel
import Testing

@testable import Dashboards

@Suite struct LayoutTests {
    static func panel(_ id: Int, _ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Panel {
        Panel(
            id: id, kind: .unsupported("x"), title: "\(id)",
            position: GridPosition(x: x, y: y, width: width, height: height))
    }
    static func row(_ id: Int, y: Int, collapsed: [Panel]? = nil) -> Panel {
        var row = Panel(
            id: id, kind: .row(isCollapsed: collapsed != nil), title: "row",
            position: GridPosition(x: 0, y: y, width: 24, height: 1))
        row.collapsedPanels = collapsed ?? []
        return row
    }
    static func boxes(_ placed: [PlacedPanel]) -> [String] {
        placed.map { "\($0.panel.id): \($0.position.x),\($0.position.y) \($0.position.width)x\($0.position.height)" }
    }

    @Test("gaps close, overlaps part, what is too wide is clamped")
    func compaction() {
        let panels = [Self.panel(0, 0, 5, 12, 4), Self.panel(1, 6, 6, 12, 4), Self.panel(2, 20, 30, 10, 3)]
        #expect(Self.boxes(GridLayout.place(panels)) == ["0: 0,0 12x4", "1: 6,4 12x4", "2: 14,8 10x3"])
    }

    @Test("a collapsed row hides its members until it is opened, and then shifts what follows")
    func rows() {
        let panels = [
            Self.panel(0, 0, 0, 24, 2),
            Self.row(1, y: 2, collapsed: [Self.panel(2, 0, 100, 12, 3), Self.panel(3, 12, 100, 12, 3)]),
            Self.row(4, y: 3), Self.panel(5, 0, 4, 24, 2),
        ]
        #expect(Self.boxes(GridLayout.place(panels)) == ["0: 0,0 24x2", "1: 0,2 24x1", "4: 0,3 24x1", "5: 0,4 24x2"])
        let opened = GridLayout.place(panels, toggled: [1])
        #expect(
            Self.boxes(opened) == [
                "0: 0,0 24x2", "1: 0,2 24x1", "2: 0,3 12x3", "3: 12,3 12x3", "4: 0,6 24x1", "5: 0,7 24x2",
            ])
        #expect(opened[1].memberCount == 2)
        #expect(Self.boxes(GridLayout.place(panels, toggled: [4])) == ["0: 0,0 24x2", "1: 0,2 24x1", "4: 0,3 24x1"])
    }

    @Test("a repeated panel shares the width among the values, a repeated row comes again with its members")
    func repeats() {
        var context = VariableContext(
            range: TimeRange(start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: 1)))
        context.set("x", .init(values: ["a", "b", "c"], isMulti: true))
        var panel = Self.panel(0, 0, 0, 6, 4)
        panel.repeating = PanelRepeat(variable: "x", maxPerRow: 2)
        let placed = GridLayout.place([panel], variables: context)
        #expect(
            placed.map(\.position) == [
                GridPosition(x: 0, y: 0, width: 12, height: 4), GridPosition(x: 12, y: 0, width: 12, height: 4),
                GridPosition(x: 0, y: 4, width: 12, height: 4),
            ])
        #expect(placed.map { $0.panel.scopedVariables["x"] } == ["a", "b", "c"])
        var row = Self.row(1, y: 0)
        row.repeating = PanelRepeat(variable: "x")
        let rows = GridLayout.place([row, Self.panel(2, 0, 1, 24, 3)], variables: context)
        #expect(rows.count == 6)
        #expect(Set(rows.map(\.panel.id)).count == 6)
        #expect(rows.map(\.position.y) == [0, 1, 4, 5, 8, 9])
        #expect(context.scoped(["x": "b"]).interpolate("$x", .query) == "b")
    }

    @Test(
        "colours read in every form",
        arguments: [
            ("dark-red", RGB(0xc4, 0x16, 0x2a)), ("#abc", RGB(0xaa, 0xbb, 0xcc)), ("#AABBCC", RGB(0xaa, 0xbb, 0xcc)),
            ("#aabbcc80", RGB(0xaa, 0xbb, 0xcc)), ("rgb(1, 2, 3)", RGB(1, 2, 3)),
            ("rgba(237, 129, 40, 0.89)", RGB(237, 129, 40)),
            ("teal", RGB(0, 128, 128)), ("red", RGB(0xf2, 0x49, 0x5c)), ("transparent", nil), ("nonsense", nil),
            ("#12", nil),
            ("rgb(a,b,c)", nil), ("rgba(1,2,3,0)", nil), ("rgb(999, -5, 3)", RGB(255, 0, 3)),
        ] as [(String, RGB?)])
    func colors(name: String, color: RGB?) { #expect(RGB.named(name) == color) }

    @Test("the palette is Grafana's and repeats after its last colour")
    func palette() {
        #expect(RGB.palette(0) == RGB(0x73, 0xbf, 0x69))
        #expect(RGB.palette(1) == RGB(0xfa, 0xde, 0x2a))
        #expect(RGB.palette(64) == RGB.palette(0))
        #expect(RGB.continuous("continuous-GrYlRd", at: 0) == RGB.named("green"))
        #expect(RGB.continuous("continuous-GrYlRd", at: 0.5) == RGB.named("yellow"))
        #expect(RGB.continuous("continuous-GrYlRd", at: 2) == RGB.named("red"))
    }
}

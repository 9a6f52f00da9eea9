// What legends and stats say where there is no colour, or little room.

import Dashboards
import Frames
import Testing

@testable import Panels

@Suite struct LegendTests {
    @Test("without colours a stack's legend has the shades of its areas, and lines have theirs")
    func shades() {
        let stack = Scenes.stack()
        let text = Samples.paint(stack.0, stack.1, 72, 14, depth: .none).plainText
        for entry in ["█ user", "▓ system", "▒ iowait", "░ steal"] { #expect(text.contains(entry), "\(text)") }
        let lines = Scenes.lines()
        let other = Samples.paint(lines.0, lines.1, 60, 12, depth: .none).plainText
        for entry in ["─ 1m", "┄ 5m", "═ 15m"] { #expect(other.contains(entry), "\(other)") }
    }

    @Test("a legend at the right keeps its columns before it keeps long names")
    func columns() {
        let scene = Scenes.rightLegend()
        let text = Samples.paint(scene.0, scene.1, 80, 12).plainText
        #expect(text.contains("max") && text.contains("mean") && text.contains("last"), "\(text)")
    }

    @Test("a stat whose colour means nothing has no sign in its stead")
    func signs() {
        var options = StatOptions()
        var scene = Scenes.stat(53)
        let field = Samples.field("cpu", [99]) {
            $0.color = .thresholds
            $0.thresholds = Samples.thresholds([(0, "green"), (45, "red")])
        }
        scene.1 = Samples.data([field])
        scene.0.kind = .stat(options)
        #expect(Samples.paint(scene.0, scene.1, 20, 5, depth: .none).plainText.contains("✗ 99"))
        options.colorMode = .none
        scene.0.kind = .stat(options)
        #expect(!Samples.paint(scene.0, scene.1, 20, 5, depth: .none).plainText.contains("✗"))
    }

    @Test("the numbers of a heatmap are beneath it, as many as fit")
    func heatmapNumbers() {
        var data = Scenes.heatmapData()
        data.perMinute = 60
        let scene = Scenes.heatmap(data)
        let wide = Samples.paint(scene.0, scene.1, 120, 23).plainText
        #expect(wide.contains("p50 ") && wide.contains("p90 ") && wide.contains("p99 ") && wide.contains("/min"))
        let narrow = Samples.paint(scene.0, scene.1, 40, 12).plainText
        #expect(narrow.contains("p50 ") && narrow.contains("p99 ") && !narrow.contains("/min"), "\(narrow)")
        #expect(HeatmapNumbers.choices(["p50 1", "p90 2", "p99 3", "4/min"]).last?.text == "p50 1  p99 3")
        #expect(HeatmapNumbers.choices([]).isEmpty)
    }
}

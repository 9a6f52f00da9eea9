// Tables: which columns and rows are seen, marks of sorting, footers.

import Dashboards
import Frames
import Testing

@testable import Panels

@Suite struct TableTests {
    private func lines(_ scene: (Panel, PanelData), _ width: Int, _ height: Int, columns: Int = 0) -> [String] {
        Samples.paint(scene.0, scene.1, width, height) { $0.scrollColumns = columns }.plainText
            .split(separator: "\n").map(String.init)
    }

    @Test("the first column keeps its names, the columns behind it scroll until the last one is in view")
    func stickyColumn() {
        let scene = Scenes.tableWide()
        #expect(lines(scene, 60, 8)[1] == "│ pod           quota 1   quota 2   quota 3   quota 4    +9│")
        #expect(lines(scene, 60, 8, columns: 2)[1] == "│ pod         ◂ quota 3   quota 4   quota 5   quota 6    +7│")
        #expect(lines(scene, 60, 8, columns: 2)[2].hasPrefix("│ checkout-0        375       500"))
        let end = lines(scene, 60, 8, columns: 99)[1]
        #expect(end.contains("quota 13"))
        #expect(!end.contains("+"))
        #expect(lines(scene, 200, 8, columns: 5)[1].contains("quota 1 "))
    }

    @Test("the column that rows are sorted by is marked, by name of what it holds")
    func sortMark() {
        #expect(lines(Scenes.tableCells(), 120, 9)[1].contains("▾ memory"))
        #expect(lines(Scenes.tableCells { $0.sortsDescending = false }, 120, 9)[1].contains("▴ memory"))
        #expect(lines(Scenes.tableCells { $0.sortField = "instance" }, 120, 9)[1].contains("instance ▾"))
    }

    @Test("a footer is under the fields it is meant for, or counts the rows")
    func footers() {
        let some = lines(Scenes.tableCells { $0.footerFields = ["disk"] }, 120, 9)[7]
        #expect(some.contains("56.2 %"))
        #expect(!some.contains("52.9 %"))
        let count = lines(
            Scenes.tableCells {
                $0.footer = [.count]
                $0.footerCountsRows = true
            }, 120, 9)[7]
        #expect(count.hasPrefix("│ 4 rows "))
        #expect(!count.contains("4.00"))
    }
}

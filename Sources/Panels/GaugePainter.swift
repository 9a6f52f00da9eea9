// placeholder
import Dashboards
import Frames

enum GaugePainter { static func paint(_ options: GaugeOptions, _ canvas: PanelCanvas, on frame: inout Frame) {} }
enum BarGaugePainter { static func paint(_ options: BarGaugeOptions, _ canvas: PanelCanvas, on frame: inout Frame) {} }
enum TablePainter { static func paint(_ options: TableOptions, _ canvas: PanelCanvas, on frame: inout Frame) {} }
enum TextPainter { static func paint(_ options: TextOptions, _ canvas: PanelCanvas, on frame: inout Frame) {} }

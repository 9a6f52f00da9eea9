import Dashboards
import Frames
import Panels

extension AppState {
    func layout(_ dashboard: Dashboard, in body: Rect) -> [Placement] {
        dashboard.panels.map {
            Placement(
                panel: $0,
                rect: Rect(
                    x: $0.position.x * body.width / 24, y: $0.position.y, width: $0.position.width * body.width / 24,
                    height: $0.position.height))
        }
    }
    func paint(_ placement: Placement, on frame: inout Frame) {
        frame.drawBox(placement.rect, style: .plain)
    }
}

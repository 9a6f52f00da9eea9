// Rows and places of panels in the short form, which says only what does not come out by itself.
// Part of ShortFormWriter; ShortFormReader lays the panels out again.

extension ShortFormWriter {
    /// Rows of old files as panels: twelve spans a line, a row above its panels.
    static func panels(ofRows rows: [JSONValue]) -> [JSONValue] {
        var y = 0
        var panels: [JSONValue] = []
        for row in rows {
            var header = JSONValue.object(JSONObject())
            header.set(["type"], .string("row"))
            header.set(["title"], row["title"] ?? .string(""))
            header.set(["collapsed"], .bool(row["collapse"]?.looseBool ?? false))
            if let variable = row["repeat"], !variable.isBlank { header.set(["repeat"], variable) }
            header.set(["gridPos"], ShortFormReader.position(x: 0, y: y, width: 24, height: 1))
            y += 1
            var pen = ShortFormPen()
            var members: [JSONValue] = []
            if case .array(let children)? = row["panels"] {
                for child in children {
                    var panel = child
                    let span = min(max(panel.remove(["span"])?.looseNumber ?? 4, 0), 12)
                    let width = span < 1 ? 8 : Int(span) * 2
                    let height = GrafanaImport.rowUnits(panel.remove(["height"]) ?? row["height"]) ?? 7
                    let place = pen.place(width: width, height: height)
                    panel.set(
                        ["gridPos"], ShortFormReader.position(x: place.x, y: y + place.y, width: width, height: height))
                    members.append(panel)
                }
            }
            if header["collapsed"] == .bool(true) { header.set(["panels"], .array(members)) }
            panels.append(header)
            if header["collapsed"] != .bool(true) { panels += members }
            y += pen.bottom
        }
        return panels
    }

    private func position(_ panel: JSONValue) -> GridPosition? {
        func cell(_ key: String, _ most: Double) -> Int? {
            panel.at(["gridPos", key])?.looseNumber.map { Int(min(max($0.rounded(), 0), most)) }
        }
        guard let x = cell("x", 23), let y = cell("y", 1_000_000), let width = cell("w", 24),
            let height = cell("h", 1000)
        else { return nil }
        return GridPosition(x: x, y: y, width: max(1, width), height: max(1, height))
    }

    private func inOrder(_ panels: [JSONValue]) -> [JSONValue] {
        func key(_ offset: Int, _ panel: JSONValue) -> (Int, Int, Int) {
            let place = position(panel)
            return (place?.y ?? .max, place?.x ?? 0, offset)
        }
        return panels.enumerated().map { (key($0.offset, $0.element), $0.element) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Panels before the first row, then each row with what follows it.
    func lay(_ panels: [JSONValue], to result: inout JSONValue) {
        var first: [JSONValue] = []
        /// Without a header: what follows a closed row, whose panels are inside.
        var rows: [(header: JSONValue?, members: [JSONValue])] = []
        for panel in inOrder(panels) {
            if panel["type"] == .string("row") {
                let isClosed = panel["collapsed"]?.looseBool == true
                rows.append((panel, isClosed ? inOrder(items(panel["panels"])) : []))
            } else if rows.isEmpty {
                first.append(panel)
            } else if rows[rows.count - 1].header?["collapsed"]?.looseBool == true {
                rows.append((nil, [panel]))
            } else {
                rows[rows.count - 1].members.append(panel)
            }
        }
        if !first.isEmpty || rows.isEmpty { result.set(["panels"], .array(flow(first))) }
        guard !rows.isEmpty else { return }
        result.set(
            ["rows"],
            .array(
                rows.map { row in
                    var words = JSONValue.object(JSONObject())
                    guard var source = row.header else {
                        words.set(["panels"], .array(flow(row.members)))
                        return words
                    }
                    words.set(["title"], .string(source["title"]?.looseString ?? ""))
                    if source["title"]?.looseString != nil { source.remove(["title"]) }
                    let isCollapsed = source.remove(["collapsed"])?.looseBool == true
                    if isCollapsed { words.set(["collapsed"], .bool(true)) }
                    if case .string(let variable)? = source["repeat"] {
                        source.remove(["repeat"])
                        if !variable.isEmpty { words.set(["repeat"], .string(variable)) }
                    }
                    let ignored: Set = ["id", "type", "gridPos", "panels", "datasource", "targets", "scopedVars"]
                    keep(source, without: ignored, in: &words)
                    words.set(["panels"], .array(flow(row.members)))
                    return words
                }))
    }

    private func flow(_ panels: [JSONValue]) -> [JSONValue] {
        let top = panels.compactMap { position($0)?.y }.min() ?? 0
        var pen = ShortFormPen()
        return panels.map { source in
            let panel = ModernPanel.panel(source) ?? source
            var words = self.panel(panel)
            let usual = ShortForm.size(panel["type"]?.looseString ?? "")
            let box = position(panel)
            let (width, height) = (box?.width ?? usual.width, box?.height ?? usual.height)
            var trial = pen
            let place = trial.place(width: width, height: height)
            if width != usual.width { words.set(["width"], .number(Double(width))) }
            if height != usual.height { words.set(["height"], .number(Double(height))) }
            let x = box.flatMap { $0.x == place.x ? nil : $0.x }
            let y = box.flatMap { $0.y - top == place.y ? nil : $0.y - top }
            if let x { words.set(["x"], .number(Double(x))) }
            if let y { words.set(["y"], .number(Double(y))) }
            _ = pen.place(width: width, height: height, x: x, y: y)
            return words
        }
    }
}

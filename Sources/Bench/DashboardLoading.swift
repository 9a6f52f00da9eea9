// How long it takes to load dashboards: one as large as the largest that is known, and a folder of real ones.
// `Bench --dashboards FOLDER` asks this alone; `make bench` has the large one among its rows.

import Dashboards

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct DashboardLoading {
    let rounds: Int
    /// Panels of the large one, which at 643 has 2.9 MB, as its model.
    let panels: Int

    func run(folder: String?) async throws {
        let large = document()
        try await report("load \(panels) panels, \(large.count / 1000) kB, a byte", [large])
        guard let folder else { return }
        let files = Self.read(folder)
        guard !files.isEmpty else {
            print("no .json in \(folder)")
            return
        }
        try await report("load \(files.count) files, \(files.map(\.count).reduce(0, +) / 1000) kB, a byte", files)
    }

    private func report(_ name: String, _ files: [[UInt8]]) async throws {
        let bytes = files.map(\.count).reduce(0, +)
        let plain = await Measure.best(rounds: rounds, units: bytes, prepare: {}) { _ in
            var hash = WorkHash()
            for file in files { hash.add(Self.walk(file)) }
            return hash.value
        }
        let load = try await Measure.best(rounds: rounds, units: bytes, prepare: {}) { _ in
            var hash = WorkHash()
            for file in files { hash.add(try Self.load(file)) }
            return hash.value
        }
        Measure.report(name, load, beside: plain, "a loop that finds strings")
        print("  \(Int((load.nanoseconds * Double(bytes) / 1e6).rounded())) ms of CPU in all")
    }

    private static func load(_ bytes: [UInt8]) throws -> Int {
        let dashboard = try Dashboard(grafanaJSON: bytes, fileName: "bench.json")
        return dashboard.panels.reduce(dashboard.notices.count) { sum, panel in
            sum + panel.targets.count + panel.collapsedPanels.count
        }
    }

    /// What no reader of JSON can leave out: where strings begin and end, how deep one is, and every byte's part in a
    /// hash, so that nothing of it can be skipped or done many bytes at a time.
    @inline(never)
    private static func walk(_ bytes: [UInt8]) -> UInt64 {
        var hash = WorkHash()
        var depth: UInt64 = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth &+= 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth &-= 1
            }
            hash.add(UInt64(byte) &+ depth << 8)
        }
        return hash.value
    }

    /// Graphs of two queries each with what Grafana's editor writes around them, indented as it exports.
    private func document() -> [UInt8] {
        var text = "{\n  \"title\": \"Large\",\n  \"schemaVersion\": 39,\n  \"panels\": [\n"
        for panel in 0..<panels {
            let target = { (letter: String) in
                """
                        {
                          "datasource": {"type": "prometheus", "uid": "${datasource}"},
                          "editorMode": "code",
                          "expr": "sum by (instance, job) (rate(bench_family_\(panel)_total{job=~\\"$job\\", instance=~\\"$instance\\"}[$__rate_interval]))",
                          "legendFormat": "{{instance}} of {{job}}",
                          "range": true,
                          "refId": "\(letter)"
                        }
                """
            }
            text += """
                    {
                      "datasource": {"type": "prometheus", "uid": "${datasource}"},
                      "description": "\(String(repeating: "What this panel shows. ", count: 100))",
                      "fieldConfig": {
                        "defaults": {
                          "color": {"mode": "palette-classic"},
                          "custom": {
                            "axisBorderShow": false, "axisCenteredZero": false, "axisColorMode": "text", "axisLabel": "", "axisPlacement": "auto",
                            "barAlignment": 0, "drawStyle": "line", "fillOpacity": 10, "gradientMode": "none",
                            "hideFrom": {"legend": false, "tooltip": false, "viz": false}, "insertNulls": false, "lineInterpolation": "linear",
                            "lineWidth": 1, "pointSize": 5, "scaleDistribution": {"type": "linear"}, "showPoints": "never", "spanNulls": false,
                            "stacking": {"group": "A", "mode": "normal"}, "thresholdsStyle": {"mode": "off"}
                          },
                          "mappings": [],
                          "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": null}, {"color": "red", "value": 80}]},
                          "unit": "bytes"
                        },
                        "overrides": [{"matcher": {"id": "byRegexp", "options": "/.*out.*/"}, "properties": [{"id": "custom.transform", "value": "negative-Y"}]}]
                      },
                      "gridPos": {"h": 8, "w": 12, "x": \(panel % 2 * 12), "y": \(panel / 2 * 8)},
                      "id": \(panel),
                      "options": {
                        "legend": {"calcs": ["mean", "max"], "displayMode": "table", "placement": "bottom", "showLegend": true},
                        "tooltip": {"mode": "multi", "sort": "none"}
                      },
                      "targets": [
                \(target("A")),
                \(target("B"))
                      ],
                      "title": "Panel \(panel)",
                      "type": "timeseries"
                    }\(panel == panels - 1 ? "" : ",")

                """
        }
        return Array((text + "  ]\n}\n").utf8)
    }

    private static func read(_ folder: String) -> [[UInt8]] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted().map { read(file: folder + "/" + $0) }.filter { !$0.isEmpty }
    }

    /// Empty for a file that cannot be read.
    static func read(file path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}

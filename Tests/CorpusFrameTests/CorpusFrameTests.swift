// Real dashboards over data made for them: every panel of a kind that is drawn has a picture, at every size.
// The files lie beside the package when they are there at all; digests of ten of them are committed, the files are not.

import DashboardApp
import Dashboards
import Foundation
import Frames
import SeededDashboards
import Testing

private enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// The folder of real dashboards, wherever above the package it lies; empty when there is none.
    static let files: [URL] = {
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        for up in ["../shared", "../../shared"] {
            let dashboards = root.appending(path: "\(up)/corpus/dashboards")
            // No folder means that there is nothing to test here.
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: dashboards.path) else { continue }
            return names.filter { $0.hasSuffix(".json") }.sorted().map { dashboards.appending(path: $0) }
        }
        return []
    }()

    /// Those whose digests are kept: of each age and flavour one.
    static let kept: Set<String> = [
        "node-exporter-full", "node-exporter-full-old-v14", "k8s-resources-cluster", "prometheus-overview",
        "gs-cluster-overview-v2", "linkerd-deployment", "unbound-full", "opensearch-cluster", "istio-service",
        "spring-boot-jvm",
    ]
}

/// What became of the panels of one kind.
private struct Shares {
    var drawn = 0
    var explained = 0
    var silent = 0
    /// Queries in another language than PromQL.
    var foreign = 0
    var failed = 0
    var total: Int { drawn + explained + silent + foreign + failed }

    mutating func take(_ state: StillPicture.PanelOutcome.State) {
        switch state {
        case .drawn: drawn += 1
        case .empty(let reason): if reason == nil { silent += 1 } else { explained += 1 }
        case .unanswered: failed += 1
        case .failed(let reason):
            if ["unknown function", "unexpected "].contains(where: reason.hasPrefix) {
                foreign += 1
            } else {
                failed += 1
            }
        }
    }
}

@Suite("Real dashboards over seeded data", .serialized, .enabled(if: !Corpus.files.isEmpty), .timeLimit(.minutes(10)))
struct CorpusFrameTests {
    private static let drawnKinds: Set<String> = [
        "timeseries", "graph", "stat", "singlestat", "gauge", "bargauge", "table", "table-old", "heatmap", "histogram",
        "piechart", "barchart", "state-timeline", "status-history",
    ]

    @Test("every panel of a drawn kind is filled from data, or says why it is not, and no size is a trap")
    func filled() async throws {
        var shares: [String: Shares] = [:]
        var digests = ""
        for file in Corpus.files {
            let document = try Dashboard(
                grafanaJSON: Array(Data(contentsOf: file)), fileName: file.lastPathComponent)
            let seeded = await SeededDashboard(document)
            let whole = await seeded.picture(160, nil, opensRows: true)
            for panel in whole.panels {
                shares[panel.kind, default: Shares()].take(panel.state)
                if ProcessInfo.processInfo.environment["SEEDED_WORDS"] != nil, panel.state != .drawn {
                    print("\(file.lastPathComponent) \(panel.kind) \(panel.title): \(panel.state)")
                }
            }
            let name = file.deletingPathExtension().lastPathComponent
            for look in SeededDashboard.looks where look.depth == .trueColor || Corpus.kept.contains(name) {
                let frame = await seeded.picture(look.width, look.height, look.depth).frame
                #expect(frame.size == Size(width: look.width, height: look.height))
                guard Corpus.kept.contains(name) else { continue }
                digests += "\(name) \(look.name) \(Self.digest(GoldenText.write(frame, depth: look.depth)))\n"
            }
        }
        report(shares)
        let path = Corpus.folder.appending(path: "Golden/digests.txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try digests.write(to: path, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        for (found, wanted) in zip(digests.split(separator: "\n"), golden) { #expect(found == wanted) }
        #expect(digests.split(separator: "\n").count == golden.count)
    }

    private func report(_ shares: [String: Shares]) {
        print("kind: drawn, explained, empty without a word, other languages, failed")
        var drawn = 0
        var total = 0
        var silent = 0
        for (kind, share) in shares.sorted(by: { $0.key < $1.key }) {
            print("\(kind): \(share.drawn), \(share.explained), \(share.silent), \(share.foreign), \(share.failed)")
            guard Self.drawnKinds.contains(kind) else { continue }
            drawn += share.drawn
            total += share.total - share.foreign
            silent += share.silent
        }
        print("\(drawn) of \(total) filled")
        #expect(total > 1400)
        #expect(Double(drawn) >= 0.97 * Double(total), "\(drawn) of \(total)")
        #expect(silent <= 4)
    }

    /// FNV-1a of 64 bits.
    private static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

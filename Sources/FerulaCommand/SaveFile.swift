// `--save FILE`: what the store holds as OpenMetrics text, gzip when the name ends in .gz.
// SampleSaver of Ingestion writes the text; here it goes to the disk.

import Glibc
import Ingestion
import MetricModel
import TimeSeriesStore

enum SaveFile {
    /// Before any sample is there to be lost: only what a save has left is replaced by one, or an empty file.
    static func check(_ path: String) throws(CommandFailure) {
        guard FileSystem.isRegularFile(path), !LoadFile.isSaved(path) else { return }
        throw CommandFailure(
            "--save \(path): this file is there, and is none that --save wrote\n  name another one, or move it away",
            status: ExitStatus.usage)
    }

    static func save(_ store: TimeSeriesStore, to path: String) async throws {
        // The text is streamed: the file is made first and put in its place when all of it is there.
        let temporary = try TemporaryFile(beside: path)
        var progress = ProgressLine("saving \(path)")
        var exemplars: [LabelSet: [Exemplar]] = [:]
        for one in store.exemplars([[]], start: .distantPast, end: .distantFuture) {
            exemplars[one.labels] = one.exemplars
        }
        var saver = SampleSaver(store, exemplars: exemplars)
        let output = try GzipFile(
            writing: try temporary.duplicate(), compressed: path.hasSuffix(".gz"), name: path)
        let report: SaveReport
        do {
            report = try await saver.save(progress: { progress.show($0, of: $1) }) { piece throws(CommandFailure) in
                try output.write(piece)
            }
            try output.close()
        } catch {
            temporary.discard()
            throw error
        }
        let replaced = FileSystem.exists(path) ? ", in place of what it held" : ""
        try temporary.commit()
        progress.clear()
        Program.write(
            line: "saved \(report.samples) samples of \(report.series) series to \(path)\(replaced)", to: 2)
        for loss in report.losses { Program.write(line: "  \(loss)", to: 2) }
    }
}

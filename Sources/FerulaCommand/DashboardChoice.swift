// Which dashboard a word names: a file, a folder with a title, a shipped one; and what is near when it names none.
// Between RenderCommand and DashboardFile.

import ArgumentParser
import Dashboards
import ShippedDashboards

enum DashboardChoice {
    /// For shells: what is shipped, and files.
    static let completion = CompletionKind.custom { words, index, typed in
        proposals(index < words.count ? words[index] : typed)
    }

    static let proposalsMax = 500

    /// Shipped names that begin with what is typed, then dashboards' files and folders, these with a slash.
    static func proposals(_ typed: String) -> [String] {
        let shipped = ShippedDashboards.all.map(\.name).filter { $0.hasPrefix(typed) }
        let folder = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        // A folder that cannot be read has nothing to propose.
        let found = (try? FileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
        let paths = found.map { folder + $0 }.filter { $0.hasPrefix(typed) }.prefix(proposalsMax)
        return shipped
            + paths.compactMap { path in
                if FileSystem.isFolder(path) { return path + "/" }
                return [".json", ".yml", ".yaml"].contains(where: path.hasSuffix) ? path : nil
            }
    }

    /// - `title`: of a folder's dashboards; upper and lower case alike.
    static func dashboard(_ name: String, title: String?) throws(CommandFailure) -> Dashboard {
        let isShipped = ShippedDashboards.named(name) != nil
        if !isShipped, name != "-", FileSystem.isFolder(name) {
            return try dashboard(try DashCommand.dashboards(name), in: name, title: title)
        }
        guard title == nil else {
            throw CommandFailure(
                "--title chooses among the dashboards of a folder: \(name) is none", status: ExitStatus.usage)
        }
        if !isShipped, name != "-", !FileSystem.exists(name) { throw unknown(name) }
        return try DashCommand.dashboard(name)
    }

    private static func dashboard(
        _ found: [Dashboard], in folder: String, title: String?
    ) throws(CommandFailure) -> Dashboard {
        guard let title else {
            if found.count == 1 { return found[0] }
            throw CommandFailure(
                "\(folder): \(found.count) dashboards; --title names one of them:\n" + listed(found.map(\.title)),
                status: ExitStatus.usage)
        }
        let named = found.filter { $0.title.lowercased() == title.lowercased() }
        if let first = named.first {
            guard named.count == 1 else {
                throw CommandFailure(
                    "\(folder): \(named.count) dashboards are called `\(first.title)`; name a file",
                    status: ExitStatus.usage)
            }
            return first
        }
        let near = FirstArgument.nearest(to: title.lowercased(), in: found.map { $0.title.lowercased() })
            .flatMap { near in found.first { $0.title.lowercased() == near } }
        let hint = near.map { "; did you mean `\($0.title)`?" } ?? "; there are:\n" + listed(found.map(\.title))
        throw CommandFailure("\(folder): no dashboard is called `\(title)`\(hint)", status: ExitStatus.usage)
    }

    private static func listed(_ titles: [String]) -> String {
        let lines = titles.sorted().prefix(20).map { "  \($0)" }
        let rest = titles.count > 20 ? ["  and \(titles.count - 20) more"] : []
        return (lines + rest).joined(separator: "\n")
    }

    /// With what is called nearly so: a shipped one, or a dashboard's file in the same folder.
    static func unknown(_ name: String) -> CommandFailure {
        var folder = "."
        var file = name
        if let slash = name.lastIndex(of: "/") {
            folder = String(name[...slash])
            file = String(name[name.index(after: slash)...])
        }
        // A folder that cannot be read has nothing near.
        let files = (try? FileSystem.files(in: folder)) ?? []
        let names = files.compactMap { path -> String? in
            guard [".json", ".yml", ".yaml"].contains(where: path.hasSuffix) else { return nil }
            return path.split(separator: "/").last.map(String.init)
        }
        let prefix = folder == "." ? "" : folder
        let shipped = ShippedDashboards.all.map(\.name)
        var hint = "shipped with ferula: \(shipped.joined(separator: ", "))"
        if let near = FirstArgument.nearest(to: file, in: names) {
            hint = "did you mean `\(prefix)\(near)`?"
        } else if prefix.isEmpty, let near = FirstArgument.nearest(to: file, in: ShippedDashboards.words) {
            hint = "did you mean `\(near)`?"
        }
        return CommandFailure("\(name): no such file, and no shipped dashboard; \(hint)")
    }
}

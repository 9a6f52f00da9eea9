// Sizes of mounted file systems. A mount whose server is dead must not hold up the scrape.
// The list of mounts comes from DiskText's parser.

#if os(Linux)
    import ExporterKit
    import Glibc
    import Synchronization

    struct FilesystemCollector: Collector {
        let name = "filesystem"
        let files: HostFiles
        private let probes = MountProbes()

        init(files: HostFiles) { self.files = files }

        func collect(into families: inout MetricFamilies) {
            let text = files.text("/proc/1/mountinfo") ?? files.text("/proc/self/mountinfo") ?? ""
            for mount in parseMounts(text) { add(mount, probes.size(of: mount, root: files.root), into: &families) }
        }

        private func add(_ mount: Mount, _ size: FilesystemSize?, into families: inout MetricFamilies) {
            func add(_ name: String, _ help: String, _ value: Double) {
                families.add(
                    "node_filesystem_\(name)", .gauge, help: help,
                    ["device": mount.device, "fstype": mount.type, "mountpoint": mount.mountPoint], value)
            }
            add("device_error", "1 when the sizes of the file system could not be had, else 0.", size == nil ? 1 : 0)
            add("readonly", "1 when the file system is mounted read-only, else 0.", mount.isReadOnly ? 1 : 0)
            guard let size else { return }
            add("size_bytes", "Size of the file system.", size.bytes)
            add("free_bytes", "Bytes free for the superuser.", size.freeBytes)
            add("avail_bytes", "Bytes free for everyone else.", size.availableBytes)
            add("files", "File nodes of the file system.", size.files)
            add("files_free", "File nodes free.", size.freeFiles)
        }
    }

    struct FilesystemSize: Hashable, Sendable {
        var bytes: Double
        var freeBytes: Double
        var availableBytes: Double
        var files: Double
        var freeFiles: Double

        init?(path: String) {
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return nil }
            let unit = Double(status.f_frsize)
            bytes = Double(status.f_blocks) * unit
            freeBytes = Double(status.f_bfree) * unit
            availableBytes = Double(status.f_bavail) * unit
            files = Double(status.f_files)
            freeFiles = Double(status.f_ffree)
        }
    }

    /// Asks local file systems directly and all others from a thread of their own, for at most `patience`.
    ///
    /// A mount that did not answer is not asked again until its thread comes back.
    final class MountProbes: Sendable {
        private static let patienceMilliseconds = 500
        private static let localTypes: Set<String> = [
            "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "vfat", "exfat", "f2fs", "ntfs3",
            "reiserfs", "jfs", "ramfs", "bcachefs",
        ]
        /// Guards the mount points that have not answered yet.
        private let stuck = Mutex<Set<String>>([])

        func size(of mount: Mount, root: String) -> FilesystemSize? {
            let path = root + mount.mountPoint
            if Self.localTypes.contains(mount.type) { return FilesystemSize(path: path) }
            return sizeFromThread(path)
        }

        private final class Probe: Sendable {
            let path: String
            let owner: MountProbes
            let answer = Mutex<(isThere: Bool, size: FilesystemSize?)>((false, nil))
            init(path: String, owner: MountProbes) {
                self.path = path
                self.owner = owner
            }
        }

        private func sizeFromThread(_ path: String) -> FilesystemSize? {
            guard stuck.withLock({ $0.insert(path).inserted }) else { return nil }
            let probe = Probe(path: path, owner: self)
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(probe).toOpaque()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let probe = Unmanaged<Probe>.fromOpaque(argument).takeRetainedValue()
                    let size = FilesystemSize(path: probe.path)
                    probe.answer.withLock { $0 = (true, size) }
                    probe.owner.stuck.withLock { _ = $0.remove(probe.path) }
                    return nil
                }, argument)
            guard status == 0 else {
                Unmanaged<Probe>.fromOpaque(argument).release()
                stuck.withLock { _ = $0.remove(path) }
                return nil
            }
            pthread_detach(thread)
            for _ in 0..<(Self.patienceMilliseconds * 5) {
                let (isThere, size) = probe.answer.withLock { $0 }
                if isThere { return size }
                usleep(200)
            }
            return nil
        }
    }
#endif

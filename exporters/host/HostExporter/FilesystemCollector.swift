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
            let mounts = parseMounts(text)
            for (mount, size) in zip(mounts, probes.sizes(of: mounts, root: files.root)) {
                add(mount, size, into: &families)
            }
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

    /// Asks local file systems directly and each other from a thread of its own; waits for all of them together for at
    /// most the patience, so that ten dead servers cost no more than one.
    ///
    /// A mount that did not answer is not asked again until its thread comes back.
    final class MountProbes: Sendable {
        typealias Measure = @Sendable (String) -> FilesystemSize?
        private static let localTypes: Set<String> = [
            "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "vfat", "exfat", "f2fs", "ntfs3",
            "reiserfs", "jfs", "ramfs", "bcachefs",
        ]
        private let patience: Duration
        private let measure: Measure
        /// Guards the mount points that have not answered yet.
        private let stuck = Mutex<Set<String>>([])

        init(
            patience: Duration = .milliseconds(500), measure: @escaping Measure = { FilesystemSize(path: $0) }
        ) {
            self.patience = patience
            self.measure = measure
        }

        /// One entry a mount, nil where the size could not be had in time.
        func sizes(of mounts: [Mount], root: String) -> [FilesystemSize?] {
            let probes = mounts.map { mount in
                Self.localTypes.contains(mount.type) ? nil : start(root + mount.mountPoint)
            }
            var sizes = mounts.map { mount in
                Self.localTypes.contains(mount.type) ? measure(root + mount.mountPoint) : nil
            }
            let deadline = ContinuousClock.now + patience
            for (index, probe) in probes.enumerated() {
                guard let probe else { continue }
                var answer = probe.answer.withLock { $0 }
                while !answer.isThere, ContinuousClock.now < deadline {
                    usleep(200)
                    answer = probe.answer.withLock { $0 }
                }
                sizes[index] = answer.size
            }
            return sizes
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

        /// Nil when the last question about it is still open, or there is no thread to be had.
        private func start(_ path: String) -> Probe? {
            guard stuck.withLock({ $0.insert(path).inserted }) else { return nil }
            let probe = Probe(path: path, owner: self)
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(probe).toOpaque()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let probe = Unmanaged<Probe>.fromOpaque(argument).takeRetainedValue()
                    let size = probe.owner.measure(probe.path)
                    probe.owner.stuck.withLock { _ = $0.remove(probe.path) }
                    probe.answer.withLock { $0 = (true, size) }
                    return nil
                }, argument)
            guard status == 0 else {
                Unmanaged<Probe>.fromOpaque(argument).release()
                stuck.withLock { _ = $0.remove(path) }
                return nil
            }
            pthread_detach(thread)
            return probe
        }
    }
#endif

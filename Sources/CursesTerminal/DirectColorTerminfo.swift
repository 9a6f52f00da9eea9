// A terminfo entry for terminals that say COLORTERM=truecolor: the user's own, with setaf and setab for 24 bits.
// Compiled into a temporary folder by tic, which comes with ncurses; without it 256 colours are used.

import CNcurses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The compiled entry; its files are there until `remove()`.
struct DirectColorTerminfo {
    static let name = "ferula-direct"
    /// ncurses numbers 0 to 15 are the terminal's own palette, as in its 256 colours; larger ones are 0xRRGGBB.
    static let paletteColors = 16
    private let directory: String

    /// Nil when `term` is no name a terminfo source can hold, or tic is missing or refuses.
    init?(basedOn term: String) {
        let isPlain = term.utf8.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
                || byte == 0x2b || byte == 0x2d || byte == 0x2e || byte == 0x5f
        }
        guard isPlain, !term.isEmpty else { return nil }
        guard let directory = Self.temporaryDirectory() else { return nil }
        self.directory = directory
        guard Self.write(Self.source(basedOn: term), to: directory + "/source"),
            cn_compile_terminfo(directory, directory + "/source") == 0
        else {
            remove()
            return nil
        }
    }

    /// Runs `body` while ncurses finds the entry.
    func whileVisible<T>(_ body: () -> T) -> T {
        let before = getenv("TERMINFO_DIRS").map { String(cString: $0) }
        setenv("TERMINFO_DIRS", directory + ":" + (before ?? ""), 1)
        defer {
            if let before { setenv("TERMINFO_DIRS", before, 1) } else { unsetenv("TERMINFO_DIRS") }
        }
        return body()
    }

    func remove() {
        unlink(directory + "/source")
        // Folders are named by the first letter, or by its code where file names ignore case.
        for folder in ["f", "66"] {
            unlink(directory + "/" + folder + "/" + Self.name)
            rmdir(directory + "/" + folder)
        }
        rmdir(directory)
    }

    static func source(basedOn term: String) -> String {
        func color(_ normal: Int, _ bright: Int, _ direct: Int) -> String {
            "\\E[%?%p1%{8}%<%t\(normal)%p1%d"
                + "%e%p1%{16}%<%t\(bright)%p1%{8}%-%d"
                + "%e\(direct);2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"
        }
        return """
            \(name)|direct colour on top of another entry,
            \tRGB, ccc@, initc@, initp@, oc@, setb@, setf@,
            \tcolors#0x1000000, pairs#0x10000,
            \tsetab=\(color(4, 10, 48)),
            \tsetaf=\(color(3, 9, 38)),
            \tuse=\(term),

            """
    }

    private static func temporaryDirectory() -> String? {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/ferula-terminfo-XXXXXX").utf8CString)
        return template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let start = buffer.baseAddress, mkdtemp(start) != nil else { return nil }
            return String(cString: start)
        }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return writeAll(descriptor, bytes)
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress, buffer.count) == buffer.count
            #else
                Darwin.write(descriptor, buffer.baseAddress, buffer.count) == buffer.count
            #endif
        }
    }
}

// Files by pattern: `targets/*.json`.
// Used for scrape_config_files while a configuration is read, and by file discovery while it runs.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The paths that match, sorted; none is no error. `*`, `?` and `[...]` do not match a slash; `*` matches a leading dot.
package func files(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    #if canImport(Glibc)
        let flags = GLOB_PERIOD
    #else
        let flags: Int32 = 0
    #endif
    guard glob(pattern, flags, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in paths[index].map { String(cString: $0) } }
        // What stands for the folder itself and the one above is no file.
        .filter { !$0.hasSuffix("/.") && !$0.hasSuffix("/..") }
}

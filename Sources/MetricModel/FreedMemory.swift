// Pages that were freed, given back to the system after something large has ended.
// Used by the store when much was dropped, and by the API when a long answer has left.

#if canImport(Glibc)
    import Glibc
#endif

package enum FreedMemory {
    /// The allocator keeps freed blocks, for each of its arenas apart; this hands whole pages back.
    ///
    /// Cost: a walk over all free blocks with their arena locked; milliseconds after hundreds of megabytes.
    package static func giveBack() {
        #if canImport(Glibc)
            // malloc.h is in no module; looked up by name, and left undone where there is none.
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
            _ = trim(0)
        #endif
    }
}

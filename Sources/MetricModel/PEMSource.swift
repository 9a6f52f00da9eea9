// Where a certificate or a key is found.
// Named by configurations, read by PEMReading.

/// Where PEM text is: in a configuration itself, or in a file of its own.
package enum PEMSource: Hashable, Sendable {
    case text(String)
    case file(String)
}

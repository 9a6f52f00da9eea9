// The dashboards that come with the program, as bytes inside it: nothing to install beside the binary.
// Read by FerulaCommand; each one is imported and rendered in a test.

/// Grafana JSON by the name one can type: `-d host`.
public enum ShippedDashboards {
    public static let host: [UInt8] = PackageResources.host_json
    /// Of `ferula demo`.
    public static let demo: [UInt8] = PackageResources.demo_json
}

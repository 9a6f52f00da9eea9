// swift-tools-version:6.2
// The package: four bands, each target importing only lower rows of its own band and the bands below.
// FERULA_CORE=1 leaves the pure band alone: no package is resolved, builds and tests take seconds.
import PackageDescription

let coreOnly = Context.environment["FERULA_CORE"] == "1"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: [], resources: resources, swiftSettings: strict)
}

// MARK: Pure: no package, no socket, no clock, no thread of its own.

var targets: [Target] = [
    pure("LinearRegex"),
    pure("MetricModel", ["LinearRegex"]),
    pure("Frames"),
    pure("Exposition", ["MetricModel"]),
    pure("TimeSeriesStore", ["MetricModel"]),
    pure("Relabeling", ["MetricModel"]),
    pure("PromQLSyntax", ["MetricModel"]),
    pure("Querying", ["MetricModel"]),
    pure("Dashboards", ["MetricModel", "Querying"]),
    pure("Ingestion", ["MetricModel", "Exposition", "Relabeling"]),
    pure("PromQLEngine", ["MetricModel", "PromQLSyntax", "Querying"]),
    pure("Panels", ["MetricModel", "Querying", "Frames", "Dashboards"]),
    pure("DashboardApp", ["MetricModel", "Querying", "Frames", "Dashboards", "Panels"]),
    pure("Ferula", ["MetricModel", "Exposition", "TimeSeriesStore", "Ingestion", "PromQLSyntax", "Querying", "PromQLEngine"]),
    pure("FerulaTestKit", ["Ferula"]),
]

targets += [
    tests("LinearRegexTests", ["LinearRegex"]),
    tests("MetricModelTests", ["MetricModel"]),
    tests("FramesTests", ["Frames"]),
    tests("ExpositionTests", ["Exposition"]),
    tests("TimeSeriesStoreTests", ["TimeSeriesStore"]),
    tests("RelabelingTests", ["Relabeling"]),
    tests("PromQLSyntaxTests", ["PromQLSyntax"]),
    tests("QueryingTests", ["Querying"]),
    tests("DashboardsTests", ["Dashboards"]),
    tests("IngestionTests", ["Ingestion", "TimeSeriesStore"]),
    tests("PromQLEngineTests", ["PromQLEngine", "TimeSeriesStore"]),
    tests("PanelsTests", ["Panels"], resources: [.copy("Golden")]),
    tests("DashboardAppTests", ["DashboardApp"]),
    tests("FerulaTests", ["Ferula", "FerulaTestKit"]),
    tests("ConformanceTests", ["Ferula", "FerulaTestKit"]),
    tests("ArchitectureTests", []),
]

var products: [Product] = [
    .library(name: "Ferula", targets: ["Ferula"]),
    .library(name: "FerulaTestKit", targets: ["FerulaTestKit"]),
]
var dependencies: [Package.Dependency] = []

// MARK: Edges, services, programs.

if !coreOnly {
    dependencies = [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ]
    products += [
        .library(name: "ExporterKit", targets: ["ExporterKit"]),
        .executable(name: "ferula", targets: ["FerulaCommand"]),
        .executable(name: "ferula-host-exporter", targets: ["HostExporterCommand"]),
    ]
    targets += [
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        pure("CursesTerminal", ["CNcurses", "Frames"]),
        pure("HTTPAccess", [.product(name: "AsyncHTTPClient", package: "async-http-client")]),
        pure("HTTPService", [.product(name: "Hummingbird", package: "hummingbird")]),
        pure("FerulaConfiguration", ["MetricModel", "Relabeling", .product(name: "Yams", package: "Yams")]),
        pure("ExporterKit", ["MetricModel", "Exposition", "HTTPService"]),
        pure(
            "Scraping",
            [
                "MetricModel", "Exposition", "Relabeling", "Ingestion", "Querying", "HTTPAccess", "FerulaConfiguration",
                .product(name: "Logging", package: "swift-log"),
            ]),
        pure("PrometheusAPI", ["MetricModel", "Exposition", "PromQLSyntax", "Querying", "HTTPAccess", "HTTPService"]),
        pure(
            "FerulaServer",
            [
                "Ferula", "Scraping", "PrometheusAPI", "ExporterKit", "FerulaConfiguration", "HTTPAccess", "HTTPService",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "HostExporter", dependencies: ["ExporterKit", "MetricModel"],
            path: "exporters/host/HostExporter", swiftSettings: strict),
        .executableTarget(
            name: "HostExporterCommand",
            dependencies: [
                "HostExporter", "ExporterKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "exporters/host/HostExporterCommand", swiftSettings: strict),
        .executableTarget(
            name: "FerulaCommand",
            dependencies: [
                "Ferula", "FerulaServer", "DashboardApp", "Dashboards", "Panels", "CursesTerminal", "HostExporter",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        tests("ScrapingTests", ["Scraping", "TimeSeriesStore", "HTTPService"]),
        tests("FerulaConfigurationTests", ["FerulaConfiguration"]),
        tests("HTTPServiceTests", ["HTTPService", "HTTPAccess"]),
        tests("PrometheusAPITests", ["PrometheusAPI", "Ferula"]),
        tests("HostExporterTests", ["HostExporter", "Ferula"]),
        tests("FerulaCommandTests", ["FerulaCommand"]),
    ]
}

let package = Package(
    name: "ferula",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: dependencies,
    targets: targets
)

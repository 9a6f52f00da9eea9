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

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

// MARK: Pure: no package, no socket, no clock, no thread of its own.

var targets: [Target] = [
    pure("LinearRegex"),
    pure("MetricModel", ["LinearRegex"]),
    pure("Frames"),
    pure("Exposition", ["MetricModel"]),
    pure("TimeSeriesStore", ["LinearRegex", "MetricModel"]),
    pure("Relabeling", ["LinearRegex", "MetricModel"]),
    pure("PromQLSyntax", ["MetricModel"]),
    pure("Querying", ["MetricModel"]),
    pure("Dashboards", ["MetricModel", "Querying"]),
    pure("AutomaticDashboards", ["MetricModel", "Querying", "Dashboards"]),
    pure("Ingestion", ["MetricModel", "Exposition", "Relabeling"]),
    pure("PromQLEngine", ["LinearRegex", "MetricModel", "PromQLSyntax", "Querying"]),
    pure("Panels", ["MetricModel", "Querying", "Frames", "Dashboards"]),
    .target(
        name: "LogMetrics", dependencies: ["LinearRegex", "MetricModel", "Exposition", "Querying"],
        path: "exporters/log/LogMetrics", swiftSettings: strict),
    pure(
        "DashboardApp",
        [
            "LinearRegex", "MetricModel", "PromQLSyntax", "Querying", "Frames", "Dashboards", "Panels",
            "AutomaticDashboards",
        ]),
    .target(name: "CShippedDashboards", path: "dashboards/CShippedDashboards"),
    .target(
        name: "ShippedDashboards", dependencies: ["CShippedDashboards"], path: "dashboards/ShippedDashboards",
        swiftSettings: strict),
    pure(
        "Ferula",
        ["MetricModel", "Exposition", "TimeSeriesStore", "Ingestion", "PromQLSyntax", "Querying", "PromQLEngine"]),
    // The shop of `ferula demo`.
    pure("DemoShop", ["MetricModel", "Ingestion"]),
    .executableTarget(
        name: "Bench",
        dependencies: [
            "MetricModel", "Exposition", "Ingestion", "TimeSeriesStore", "PromQLEngine", "Querying", "Dashboards",
            "DashboardApp", "Frames", "Ferula",
        ],
        swiftSettings: strict),
    pure(
        "FerulaTestKit",
        [
            "LinearRegex", "MetricModel", "Exposition", "TimeSeriesStore", "PromQLSyntax", "Querying", "PromQLEngine",
            "Ferula",
        ]),
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
    tests(
        "AutomaticDashboardsTests",
        ["AutomaticDashboards", "Ferula", "DashboardApp", "Dashboards", "Frames", "PromQLSyntax"],
        exclude: ["Fixtures", "Golden"]),
    tests("IngestionTests", ["Exposition", "Ingestion", "MetricModel", "Relabeling", "TimeSeriesStore"]),
    tests("PromQLEngineTests", ["PromQLEngine", "TimeSeriesStore"]),
    tests("PanelsTests", ["Panels"], exclude: ["Golden"]),
    tests("LogMetricsTests", ["LogMetrics", "MetricModel"]),
    tests("DashboardAppTests", ["DashboardApp"], exclude: ["Golden"]),
    tests("FerulaTests", ["Ferula", "FerulaTestKit"]),
    tests("FerulaTestKitTests", ["Ferula", "FerulaTestKit"], exclude: ["Golden"]),
    tests("ConformanceTests", ["Ferula", "FerulaTestKit"], exclude: ["Scripts"]),
    tests("DemoShopTests", ["DemoShop", "Ferula"]),
    tests("ArchitectureTests", []),
    tests("JourneyTests", ["Ferula", "DashboardApp", "Dashboards", "Frames", "PromQLSyntax", "Querying"]),
    // Data for any dashboard, which two test targets draw.
    .target(
        name: "SeededDashboards", dependencies: ["Ferula", "Dashboards", "DashboardApp", "Frames", "Querying"],
        path: "Tests/SeededDashboards", swiftSettings: strict),
    tests("CorpusFrameTests", ["SeededDashboards", "DashboardApp", "Dashboards", "Frames"], exclude: ["Golden"]),
]

// MARK: Traits: a package that uses this one fetches what it asks for. `traits: []` is Ferula and FerulaTestKit.

let programs = "Programs"
let metrics = "FerulaMetrics"
let scraping = "FerulaScraping"
let exporting = "ExporterKit"

let traits: Set<Trait> = [
    .trait(name: metrics, description: "The product FerulaMetrics, with swift-metrics."),
    .trait(name: scraping, description: "The product FerulaScraping, with async-http-client."),
    .trait(name: exporting, description: "The product ExporterKit, with hummingbird."),
    .trait(
        name: programs, description: "The programs, with every package that they need.",
        enabledTraits: [metrics, scraping, exporting]),
    .default(enabledTraits: [programs]),
]

/// A product of another package, for which one of the traits must be on. Without any: what only programs need.
func external(_ name: String, _ package: String, _ traits: String...) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: traits.isEmpty ? [programs] : Set(traits)))
}

var products: [Product] = [
    .library(name: "Ferula", targets: ["Ferula"]),
    .library(name: "FerulaTestKit", targets: ["FerulaTestKit"]),
]
var dependencies: [Package.Dependency] = []

// MARK: Edges, services, programs.

if !coreOnly {
    dependencies = [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Parts of async-http-client and hummingbird, named because HTTPAccess and HTTPService import them.
        .package(url: "https://github.com/apple/swift-nio", from: "2.94.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.34.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    ]
    products += [
        .library(name: "FerulaMetrics", targets: ["FerulaMetrics"]),
        .library(name: "FerulaScraping", targets: ["FerulaScraping"]),
        .library(name: "ExporterKit", targets: ["ExporterKit"]),
        .executable(name: "ferula", targets: ["FerulaCommand"]),
        .executable(name: "ferula-host-exporter", targets: ["HostExporterCommand"]),
        .executable(name: "ferula-log-exporter", targets: ["LogExporterCommand"]),
    ]
    targets += [
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        pure("CursesTerminal", ["CNcurses", "Frames"]),
        pure("PEMReading", ["MetricModel", external("NIOSSL", "swift-nio-ssl", scraping, exporting)]),
        pure(
            "HTTPAccess",
            [
                "MetricModel", "PEMReading", "CZlib", external("AsyncHTTPClient", "async-http-client", scraping),
                external("NIOCore", "swift-nio", scraping),
                external("NIOPosix", "swift-nio", scraping),
                external("NIOHTTP1", "swift-nio", scraping),
                external("NIOSSL", "swift-nio-ssl", scraping),
            ]),
        pure(
            "HTTPService",
            [
                "MetricModel", "PEMReading", external("Hummingbird", "hummingbird", exporting),
                external("HTTPTypes", "swift-http-types", exporting),
                external("NIOCore", "swift-nio", exporting),
                external("NIOPosix", "swift-nio", exporting),
                external("NIOSSL", "swift-nio-ssl", exporting),
                external("NIOHTTP1", "swift-nio", exporting),
                external("NIOHTTPTypesHTTP1", "swift-nio-extras", exporting),
                external("NIOHTTPCompression", "swift-nio-extras", exporting),
                external("ServiceLifecycle", "swift-service-lifecycle", exporting),
                external("Logging", "swift-log", exporting),
            ]),
        pure(
            "FerulaConfiguration",
            [
                "LinearRegex", "MetricModel", "Exposition", "Relabeling", "Dashboards", "LogMetrics",
                external("Yams", "Yams"),
            ]),
        .target(
            name: "PrometheusProtobuf",
            dependencies: [
                "MetricModel", "Exposition", "Ingestion",
                external("SwiftProtobuf", "swift-protobuf"),
            ],
            exclude: ["metrics.proto", "write.proto"], swiftSettings: strict),
        pure(
            "FerulaMetrics",
            [
                "MetricModel", "Exposition", "Ingestion", "Ferula",
                external("CoreMetrics", "swift-metrics", metrics),
            ]),
        pure("FerulaScraping", ["MetricModel", "Exposition", "Ingestion", "Ferula", "HTTPAccess"]),
        pure("ExporterKit", ["MetricModel", "Exposition", "HTTPService"]),
        pure(
            "Scraping",
            [
                "MetricModel", "Exposition", "Relabeling", "Ingestion", "Querying", "HTTPAccess", "FerulaConfiguration",
                "PrometheusProtobuf",
                external("Logging", "swift-log"),
            ]),
        pure(
            "PrometheusAPI",
            [
                "LinearRegex", "MetricModel", "Exposition", "PromQLSyntax", "Querying", "FerulaConfiguration",
                "PrometheusProtobuf", "HTTPAccess", "HTTPService",
            ]),
        pure(
            "FerulaServer",
            [
                "MetricModel", "Querying", "TimeSeriesStore", "PromQLEngine", "Scraping", "PrometheusAPI",
                "ExporterKit", "FerulaConfiguration", "PrometheusProtobuf", "HTTPAccess", "HTTPService",
                external("Logging", "swift-log"),
                external("ServiceLifecycle", "swift-service-lifecycle"),
            ]),
        .target(
            name: "HostExporter", dependencies: ["ExporterKit", "MetricModel"],
            path: "exporters/host/HostExporter", swiftSettings: strict),
        .executableTarget(
            name: "HostExporterCommand",
            dependencies: [
                "HostExporter", "ExporterKit", external("ArgumentParser", "swift-argument-parser"),
            ],
            path: "exporters/host/HostExporterCommand", swiftSettings: strict),
        .target(
            name: "LogExporter",
            dependencies: [
                "ExporterKit", "HTTPService", "FerulaConfiguration", "LogMetrics", "LinearRegex", "MetricModel",
                "CZlib",
            ],
            path: "exporters/log/LogExporter", swiftSettings: strict),
        .executableTarget(
            name: "LogExporterCommand",
            dependencies: ["LogExporter", external("ArgumentParser", "swift-argument-parser")],
            path: "exporters/log/LogExporterCommand", swiftSettings: strict),
        .executableTarget(
            name: "FerulaCommand",
            dependencies: [
                "Ferula", "FerulaTestKit", "FerulaServer", "DashboardApp", "AutomaticDashboards", "Dashboards",
                "Panels",
                "CursesTerminal",
                "CZlib", "HostExporter", "LogMetrics", "ShippedDashboards", "Querying", "PromQLSyntax", "Frames",
                "MetricModel",
                "Exposition", "Ingestion", "TimeSeriesStore", "FerulaConfiguration", "HTTPAccess", "HTTPService",
                "PEMReading", "Scraping", "PrometheusAPI", "DemoShop", "PromQLEngine",
                external("ServiceLifecycle", "swift-service-lifecycle"),
                external("UnixSignals", "swift-service-lifecycle"),
                external("ArgumentParser", "swift-argument-parser"),
                external("Logging", "swift-log"),
            ],
            swiftSettings: strict),
        tests(
            "ScrapingTests",
            [
                "Scraping", "TimeSeriesStore", "HTTPService", "HTTPAccess", "FerulaConfiguration", "Ingestion",
                "PrometheusProtobuf", "Querying", external("Logging", "swift-log"),
            ]),
        tests(
            "FerulaServerTests",
            [
                "FerulaServer", "HostExporter", "HTTPAccess", "HTTPService", "MetricModel", "Querying",
                "FerulaConfiguration", "TimeSeriesStore",
            ]),
        // The table of configurations, which two test targets read.
        .target(name: "ConfigurationRows", path: "Tests/ConfigurationRows", swiftSettings: strict),
        tests("FerulaConfigurationTests", ["FerulaConfiguration", "ConfigurationRows", "Dashboards"]),
        tests(
            "PrometheusProtobufTests",
            [
                "PrometheusProtobuf", "Ingestion", "MetricModel", "TimeSeriesStore",
                external("SwiftProtobuf", "swift-protobuf"),
            ]),
        tests(
            "HTTPServiceTests",
            [
                "HTTPService", "HTTPAccess", "MetricModel", "PEMReading",
                external("Logging", "swift-log"),
            ],
            exclude: ["Certificates"]),
        tests(
            "PrometheusAPITests",
            [
                "PrometheusAPI", "HTTPService", "HTTPAccess", "Ingestion", "MetricModel", "PromQLEngine", "Querying",
                "PrometheusProtobuf", "TimeSeriesStore",
            ]),
        // The rows of the contract, which two test targets ask.
        .target(
            name: "BackendContract", dependencies: ["MetricModel", "Querying"], path: "Tests/BackendContract",
            swiftSettings: strict),
        tests(
            "BackendContractTests",
            [
                "BackendContract", "PrometheusAPI", "HTTPService", "HTTPAccess", "Ingestion", "MetricModel",
                "PromQLEngine", "Querying", "TimeSeriesStore",
            ]),
        tests(
            "WholeDashboardTests",
            [
                "SeededDashboards", "Ferula", "FerulaConfiguration", "Ingestion", "ShippedDashboards", "DashboardApp",
                "Dashboards", "Frames", "MetricModel", "PromQLSyntax", "Querying", "TimeSeriesStore",
            ],
            exclude: ["Fixtures", "Golden"]),
        tests(
            "FerulaMetricsTests",
            ["FerulaMetrics", "Ferula", "FerulaTestKit", external("Metrics", "swift-metrics")]),
        tests(
            "FerulaScrapingTests", ["FerulaScraping", "Ferula", "FerulaTestKit", "HTTPService", "MetricModel"]),
        tests("HostExporterTests", ["HostExporter", "ExporterKit"]),
        tests("LogExporterTests", ["LogExporter", "LogMetrics", "FerulaConfiguration", "ExporterKit", "MetricModel"]),
        tests(
            "FerulaCommandTests", ["FerulaCommand", "HTTPService", "PrometheusAPI", "TimeSeriesStore"],
            exclude: ["Golden"]),
        tests(
            "PeerTests",
            [
                "BackendContract", "ConfigurationRows", "Exposition", "FerulaConfiguration", "HTTPAccess",
                "HTTPService", "Ingestion", "MetricModel", "PrometheusAPI", "PrometheusProtobuf", "Querying",
                "Scraping", "TimeSeriesStore", external("SwiftProtobuf", "swift-protobuf"),
            ], exclude: ["faulty-proxy.py"]),
    ]
}

let package = Package(
    name: "ferula",
    platforms: [.macOS(.v15)],
    products: products,
    traits: traits,
    dependencies: dependencies,
    targets: targets
)

// swift-tools-version:6.2
// A small service and its tests: what it looks like to use Ferula from outside. CI builds and runs it by path.
import PackageDescription

let package = Package(
    name: "shop",
    platforms: [.macOS(.v15)],
    dependencies: [
        // The name is that of the folder unless it is given; from a URL it is the last part.
        .package(name: "ferula", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "Shop",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
        .testTarget(
            name: "ShopTests",
            dependencies: [
                "Shop",
                .product(name: "Ferula", package: "ferula"),
                .product(name: "FerulaTestKit", package: "ferula"),
                .product(name: "FerulaMetrics", package: "ferula"),
                .product(name: "FerulaScraping", package: "ferula"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Metrics", package: "swift-metrics"),
            ]),
    ]
)

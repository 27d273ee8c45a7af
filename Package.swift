// swift-tools-version: 6.2
import PackageDescription

// Layers run from 0 (C libraries) to 8 (programs); an arrow never points up. TidyTests holds every target to this table.

// MARK: - Packages

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "claviger",
    // What is loaded into a node's process to make its disk and its clocks go wrong.
    products: [.library(name: "claviger-faults", type: .dynamic, targets: ["CFaults"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        // 0: C libraries and the gRPC layer
        .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CPlatform"),
        .target(name: "CCrashDisk", dependencies: ["CRocksDB"]),
        .target(name: "CFuzzer"),
        .target(name: "CChaos"),
        .target(name: "CFaultPage"),
        // Without start files and a runtime of its own: it is loaded into programs that have theirs, or need none.
        .target(
            name: "CFaults", dependencies: ["CFaultPage"],
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"])]),
        .target(name: "UnaryGRPC", dependencies: [nio, nioPosix, nioHTTP2, nioHPACK, nioSSL, nioTLS]),

        // 1: pure models, public messages, telemetry
        .target(name: "Raft"),
        .target(name: "KeyModel"),
        .target(name: "ClientAPI", dependencies: ["UnaryGRPC", nio, nioPosix, protobuf], exclude: ["Protos"]),
        .target(name: "EtcdClient", dependencies: ["UnaryGRPC", nio, nioPosix, protobuf], exclude: ["Protos"]),
        .target(name: "Telemetry", dependencies: [logging]),
        .target(name: "YAMLGuard", dependencies: [yams]),

        // 2: formats, cryptography, audit, the federation as files
        .target(name: "Wire", dependencies: ["Raft", protobuf], exclude: ["Protos"]),
        .target(name: "KeyCrypto", dependencies: ["KeyModel", "COpenSSL", "CPlatform", crypto]),
        .target(name: "Audit", dependencies: ["KeyModel", "Telemetry", grdb, crypto]),
        .target(name: "Topology", dependencies: ["KeyModel", "YAMLGuard", yams, x509, asn1, crypto]),

        // 3: disk and network
        .target(name: "Storage", dependencies: ["Wire", "Raft", "CRocksDB", "CPlatform", "Telemetry", crypto]),
        .target(name: "Peering", dependencies: ["Wire", "Raft", "Telemetry", nio, nioPosix, nioSSL, nioTLS, logging]),

        // 4 and 5: groups, and the key state machine on them
        .target(name: "Cluster", dependencies: ["Storage", "Peering", "Wire", "Raft", "CPlatform", "Telemetry"]),
        .target(
            name: "KeyReplication", dependencies: ["Cluster", "Storage", "KeyModel", "Raft", protobuf],
            exclude: ["Protos"]),

        // 6: use cases, simulation
        .target(
            name: "KeyOperations",
            dependencies: [
                "KeyReplication", "Cluster", "Peering", "Raft", "KeyCrypto", "KeyModel", "Audit", "Topology",
                "Telemetry",
            ]),
        .target(
            name: "Simulation",
            dependencies: [
                "KeyReplication", "Cluster", "Storage", "Peering", "Wire", "KeyModel", "Raft", "KeyCrypto", "Audit",
                "CCrashDisk",
            ]),

        // 7: doors
        .target(
            name: "FrontDoors",
            dependencies: [
                "KeyOperations", "KeyModel", "ClientAPI", "UnaryGRPC", "Telemetry", "YAMLGuard", nio, nioPosix,
                nioHTTP1, protobuf, yams,
            ]),
        .target(
            name: "KubernetesDoor",
            dependencies: [
                "ClientAPI", "UnaryGRPC", "Telemetry", "YAMLGuard", nio, nioPosix, protobuf, crypto, yams, logging,
            ],
            exclude: ["Protos"]),

        .target(
            name: "Adversary",
            dependencies: [
                "KubernetesDoor", "ClientAPI", "UnaryGRPC", "Topology", "Wire", "Raft", nio, nioPosix, nioSSL, nioTLS,
                protobuf,
            ]),

        .target(
            name: "Fuzzing",
            dependencies: [
                "CFuzzer", "Adversary", "FrontDoors", "KubernetesDoor", "KeyOperations", "KeyReplication", "Cluster",
                "Storage", "Peering", "Audit", "KeyCrypto", "Topology", "Wire", "ClientAPI", "UnaryGRPC", "KeyModel",
                "Raft", "CPlatform", nio, nioHPACK, nioSSL, protobuf,
            ]),

        .target(
            name: "Chaos",
            dependencies: [
                "KubernetesDoor", "Simulation", "ClientAPI", "EtcdClient", "UnaryGRPC", "Topology", "Audit", "KeyModel",
                "YAMLGuard", "CChaos", "CFaultPage", nio, nioPosix, protobuf, yams,
            ]),

        // 8: programs
        .executableTarget(
            name: "clavigerd",
            dependencies: [
                "FrontDoors", "KeyOperations", "KeyReplication", "Cluster", "Storage", "Peering", "Audit", "KeyCrypto",
                "Topology", "Telemetry", "CPlatform", "UnaryGRPC", "Wire", "KeyModel", "Raft", nio, nioPosix, lifecycle,
                signals, arguments, logging,
            ]),
        .executableTarget(
            name: "claviger",
            dependencies: ["ClientAPI", "KubernetesDoor", "Topology", "UnaryGRPC", nio, nioPosix, protobuf, arguments]),
        .executableTarget(
            name: "claviger-kms-plugin",
            dependencies: ["KubernetesDoor", "CPlatform", "Telemetry", lifecycle, signals, arguments, logging]),
        .executableTarget(name: "claviger-sim", dependencies: ["Simulation", arguments]),
        .executableTarget(name: "claviger-fuzz", dependencies: ["Fuzzing", arguments]),
        .executableTarget(name: "claviger-chaos", dependencies: ["Chaos", arguments]),
        .executableTarget(
            name: "claviger-bench",
            dependencies: [
                "Adversary", "ClientAPI", "EtcdClient", "UnaryGRPC", "Topology", nio, nioPosix, protobuf, histogram,
                arguments,
            ]),

        // Tests, one target per module
        .testTarget(name: "RaftTests", dependencies: ["Raft", "Simulation"], exclude: ["scenarios"]),
        .testTarget(name: "KeyModelTests", dependencies: ["KeyModel"]),
        .testTarget(name: "WireTests", dependencies: ["Wire", "Raft"]),
        .testTarget(name: "KeyCryptoTests", dependencies: ["KeyCrypto", crypto]),
        .testTarget(name: "AuditTests", dependencies: ["Audit", "KeyModel", "Telemetry", grdb]),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", logging]),
        .testTarget(name: "TopologyTests", dependencies: ["Topology", x509, asn1]),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "Raft"]),
        .testTarget(
            name: "PeeringTests",
            dependencies: ["Peering", "Wire", "Raft", x509, asn1, crypto, nio, nioPosix, nioSSL, nioTLS, logging]),
        .testTarget(
            name: "UnaryGRPCTests",
            dependencies: [
                "UnaryGRPC", "ClientAPI", nio, nioPosix, nioSSL, nioTLS, nioHTTP2, nioHPACK, protobuf, x509, asn1,
                crypto,
            ],
            exclude: ["interop"]),
        .testTarget(name: "ClusterTests", dependencies: ["Cluster", "Peering", "Storage", "Wire", "Raft"]),
        .testTarget(name: "KeyReplicationTests", dependencies: ["KeyReplication"]),
        .testTarget(
            name: "KeyOperationsTests",
            dependencies: [
                "KeyOperations", "KeyReplication", "Cluster", "Storage", "Peering", "Wire", "Raft", "KeyCrypto",
                "KeyModel",
                "Audit", logging,
            ]),
        .testTarget(
            name: "FrontDoorsTests",
            dependencies: [
                "FrontDoors", "KeyOperations", "KeyReplication", "Cluster", "Storage", "Peering", "Wire", "Raft",
                "KeyCrypto",
                "KeyModel", "Audit", "Telemetry", "ClientAPI", "UnaryGRPC", nio, nioPosix, protobuf, x509, asn1, crypto,
                logging,
            ]),
        .testTarget(
            name: "KubernetesDoorTests",
            dependencies: [
                "KubernetesDoor", "ClientAPI", "UnaryGRPC", "Topology", nio, nioPosix, protobuf, crypto, logging,
            ],
            exclude: ["interop"]),
        .testTarget(name: "AdversaryTests", dependencies: ["Adversary", "FrontDoors", "UnaryGRPC", nio, nioPosix]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Adversary", "ClientAPI", "Topology", "Audit", "KeyReplication", "Storage", "KeyCrypto", "KeyModel",
                "Raft", crypto,
            ]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "KeyModel", "Raft"]),
        .testTarget(name: "FuzzingTests", dependencies: ["Adversary", "Fuzzing", "YAMLGuard"], exclude: ["Corpus"]),
        .testTarget(
            name: "ChaosTests",
            dependencies: [
                "Chaos", "Simulation", "ClientAPI", "EtcdClient", "UnaryGRPC", "Topology", "Audit", "KeyModel",
                "CChaos",
                "CFaultPage", nio, nioPosix, protobuf,
            ]),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// One list for every Swift target, so that none opts out of strictness.
for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
        .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
        .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    ]
}

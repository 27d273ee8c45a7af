/// What one target may import. Anything not named here is refused.
struct ModuleRow: Sendable {
    var name: String
    /// 0 (C libraries) to 8 (programs).
    var layer: Int
    var ours: [String]
    /// A trailing `*` stands for any ending.
    var others: [String]
}

/// The arrows between modules, written out once more so that a change of `Package.swift` alone does not move them.
enum ModuleTable {
    /// Parts of the toolchain that any module but the pure ones may use.
    private static let system = ["Glibc", "Synchronization", "Dispatch", "FoundationEssentials", "Logging"]
    private static let everywhere = system + ["Foundation"]

    static let rows: [ModuleRow] = [
        ModuleRow(name: "CRocksDB", layer: 0, ours: [], others: []),
        ModuleRow(name: "COpenSSL", layer: 0, ours: [], others: []),
        ModuleRow(name: "CPlatform", layer: 0, ours: [], others: []),
        ModuleRow(name: "CCrashDisk", layer: 0, ours: ["CRocksDB"], others: []),
        ModuleRow(name: "CFuzzer", layer: 0, ours: [], others: []),
        ModuleRow(name: "CChaos", layer: 0, ours: [], others: []),
        ModuleRow(name: "CFaultPage", layer: 0, ours: [], others: []),
        ModuleRow(name: "CFaults", layer: 0, ours: ["CFaultPage"], others: []),
        ModuleRow(name: "UnaryGRPC", layer: 0, ours: [], others: ["Glibc", "Synchronization", "Dispatch", "NIO*"]),

        ModuleRow(name: "Raft", layer: 1, ours: [], others: []),
        ModuleRow(name: "KeyModel", layer: 1, ours: [], others: []),
        ModuleRow(name: "ClientAPI", layer: 1, ours: ["UnaryGRPC"], others: system + ["NIO*", "SwiftProtobuf"]),
        ModuleRow(name: "EtcdClient", layer: 1, ours: ["UnaryGRPC"], others: system + ["NIO*", "SwiftProtobuf"]),
        ModuleRow(name: "Telemetry", layer: 1, ours: [], others: system),
        ModuleRow(name: "YAMLGuard", layer: 1, ours: [], others: ["CYaml"]),

        ModuleRow(name: "Wire", layer: 2, ours: ["Raft"], others: ["SwiftProtobuf", "FoundationEssentials"]),
        ModuleRow(
            name: "KeyCrypto", layer: 2, ours: ["KeyModel", "COpenSSL", "CPlatform"],
            others: ["Glibc", "Synchronization", "Dispatch", "FoundationEssentials", "Crypto", "CryptoExtras"]),
        ModuleRow(name: "Audit", layer: 2, ours: ["KeyModel", "Telemetry"], others: system + ["GRDB", "Crypto"]),
        ModuleRow(
            name: "Topology", layer: 2, ours: ["KeyModel", "YAMLGuard"],
            others: [
                "Glibc", "Synchronization", "FoundationEssentials", "Foundation", "Yams", "X509", "SwiftASN1", "Crypto",
            ]),

        ModuleRow(
            name: "Storage", layer: 3, ours: ["Wire", "Raft", "CRocksDB", "CPlatform", "Telemetry"],
            others: system + ["Crypto"]),
        ModuleRow(
            name: "Peering", layer: 3, ours: ["Wire", "Raft", "Telemetry"], others: system + ["NIO*", "X509", "Musl"]),

        ModuleRow(
            name: "Cluster", layer: 4, ours: ["Storage", "Peering", "Wire", "Raft", "CPlatform", "Telemetry"],
            others: system + ["ServiceLifecycle"]),
        ModuleRow(
            name: "KeyReplication", layer: 5, ours: ["Cluster", "Storage", "KeyModel", "Raft"],
            others: ["SwiftProtobuf", "FoundationEssentials", "Synchronization"]),

        ModuleRow(
            name: "KeyOperations", layer: 6,
            ours: [
                "KeyReplication", "Cluster", "Peering", "KeyCrypto", "KeyModel", "Audit", "Topology", "Telemetry",
                "Raft",
            ], others: system),
        ModuleRow(
            name: "Simulation", layer: 6,
            ours: [
                "KeyReplication", "Cluster", "Storage", "Peering", "Wire", "Raft", "KeyModel", "KeyCrypto", "Audit",
                "CCrashDisk",
            ],
            // Completions may be called from any thread in production, so what they fill must be `Sendable`.
            others: ["Glibc", "FoundationEssentials", "Foundation", "Synchronization"]),

        ModuleRow(
            name: "FrontDoors", layer: 7,
            ours: ["KeyOperations", "KeyModel", "ClientAPI", "UnaryGRPC", "Telemetry", "YAMLGuard"],
            others: everywhere + ["NIO*", "SwiftProtobuf", "Yams"]),
        ModuleRow(
            name: "KubernetesDoor", layer: 7, ours: ["ClientAPI", "UnaryGRPC", "Telemetry", "YAMLGuard"],
            others: everywhere + ["NIO*", "SwiftProtobuf", "Yams", "Crypto"]),

        ModuleRow(
            name: "Adversary", layer: 7,
            ours: ["KubernetesDoor", "ClientAPI", "UnaryGRPC", "Topology", "Wire", "Raft"],
            others: system + ["NIO*", "SwiftProtobuf"]),

        ModuleRow(
            name: "Fuzzing", layer: 7,
            ours: [
                "CFuzzer", "Adversary", "FrontDoors", "KubernetesDoor", "KeyOperations", "KeyReplication", "Cluster",
                "Storage", "Peering", "Audit", "KeyCrypto", "Topology", "Wire", "ClientAPI", "UnaryGRPC", "KeyModel",
                "Raft", "CPlatform",
            ], others: everywhere + ["NIO*", "SwiftProtobuf"]),

        ModuleRow(
            name: "Chaos", layer: 7,
            ours: [
                "KubernetesDoor", "Simulation", "ClientAPI", "EtcdClient", "UnaryGRPC", "Topology", "Audit", "KeyModel",
                "YAMLGuard", "CChaos", "CFaultPage",
            ], others: everywhere + ["NIO*", "SwiftProtobuf", "Yams"]),

        ModuleRow(
            name: "clavigerd", layer: 8,
            ours: [
                "FrontDoors", "KeyOperations", "KeyReplication", "Cluster", "Storage", "Peering", "Audit", "KeyCrypto",
                "KeyModel", "Topology", "Telemetry", "ClientAPI", "UnaryGRPC", "Wire", "Raft", "CPlatform",
            ], others: everywhere + ["NIO*", "ServiceLifecycle", "UnixSignals", "ArgumentParser"]),
        ModuleRow(
            name: "claviger", layer: 8,
            ours: [
                "KubernetesDoor", "ClientAPI", "UnaryGRPC", "Topology", "Audit", "KeyCrypto", "KeyModel", "Telemetry",
                "CPlatform",
            ], others: everywhere + ["NIO*", "SwiftProtobuf", "ArgumentParser"]),
        ModuleRow(
            name: "claviger-kms-plugin", layer: 8,
            ours: ["KubernetesDoor", "ClientAPI", "UnaryGRPC", "Telemetry", "CPlatform"],
            others: everywhere + ["NIO*", "ServiceLifecycle", "UnixSignals", "ArgumentParser"]),
        ModuleRow(
            name: "claviger-sim", layer: 8, ours: ["Simulation", "Raft"], others: everywhere + ["ArgumentParser"]),
        ModuleRow(name: "claviger-fuzz", layer: 8, ours: ["Fuzzing"], others: everywhere + ["ArgumentParser"]),
        ModuleRow(name: "claviger-chaos", layer: 8, ours: ["Chaos"], others: everywhere + ["ArgumentParser"]),
        ModuleRow(
            name: "claviger-bench", layer: 8,
            ours: ["Adversary", "ClientAPI", "EtcdClient", "UnaryGRPC", "Topology", "Telemetry"],
            others: everywhere + ["NIO*", "SwiftProtobuf", "ArgumentParser", "Histogram"]),
    ]

    /// Modules that are functions of their inputs: the same input gives the same output on every replica, for ever.
    static let pure: Set<String> = ["Raft", "KeyModel"]
    /// Modules without suspension points: what runs there runs to its end, in a simulator too.
    static let synchronous: Set<String> = ["Raft", "KeyModel", "Wire", "Storage", "KeyReplication", "Simulation"]

    static func row(_ name: String) -> ModuleRow? { rows.first { $0.name == name } }

    /// Whether a module may import another.
    static func permits(_ name: String, importing other: String) -> Bool {
        guard let row = row(name) else { return false }
        return row.ours.contains(other) || other == "Swift"
            || row.others.contains { pattern in
                pattern.hasSuffix("*") ? other.hasPrefix(pattern.dropLast()) : pattern == other
            }
    }
}

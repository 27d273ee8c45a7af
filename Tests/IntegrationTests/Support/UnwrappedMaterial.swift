import Crypto
import Foundation
import KeyCrypto
import KeyModel
import KeyReplication
import Raft
import Storage
import Topology

/// What a node has only in its memory: its keys, opened from the disk that it left behind.
struct UnwrappedMaterial {
    struct Secret {
        let label: String
        let bytes: [UInt8]
    }

    /// Epoch keys, tenants' keys, key versions, and the seed of the key by which the node gets epoch keys.
    private(set) var secrets: [Secret] = []
    /// The same keys as they are replicated.
    private(set) var wraps: [Secret] = []
    /// The scalar of the key in the node's certificate. In the file of the identity it is in the clear.
    let certificateKey: Secret

    /// Opens copies of a stopped node's files with its seal, as the node itself would.
    init(of node: String, placement: String, in federation: TestFederation) throws {
        let files = federation.files(node)
        let copy = "\(federation.federation.layout.root)-opened"
        try FileManager.default.copyItem(atPath: files.dataPath, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        var passphrase = Array(try TextFile.read(files.passphrasePath, limit: 4096).utf8)
        let seal = try PassphraseSeal(passphrase: SecretBytes(wiping: &passphrase))
        let pem = try TextFile.read(files.identity.keyPath, limit: 1 << 16)
        certificateKey = Secret(
            label: "key of the certificate of \(node)",
            bytes: Array(try P256.Signing.PrivateKey(pemRepresentation: pem).rawRepresentation))

        let store = try RocksDBStore(path: "\(copy)/store")
        defer { store.close() }
        guard let identity = store.identity else { throw Missed("the store has no identity") }
        let label = Array(placement.utf8)
        guard let group = try store.groups().first(where: { $0.label == label }) else {
            throw Missed("node \(node) holds no group of '\(placement)'")
        }
        let view = KeyView()
        view.load(try store.table(of: group.group), at: group.applied)
        guard view.damage == nil else { throw Missed("the rows cannot be read") }
        let epochs = try EpochStore(
            directory: "\(copy)/secrets", cluster: identity.cluster, replica: identity.replica.rawValue, seal: seal)
        try openNodeKey("\(copy)/secrets", seal)
        try open(view, placement, epochs, try KeyHierarchy(cluster: identity.cluster))
    }

    /// The label is part of the format of the sealed file (docs/formats.md).
    private mutating func openNodeKey(_ directory: String, _ seal: PassphraseSeal) throws {
        let keys = try NodeKeys(directory: directory, seal: seal)
        let record = Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(NodeKeys.fileName)")))
        let content = try seal.unseal(record, label: "claviger/node key/1")
        let seed = content.withUnsafeBytes { [UInt8]($0.prefix(32)) }
        let opened = try XWingMLKEM768X25519.PrivateKey(seedRepresentation: seed, publicKey: nil)
        guard Array(opened.publicKey.rawRepresentation) == keys.publicKey else {
            throw Missed("the unsealed seed is not the node's")
        }
        secrets.append(Secret(label: "seed of the node's key", bytes: seed))
    }

    private mutating func open(
        _ view: KeyView, _ placement: String, _ epochs: EpochStore, _ hierarchy: KeyHierarchy
    ) throws {
        for epoch in view.epochs {
            guard let key = epochs.get(placement: placement, epoch: epoch.number.rawValue) else { continue }
            secrets.append(Secret(label: "E \(epoch.number)", bytes: key.withUnsafeBytes { [UInt8]($0) }))
        }
        for tenant in view.tenants {
            for key in tenant.keys {
                guard case .epoch(let epoch) = key.wrapped.wrapping,
                    let wrapping = epochs.get(placement: placement, epoch: epoch.rawValue)
                else { throw Missed("the tenant's key \(key.number) is wrapped by no epoch key of this node") }
                let name = "T \(tenant.name) \(key.number)"
                let opened = KeyCrypto.SharedSecret(
                    try hierarchy.unwrap(
                        key.wrapped.bytes, under: wrapping.bytes,
                        scope: .tenantKey(
                            placement: placement, tenant: tenant.name.rawValue, tenantKey: key.number.rawValue,
                            epoch: epoch.rawValue)))
                secrets.append(Secret(label: name, bytes: opened.withUnsafeBytes { [UInt8]($0) }))
                wraps.append(Secret(label: name, bytes: key.wrapped.bytes))
                try openVersions(of: tenant.name, wrappedBy: key.number, opened, view, placement, hierarchy)
            }
        }
    }

    private mutating func openVersions(
        of tenant: TenantName, wrappedBy number: TenantKeyNumber, _ tenantKey: KeyCrypto.SharedSecret, _ view: KeyView,
        _ placement: String, _ hierarchy: KeyHierarchy
    ) throws {
        for entry in view.keys(limit: 10_000) where entry.key.tenant == tenant {
            for version in entry.key.versions {
                guard let wrapped = version.wrapped, wrapped.wrapping == .tenantKey(number) else { continue }
                let name = "V \(entry.key.name) \(version.number)"
                let opened = try hierarchy.unwrap(
                    wrapped.bytes, under: tenantKey.bytes,
                    scope: .keyVersion(
                        placement: placement, tenant: tenant.rawValue, keyID: entry.key.id.bytes,
                        version: version.number.rawValue, tenantKey: number.rawValue))
                secrets.append(Secret(label: name, bytes: opened.withUnsafeBytes { [UInt8]($0) }))
                wraps.append(Secret(label: name, bytes: wrapped.bytes))
            }
        }
    }
}

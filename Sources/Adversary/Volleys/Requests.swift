import ClientAPI

/// Requests as they should be, by hand: what changed messages start from. None of them would do harm if it got through.
enum Requests {
    /// Of the plugin's service.
    static func plugin(ciphertext: [UInt8], keyID: String) -> [(path: String, request: [UInt8])] {
        let annotation = ProtobufBytes.text(1, "kms.claviger.dev/a") + ProtobufBytes.bytes(2, [1, 2, 3])
        return [
            ("/v2.KeyManagementService/Status", []),
            (
                "/v2.KeyManagementService/Encrypt",
                ProtobufBytes.bytes(1, [UInt8](repeating: 7, count: 32)) + ProtobufBytes.text(2, "uid-1")
            ),
            (
                "/v2.KeyManagementService/Decrypt",
                ProtobufBytes.bytes(1, ciphertext) + ProtobufBytes.text(2, "uid-2") + ProtobufBytes.text(3, keyID)
                    + ProtobufBytes.bytes(4, annotation)
            ),
        ]
    }

    /// Of the node's key service.
    static func keys(key: String, ciphertext: [UInt8]) -> [(path: String, request: [UInt8])] {
        let context = ProtobufBytes.bytes(3, pair("purpose", "test"))
        let encrypt =
            ProtobufBytes.text(1, key) + ProtobufBytes.bytes(2, [UInt8](repeating: 7, count: 32)) + context
        let decrypt = ProtobufBytes.bytes(1, ciphertext) + ProtobufBytes.bytes(2, pair("purpose", "test"))
        let other = key.split(separator: "/").first.map { "\($0)/hostile/key" } ?? key
        let change =
            ProtobufBytes.text(1, other) + ProtobufBytes.number(2, 3)
            + ProtobufBytes.bytes(3, [UInt8](repeating: 1, count: 16))
        return [
            (KeyMethod.encrypt, encrypt), (KeyMethod.decrypt, decrypt),
            (KeyMethod.encryptBatch, (0..<3).flatMap { _ in ProtobufBytes.bytes(1, encrypt) }),
            (KeyMethod.decryptBatch, (0..<3).flatMap { _ in ProtobufBytes.bytes(1, decrypt) }),
            (KeyMethod.createKey, ProtobufBytes.text(1, other) + ProtobufBytes.bytes(3, pair("a", "b"))),
            (KeyMethod.describeKey, ProtobufBytes.text(1, other) + ProtobufBytes.bytes(2, [1, 2, 3])),
            (
                KeyMethod.listKeys,
                ProtobufBytes.text(1, other) + ProtobufBytes.number(2, 100) + ProtobufBytes.text(3, "page")
            ),
            (KeyMethod.rotateKey, change), (KeyMethod.disableKey, change), (KeyMethod.enableKey, change),
            (
                KeyMethod.setKeyTags,
                ProtobufBytes.text(1, other) + ProtobufBytes.bytes(2, pair("a", "b")) + ProtobufBytes.number(3, 1)
            ),
            (KeyMethod.putPolicy, ProtobufBytes.text(1, "nowhere") + ProtobufBytes.text(3, "statements: [{id: a}]")),
            (KeyMethod.getPolicy, ProtobufBytes.text(1, "nowhere") + ProtobufBytes.text(2, "name")),
            (KeyMethod.listPolicies, ProtobufBytes.text(1, "nowhere")),
            (
                KeyMethod.explainPolicy,
                ProtobufBytes.text(1, other) + ProtobufBytes.text(2, "spiffe://a/b") + ProtobufBytes.text(3, "encrypt")
            ),
        ]
    }

    /// Of the node's federation service, to be sent by one who has no right to any.
    static func federation() -> [(path: String, request: [UInt8])] {
        let bodies: [String: [UInt8]] = [
            FederationMethod.describe: ProtobufBytes.bytes(1, [1, 2, 3, 4]),
            FederationMethod.applyTopology: ProtobufBytes.text(1, "cluster: {name: a}\n") + ProtobufBytes.number(2, 1),
            FederationMethod.transferLeadership: ProtobufBytes.number(1, 2) + ProtobufBytes.text(2, "eu-north"),
            FederationMethod.drainNode: ProtobufBytes.text(1, "nobody"),
            FederationMethod.rejoinNode: ProtobufBytes.text(1, "nobody"),
            FederationMethod.isolateNode: ProtobufBytes.text(1, "nobody") + ProtobufBytes.number(2, 60),
        ]
        return FederationMethod.all.map { ($0, bodies[$0] ?? []) }
    }

    private static func pair(_ name: String, _ value: String) -> [UInt8] {
        ProtobufBytes.text(1, name) + ProtobufBytes.text(2, value)
    }
}

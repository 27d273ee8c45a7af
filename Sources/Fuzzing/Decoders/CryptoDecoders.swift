import ClientAPI
import KeyCrypto
import KubernetesDoor

/// What callers bring back and what stands sealed on disk. Beyond the form: nothing opens but what was sealed.
enum CryptoDecoders {
    static let all = [header, message, wrap, sealed, epochStore, delivery, carried]

    private static let header = FuzzedDecoder(
        "ciphertext-header", from: "a caller", hasFixedSeeds: false, seeds: { try messages.get() },
        examine: { input in
            let route = CiphertextRoute.placement(ofCiphertext: input)
            guard let header = FuzzedDecoder.decoded(input, { try CiphertextHeader(parsing: $0) }) else {
                return .refused
            }
            guard input.starts(with: header.serialized) else { throw FuzzFinding("the header has other bytes") }
            guard route == header.placement else {
                throw FuzzFinding("a client would route to \(route ?? "nobody"), not to \(header.placement)")
            }
            return .accepted
        })

    private static let message = FuzzedDecoder(
        "ciphertext", from: "a caller", hasFixedSeeds: false, seeds: { try messages.get() },
        examine: { input in
            let samples = try CryptoSamples.shared.get()
            let opened = FuzzedDecoder.decoded(input) {
                try CryptoSamples.cipher().decrypt(
                    $0, key: samples.versionKey, associatedData: samples.associatedData)
            }
            guard let opened else { return .refused }
            guard opened == CryptoSamples.plaintext else {
                throw FuzzFinding("a ciphertext opens that nobody made")
            }
            return .accepted
        })

    /// Each has a salt of its own, so that they are made once and kept as files.
    private static let messages: Result<[[UInt8]], any Error> = Result {
        let samples = try CryptoSamples.shared.get()
        return [
            try CryptoSamples.cipher().encrypt(
                CryptoSamples.plaintext, key: samples.versionKey, associatedData: samples.associatedData)
        ]
    }

    private static let wrap = FuzzedDecoder(
        "wrapped-record", from: "a table", seeds: wraps,
        examine: { input in
            let samples = try CryptoSamples.shared.get()
            var isOpened = false
            for scope in [CryptoSamples.scope, CryptoSamples.tenantScope] {
                let opened = FuzzedDecoder.decoded(input) { input in
                    try samples.hierarchy.unwrap(input, under: samples.wrappingKey.bytes, scope: scope)
                        .withUnsafeBytes { [UInt8]($0) }
                }
                guard let opened else { continue }
                isOpened = true
                guard opened == CryptoSamples.secret, try wraps().contains(input) else {
                    throw FuzzFinding("a wrap opens that nobody made")
                }
                guard KeyHierarchy.wrappingKeyNumber(of: input) != nil else {
                    throw FuzzFinding("a wrap that opens does not say which key opens it")
                }
            }
            return isOpened ? .accepted : .refused
        })

    @Sendable private static func wraps() throws -> [[UInt8]] {
        let samples = try CryptoSamples.shared.get()
        return try [CryptoSamples.scope, CryptoSamples.tenantScope].map {
            try samples.hierarchy.wrap(CryptoSamples.secretBytes(), under: samples.wrappingKey.bytes, scope: $0)
        }
    }

    private static let sealed = FuzzedDecoder(
        "sealed-record", from: "the disk", seeds: seals,
        examine: { input in
            let samples = try CryptoSamples.shared.get()
            let opened = FuzzedDecoder.decoded(input) { input in
                try samples.seal.unseal(input, label: CryptoSamples.sealLabel).withUnsafeBytes { [UInt8]($0) }
            }
            guard let opened else { return .refused }
            guard opened == CryptoSamples.secret, try seals().contains(input) else {
                throw FuzzFinding("a sealed record opens that nobody made")
            }
            return .accepted
        })

    @Sendable private static func seals() throws -> [[UInt8]] {
        [try CryptoSamples.shared.get().seal.seal(CryptoSamples.secretBytes(), label: CryptoSamples.sealLabel)]
    }

    private static let epochStore = FuzzedDecoder(
        "epoch-store", from: "the disk",
        shape: .checked { bytes in
            guard bytes.count >= 4 else { return }
            let body = bytes.count - 4
            Checksum.set(at: body, over: 0..<0, and: 0..<body, in: &bytes)
        }, seeds: stores,
        examine: { input in
            let samples = try CryptoSamples.shared.get()
            let content = FuzzedDecoder.decoded(input) {
                try EpochStoreFile.decode(
                    $0, cluster: CryptoSamples.cluster, replica: CryptoSamples.replica, path: "", seal: samples.seal)
            }
            guard content != nil else { return .refused }
            guard try stores().contains(input) else { throw FuzzFinding("an epoch store opens that nobody made") }
            return .accepted
        })

    @Sendable private static func stores() throws -> [[UInt8]] {
        let samples = try CryptoSamples.shared.get()
        let file = EpochStoreFile(cluster: CryptoSamples.cluster, replica: CryptoSamples.replica, generation: 3)
        let check = try samples.hierarchy.checkValue(of: CryptoSamples.secretBytes(), placement: "eu", epoch: 1)
        let entry = StoredEpoch(key: SharedSecret(try CryptoSamples.secretBytes()), checkValue: check)
        return [
            try file.encode([:], seal: samples.seal),
            try file.encode([EpochID(placement: "eu", epoch: 1): entry], seal: samples.seal),
        ]
    }

    private static let delivery = FuzzedDecoder(
        "epoch-delivery", from: "another node", hasFixedSeeds: false,
        seeds: { [try CryptoSamples.shared.get().delivery.seal(CryptoSamples.secretBytes())] },
        examine: { input in
            let samples = try CryptoSamples.shared.get()
            let opened = FuzzedDecoder.decoded(input) { input in
                try samples.delivery.open(input, keys: samples.keys).withUnsafeBytes { [UInt8]($0) }
            }
            guard let opened else { return .refused }
            guard opened == CryptoSamples.secret else {
                throw FuzzFinding("an epoch key is delivered that nobody sent")
            }
            return .accepted
        })

    /// Two bytes say where the head ends.
    private static let carried = FuzzedDecoder(
        "kubernetes-ciphertext", from: "an API server",
        seeds: { [[0, 40] + [UInt8](repeating: 9, count: 40), [4, 0] + [UInt8](repeating: 9, count: 1100)] },
        examine: { input in
            guard input.count >= 2 else { return .refused }
            let body = input.dropFirst(2)
            let head = body.prefix(Int(input[0]) << 8 | Int(input[1]))
            let rest = body.dropFirst(head.count)
            let annotations = rest.isEmpty ? [:] : [CarriedCiphertext.restName: Array(rest)]
            guard let sealed = CarriedCiphertext.sealed(Array(head), annotations) else { return .refused }
            guard let again = CarriedCiphertext(sealed: sealed), again.head == Array(head),
                again.annotations == annotations
            else { throw FuzzFinding("a ciphertext is taken that would be carried otherwise") }
            return .accepted
        })
}

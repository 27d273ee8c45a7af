import ClientAPI
import FoundationEssentials
import NIOCore
import SwiftProtobuf

/// The calls of the key service as load.
enum KeyWorkloads {
    /// Encrypt and Decrypt of `size` bytes, singly and in batches of `batch`, under one new key of the placement.
    static func crypto(_ federation: BenchFederation, size: Int, batch: Int) async throws -> [CannedWorkload] {
        let key = "\(federation.placement)/bench/crypto-\(RunName.make())"
        _ = try await federation.client.createKey(key, timeout: .seconds(10))
        var requests: [Claviger_V1_EncryptRequest] = []
        var sealed: [Claviger_V1_DecryptRequest] = []
        for _ in 0..<max(64, batch) {
            var request = Claviger_V1_EncryptRequest()
            request.key = key
            request.plaintext = Data((0..<size).map { _ in UInt8.random(in: .min ... .max) })
            requests.append(request)
            let answer = try await federation.client.encrypt(key: key, plaintext: Array(request.plaintext))
            let opened = try await federation.client.decrypt(ciphertext: Array(answer.ciphertext))
            guard opened.plaintext == request.plaintext else { throw BenchFailure("a decrypt gave another plaintext") }
            var open = Claviger_V1_DecryptRequest()
            open.ciphertext = answer.ciphertext
            sealed.append(open)
        }
        var encryptBatch = Claviger_V1_EncryptBatchRequest()
        encryptBatch.items = Array(requests.prefix(batch))
        var decryptBatch = Claviger_V1_DecryptBatchRequest()
        decryptBatch.items = Array(sealed.prefix(batch))
        return [
            CannedWorkload(
                name: CryptoOperation.encrypt.rawValue, method: KeyMethod.encrypt, messages: try requests.map(bytes),
                leastReplyBytes: size),
            CannedWorkload(
                name: CryptoOperation.decrypt.rawValue, method: KeyMethod.decrypt, messages: try sealed.map(bytes),
                leastReplyBytes: size),
            CannedWorkload(
                name: CryptoOperation.encryptBatch.rawValue, method: KeyMethod.encryptBatch, itemsPerCall: batch,
                messages: [try bytes(encryptBatch)], leastReplyBytes: size * batch),
            CannedWorkload(
                name: CryptoOperation.decryptBatch.rawValue, method: KeyMethod.decryptBatch, itemsPerCall: batch,
                messages: [try bytes(decryptBatch)], leastReplyBytes: size * batch),
        ]
    }

    static func bytes(_ message: some Message) throws -> ByteBuffer {
        ByteBuffer(bytes: try message.serializedBytes() as [UInt8])
    }
}

/// Changes to the tags of a set of keys: one replicated, synced write each.
struct TagWorkload: Workload {
    let name = "setKeyTags"
    let method = KeyMethod.setKeyTags
    let itemsPerCall = 1
    private let keys: [String]
    private let size: Int
    private let run = UInt64.random(in: .min ... .max)

    /// Makes `count` keys whose tags are to be changed to a value of `size` printable bytes.
    init(_ federation: BenchFederation, keys count: Int, size: Int) async throws {
        let run = RunName.make()
        let keys = (0..<count).map { "\(federation.placement)/bench/w\(run)-\($0)" }
        for key in keys { _ = try await federation.client.createKey(key, timeout: .seconds(10)) }
        self.keys = keys
        self.size = size
    }

    func message(_ number: UInt64) -> ByteBuffer {
        var request = Claviger_V1_SetKeyTagsRequest()
        request.name = keys[Int(number % UInt64(keys.count))]
        request.tags = ["v": WriteValue.text(number, size: size)]
        request.idempotencyKey = WriteValue.identifier(run, number)
        return (try? KeyWorkloads.bytes(request)) ?? ByteBuffer()
    }

    func isGood(_ reply: ByteBuffer) -> Bool { reply.readableBytes > size }
}

/// New keys: material is made, wrapped and replicated.
struct CreateWorkload: Workload {
    let name = "createKey"
    let method = KeyMethod.createKey
    let itemsPerCall = 1
    private let prefix: String
    private let run = UInt64.random(in: .min ... .max)

    init(_ federation: BenchFederation) { prefix = "\(federation.placement)/bench/c\(RunName.make())-" }

    func message(_ number: UInt64) -> ByteBuffer {
        var request = Claviger_V1_CreateKeyRequest()
        request.name = prefix + String(number, radix: 36)
        request.idempotencyKey = WriteValue.identifier(run, number)
        return (try? KeyWorkloads.bytes(request)) ?? ByteBuffer()
    }

    func isGood(_ reply: ByteBuffer) -> Bool { reply.readableBytes > prefix.utf8.count }
}

/// What is written, the same for every subject.
enum WriteValue {
    /// Printable, different for each number, `size` bytes.
    static func text(_ number: UInt64, size: Int) -> String {
        let head = String(number, radix: 16) + "-"
        return String((head + String(repeating: "v", count: size)).prefix(size))
    }

    /// 16 bytes, used once.
    static func identifier(_ run: UInt64, _ number: UInt64) -> Data {
        withUnsafeBytes(of: (run, number)) { Data($0) }
    }
}

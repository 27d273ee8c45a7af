import ClientAPI
import NIOCore

/// Encrypts, and decrypts what was encrypted at any time before. The key is rotated meanwhile, so that there are old
/// versions whose ciphertexts must open.
struct CryptoLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let store: CiphertextStore<[UInt8]>
    private let regions: [String]
    private let clients: [Int]
    private let rotator: Int
    /// Every four seconds.
    private static let rotationsPerSecond = 0.25

    init(_ load: Load, _ context: LoadContext, _ store: CiphertextStore<[UInt8]>) {
        self.load = load
        self.context = context
        self.store = store
        regions = context.regions(of: load)
        clients = regions.map { _ in context.newClient() }
        rotator = context.newClient()
    }

    func run() async {
        guard let home = regions.first else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await protectAndOpen() }
            group.addTask { await rotate(from: home) }
        }
    }

    private func rotate(from region: String) async {
        let key = LoadNames.crypto(load.placement)
        await context.repeatCalls(Self.rotationsPerSecond) { number in
            // The first calls are those of a new key.
            guard number > 0, let client = try? await context.client(for: "crypto", in: region) else { return }
            let asked = Asked(.crypto, client: rotator, region: region, subject: key)
            await context.call(asked, .rotate(expected: 0)) { (_) async throws(ClientError) in
                Answered(try await client.rotateKey(key, timeout: .seconds(10)))
            }
        }
    }

    private func protectAndOpen() async {
        await context.pace(load.rate) { number in
            let place = number % regions.count
            guard let client = try? await context.client(for: "crypto", in: regions[place]) else { return }
            var randomness = context.randomness(UInt64(clients[place]) << 40 | UInt64(number))
            let calls = CryptoCalls(
                context: context, load: .crypto, store: store, placement: load.placement, region: regions[place],
                number: clients[place])
            if randomness.chance(50), let entry = store.choose(&randomness) {
                await calls.decrypt(entry, client)
            } else {
                await calls.encrypt(client, &randomness, isKept: true)
            }
        }
    }
}

/// The two calls of one caller.
struct CryptoCalls: Sendable {
    let context: LoadContext
    /// Whose calls they are.
    let load: Load.Kind
    let store: CiphertextStore<[UInt8]>
    let placement: String
    let region: String
    /// Of the caller.
    let number: Int

    /// Protects 32 new bytes. False if that was refused.
    @discardableResult
    func encrypt(_ client: ClavigerClient, _ randomness: inout LoadRandomness, isKept: Bool) async -> Bool {
        let plaintext = Self.plaintext(&randomness)
        let key = LoadNames.crypto(placement)
        let asked = Asked(load, client: number, region: region, subject: key)
        let outcome = await context.call(asked, .encrypt) { (call) async throws(ClientError) in
            let answer = try await client.encrypt(key: key, plaintext: plaintext, timeout: .seconds(3))
            if isKept { store.add(call, plaintext, Array(answer.ciphertext)) }
            return Answered(answer)
        }
        if case .done = outcome { return true } else { return false }
    }

    func decrypt(_ entry: CiphertextStore<[UInt8]>.Entry, _ client: ClavigerClient) async {
        let asked = Asked(load, client: number, region: region, subject: LoadNames.crypto(placement))
        await context.call(asked, .decrypt(of: entry.call)) { (_) async throws(ClientError) in
            let answer = try await client.decrypt(ciphertext: entry.sealed, timeout: .seconds(3))
            return Answered(.decrypted(isRight: Array(answer.plaintext) == entry.plaintext))
        }
    }

    static func plaintext(_ randomness: inout LoadRandomness) -> [UInt8] {
        (0..<4).flatMap { _ in withUnsafeBytes(of: randomness.next()) { Array($0) } }
    }
}

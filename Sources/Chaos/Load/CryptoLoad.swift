import ClientAPI
import NIOCore

/// Encrypts, and decrypts what was encrypted at any time before.
struct CryptoLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let store: CiphertextStore<[UInt8]>
    private let regions: [String]
    private let clients: [Int]

    init(_ load: Load, _ context: LoadContext, _ store: CiphertextStore<[UInt8]>) {
        self.load = load
        self.context = context
        self.store = store
        regions = context.regions(of: load)
        clients = regions.map { _ in context.newClient() }
    }

    func run() async {
        guard !regions.isEmpty else { return }
        await context.pace(load.rate) { number in
            let place = number % regions.count
            guard let client = try? await context.client(for: "crypto", in: regions[place]) else { return }
            var randomness = context.randomness(UInt64(clients[place]) << 40 | UInt64(number))
            let calls = CryptoCalls(
                context: context, store: store, placement: load.placement, region: regions[place],
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
        let asked = Asked(.crypto, client: number, region: region, subject: key)
        let outcome = await context.call(asked, .encrypt) { (call) async throws(ClientError) in
            let answer = try await client.encrypt(key: key, plaintext: plaintext, timeout: .seconds(3))
            if isKept { store.add(call, plaintext, Array(answer.ciphertext)) }
            return Answered(answer)
        }
        if case .done = outcome { return true } else { return false }
    }

    func decrypt(_ entry: CiphertextStore<[UInt8]>.Entry, _ client: ClavigerClient) async {
        let asked = Asked(.crypto, client: number, region: region, subject: LoadNames.crypto(placement))
        await context.call(asked, .decrypt(of: entry.call)) { (_) async throws(ClientError) in
            let answer = try await client.decrypt(ciphertext: entry.sealed, timeout: .seconds(3))
            return Answered(.decrypted(isRight: Array(answer.plaintext) == entry.plaintext))
        }
    }

    static func plaintext(_ randomness: inout LoadRandomness) -> [UInt8] {
        (0..<4).flatMap { _ in withUnsafeBytes(of: randomness.next()) { Array($0) } }
    }
}

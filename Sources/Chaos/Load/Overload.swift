import ClientAPI
import Synchronization

/// Callers in each region that encrypt without pause, one call at a time each, until they are told to end.
final class Overload: Sendable {
    /// Of so many ciphertexts one is kept to be opened later.
    private static let keptShare = 16

    private let context: LoadContext
    private let store: CiphertextStore<[UInt8]>
    private let placement: String
    private let callers: Int
    private let isEnded = Atomic<Bool>(false)

    /// - Parameter callers: in each region of the placement.
    init(placement: String, callers: Int, context: LoadContext, store: CiphertextStore<[UInt8]>) {
        self.placement = placement
        self.callers = callers
        self.context = context
        self.store = store
    }

    func end() { isEnded.store(true, ordering: .relaxed) }

    /// Returns when the last call has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for region in context.ground.regions(of: placement) {
                for _ in 0..<callers {
                    let client = context.newClient()
                    group.addTask { await self.runCaller(client, region) }
                }
            }
        }
    }

    private func runCaller(_ client: Int, _ region: String) async {
        guard let connection = try? await context.client(for: "overload", in: region) else { return }
        let calls = CryptoCalls(
            context: context, load: .overload, store: store, placement: placement, region: region, number: client)
        var randomness = context.randomness(UInt64(client))
        var number = 0
        while !isEnded.load(ordering: .relaxed), !Task.isCancelled {
            let isKept = number % Self.keptShare == 0
            let isDone = await calls.encrypt(connection, &randomness, isKept: isKept)
            number += 1
            // What is refused here and now would be asked again many thousand times a second.
            if !isDone { try? await Task.sleep(for: .milliseconds(1)) }
        }
    }
}

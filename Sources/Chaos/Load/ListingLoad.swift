import ClientAPI
import NIOCore

/// Lists the keys of the loads page by page, and begins again after the last.
struct ListingLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext
    private let regions: [String]

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
        regions = context.regions(of: load)
    }

    func run() async {
        let count = regions.count * max(1, load.clients)
        await withDiscardingTaskGroup { group in
            for region in regions {
                for _ in 0..<max(1, load.clients) {
                    group.addTask { await runClient(context.newClient(), region, load.rate / Double(count)) }
                }
            }
        }
    }

    private func runClient(_ client: Int, _ region: String, _ rate: Double) async {
        guard let connection = try? await context.client(for: "listing", in: region) else { return }
        let prefix = LoadNames.prefix(load.placement)
        let asked = Asked(.listing, client: client, region: region, subject: prefix)
        var token = ""
        await context.repeatCalls(rate) { _ in
            let page = token
            var next = ""
            await context.call(asked, .list) { (_) async throws(ClientError) in
                let answer = try await connection.listKeys(prefix: prefix, pageToken: page, timeout: .seconds(5))
                next = answer.nextPageToken
                return Answered(.listed(answer.keys.count))
            }
            // After a failure the list begins again.
            token = next
        }
    }
}

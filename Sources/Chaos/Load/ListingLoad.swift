import ClientAPI
import NIOCore

/// Lists the keys of the loads page by page, and begins again after the last.
struct ListingLoad: LoadPlayer {
    private let load: Load
    private let context: LoadContext

    init(_ load: Load, _ context: LoadContext) {
        self.load = load
        self.context = context
    }

    func run() async {
        await context.runClients(of: load) { client, region, rate in await runClient(client, region, rate) }
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

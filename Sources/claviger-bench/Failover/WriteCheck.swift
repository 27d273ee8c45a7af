import ClientAPI
import NIOCore
import SwiftProtobuf
import UnaryGRPC

/// Looks for what was acknowledged.
struct WriteCheck: Sendable {
    struct Outcome: Sendable {
        /// Acknowledged, and a quorum says that it is not there.
        var lost: [String] = []
        /// Acknowledged, and nobody could say.
        var unanswered: [String] = []
    }

    let client: ClavigerClient

    /// Asks for each key with a read that a quorum confirms, 32 at a time.
    func confirm(_ keys: [String]) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            var outcome = Outcome()
            var rest = keys[...]
            func addNext() {
                guard let key = rest.popFirst() else { return }
                group.addTask { await self.confirm(key) }
            }
            for _ in 0..<32 { addNext() }
            while let one = await group.next() {
                outcome.lost += one.lost
                outcome.unanswered += one.unanswered
                addNext()
            }
            return outcome
        }
    }

    private func confirm(_ key: String) async -> Outcome {
        for _ in 0..<20 {
            do {
                _ = try await client.describeKey(key, confirmed: true, timeout: .seconds(5))
                return Outcome()
            } catch  where error.code == .keyNotFound {
                return Outcome(lost: [key])
            } catch {
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
        return Outcome(unanswered: [key])
    }

    /// Names of keys that the holders do not agree on, after up to 20 s for the last changes to arrive.
    static func diverged(_ holders: [BenchNode], prefix: String) async throws -> [String] {
        var different: [String] = []
        for attempt in 0..<40 {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(500)) }
            var copies: [[String: Claviger_V1_Key]] = []
            for holder in holders { copies.append(try await keys(at: holder, prefix: prefix)) }
            let names = Set(copies.flatMap(\.keys))
            different = names.filter { name in copies.contains { $0[name] != copies[0][name] } }.sorted()
            if different.isEmpty { return [] }
        }
        return different
    }

    private static func keys(at node: BenchNode, prefix: String) async throws -> [String: Claviger_V1_Key] {
        let connection = try node.client()
        var found: [String: Claviger_V1_Key] = [:]
        var request = Claviger_V1_ListKeysRequest()
        request.prefix = prefix
        request.pageSize = 500
        var page = Claviger_V1_ListKeysResponse()
        repeat {
            let message = try KeyWorkloads.bytes(request)
            let reply: Result<ByteBuffer, GRPCStatus>
            do {
                reply = .success(
                    try await connection.call(KeyMethod.listKeys, message, deadline: .now() + .seconds(10)))
            } catch {
                reply = .failure(error)
            }
            switch reply {
            case .success(let bytes):
                page = try Claviger_V1_ListKeysResponse(serializedBytes: Array(bytes.readableBytesView))
            case .failure(let status):
                await connection.close()
                throw BenchFailure("\(node.name) does not list its keys: \(status)")
            }
            for key in page.keys { found[key.name] = key }
            request.pageToken = page.nextPageToken
        } while !page.nextPageToken.isEmpty
        await connection.close()
        return found
    }
}

import EtcdClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import SwiftProtobuf
import Topology
import UnaryGRPC

/// Three members of etcd on this machine, with its default timers and without TLS: the measure for replicated writes.
struct EtcdCluster: Sendable {
    private struct Member: Sendable {
        let clientPort: Int
        let pid: Int32
    }

    private let members: [Member]
    let version: String

    var pids: [Int32] { members.map(\.pid) }

    /// Starts the members in `directory`, on six ports from `port` on.
    static func start(program: String, directory: String, port: Int) async throws -> EtcdCluster {
        guard access(program, X_OK) == 0 else {
            throw BenchFailure("\(program): there is no such program; apt-get install etcd-server, or --etcd PATH")
        }
        let cluster = (0..<3).map { "m\($0)=http://127.0.0.1:\(port + 3 + $0)" }.joined(separator: ",")
        var members: [Member] = []
        for index in 0..<3 {
            let client = "http://127.0.0.1:\(port + index)"
            let peer = "http://127.0.0.1:\(port + 3 + index)"
            let process = try DetachedProcess.spawn(
                program,
                arguments: [
                    "--name", "m\(index)", "--data-dir", "\(directory)/etcd-\(index)", "--listen-client-urls", client,
                    "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls",
                    peer,
                    "--initial-cluster", cluster, "--initial-cluster-state", "new", "--initial-cluster-token", "bench",
                ], log: "\(directory)/etcd-\(index).log")
            Cleanup.add { process.stop() }
            members.append(Member(clientPort: port + index, pid: process.pid))
        }
        return EtcdCluster(members: members, version: Self.version(in: "\(directory)/etcd-0.log"))
    }

    private static func version(in log: String) -> String {
        for _ in 0..<40 {
            let lines = TextFile.lastLines(500, of: log)
            let line = lines.first { $0.contains("etcd Version:") || $0.contains("etcd-version") }
            if let line { return String(line.suffix(40)) }
            usleep(50_000)
        }
        return "unknown"
    }

    /// A generator of load for the member that leads.
    func generator() async throws -> LoadGenerator {
        for _ in 0..<120 {
            for member in members {
                if let status = try? await status(of: member), status.leader != 0,
                    status.leader == status.header.memberID
                {
                    return LoadGenerator(
                        subject: "etcd", target: .cleartext(host: "127.0.0.1", port: member.clientPort),
                        server: [member.pid], servers: pids)
                }
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw BenchFailure("no member of etcd leads")
    }

    private func status(of member: Member) async throws -> Etcdserverpb_StatusResponse {
        var configuration = UnaryClientConfiguration()
        configuration.waitsForReady = true
        let client = try UnaryClient(
            target: .cleartext(host: "127.0.0.1", port: member.clientPort), configuration: configuration,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        let answer: Result<ByteBuffer, GRPCStatus>
        do {
            answer = .success(
                try await client.call(
                    "/etcdserverpb.Maintenance/Status", ByteBuffer(), deadline: .now() + .seconds(2)))
        } catch {
            answer = .failure(error)
        }
        await client.close()
        return try Etcdserverpb_StatusResponse(serializedBytes: Array(try answer.get().readableBytesView))
    }
}

/// Put of values under keys of 16 bytes.
struct EtcdPutWorkload: Workload {
    let name = "put"
    let method = "/etcdserverpb.KV/Put"
    let itemsPerCall = 1
    let keys: Int
    let size: Int

    func message(_ number: UInt64) -> ByteBuffer {
        var request = Etcdserverpb_PutRequest()
        let name = String(number % UInt64(keys), radix: 16)
        request.key = Data((String(repeating: "k", count: 16 - name.utf8.count) + name).utf8)
        request.value = Data(WriteValue.text(number, size: size).utf8)
        return (try? KeyWorkloads.bytes(request)) ?? ByteBuffer()
    }

    func isGood(_ reply: ByteBuffer) -> Bool { reply.readableBytes > 2 }
}

import ClientAPI
import KubernetesDoor
import NIOCore
import Raft
import Topology
import Wire

extension HostileGround {
    /// Everything that is thrown at a port. The client is an operator's; it is asked for what an attacker would know.
    func volleys(for port: HostilePort, _ client: ClavigerClient) async throws -> [VolleyKind] {
        switch port {
        case .peer: return try peerVolleys(groups: await foreignGroups(client)).all()
        case .api:
            let ciphertext = Array(try await client.encrypt(key: key, plaintext: [1, 2, 3]).ciphertext)
            let keys = Requests.keys(key: key, ciphertext: ciphertext)
            let workload = GRPCVolleys(entry: .tls(.workload), methods: keys + Requests.federation())
            return StreamVolleys.plain(opening: HTTP2Bytes.opening, noise: 0.12)
                + StreamVolleys.tls(opening: HTTP2Bytes.opening, as: .workload, share: 0.15) + workload.all()
                + GRPCVolleys(entry: .tls(.operator), methods: keys).brokenMessages(of: "an operator's ")
        case .metrics: return HTTP1Volleys.all()
        case .plugin:
            let socket = try KMSSocket(placement: plugin.placement, path: plugin.files.socketPath)
            let sealed: V2_EncryptResponse
            do {
                sealed = try await socket.encrypt([1, 2, 3])
            } catch {
                await socket.close()
                throw error
            }
            await socket.close()
            let methods = Requests.plugin(ciphertext: Array(sealed.ciphertext), keyID: sealed.keyID)
            return StreamVolleys.plain(opening: HTTP2Bytes.opening, noise: 0.15)
                + GRPCVolleys(entry: .plain, methods: methods).all()
        }
    }

    /// The groups of the placements whose jurisdictions the captured node is outside of.
    private func foreignGroups(_ client: ClavigerClient) async throws -> [GroupID] {
        let region = federation.topology.region(named: captured.region)
        return try await client.describeFederation(timeout: .seconds(5)).placements.filter {
            region?.liesWithin($0.jurisdictions) != true
        }.map { GroupID($0.group) }
    }

    private func peerVolleys(groups: [GroupID]) -> PeerVolleys {
        PeerVolleys(
            hello: PeerHello(
                cluster: federation.topology.clusterID, replica: ReplicaID(UInt64(captured.number) << 16 | 1),
                store: [UInt8](repeating: 0xAD, count: 16), node: captured.name, region: captured.region),
            target: ReplicaID(UInt64(target.number) << 16 | 1), foreignGroups: groups)
    }
}

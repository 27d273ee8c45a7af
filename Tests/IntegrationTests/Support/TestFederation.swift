import ClientAPI
import Foundation
import Glibc
import Synchronization
import Topology

/// Four nodes in four regions, three of them in the EU, as real processes on free ports in a directory of their own.
struct TestFederation: Sendable {
    let federation: LocalFederation
    static let holders = ["eu-west", "eu-central", "eu-north"]

    /// Starts a federation but for the nodes named, gives it to the body, and stops and removes everything afterwards.
    static func run(
        without absent: [String] = [], _ body: (TestFederation, ClavigerClient) async throws -> Void
    ) async throws {
        var template = Array("/tmp/claviger-integration.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template).map({ String(cString: $0) }) else { throw Missed("no directory in /tmp") }
        let topology = "\(path)/topology.yaml"
        try PrivateFile.write(try text(), to: topology)
        let made = TestFederation(
            federation: try LocalFederation(topologyPath: topology, layout: try LocalLayout(path)))
        do {
            try await made.begin(without: absent)
            let client = try await made.client(preferring: holders)
            do {
                try await made.setUp(client)
                try await body(made, client)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        } catch {
            await made.end(keepingLogs: true)
            throw error
        }
        await made.end(keepingLogs: false)
    }

    private func begin(without absent: [String]) async throws {
        let federation = federation
        let nodes = federation.topology.nodes.filter { !absent.contains($0.name) }
        try await blocking {
            try federation.prepare()
            try federation.start(nodes, daemon: Programs.daemon, timeout: .seconds(45))
        }
    }

    /// Stops all nodes in order. Their files stay until the end of the run.
    func stop() async throws {
        let federation = federation
        _ = try await blocking {
            LocalProcess.stop(federation.topology.nodes.map { federation.process(of: $0) }, grace: .seconds(10))
        }
    }

    private func end(keepingLogs: Bool) async {
        try? await stop()
        if !keepingLogs { try? FileManager.default.removeItem(atPath: federation.layout.root) }
    }

    private func setUp(_ client: ClavigerClient) async throws {
        let text = try TextFile.read(federation.topologyPath, limit: FederationTopology.fileLimit)
        try await eventually("the topology is applied") {
            _ = try await client.applyTopology(text, dryRun: false)
            return true
        }
        try await eventually("the policy is stored") {
            _ = try await client.putPolicy(placement: "eu", name: "tests", document: Self.policy)
            return true
        }
        try await eventually("a key is made") {
            _ = try await client.createKey(Self.key)
            return true
        }
        try await eventually("every holder has the epoch key and knows the test's key") {
            for name in Self.holders where !(try await holdsEpoch(name, client)) { return false }
            return true
        }
    }

    static let key = "eu/acme/orders"
    private static let policy = """
        statements:
          - id: tests
            effect: allow
            principals: ["spiffe://claviger.local/operator/admin"]
            actions: [use, manage, read]
            keys: {tenant: acme}

        """

    // MARK: Looking

    func client(preferring regions: [String]) async throws -> ClavigerClient {
        let endpoints = federation.topology.nodes.map {
            ClientEndpoint(host: $0.host, port: Int($0.apiPort), region: $0.region, node: $0.name)
        }
        return try await ClavigerClient(
            try ClientConfiguration(
                endpoints: endpoints, identityDirectory: federation.layout.identity(named: "admin").path,
                preferredRegions: regions))
    }

    func node(_ name: String) throws -> FederationTopology.Node {
        guard let node = federation.topology.node(named: name) else { throw Missed("there is no node \(name)") }
        return node
    }

    func process(_ name: String) throws -> LocalProcess { federation.process(of: try node(name)) }
    func files(_ name: String) -> LocalNodeFiles { federation.layout.node(name) }

    func leader(_ client: ClavigerClient) async throws -> String {
        let leader = try await client.describeFederation().placements.first { $0.name == "eu" }?.leader ?? ""
        guard !leader.isEmpty else { throw Missed("nobody is known to lead 'eu'") }
        return leader
    }

    func holdsEpoch(_ name: String, _ client: ClavigerClient) async throws -> Bool {
        let inventory = try await client.inventory(node: name)
        return inventory.epochs.contains { $0.placement == "eu" && !$0.epochs.isEmpty }
    }

    /// Decrypt calls that the node has answered with a plaintext, by its own count.
    func decrypted(at name: String) throws -> Int {
        let node = try node(name)
        guard let text = LoopbackProbe.text(host: node.host, port: node.metricsPort, path: "/metrics") else {
            throw Missed("node \(name) gives no metrics")
        }
        let sum = { (metric: String) in
            text.split(separator: "\n").filter { $0.hasPrefix(metric + "{") && $0.contains("operation=\"Decrypt\"") }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
        }
        return Int(sum("claviger_operations_total") - sum("claviger_errors_total"))
    }

    /// Decrypts until the named node itself has given back the plaintext.
    func expectDecrypt(at name: String, of ciphertext: [UInt8], giving plaintext: [UInt8]) async throws {
        let near = try await client(preferring: [name])
        do {
            let before = try decrypted(at: name)
            try await eventually("node \(name) decrypts") {
                let answer = try await near.decrypt(ciphertext: ciphertext)
                return try Array(answer.plaintext) == plaintext && decrypted(at: name) > before
            }
        } catch {
            await near.close()
            throw error
        }
        await near.close()
    }

    /// Starts a node and waits until it is ready, or only until it answers at all.
    func start(_ name: String, untilReady: Bool = true) async throws {
        let federation = federation
        let node = try node(name)
        try await blocking {
            try federation.start(
                [node], daemon: Programs.daemon, timeout: .seconds(30),
                isReady: { node in
                    untilReady
                        ? LocalFederation.isReady(node)
                        : LoopbackProbe.status(host: node.host, port: node.metricsPort, path: "/livez") == 200
                })
        }
    }

    // MARK: The topology

    private static let taken = Mutex<Set<UInt16>>([])

    private static func text() throws -> String {
        let names = holders + ["us-east"]
        for base in stride(from: UInt16.random(in: 11...20) * 1000, to: 31_000, by: 100) {
            // Suites run side by side, and a block is free until its nodes listen: none is given twice.
            guard taken.withLock({ $0.insert(base).inserted }) else { continue }
            let ports = (0..<12).map { base + UInt16($0) }
            guard ports.allSatisfy({ LoopbackProbe.isFree(host: "127.0.0.1", port: $0) }) else { continue }
            let regions = names.map { "  \($0): {cloud: aws, jurisdictions: [\($0.prefix(2).uppercased())]}" }
            let nodes = names.enumerated().map { (index, name) in
                let port = Int(base) + index * 3
                return "  - {name: \(name), number: \(index + 1), region: \(name), host: 127.0.0.1, "
                    + "peerPort: \(port), apiPort: \(port + 1), metricsPort: \(port + 2)}"
            }
            return """
                cluster: {name: integration}
                trustDomain: claviger.local
                operators: [spiffe://claviger.local/operator/admin]
                clouds: [aws]
                regions:
                \(regions.joined(separator: "\n"))
                nodes:
                \(nodes.joined(separator: "\n"))
                directory: {voters: [eu-west, eu-central, eu-north]}
                placements:
                  eu: {jurisdictions: [EU], replicas: 3, leaderPreference: [eu-west], survive: region}

                """
        }
        throw Missed("no block of free ports was found on 127.0.0.1")
    }
}

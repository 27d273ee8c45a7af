import ClientAPI
import Glibc
import NIOCore
import Topology
import UnaryGRPC

/// The federation that is measured.
struct BenchFederation: Sendable {
    let client: ClavigerClient
    let credentials: TLSCredentials
    let trustDomain: String
    let placement: String
    /// Absent for one that is only known by its endpoints.
    let local: LocalFederation?
    let daemon: String
    /// For probes and logs.
    let directory: String

    /// Finds the federation or starts one, and waits until the placement serves.
    ///
    /// - Parameter absent: a node that is not started with the others.
    static func open(_ options: FederationOptions, without absent: String? = nil) async throws -> BenchFederation {
        Cleanup.arm(limit: options.limit)
        let federation: BenchFederation
        if options.isOwn {
            federation = try await started(options, without: absent)
        } else if let directory = options.directory {
            let layout = try LocalLayout(directory)
            guard let topology = layout.recordedTopologyPath() else {
                throw BenchFailure("\(directory): there is no local federation")
            }
            let local = try LocalFederation(topologyPath: topology, layout: layout)
            federation = try await connected(to: local, options)
        } else {
            federation = try await connected(to: options.endpoint.map(endpoint), options)
        }
        try await federation.waitUntilServing()
        return federation
    }

    private static func started(
        _ options: FederationOptions, without absent: String?
    ) async throws -> BenchFederation {
        let directory = try TemporaryDirectory(isKept: options.keep).path
        let path = "\(directory)/topology.yaml"
        let topology = options.topology ?? "topology/local.yaml"
        let text = try PortShift.apply(
            options.portOffset, to: try TextFile.read(topology, limit: FederationTopology.fileLimit))
        try PrivateFile.write(text, to: path)
        let local = try LocalFederation(topologyPath: path, layout: try LocalLayout("\(directory)/local"))
        Cleanup.add { _ = LocalProcess.stop(local.topology.nodes.map { local.process(of: $0) }) }
        let daemon = try options.daemonPath()
        try await Blocking.run {
            try local.prepare()
            try local.start(
                local.topology.nodes.filter { $0.name != absent }, daemon: daemon, progress: Console.progress)
        }
        let federation = try await connected(to: local, options)
        try await federation.patiently("the topology is not taken") {
            _ = try await federation.client.applyTopology(text, dryRun: false, timeout: .seconds(10))
        }
        let caller = try local.layout.identity(named: "admin").summary().identity?.uri ?? ""
        try await federation.patiently("the policy is not taken") {
            _ = try await federation.client.putPolicy(
                placement: options.placement, name: "bench", document: policy(for: caller), timeout: .seconds(5))
        }
        return federation
    }

    /// The caller makes and uses the keys of one tenant.
    private static func policy(for caller: String) -> String {
        """
        statements:
          - id: bench
            effect: allow
            principals: ["\(caller)"]
            actions: [use, manage, read, describeKey]
            keys: {tenant: bench}
        """
    }

    private static func connected(
        to local: LocalFederation, _ options: FederationOptions
    ) async throws -> BenchFederation {
        let endpoints = local.topology.nodes.map {
            ClientEndpoint(host: $0.host, port: Int($0.apiPort), region: $0.region, node: $0.name)
        }
        return try await connected(to: endpoints, options, local: local)
    }

    private static func connected(
        to endpoints: [ClientEndpoint], _ options: FederationOptions, local: LocalFederation? = nil
    ) async throws -> BenchFederation {
        let identity = options.identity ?? local?.layout.identity(named: "admin").path ?? ""
        let credentials = try TLSCredentials(directory: identity)
        var configuration = ClientConfiguration(endpoints: endpoints, credentials: credentials)
        configuration.trustDomain = local?.topology.trustDomain ?? options.trustDomain
        return BenchFederation(
            client: try await ClavigerClient(configuration), credentials: credentials,
            trustDomain: configuration.trustDomain, placement: options.placement, local: local,
            daemon: try options.daemonPath(), directory: local?.layout.root ?? "/tmp")
    }

    private static func endpoint(_ text: String) throws -> ClientEndpoint {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            throw BenchFailure("--endpoint: '\(text)' is not host:port")
        }
        return ClientEndpoint(host: String(text[..<colon]), port: port)
    }

    /// Repeats what a federation that has just begun may refuse, for a minute.
    func patiently(_ problem: String, _ body: @Sendable () async throws -> Void) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                return try await body()
            } catch {
                guard ContinuousClock.now < deadline else { throw BenchFailure("\(problem): \(error)") }
                Console.progress("waiting: \(error)")
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    /// A key is made, protects and opens: then everything below works.
    private func waitUntilServing() async throws {
        let key = "\(placement)/bench/ready-\(RunName.make())"
        try await patiently("the placement \(placement) does not serve") {
            _ = try await client.createKey(key, timeout: .seconds(5))
        }
        try await patiently("the placement \(placement) does not protect") {
            let plaintext = Array("ready".utf8)
            let sealed = try await client.encrypt(key: key, plaintext: plaintext, timeout: .seconds(5))
            let opened = try await client.decrypt(ciphertext: Array(sealed.ciphertext), timeout: .seconds(5))
            guard Array(opened.plaintext) == plaintext else {
                throw BenchFailure("what was opened is not what was protected")
            }
        }
    }

    /// Ends what was started here.
    func close() async {
        await client.close()
        try? await Blocking.run { Cleanup.run() }
    }
}

/// A name that no earlier run used.
enum RunName {
    static func make() -> String { String(UInt64.random(in: (1 << 40)..<(1 << 50)), radix: 36) }
}

/// Moves the ports of a topology's text.
enum PortShift {
    static func apply(_ offset: Int, to text: String) throws -> String {
        var result = ""
        var rest = text[...]
        while let found = rest.firstRange(of: "Port: ") {
            result += rest[..<found.upperBound]
            rest = rest[found.upperBound...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let port = Int(digits), port + offset < 65_536 else {
                throw BenchFailure("the topology has a port that --port-offset moves out of range: \(digits)")
            }
            result += "\(port + offset)"
            rest = rest.dropFirst(digits.count)
        }
        return result + rest
    }
}

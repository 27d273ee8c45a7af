import ClientAPI
import EtcdClient
import NIOCore

extension LoadRunner {
    /// How long a fault goes on trying to change a key.
    private static let patience = Duration.seconds(30)

    // MARK: - Before the load

    func preparePlacement(_ placement: String, _ loads: [Load]) async throws {
        guard let region = context.ground.regions(of: placement).first else {
            throw ChaosError(placement, "the placement has no region")
        }
        let client = try await context.client(for: "prepare", in: region)
        try await Patience.wait("\(placement): the federation does not describe itself") {
            try await context.learnNodes(from: client)
        }
        let policy = Self.policy(trustDomain: context.ground.trustDomain)
        try await Patience.wait("\(placement): the policy is not taken") {
            _ = try await client.putPolicy(
                placement: placement, name: LoadNames.tenant, document: policy, timeout: .seconds(5))
        }
        var keys = [LoadNames.crypto(placement), LoadNames.probe(placement)]
        if loads.contains(where: { $0.kind == .revocation }) { keys.append(LoadNames.revoked(placement)) }
        for key in keys {
            try await Patience.wait("\(key) cannot be made") {
                do throws(ClientError) {
                    _ = try await client.createKey(key, timeout: .seconds(5))
                } catch {
                    if error.code != .alreadyExists { throw error }
                }
            }
        }
        for node in context.ground.nodes(of: placement) { try await waitUntilServed(keys, at: node, of: placement) }
        try await connect(loads)
    }

    private func waitUntilServed(_ keys: [String], at node: String, of placement: String) async throws {
        let region = context.region(ofNode: node, of: placement)
        let client = try await context.client(for: "prepare", in: region)
        for key in keys {
            try await Patience.wait("\(node) does not serve \(key)") {
                _ = try await client.encrypt(key: key, plaintext: [1], at: node, timeout: .seconds(2))
            }
        }
    }

    /// Makes the loads' connections, so that their first calls are like all others.
    private func connect(_ loads: [Load]) async throws {
        for load in loads where load.kind != .kubernetes && load.kind != .registers {
            for region in context.regions(of: load) {
                let client = try await context.client(for: load.kind.rawValue, in: region)
                try await Patience.wait("clients in \(region) do not reach the federation") {
                    _ = try await client.describeFederation(timeout: .seconds(2))
                }
            }
        }
    }

    func prepareEtcd(_ placement: String) async throws {
        let ground = context.ground
        for region in Set(loads.flatMap { context.regions(of: $0) }).sorted() {
            let endpoints = ground.etcdEndpoints(in: region)
            guard !endpoints.isEmpty else { continue }
            let caller = try EtcdCaller(endpoints: endpoints, eventLoop: ground.eventLoop(in: region))
            do {
                try await Patience.wait("etcd does not take writes from \(region)") {
                    _ = try await caller.put(LoadNames.prefix(placement) + "ready", "1", isRepeatable: true)
                }
            } catch {
                await caller.close()
                throw error
            }
            await caller.close()
        }
    }

    /// Operators and workloads of the trust domain may do what they like with the keys of the loads.
    static func policy(trustDomain: String) -> String {
        """
        statements:
          - id: chaos
            effect: allow
            principals: ["spiffe://\(trustDomain)/operator/*", "spiffe://\(trustDomain)/workload/*"]
            actions: [use, manage, read, describeKey]
            keys: {tenant: \(LoadNames.tenant)}
        """
    }

    // MARK: - During the load

    /// Disables the keys that crypto and probes of the placement use; goes on trying for half a minute. Each try is a
    /// call of the history. Throws `ChaosError` if that was not acknowledged for both.
    package func disableKey(placement: String) async throws { try await change(.disable, placement) }

    /// Undoes `disableKey`.
    package func enableKey(placement: String) async throws { try await change(.enable, placement) }

    private func change(_ request: ChaosCall.Request, _ placement: String) async throws {
        guard let region = context.ground.regions(of: placement).first else {
            throw ChaosError(placement, "the placement has no region")
        }
        let client = try await context.client(for: "faults", in: region)
        let deadline = ContinuousClock.now + Self.patience
        for key in [LoadNames.crypto(placement), LoadNames.probe(placement)] {
            let asked = Asked(.revocation, client: ownClient, region: region, subject: key)
            while true {
                let outcome = await context.call(asked, request) { (_) async throws(ClientError) in
                    if request == .disable { return Answered(try await client.disableKey(key, timeout: .seconds(10))) }
                    return Answered(try await client.enableKey(key, timeout: .seconds(10)))
                }
                if case .done = outcome { break }
                guard ContinuousClock.now < deadline, !Task.isCancelled else {
                    throw ChaosError(key, "cannot be \(request == .disable ? "disabled" : "enabled")")
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

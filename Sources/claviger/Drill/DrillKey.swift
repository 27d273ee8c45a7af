import ClientAPI

/// The key that probes of a placement use. It stays there from one drill to the next.
enum DrillKey {
    static func name(in placement: String) -> String { "\(placement)/drill/canary" }

    /// Makes the key if it is not there, and waits until it can be used. Being an operator is not enough for that, so a
    /// refusal says which policy is missing.
    static func make(in placement: String, _ client: ClavigerClient) async throws {
        let name = name(in: placement)
        do throws(ClientError) {
            do throws(ClientError) {
                _ = try await client.createKey(name)
            } catch {
                guard error.code == .alreadyExists else { throw error }
            }
            try await use(name, client)
        } catch {
            guard error.code == .permissionDenied else { throw CommandFailure("\(name): \(error)") }
            throw CommandFailure(
                "\(name): this caller may not make and use the drill's key; put this policy into the placement with "
                    + "'claviger policy put \(placement) drill FILE':\n\(policy)")
        }
    }

    /// A holder that has just been told of the key is asked first.
    private static func use(_ name: String, _ client: ClavigerClient) async throws(ClientError) {
        let key = try await client.describeKey(name, confirmed: true)
        guard key.enabled else {
            throw ClientError(.invalidKeyState, "the key is disabled; enable it with 'claviger key enable \(name)'")
        }
        _ = try await client.encrypt(key: name, plaintext: Array("claviger drill".utf8))
        _ = try await client.setKeyTags(name, tags: ["drill": "begins"])
    }

    private static let policy = """
        statements:
          - id: drill
            effect: allow
            principals: ["spiffe://TRUST-DOMAIN/operator/NAME"]
            actions: [use, createKey, describeKey, tagKey]
            keys: {tenant: drill, name: canary}
        """
}

import ClientAPI

/// Policies and keys for two Kubernetes clusters, one on each side of the ocean.
struct KeysChapter {
    let stage: DemoStage
    let report: DemoReport
    let admin: ClavigerClient

    func run() async throws {
        report.chapter("Policies and keys")
        for (placement, tenant) in [("eu", stage.euTenant), ("us", stage.usTenant)] {
            let stored = try await admin.putPolicy(
                placement: placement, name: "demo", document: Self.policy(placement: placement, tenant: tenant))
            report.check(
                stored.policy.name == "demo" && stored.policy.generation > 0,
                "policy 'demo' is stored in '\(placement)'", "generation \(stored.policy.generation)")
        }
        for name in [stage.euKey, stage.usKey] {
            let key = try await admin.createKey(name).key
            report.check(
                key.name == name && key.primaryVersion >= 1, "key \(name) is made", "version \(key.primaryVersion)")
        }
        for (workload, expected) in [("kms-eu", true), ("kms-us", false)] {
            let answer = try await admin.explainPolicy(
                key: stage.euKey, identity: "spiffe://claviger.local/workload/\(workload)", action: "encrypt")
            report.check(
                answer.allowed == expected,
                "\(workload) \(expected ? "may" : "may not") encrypt with the key of the EU cluster",
                answer.reasons.first ?? "")
        }
    }

    /// The plugin of the placement uses the keys of its tenant, the operator manages them; nobody else may anything.
    private static func policy(placement: String, tenant: String) -> String {
        """
        statements:
          - id: plugin-\(tenant)
            effect: allow
            principals: ["spiffe://claviger.local/workload/kms-\(placement)"]
            actions: [use, describeKey]
            keys: {tenant: \(tenant)}
          - id: operator-\(tenant)
            effect: allow
            principals: ["spiffe://claviger.local/operator/admin"]
            actions: [manage, read]
            keys: {tenant: \(tenant)}

        """
    }
}

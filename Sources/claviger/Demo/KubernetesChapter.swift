import KubernetesDoor

/// Two API servers' calls, through two plugins.
struct KubernetesChapter {
    let stage: DemoStage
    let report: DemoReport
    let plugins: DemoPlugins

    func run() async throws {
        report.chapter("Kubernetes KMS v2, as kube-apiserver calls it")
        try plugins.start("eu", key: stage.euKey, regions: ["eu-west", "eu-central", "eu-north"])
        try plugins.start("us", key: stage.usKey, regions: ["us-east", "us-central", "us-west"])
        for placement in ["eu", "us"] {
            let socket = try await plugins.connect(placement)
            let status = try await socket.status()
            report.check(
                status.version == "v2" && status.healthz == "ok" && !status.keyID.isEmpty,
                "\(placement): Status is healthy", "\(status.version), \(status.healthz), \(status.keyID)")
            let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
            let began = ContinuousClock.now
            let sealed = try await socket.encrypt(seed)
            let between = ContinuousClock.now
            let opened = try await socket.decrypt(sealed)
            report.check(
                sealed.keyID == status.keyID && sealed.ciphertext.count <= 1024,
                "\(placement): Encrypt gives a ciphertext under the key_id of Status",
                "\(sealed.ciphertext.count) bytes, \(DemoTime.text(between - began))")
            report.check(
                opened == seed, "\(placement): Decrypt gives the seed back",
                DemoTime.text(ContinuousClock.now - between))
        }
    }
}

/// The plugin's times.
package struct PluginTiming: Sendable, Hashable {
    /// Between two looks at the key's state.
    package var refresh = Duration.seconds(2)
    /// Between two proofs by encrypting and decrypting.
    package var proof = Duration.seconds(30)
    /// For one look with its proof, and for a call that names no time of its own. Below the API server's default of
    /// 3 s, so that its answer is still awaited.
    package var callTimeout = Duration.milliseconds(2500)
    /// For a call that names a longer time.
    package var longestCall = Duration.seconds(30)
    /// Between two looks while the key was not yet proved.
    package var patience = Duration.milliseconds(500)
    /// Between two attempts of one Encrypt while nodes do not agree which version is in use.
    package var pause = Duration.milliseconds(50)

    package init() {}

    /// A proof older than this no longer counts as health.
    package var proofLifetime: Duration { max(.seconds(90), proof * 3) }
}

/// What the plugin knows at one moment: the key in use and how the last check of it went. Read and replaced as a whole.
struct PluginCondition: Sendable {
    enum Health: Hashable, Sendable {
        /// Not yet checked.
        case starting
        case good
        /// The federation cannot be reached or does not answer: the key is not known to be unusable.
        case troubled(String)
        /// The key must not be used: disabled, or the plugin's right to it is gone.
        case unusable(String)
    }

    var key: UpstreamKey?
    var identifier = ""
    var health = Health.starting
    /// When encrypt and decrypt last succeeded with the key in use.
    var verifiedAt: ContinuousClock.Instant?
}

import Raft

/// Damages files and looks what becomes of it. Each trial is a function of the seed and its number, but for the salts
/// and ids that the epoch store and the audit log draw themselves, which take their places in the files all the same.
package struct BitrotRunner {
    package var seed: UInt64
    package var folder: String?
    /// Called after each trial with the number of trials so far.
    package var progress: (Int) -> Void = { _ in }
    /// How many trials in a row damage the same image.
    private static let trialsPerImage = 90

    package init(seed: UInt64, folder: String? = nil) {
        self.seed = seed
        self.folder = folder
    }

    /// Runs the trials with these numbers. Nil when there is no folder to work in.
    package func run(_ trials: Range<Int>) throws -> BitrotReport? {
        guard let scratch = ScratchFolder(below: folder ?? ScratchFolder.base) else { return nil }
        var report = BitrotReport(seed: seed)
        var images: (number: Int, store: StoreImage, epochs: EpochImage, audit: AuditImage)?
        for trial in trials {
            let number = trial / Self.trialsPerImage
            if images?.number != number {
                let seed = CrashCycle.seed(seed, -1 - number)
                images = (
                    number, try StoreImage(seed: seed, folder: scratch), try EpochImage(seed: seed, folder: scratch),
                    try AuditImage(seed: seed, folder: scratch)
                )
            }
            guard let images else { return nil }
            let target = BitrotTarget.allCases[trial % BitrotTarget.allCases.count]
            var random = Randomness(seed: CrashCycle.seed(seed, trial))
            let outcome =
                switch target {
                case .sst, .wal, .manifest, .current, .mark, .walLength, .manifestLength:
                    images.store.trial(target, folder: scratch, random: &random)
                case .epochs: images.epochs.trial(folder: scratch, random: &random)
                case .audit: images.audit.trial(folder: scratch, random: &random)
                }
            report.note(outcome, trial: trial, target: target)
            progress(trial - trials.lowerBound + 1)
        }
        return report
    }
}

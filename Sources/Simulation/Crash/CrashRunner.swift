/// Runs crash cycles, each a function of the seed and its number.
package struct CrashRunner {
    package var seed: UInt64
    package var folder: String?
    /// Whether the first cycle that goes wrong is the last one.
    package var endsAtFailure = false
    /// Called after each cycle with the number of cycles so far.
    package var progress: (Int) -> Void = { _ in }

    package init(seed: UInt64, folder: String? = nil) {
        self.seed = seed
        self.folder = folder
    }

    /// Runs the cycles with these numbers. Nil when there is no folder to work in.
    package func run(_ cycles: Range<Int>) -> CrashReport? {
        guard let scratch = ScratchFolder(below: folder ?? ScratchFolder.base) else { return nil }
        var report = CrashReport(seed: seed)
        for cycle in cycles {
            report.add(CrashCycle.run(number: cycle, seed: seed, folder: scratch))
            progress(cycle - cycles.lowerBound + 1)
            if endsAtFailure, !report.isGood { break }
        }
        return report
    }
}

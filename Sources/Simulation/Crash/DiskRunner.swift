/// Tries a node's disk again and again. Each trial is a function of the seed and its number.
package protocol DiskRunner {
    associatedtype Report: DiskReport

    /// Called after each trial with the number of trials so far.
    var progress: (Int) -> Void { get set }

    /// `folder` is where scratch files go; nil is in memory.
    init(seed: UInt64, folder: String?)

    /// Runs the trials with these numbers. Nil when there is no folder to work in.
    func run(_ numbers: Range<Int>) throws -> Report?
}

/// What many trials came to.
package protocol DiskReport: Encodable {
    /// False when any trial went wrong.
    var isGood: Bool { get }
    /// For a reader.
    var lines: [String] { get }
}

extension CrashRunner: DiskRunner {}
extension CrashReport: DiskReport {}
extension BitrotRunner: DiskRunner {}
extension BitrotReport: DiskReport {}

/// What happens at one moment of a scenario.
package struct ScheduledFault: Sendable, Equatable {
    /// Since the beginning of the load.
    package var at: Duration
    package var fault: Fault
    /// After which time it is undone; nil: not by itself.
    package var lasting: Duration?

    package init(at: Duration, _ fault: Fault, lasting: Duration? = nil) {
        self.at = at
        self.fault = fault
        self.lasting = lasting
    }
}

/// Something that is done to a running federation.
///
/// To undo a kill, an end or a loss of power is to start the process, to undo a pause to let it go on, and so on; what
/// takes no time of its own, as `roll` or `storm`, is not undone.
package enum Fault: Sendable, Equatable {
    /// SIGKILL.
    case kill([Target])
    /// SIGTERM, and the wait until it has ended.
    case end([Target])
    /// Starts what does not run and waits until it is ready.
    case start([Target])
    /// SIGSTOP.
    case pause([Target])
    /// SIGCONT.
    case resume([Target])
    /// Ends and starts one after the other, each when the one before is ready again.
    case roll([Target])
    /// Kills the nodes of a region and cuts its network; clients there stay and reach the other regions.
    case loseRegion(Target)
    /// SIGKILL for all at the same moment, and what their stores had not synced is gone.
    case losePower([Target])
    /// No packet passes between the two sides; with `isOneWay` none from the first to the second.
    case cut([Target], [Target], isOneWay: Bool)
    /// Groups that reach nobody outside themselves. Clients of a region are with its nodes.
    case split([[Target]])
    /// As `cut`, on and off in turn, each for `every`.
    case flap([Target], [Target], every: Duration)
    /// Other distances between the two sides.
    case link([Target], [Target], delay: Duration, loss: Double)
    /// All cuts, splits and changed links are undone.
    case mend
    /// What goes wrong with the files of the nodes.
    case disk([Target], DiskFault)
    /// The nodes' wall clock jumps by so much.
    case clockStep([Target], by: Duration)
    /// The nodes' clocks run so fast from now on, 1.2 for a fifth too fast.
    case clockRate([Target], Double)
    /// The nodes get only this share of their time, in slices: 0.05 for a twentieth.
    case slowProcessor([Target], share: Double)
    /// Removes the disk of a node that does not run.
    case wipe([Target])
    /// Readmits a node with a new disk, as `claviger node rejoin` does.
    case rejoin(Target)
    /// Asks the leader of a placement to hand over to a node.
    case transfer(placement: String, to: Target)
    /// Disables the key that crypto and probes of a placement use; undone by enabling it.
    case disableKey(placement: String)
    /// So many API servers begin at once, each with so many seeds to decrypt.
    case storm(placement: String, clusters: Int, seeds: Int)
    /// Crypto calls without pause from so many callers at a time in each region.
    case overload(placement: String, callers: Int)
    /// An operator of one jurisdiction tries by every door to get material of the placement, from a node outside it.
    case pull(placement: String, from: Target)
}

/// What a disk does wrong. Areas are folders of a node's data: `store` and `audit`.
package enum DiskFault: Sendable, Equatable {
    /// A folder of a node's data.
    package enum Area: String, Sendable, CaseIterable { case store, audit, all }

    /// Every sync takes so much longer.
    case slow(Duration)
    /// The next sync fails with EIO, or every one.
    case failing(once: Bool)
    /// So many bytes are left for the area; -1: as many as there are.
    case space(Area, bytes: Int64)
    /// Nothing any more.
    case sound
}

/// Which nodes are meant. Who leads is asked at the moment of the fault.
package enum Target: Sendable, Hashable {
    case node(String)
    /// All nodes of a region.
    case region(String)
    /// The clients of a region, for faults of the network.
    case clients(String)
    /// Who leads the placement; `directory` is a name here too.
    case leader(String)
    /// The holder of the placement that is last in succession and does not lead; `count` of them.
    case followers(String, count: Int)
    /// All holders of the placement.
    case holders(String)
    /// Members of etcd: who leads, one that does not, all.
    case all
    /// Whom the last fault before this one was about.
    case same
}

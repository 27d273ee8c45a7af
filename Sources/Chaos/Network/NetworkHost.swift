import CChaos
import Glibc
import Synchronization

/// A host of a virtual network: a network namespace with a loopback of its own and one address on the link.
package final class NetworkHost: Sendable {
    package let name: String
    /// IPv4, as it was given.
    package let address: String
    /// A descriptor of the namespace; negative once the network is closed.
    private let space: Mutex<Int32>

    /// Takes the descriptor over.
    init(name: String, address: String, space: Int32) {
        self.name = name
        self.address = address
        self.space = Mutex(space)
    }

    deinit { close() }

    /// Runs `body` on a thread of its own inside the host's namespace and blocks until it has ended. Sockets that it
    /// opens and processes that it starts belong to the host and stay there. The thread ends afterwards: a process that
    /// asks to be killed with the thread that started it (PR_SET_PDEATHSIG) is killed then.
    ///
    /// Throws what `body` throws; a `ChaosError` when the network is closed or there is no thread to be had.
    package func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) throws -> R {
        let result = PassingThread<Result<R, any Error>>.run {
            Result {
                try self.enterForGood()
                return try body()
            }
        }
        guard let result else { throw ChaosError("host \(name)", "the system gives no thread") }
        return try result.get()
    }

    /// Moves the calling thread into the host's namespace, where it stays: an event loop's, before it opens sockets.
    package func enterForGood() throws(ChaosError) {
        let failure: Int32? = space.withLock { space in
            guard space >= 0 else { return 0 }
            return claviger_network_enter(space) == 0 ? nil : errno
        }
        guard let failure else { return }
        if failure == 0 { throw ChaosError("host \(name)", "its network is closed") }
        throw ChaosError("host \(name)", "cannot be entered: \(NetworkFailure.phrase(failure))")
    }

    /// Lets go of the namespace; it lives on as long as threads and processes are in it.
    func close() {
        space.withLock { space in
            guard space >= 0 else { return }
            _ = Glibc.close(space)
            space = -1
        }
    }
}

/// What the system says about a failed call.
enum NetworkFailure {
    static func phrase(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES: "the system does not permit it (root is needed)"
        default: String(cString: strerror(code))
        }
    }
}

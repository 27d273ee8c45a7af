import CChaos
import Glibc

/// A process tree in namespaces of its own: processes, mounts, network and System V IPC. What is started inside cannot
/// outlive it, and what is mounted or configured inside is not seen outside.
///
/// The tree's pid 1 is a small loop that reaps orphans. It ends with the program, and the kernel then kills what is
/// left; the kernel kills it when whoever made it ends, in whatever way. Files, users and the host name are the
/// machine's.
package enum Sandbox {
    /// Names the PID namespace outside, so that a copied environment alone makes nobody believe to be inside.
    private static let mark = "CLAVIGER_SANDBOX_OUTSIDE"

    /// Whether this process, or one that started it, came through `enter`.
    package static let isInside: Bool = {
        guard let outside = getenv(mark), let here = linkTarget("/proc/self/ns/pid") else { return false }
        return String(cString: outside) != here
    }()

    /// Why no sandbox can be made here, for a person; nil when it can, or when this process is in one.
    package static func obstacle() -> String? { found }

    /// Found by making an empty one.
    private static let found: String? = {
        if isInside { return nil }
        let result = claviger_sandbox_run(nil, nil, nil, false)
        return problem(of: result)
    }()

    /// Runs this program again, with the same arguments, inside a sandbox, and blocks until it has ended.
    ///
    /// Nil: we are the one inside, go on. A number: we are the one outside and all is over; exit with this status,
    /// which is that of the inner program, or 128 and the number of the signal that ended it. SIGINT, SIGTERM and
    /// SIGHUP that come meanwhile go to the inner one. To be called at the beginning, before threads, on one that does
    /// not end.
    ///
    /// Throws when the system refuses a part of it.
    package static func enter() throws(ChaosError) -> Int32? {
        if isInside { return nil }
        guard let outside = linkTarget("/proc/self/ns/pid") else {
            throw ChaosError("sandbox", "/proc is not there: \(NetworkFailure.phrase(errno))")
        }
        // The name is better than the link, since it shows in lists of processes; it is of no use when the file is
        // gone.
        let link = "/proc/self/exe"
        let target = linkTarget(link)
        let executable = target.flatMap { access($0, X_OK) == 0 ? $0 : nil } ?? link
        let environment = standingEnvironment().filter { !$0.hasPrefix(mark + "=") } + ["\(mark)=\(outside)"]
        return try execute(executable, CommandLine.arguments, environment, forward: true)
    }

    /// Runs a program in a sandbox of its own and blocks until it and all that it started have ended. Returns its exit
    /// status, or 128 and the number of the signal that ended it. Standard streams are those of this process, the
    /// environment too unless another is given as `NAME=VALUE`.
    ///
    /// The kernel ends everything inside when the calling thread ends. Throws when the system refuses a part of it or
    /// the program cannot be executed.
    package static func run(
        executable: String, arguments: [String], environment: [String]? = nil
    ) throws(ChaosError) -> Int32 {
        try execute(executable, [executable] + arguments, environment ?? standingEnvironment(), forward: false)
    }

    private static func execute(
        _ executable: String, _ arguments: [String], _ environment: [String], forward: Bool
    ) throws(ChaosError) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        var environment: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        defer { for text in arguments + environment { free(text) } }
        arguments.append(nil)
        environment.append(nil)
        let result = claviger_sandbox_run(executable, arguments, environment, forward)
        if let problem = problem(of: result) {
            let isProgram = result.stage == CLAVIGER_SANDBOX_EXECUTE
            throw ChaosError(isProgram ? executable : "sandbox", problem)
        }
        return result.status
    }

    private static func problem(of result: claviger_sandbox_result) -> String? {
        let what: String
        switch result.stage {
        case CLAVIGER_SANDBOX_NOTHING: return nil
        case CLAVIGER_SANDBOX_PREPARE: what = "no pipe can be made"
        case CLAVIGER_SANDBOX_CLONE: what = "no process can be made in namespaces of its own"
        case CLAVIGER_SANDBOX_MOUNTS: what = "its mounts cannot be kept from the machine's"
        case CLAVIGER_SANDBOX_PROC: what = "/proc cannot be mounted for its processes"
        case CLAVIGER_SANDBOX_LOOPBACK: what = "its loopback device cannot be set up"
        case CLAVIGER_SANDBOX_FORK: what = "no process can be made"
        case CLAVIGER_SANDBOX_EXECUTE: return "cannot be executed: \(String(cString: strerror(result.error)))"
        default: what = "it failed"
        }
        return "\(what): \(NetworkFailure.phrase(result.error))"
    }

    private static func standingEnvironment() -> [String] {
        var found: [String] = []
        var next = environ
        while let text = next.pointee {
            found.append(String(cString: text))
            next += 1
        }
        return found
    }

    private static func linkTarget(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { bytes in
            guard let base = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
            return readlink(path, base, bytes.count)
        }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

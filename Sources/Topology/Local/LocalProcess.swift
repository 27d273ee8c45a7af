import Glibc

/// The process of one node of a local federation, found by the pid that was kept and by what /proc says about it.
package struct LocalProcess: Sendable {
    package let files: LocalNodeFiles

    /// How a stop went.
    package enum Ending: String, Sendable, Encodable {
        case notRunning = "not running"
        case stopped, killed
    }

    package init(_ files: LocalNodeFiles) { self.files = files }

    /// Whether a node was started and not stopped in order: there is a pid file.
    package var wasStarted: Bool { TextFile.exists(files.pidPath) }

    /// The pid of the running node. `nil` if there is none, or if the kept pid now belongs to another program.
    package func pid() -> Int32? {
        guard let kept = keptPID() else { return nil }
        let commandLine = Self.commandLine(of: kept)
        if isOurs(commandLine) { return kept }
        // A process on its way out has no command line any more, and may still hold its ports.
        return commandLine.isEmpty && DetachedProcess.isRunning(kept) ? kept : nil
    }

    /// Remembers the pid of a node that was just started.
    package func keep(_ pid: Int32) throws(TopologyError) {
        try PrivateFile.write("\(pid)\n", to: files.pidPath, replacing: true)
    }

    /// Forgets the pid after the node was stopped in order.
    package func forget() { unlink(files.pidPath) }

    /// Sends a signal if the node runs. Returns whether it ran.
    @discardableResult
    package func send(_ signal: Int32) -> Bool {
        guard let pid = pid() else { return false }
        return kill(pid, signal) == 0
    }

    /// A node's process names its data directory, which no other process does; a pid that was given to another
    /// program since is so told apart.
    package func isOurs(_ commandLine: [String]) -> Bool {
        guard let option = commandLine.firstIndex(of: "--data"), option + 1 < commandLine.count else { return false }
        return commandLine[option + 1] == files.dataPath
    }

    private func keptPID() -> Int32? {
        guard let text = try? TextFile.read(files.pidPath, limit: 64), let line = text.split(separator: "\n").first,
            let pid = Int32(line), pid > 1
        else { return nil }
        return pid
    }

    /// The arguments of a process, the program first. Empty for one that does not exist or has ended.
    static func commandLine(of pid: Int32) -> [String] {
        guard let text = try? TextFile.read("/proc/\(pid)/cmdline", limit: 1 << 20) else { return [] }
        return arguments(in: text)
    }

    /// What is in /proc/PID/cmdline: each argument ends with a zero byte. It is empty while a process ends.
    package static func arguments(in text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
    }

    /// Stops nodes together: SIGTERM to all, then SIGKILL to those that run on after `grace`. The pids are forgotten.
    package static func stop(_ processes: [LocalProcess], grace: Duration = .seconds(15)) -> [Ending] {
        let wasRunning = processes.map { $0.send(SIGTERM) }
        let isCalm = Patience.wait(for: grace) { processes.allSatisfy { $0.pid() == nil } }
        let wasKilled = processes.map { isCalm ? false : $0.send(SIGKILL) }
        _ = Patience.wait(for: .seconds(5)) { processes.allSatisfy { $0.pid() == nil } }
        for process in processes { process.forget() }
        return zip(wasRunning, wasKilled).map { (ran, killed) in killed ? .killed : ran ? .stopped : .notRunning }
    }

    /// Ends a node as a crash would. The pid stays kept, so that its status is "dead". Returns whether it ran.
    package func crash() -> Bool {
        guard send(SIGKILL) else { return false }
        return Patience.wait(for: .seconds(5)) { pid() == nil }
    }
}

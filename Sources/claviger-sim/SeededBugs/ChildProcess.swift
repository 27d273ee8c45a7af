import Foundation

/// Programs that run side by side until all have ended.
enum ChildProcess {
    /// What to run.
    struct Order {
        var program: String
        var arguments: [String]
        /// File for both of its output streams.
        var log: String
        /// Seconds until it is killed.
        var limit: Double
        /// Variables besides our own.
        var environment: [String: String] = [:]
    }

    /// How a program ended.
    struct End {
        var succeeded = false
        var isSignal = false
        var isTooLate = false
        var seconds = 0.0
    }

    private struct Running {
        var place: Int
        var process: Process
        var began: ContinuousClock.Instant
    }

    /// Runs all, at most `atOnce` at a time. Blocks.
    static func run(_ orders: [Order], atOnce: Int) throws -> [End] {
        var ends = orders.map { _ in End() }
        var running: [Running] = []
        var next = 0
        while next < orders.count || !running.isEmpty {
            while next < orders.count, running.count < atOnce {
                running.append(Running(place: next, process: try start(orders[next]), began: .now))
                next += 1
            }
            running.removeAll { child in
                let seconds = (ContinuousClock.now - child.began) / .seconds(1)
                if child.process.isRunning {
                    guard seconds > orders[child.place].limit else { return false }
                    kill(child.process.processIdentifier)
                    ends[child.place].isTooLate = true
                    child.process.waitUntilExit()
                }
                let isSignal = child.process.terminationReason == .uncaughtSignal
                ends[child.place].isSignal = isSignal
                ends[child.place].succeeded = !isSignal && child.process.terminationStatus == 0
                ends[child.place].seconds = seconds
                return true
            }
            usleep(20_000)
        }
        return ends
    }

    private static func start(_ order: Order) throws -> Process {
        _ = FileManager.default.createFile(atPath: order.log, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: order.program)
        process.arguments = order.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(order.environment) { $1 }
        let output = FileHandle(forWritingAtPath: order.log)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// With the processes that it started, where it is the first of a group of its own.
    private static func kill(_ pid: Int32) {
        _ = getpgid(pid) == pid ? Foundation.kill(-pid, SIGKILL) : Foundation.kill(pid, SIGKILL)
    }
}

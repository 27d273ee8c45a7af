import NIOCore
import Synchronization

/// Runs the tasks of calls on the event loop that read them. A call that waits a few times for other threads would
/// otherwise wake a thread of the shared pool for each step; here steps that become ready together cost one wake.
///
/// Whoever runs on it must not block.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop
    private let jobs = Mutex<[UnownedJob]>([])

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { eventLoop.execute { self.run() } }
    }

    private func run() {
        let due = jobs.withLock { jobs in
            let taken = jobs
            jobs = []
            return taken
        }
        for job in due { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

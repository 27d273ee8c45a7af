package import NIOCore
import Synchronization

/// Methods whose work is `async`: administration, not the hot path. Each call is a task, cancelled when the caller goes
/// away or its deadline passes.
package protocol AsyncUnaryService: Sendable {
    var methods: [String] { get }

    /// Throws `GRPCStatus` to answer with it; any other error becomes `internal` without its text.
    func handle(_ call: UnaryCall) async throws -> ByteBuffer
}

/// Puts an `AsyncUnaryService` behind the synchronous seam.
package struct AsyncUnaryAdapter<Service: AsyncUnaryService>: UnaryService {
    private let service: Service
    private let limit: Int
    private let running = RunningCount()

    /// At most `limit` calls run at a time; more are refused as `resourceExhausted`.
    package init(_ service: Service, limit: Int = 256) {
        self.service = service
        self.limit = limit
    }

    package var methods: [String] { service.methods }

    package func handle(_ call: UnaryCall) {
        guard running.value.add(1, ordering: .relaxed).newValue <= limit else {
            running.value.subtract(1, ordering: .relaxed)
            call.fail(GRPCStatus(.resourceExhausted, "too many calls at a time", wasProcessed: false))
            return
        }
        let task = Task { [service, running] in
            defer { running.value.subtract(1, ordering: .relaxed) }
            do {
                call.respond(try await service.handle(call))
            } catch let status as GRPCStatus {
                call.fail(status)
            } catch is CancellationError {
                call.fail(GRPCStatus(.cancelled, "the call was cancelled"))
            } catch {
                call.fail(GRPCStatus(.internal, "internal error"))
            }
        }
        call.onCancel { task.cancel() }
    }

    private final class RunningCount: Sendable {
        let value = Atomic<Int>(0)
    }
}

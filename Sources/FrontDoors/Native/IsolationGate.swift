package import KeyOperations
package import UnaryGRPC

/// A service that is refused while the node is isolated. Clients go on to another node, and leave this one alone for a
/// while, as if it were not there.
package struct IsolationGate<Service: UnaryService>: UnaryService {
    private let service: Service
    private let isolation: NodeIsolation

    package init(_ service: Service, isolation: NodeIsolation) {
        self.service = service
        self.isolation = isolation
    }

    package var methods: [String] { service.methods }

    package func prepare(_ loop: UnaryLoop) { service.prepare(loop) }

    package func handle(_ call: UnaryCall) {
        guard isolation.isActive else { return service.handle(call) }
        call.fail(GRPCStatus(.unavailable, "this node is out of service for a drill", wasProcessed: false))
    }
}

/// A set of unary methods. `handle` runs on the connection's event loop and must not block: it answers at once, or
/// keeps the call and answers later from any thread.
package protocol UnaryService: Sendable {
    /// Full paths: `/package.Service/Method`. `UnaryCall.methodIndex` is the place in this list.
    var methods: [String] { get }

    /// Called on each event loop once, before its first call: the place to make per-loop state and to ask for
    /// `onTickComplete`.
    func prepare(_ loop: UnaryLoop)

    func handle(_ call: UnaryCall)
}

extension UnaryService {
    package func prepare(_ loop: UnaryLoop) {}
}

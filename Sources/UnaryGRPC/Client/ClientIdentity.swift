import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The TLS context of a client's next connection.
///
/// Credentials that came from a directory are looked at again whenever a connection is made, on a thread that may
/// block: a renewed certificate, key or trust root is in use from the next connection on. Files that are missing, half
/// written or do not fit together change nothing.
final class ClientIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext
        /// What the context was made from. Nil: not from files, so there is nothing to look at again.
        var files: IdentityFiles?
    }

    private let state: Mutex<State>

    init(_ credentials: TLSCredentials) throws(TransportError) {
        state = Mutex(State(context: try credentials.clientContext(), files: credentials.files))
    }

    /// Answers on `loop`, at once where there are no files.
    func context(on loop: any EventLoop) -> EventLoopFuture<NIOSSLContext> {
        let (context, files) = state.withLock { ($0.context, $0.files) }
        guard let files else { return loop.makeSucceededFuture(context) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) { self.renewed(files.directory) }
            .flatMapErrorThrowing { _ in context }
    }

    private func renewed(_ directory: String) -> NIOSSLContext {
        let (context, files) = state.withLock { ($0.context, $0.files) }
        // The look comes before the reading: what changes in between is seen at the next connection.
        guard let now = IdentityFiles(directory: directory), now != files,
            let new = try? TLSCredentials(directory: directory).clientContext()
        else { return context }
        state.withLock { $0 = State(context: new, files: now) }
        return new
    }
}

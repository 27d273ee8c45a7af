package import NIOCore
import Synchronization

/// Room for so many channels. One more is let in and the one that has been there longest is closed: those who only sit
/// there cannot keep others out, while whoever is about his business is done long before he is the oldest.
package final class ChannelRoom: Sendable {
    private let limit: Int
    private let channels = Mutex<[any Channel]>([])

    package init(limit: Int) { self.limit = max(1, limit) }

    /// Channels that are in it.
    package var count: Int { channels.withLock { $0.count } }

    /// Lets a channel in. It leaves by `leave` or by its end.
    package func enter(_ channel: any Channel) {
        let oldest = channels.withLock { channels -> (any Channel)? in
            channels.append(channel)
            return channels.count > limit ? channels.removeFirst() : nil
        }
        oldest?.close(promise: nil)
        channel.closeFuture.whenComplete { _ in self.leave(channel) }
    }

    /// Lets a channel go on without taking up room.
    package func leave(_ channel: any Channel) {
        channels.withLock { $0.removeAll { $0 === channel } }
    }
}

import ClientAPI
import KeyModel
import KeyOperations
import NIOCore
import SwiftProtobuf
import UnaryGRPC

/// Decodes a call's message. Throws `invalidRequest`.
func decode<Request: Message>(_ call: UnaryCall) throws(KMSError) -> Request {
    do {
        return try Request(serializedBytes: Array(call.message.readableBytesView))
    } catch {
        throw KMSError(.invalidRequest, "the request cannot be decoded")
    }
}

func encode(_ message: some Message) throws(KMSError) -> ByteBuffer {
    do {
        return ByteBuffer(bytes: try message.serializedBytes() as [UInt8])
    } catch {
        throw KMSError(.internalError, "the reply cannot be encoded", cause: error)
    }
}

extension [Claviger_V1_ContextEntry] {
    var pairs: [(key: String, value: String)] { map { ($0.name, $0.value) } }
}

extension KeyModel.Key {
    /// The key as callers see it: no material, wrapped or not.
    var message: Claviger_V1_Key {
        var message = Claviger_V1_Key()
        message.name = name.description
        message.id = .init(id.bytes)
        message.enabled = isEnabled
        message.state = isEnabled ? (primaryVersion?.state.message ?? .unspecified) : .disabled
        message.generation = generation
        message.primaryVersion = primary.rawValue
        message.versions = versions.map { version in
            var row = Claviger_V1_KeyVersion()
            row.number = version.number.rawValue
            row.state = version.state.message
            row.created = version.createdAt
            row.activated = version.activatedAt ?? 0
            if case .pendingDestruction(let deadline, _) = version.state { row.destroyAfter = deadline }
            return row
        }
        for tag in tags { message.tags[tag.key] = tag.value }
        message.algorithm = algorithm.rawValue
        message.created = createdAt
        return message
    }
}

extension KeyState {
    var message: Claviger_V1_KeyState {
        switch self {
        case .preActive: .pending
        case .active: .active
        case .suspended, .compromised: .disabled
        case .deactivated: .deactivated
        case .pendingDestruction: .pendingDestruction
        case .destroyed: .destroyed
        }
    }
}

extension Written<KeyModel.Key> {
    var message: Claviger_V1_KeyResponse {
        var message = Claviger_V1_KeyResponse()
        message.key = value.message
        message.consistencyToken = .init(token.encoded)
        return message
    }
}

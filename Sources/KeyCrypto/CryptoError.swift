/// The one error of this module. No case carries key bytes, plaintext or ciphertext; texts are fixed strings or file
/// paths.
package enum CryptoError: Error, Sendable, Equatable {
    /// A ciphertext, its associated data or its key does not fit. One case for every reason, so that it is no oracle.
    case ciphertextRejected
    case plaintextEmpty
    case plaintextTooLarge(limit: Int)
    /// A caller's argument is outside its limits; the text names the argument.
    case invalidInput(String)
    /// A wrapped key does not open under this wrapping key and scope.
    case wrapRejected
    /// A sealed record does not open: wrong seal, wrong label or damage.
    case sealRejected
    /// A seal or secret file may not be used as it is; the text says why.
    case sealRefused(String)
    /// The local epoch store cannot be read; the text says which file and why.
    case storeDamaged(String)
    /// The epoch store was written by another node, incarnation or cluster.
    case storeForeign(String)
    /// Another key is already stored for this placement and epoch.
    case epochConflict(placement: String, epoch: UInt32)
    /// A delivered epoch key does not open, or is not the key that its check value names.
    case deliveryRejected
    /// A system call on a file failed.
    case fileFailure(operation: String, path: String, errno: Int32)
    /// No locked or unlocked memory could be mapped for a secret.
    case memoryUnavailable
    /// The random generator did not answer; nothing may be encrypted.
    case randomUnavailable
    /// The cryptographic library refused a call that cannot fail on sound input.
    case libraryFailure(String)
    case selfTestFailed(String)
}

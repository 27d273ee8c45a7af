import ArgumentParser
import Topology

/// `claviger ca issue`
struct AuthorityIssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issues a key and a certificate with one SPIFFE ID.")

    @OptionGroup var options: GlobalOptions

    @Option(name: .customLong("ca"), help: "The authority's directory.")
    var authority: String

    @Option(help: "The identity: spiffe://DOMAIN/region/REGION/node/NAME, spiffe://DOMAIN/operator/NAME, …")
    var uri: String

    @Option(help: "Where ca.pem, cert.pem and key.pem go. Nothing is overwritten.")
    var out: String

    @Option(help: "How long the certificate is valid, from 1 to 3650 days.")
    var days = 365

    private struct Result: Encodable {
        let identity: String
        let directory: String
        let daysLeft: Int
    }

    func validate() throws {
        do { _ = try SPIFFEID(uri) } catch { throw ValidationError("--uri: \(error)") }
        guard (1...3650).contains(days) else { throw ValidationError("--days: \(days) is not from 1 to 3650") }
    }

    func run() throws {
        let identity = try SPIFFEID(uri)
        let directory = IdentityDirectory(out)
        try CertificateAuthority.load(from: authority).issue(identity, days: days).save(to: directory)
        let daysLeft = try directory.summary().daysLeft()
        try Output(options.output).item(
            Result(identity: uri, directory: out, daysLeft: daysLeft),
            text: "\(uri) in \(out), valid for \(daysLeft) days")
    }
}

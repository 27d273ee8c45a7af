import ArgumentParser
import Topology

/// `claviger ca init`
struct AuthorityInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes an authority for one trust domain, valid for ten years.")

    @OptionGroup var options: GlobalOptions

    @Option(name: .customLong("dir"), help: "Where ca.pem and ca-key.pem go. Nothing is overwritten.")
    var directory: String

    @Option(help: "The SPIFFE trust domain, as claviger.local.")
    var trustDomain: String

    private struct Result: Encodable {
        let directory: String
        let trustDomain: String
        let daysLeft: Int
    }

    func run() throws {
        try CertificateAuthority.create(trustDomain: trustDomain).save(to: directory)
        let summary = try CertificateSummary(path: "\(directory)/ca.pem")
        try Output(options.output).item(
            Result(directory: directory, trustDomain: trustDomain, daysLeft: summary.daysLeft()),
            text:
                "authority of \(trustDomain) in \(directory), valid for \(summary.daysLeft()) days; "
                + "keep ca-key.pem offline"
        )
    }
}

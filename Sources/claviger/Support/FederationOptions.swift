import ArgumentParser
import ClientAPI
import NIOCore
import Topology
import UnaryGRPC

/// How a command finds the federation that it is about: the endpoints and the identity of the global options, or else
/// those of a local federation.
struct FederationOptions: ParsableArguments {
    @Option(
        name: .customLong("dir"),
        help: "The local federation that is asked where no endpoint or identity is given.")
    var directory = ".local"

    @Option(help: "How many seconds a call may take.")
    var timeout = 10

    func validate() throws {
        guard (1...3600).contains(timeout) else { throw ValidationError("--timeout: \(timeout) is not from 1 to 3600") }
    }

    /// Runs the body with a client, and ends its connections afterwards.
    func use<Result>(
        _ options: GlobalOptions, _ body: (ClavigerClient) async throws -> Result
    ) async throws -> Result {
        let client = try await client(options)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    /// A client of its own, which asks the regions given first.
    func client(_ options: GlobalOptions, preferredRegions: [String] = []) async throws -> ClavigerClient {
        let endpoints = try options.endpoint.map(EndpointText.parse)
        let layout = try LocalLayout(directory)
        guard !endpoints.isEmpty || layout.recordedTopologyPath() != nil || TextFile.exists(layout.root) else {
            throw CommandFailure(
                "\(directory): there is no local federation; use 'claviger local up', or --endpoint and --identity"
            )
        }
        let identity = options.identity.map(IdentityDirectory.init) ?? layout.identity(named: "admin")
        return try await FederationAccess.client(
            endpoints: endpoints.isEmpty ? FederationAccess.endpoints(of: try localTopology(layout)) : endpoints,
            identity: identity, preferredRegions: preferredRegions, timeout: .seconds(Int64(timeout)))
    }

    private func localTopology(_ layout: LocalLayout) throws -> FederationTopology {
        try FederationTopology.load(from: layout.recordedTopologyPath() ?? "topology/local.yaml")
    }
}

/// Makes clients.
enum FederationAccess {
    /// A client with the trust domain of its own certificate.
    static func client(
        endpoints: [ClientEndpoint], identity: IdentityDirectory, preferredRegions: [String] = [],
        timeout: TimeAmount = .seconds(10)
    ) async throws -> ClavigerClient {
        guard identity.isComplete else {
            throw CommandFailure(
                "\(identity.path): there is no identity of ca.pem, cert.pem and key.pem; see 'claviger ca issue'"
            )
        }
        guard let own = try identity.summary().identity else {
            throw CommandFailure("\(identity.certificatePath): the certificate has no SPIFFE ID")
        }
        do {
            var configuration = try ClientConfiguration(
                endpoints: endpoints, identityDirectory: identity.path, preferredRegions: preferredRegions)
            configuration.trustDomain = own.trustDomain
            return try await ClavigerClient(configuration, defaultTimeout: timeout)
        } catch let error as TransportError {
            throw CommandFailure(error.message)
        }
    }

    /// Where the API of each node of a topology is.
    static func endpoints(of topology: FederationTopology) -> [ClientEndpoint] {
        topology.nodes.map {
            ClientEndpoint(host: $0.host, port: Int($0.apiPort), region: $0.region, node: $0.name)
        }
    }
}

/// `HOST:PORT` as a person types it; an IPv6 address stands in brackets.
enum EndpointText {
    static func parse(_ text: String) throws -> ClientEndpoint {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw ValidationError("--endpoint: '\(text)' is not HOST:PORT") }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard NameRule.isHost(host) else { throw ValidationError("--endpoint: '\(text)' is not HOST:PORT") }
        return ClientEndpoint(host: host, port: port)
    }
}

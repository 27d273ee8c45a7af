import Glibc
import Testing
import Topology

/// A local federation of two nodes with fake daemons, stopped at the end of the test.
final class FakeFederation {
    let scratch: ScratchDirectory
    let federation: LocalFederation
    var nodes: [FederationTopology.Node] { federation.topology.nodes }

    init(basePort: Int) throws {
        scratch = try ScratchDirectory()
        let places = { (first: Int) in
            let port = basePort + first
            return "peerPort: \(port), apiPort: \(port + 1), metricsPort: \(port + 2)"
        }
        let text = """
            cluster: {name: fake}
            trustDomain: claviger.local
            operators: [spiffe://claviger.local/operator/admin, spiffe://claviger.local/team/ops]
            regions:
              here: {cloud: own, jurisdictions: [EU]}
            nodes:
              - {name: n1, number: 1, region: here, host: 127.0.0.1, \(places(0))}
              - {name: n2, number: 2, region: here, host: localhost, \(places(3))}
              - {name: n3, number: 3, region: here, host: 127.0.0.2, \(places(0))}
            placements:
              p: {jurisdictions: [EU], survive: node}
            """
        let path = "\(scratch.path)/fake.yaml"
        try PrivateFile.write(text, to: path)
        federation = try LocalFederation(topologyPath: path, layout: try LocalLayout("\(scratch.path)/local"))
    }

    deinit { _ = LocalProcess.stop(nodes.map { federation.process(of: $0) }, grace: .zero) }

    /// A shell script in the place of the daemon.
    ///
    /// The program is a copy that another process made. A file that we wrote ourselves may still be open for writing in
    /// a child that another test is starting at this moment, and the kernel runs no program that somebody may write to.
    func daemon(_ script: String) throws -> String {
        let path = "\(scratch.path)/daemon"
        try PrivateFile.write("#!/bin/sh\n\(script)\n", to: "\(path).sh", mode: 0o700)
        let copying = try DetachedProcess.spawn("/bin/cp", arguments: ["-p", "\(path).sh", path], log: "/dev/null")
        try #require(copying.wait() == 0)
        return path
    }

    /// Says its arguments, then lives until it is asked to end.
    static let patient = "echo \"args: $*\"; trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done"
    /// Says when it has learned not to listen to SIGTERM.
    static let stubborn = "trap '' TERM; echo deaf; while :; do sleep 0.05; done"

    func log(_ node: FederationTopology.Node) -> [String] {
        TextFile.lastLines(50, of: federation.layout.node(node.name).logPath)
    }
}

@Suite("A federation on this machine")
struct LocalFederationTests {
    @Test("Preparing makes an authority, all identities and passphrases, once")
    func prepare() throws {
        let fake = try FakeFederation(basePort: 27100)
        let layout = fake.federation.layout
        try fake.federation.prepare()
        #expect(try layout.identity(named: "admin").summary().identity?.uri == "spiffe://claviger.local/operator/admin")
        #expect(try layout.identity(named: "team-ops").summary().identity?.uri == "spiffe://claviger.local/team/ops")
        #expect(try layout.identity(named: "kms-p").summary().identity?.uri == "spiffe://claviger.local/workload/kms-p")
        for name in ["n1", "n2", "n3"] {
            let files = layout.node(name)
            #expect(try files.identity.summary().identity?.uri == "spiffe://claviger.local/region/here/node/\(name)")
            #expect(try ScratchDirectory.mode(of: files.passphrasePath) == 0o600)
            #expect(try TextFile.read(files.passphrasePath, limit: 100).count == 64)
        }
        #expect(try ScratchDirectory.mode(of: layout.root) == 0o700)
        #expect(layout.nodeNames() == ["n1", "n2", "n3"])
        #expect(layout.recordedTopologyPath() == fake.federation.topologyPath)

        func secrets() throws -> [String] {
            try [
                "\(layout.authorityPath)/ca-key.pem", layout.node("n1").identity.keyPath,
                layout.node("n1").passphrasePath,
            ]
            .map { try TextFile.read($0, limit: 65536) }
        }
        let before = try secrets()
        try fake.federation.prepare()
        #expect(try secrets() == before)
        #expect(
            try TextFile.read(layout.node("n1").passphrasePath, limit: 100)
                != TextFile.read(layout.node("n2").passphrasePath, limit: 100))
    }

    @Test("An identity that is incomplete or about to expire is issued anew")
    func renewal() throws {
        let fake = try FakeFederation(basePort: 27110)
        try fake.federation.prepare()
        let directory = fake.federation.layout.identity(named: "admin")
        let authority = try CertificateAuthority.load(from: fake.federation.layout.authorityPath)
        let admin = try SPIFFEID("spiffe://claviger.local/operator/admin")
        try authority.issue(admin, days: 3).save(to: directory, replacing: true)
        try fake.federation.prepare()
        #expect(try directory.summary().daysLeft() > 300)
        unlink(directory.keyPath)
        try fake.federation.prepare()
        #expect(directory.isComplete)
    }

    @Test("An identity of someone else in a node's place is refused")
    func misplaced() throws {
        let fake = try FakeFederation(basePort: 27120)
        try fake.federation.prepare()
        let authority = try CertificateAuthority.load(from: fake.federation.layout.authorityPath)
        try authority.issue(try SPIFFEID("spiffe://claviger.local/operator/eve"))
            .save(to: fake.federation.layout.node("n1").identity, replacing: true)
        let error = #expect(throws: TopologyError.self) { try fake.federation.prepare() }
        #expect(error?.problem.contains("spiffe://claviger.local/region/here/node/n1") == true)
    }

    @Test("A topology with a node elsewhere cannot run here")
    func elsewhere() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/t.yaml"
        try PrivateFile.write(try LocalTopology.text(replacing: "host: 127.0.0.1", with: "host: 10.0.0.1"), to: path)
        let layout = try LocalLayout(scratch.path)
        #expect(
            throws: TopologyError(
                "\(path): nodes[0].host", "'10.0.0.1' is not this machine; a local federation needs 127.0.0.1")
        ) { try LocalFederation(topologyPath: path, layout: layout) }
    }

    @Test("Nodes start with their files as arguments, run on, are left alone the second time, and stop when asked")
    func startAndStop() throws {
        let fake = try FakeFederation(basePort: 27130)
        try fake.federation.prepare()
        let daemon = try fake.daemon(FakeFederation.patient)
        let isReady = { (node: FederationTopology.Node) in !fake.log(node).isEmpty }
        #expect(fake.federation.status(isReady: isReady).map(\.state) == [.stopped, .stopped, .stopped])

        try fake.federation.start(Array(fake.nodes.prefix(2)), daemon: daemon, isReady: isReady)
        let status = fake.federation.status(isReady: isReady)
        #expect(status.map(\.state) == [.running, .running, .stopped])
        let path = fake.federation.layout.node("n1").path
        #expect(
            fake.log(fake.nodes[0]) == [
                "args: --topology \(fake.federation.topologyPath) --node n1 --data \(path)/data "
                    + "--identity \(path)/identity --seal-passphrase-file \(path)/seal.passphrase --profile development"
            ])
        let pid = try #require(status[0].pid)
        #expect(getsid(pid) == pid)

        var steps: [String] = []
        try fake.federation.start(Array(fake.nodes.prefix(2)), daemon: daemon, isReady: isReady) { steps.append($0) }
        #expect(fake.federation.status(isReady: isReady).map(\.pid) == status.map(\.pid))
        #expect(steps.contains("n1: runs already, pid \(pid)"))

        let processes = fake.nodes.map { fake.federation.process(of: $0) }
        #expect(LocalProcess.stop(processes) == [.stopped, .stopped, .notRunning])
        #expect(fake.log(fake.nodes[0]).last == "bye")
        #expect(fake.federation.status(isReady: isReady).map(\.state) == [.stopped, .stopped, .stopped])
    }

    @Test("A node that does not listen to SIGTERM is killed")
    func stubborn() throws {
        let fake = try FakeFederation(basePort: 27140)
        try fake.federation.prepare()
        let daemon = try fake.daemon(FakeFederation.stubborn)
        try fake.federation.start([fake.nodes[0]], daemon: daemon, isReady: { !fake.log($0).isEmpty })
        let process = fake.federation.process(of: fake.nodes[0])
        #expect(LocalProcess.stop([process], grace: .milliseconds(200)) == [.killed])
        #expect(process.pid() == nil)
    }

    @Test("A crashed node is dead, not stopped")
    func crash() throws {
        let fake = try FakeFederation(basePort: 27150)
        try fake.federation.prepare()
        let daemon = try fake.daemon(FakeFederation.patient)
        try fake.federation.start([fake.nodes[0]], daemon: daemon, isReady: { !fake.log($0).isEmpty })
        #expect(fake.federation.status(isReady: { _ in false })[0].state == .notReady)
        #expect(fake.federation.process(of: fake.nodes[0]).crash())
        #expect(fake.federation.status(isReady: { _ in true })[0].state == .dead)
        #expect(!fake.federation.process(of: fake.nodes[0]).crash())
    }

    @Test("A node that ends at once is reported with its status and the end of its log")
    func failure() throws {
        let fake = try FakeFederation(basePort: 27160)
        try fake.federation.prepare()
        let daemon = try fake.daemon("echo first; echo 'seal: wrong passphrase' >&2; exit 3")
        let error = #expect(throws: TopologyError.self) {
            try fake.federation.start([fake.nodes[0]], daemon: daemon, isReady: { _ in false })
        }
        let log = fake.federation.layout.node("n1").logPath
        #expect(
            error
                == TopologyError(
                    "node n1",
                    "ended with status 3 before it was ready; the end of \(log):\n  first\n  seal: wrong passphrase"))
    }

    @Test("A node that is not ready in time is reported, and runs on")
    func late() throws {
        let fake = try FakeFederation(basePort: 27170)
        try fake.federation.prepare()
        let daemon = try fake.daemon(FakeFederation.patient)
        let error = #expect(throws: TopologyError.self) {
            try fake.federation.start(
                [fake.nodes[0]], daemon: daemon, timeout: .milliseconds(100), isReady: { _ in false })
        }
        #expect(error?.description.hasPrefix("node n1: not ready after 100ms: n1; ") == true)
        #expect(fake.federation.process(of: fake.nodes[0]).pid() != nil)
    }

    @Test("A missing daemon and a port in use are said before anything starts")
    func preconditions() throws {
        let fake = try FakeFederation(basePort: 27180)
        try fake.federation.prepare()
        let absent = "\(fake.scratch.path)/absent"
        #expect(throws: TopologyError(absent, "there is no such program; build it or name it with --daemon")) {
            try fake.federation.start(fake.nodes, daemon: absent)
        }
        let listener = try LoopbackListener(reply: "")
        let crowded = try FakeFederation(basePort: Int(listener.port))
        try crowded.federation.prepare()
        let daemon = try crowded.daemon(FakeFederation.patient)
        #expect(
            throws: TopologyError(
                "node n1", "port \(listener.port) of 127.0.0.1, meant for peers, is in use by another program")
        ) { try crowded.federation.start([crowded.nodes[0]], daemon: daemon) }
        #expect(!crowded.federation.process(of: crowded.nodes[0]).wasStarted)
    }

    @Test("A pid that belongs to another program now is not taken for the node")
    func foreignPID() throws {
        let fake = try FakeFederation(basePort: 27190)
        try fake.federation.prepare()
        let process = fake.federation.process(of: fake.nodes[0])
        try process.keep(getpid())
        #expect(process.pid() == nil)
        #expect(process.wasStarted)
        #expect(LocalProcess.stop([process], grace: .zero) == [.notRunning])
        for text in ["", "1", "-1", "0", "x", "99999999999"] {
            try PrivateFile.write(text, to: fake.federation.layout.node("n1").pidPath, replacing: true)
            #expect(process.pid() == nil)
        }
    }

    @Test("Only the command line with the node's own data directory is the node's")
    func commandLine() throws {
        let process = LocalProcess(try LocalLayout("/tmp/x").node("n1"))
        let data = process.files.dataPath
        #expect(process.isOurs(["clavigerd", "--node", "n1", "--data", data, "--profile", "development"]))
        #expect(process.isOurs(["/bin/sh", "daemon", "--data", data]))
        #expect(!process.isOurs(["clavigerd", "--data", data + "2"]))
        #expect(!process.isOurs(["clavigerd", data, "--data"]))
        #expect(!process.isOurs([]))
        #expect(LocalProcess.arguments(in: "a\0--data\0\0") == ["a", "--data", "", ""])
        // A process that is ending: not another program, and perhaps still in possession of its ports.
        #expect(LocalProcess.arguments(in: "").isEmpty)
    }

    @Test("An unknown node is named together with the known ones")
    func unknownNode() throws {
        let fake = try FakeFederation(basePort: 27200)
        let error = #expect(throws: TopologyError.self) { try fake.federation.nodes(named: ["n9"]) }
        #expect(error?.problem == "there is no node 'n9'; there are n1, n2, n3")
        #expect(try fake.federation.nodes(named: ["n3", "n1"]).map(\.name) == ["n1", "n3"])
        #expect(try fake.federation.nodes(named: []).count == 3)
    }

    @Test("Only one command at a time changes a federation")
    func lock() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/lock"
        try FileLock.hold(path) { () throws(TopologyError) -> Void in
            #expect(throws: TopologyError.self) { _ = try FileLock.hold(path) { 1 } }
        }
        #expect(try FileLock.hold(path) { 7 } == 7)
    }
}

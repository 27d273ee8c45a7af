/// Method paths of the key service.
package enum KeyMethod {
    package static let encrypt = "/claviger.v1.KeyService/Encrypt"
    package static let decrypt = "/claviger.v1.KeyService/Decrypt"
    package static let encryptBatch = "/claviger.v1.KeyService/EncryptBatch"
    package static let decryptBatch = "/claviger.v1.KeyService/DecryptBatch"
    package static let createKey = "/claviger.v1.KeyService/CreateKey"
    package static let describeKey = "/claviger.v1.KeyService/DescribeKey"
    package static let listKeys = "/claviger.v1.KeyService/ListKeys"
    package static let rotateKey = "/claviger.v1.KeyService/RotateKey"
    package static let disableKey = "/claviger.v1.KeyService/DisableKey"
    package static let enableKey = "/claviger.v1.KeyService/EnableKey"
    package static let setKeyTags = "/claviger.v1.KeyService/SetKeyTags"
    package static let putPolicy = "/claviger.v1.KeyService/PutPolicy"
    package static let getPolicy = "/claviger.v1.KeyService/GetPolicy"
    package static let listPolicies = "/claviger.v1.KeyService/ListPolicies"
    package static let explainPolicy = "/claviger.v1.KeyService/ExplainPolicy"

    package static let all = [
        encrypt, decrypt, encryptBatch, decryptBatch, createKey, describeKey, listKeys,
        rotateKey, disableKey, enableKey, setKeyTags, putPolicy, getPolicy, listPolicies, explainPolicy,
    ]
}

/// Method paths of the federation service.
package enum FederationMethod {
    package static let describe = "/claviger.v1.FederationService/Describe"
    package static let applyTopology = "/claviger.v1.FederationService/ApplyTopology"
    package static let inventory = "/claviger.v1.FederationService/Inventory"
    package static let nodeStatus = "/claviger.v1.FederationService/NodeStatus"
    package static let transferLeadership = "/claviger.v1.FederationService/TransferLeadership"
    package static let drainNode = "/claviger.v1.FederationService/DrainNode"
    package static let rejoinNode = "/claviger.v1.FederationService/RejoinNode"
    package static let isolateNode = "/claviger.v1.FederationService/IsolateNode"

    package static let all = [
        describe, applyTopology, inventory, nodeStatus, transferLeadership, drainNode, rejoinNode,
        isolateNode,
    ]
}

"""Calls a plugin with grpcio: usage client.py SOCKET PROTO. Exit code 0: every answer was right."""
import os
import sys
import tempfile
import uuid

import grpc
from grpc_tools import protoc

socket, proto = sys.argv[1:3]
out = tempfile.mkdtemp()
folder, name = os.path.split(proto)
assert protoc.main(["protoc", f"-I{folder}", f"--python_out={out}", f"--grpc_python_out={out}", name]) == 0
sys.path.insert(0, out)
import kmsv2_pb2 as kms  # noqa: E402
import kmsv2_pb2_grpc as service  # noqa: E402

channel = grpc.insecure_channel("unix://" + socket, options=[("grpc.default_authority", "localhost")])
stub = service.KeyManagementServiceStub(channel)


def code_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    raise AssertionError("the call succeeded")


status = stub.Status(kms.StatusRequest(), timeout=3, wait_for_ready=True)
assert (status.version, status.healthz) == ("v2", "ok"), status
assert 0 < len(status.key_id) <= 1024

seed = os.urandom(32)
wrapped = stub.Encrypt(kms.EncryptRequest(plaintext=seed, uid=str(uuid.uuid4())), timeout=3)
assert wrapped.key_id == status.key_id
assert 0 < len(wrapped.ciphertext) <= 1024 and not wrapped.annotations


def request(ciphertext=wrapped.ciphertext, key_id=wrapped.key_id, annotations={}):
    return kms.DecryptRequest(ciphertext=ciphertext, uid=str(uuid.uuid4()), key_id=key_id, annotations=annotations)


assert stub.Decrypt(request(), timeout=3).plaintext == seed
INVALID = grpc.StatusCode.INVALID_ARGUMENT
assert code_of(lambda: stub.Decrypt(request(key_id="other"), timeout=3)) == INVALID
assert code_of(lambda: stub.Decrypt(request(annotations={"a.example": b"1"}), timeout=3)) == INVALID
assert code_of(lambda: stub.Decrypt(request(ciphertext=b""), timeout=3)) == INVALID
assert code_of(lambda: stub.Encrypt(kms.EncryptRequest(), timeout=3)) == INVALID
for bit in range(0, len(wrapped.ciphertext) * 8, 7):
    flipped = bytearray(wrapped.ciphertext)
    flipped[bit // 8] ^= 1 << (bit % 8)
    assert code_of(lambda: stub.Decrypt(request(ciphertext=bytes(flipped)), timeout=3)) == INVALID, bit

for path in ("/v2.KeyManagementService/Nope", "/v1beta1.KeyManagementService/Version"):
    assert code_of(lambda: channel.unary_unary(path)(b"", timeout=3)) == grpc.StatusCode.UNIMPLEMENTED

futures = [stub.Decrypt.future(request(), timeout=20) for _ in range(500)]
futures += [stub.Status.future(kms.StatusRequest(), timeout=20) for _ in range(500)]
for number, future in enumerate(futures):
    answer = future.result()
    assert (answer.plaintext == seed) if number < 500 else (answer.key_id == status.key_id)
print("ok")

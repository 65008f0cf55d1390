#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The agent's outputs against real receivers: HTTP, syslog over UDP, TCP and TLS, that are away, come
back, refuse, hang; and a sender that is killed half-way. `tests/reference/tell.c` is the sender."""
import gzip
import http.server
import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

failed = 0


def ok(good, what, more=""):
    global failed
    print(("ok - " if good else "not ok - ") + what + ("" if good else f": {more}"), flush=True)
    failed += not good


class Sender:
    def __init__(self, folder, outputs):
        path = os.path.join(folder, "guard.yaml")
        with open(path, "w") as f:
            json.dump({"outputs": outputs}, f)
        self.process = subprocess.Popen([os.environ["SK_TELL"], os.path.join(folder, "state"), path],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if line != "ready\n":
            sys.exit(f"the sender does not start: {line}")

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def alerts(self, first, last):
        for i in range(first, last):
            self.ask(f"alert {i}")

    def flush(self, seconds=120):
        return self.ask(f"flush {seconds * 1000}") == "done"

    def count(self, name):
        return int(re.search(rf" {name}=(\d+)", self.ask("counts")).group(1))

    def wait_for(self, name, least=1):
        while self.count(name) < least:
            time.sleep(0.02)

    def said(self):
        lines, line = [], self.ask("say")
        while line != ".":
            lines.append(line[2:])
            line = self.process.stdout.readline().rstrip("\n")
        return lines

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        out, _ = self.process.communicate()
        return int(out.split()[1])


class Receiver(http.server.ThreadingHTTPServer):
    """Remembers what it was sent; `answer` says what it answers to the Nth request."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=0, answer=lambda n: (200, {}), context=None):
        self.requests, self.answer, self.lock = [], answer, threading.Lock()
        self.connections = set()
        super().__init__(("127.0.0.1", port), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def handle_error(self, request, address):
        pass

    def numbers(self):
        """Of the alerts that were taken, in their order."""
        found = []
        for request in self.requests:
            if request["status"] == 200:
                body = json.loads(request["body"])
                found += [int(a["message"].split()[1]) for a in (body if isinstance(body, list) else [body])]
        return found

    def stop(self):
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status, headers = self.server.answer(len(self.server.requests))
            self.server.requests.append({"body": body, "headers": dict(self.headers), "path": self.path,
                                         "status": status, "time": time.monotonic(),
                                         "peer": self.client_address})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def hook(port, **more):
    return {"kind": "webhook", "url": f"http://127.0.0.1:{port}/hook", "retry-max": "1s", **more}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_plain(folder):
    receiver = Receiver()
    with open(os.path.join(folder, "headers"), "w") as f:
        f.write("Authorization: Bearer secret\n")
    sender = Sender(folder, [hook(receiver.server_port, headers=["X-One: 1, 2", "X-Two: zwei"],
                                  **{"header-file": os.path.join(folder, "headers"), "user-agent": "mine/1"})])
    sender.alerts(0, 20)
    ok(sender.flush() and receiver.numbers() == list(range(20)), "twenty alerts in order", receiver.numbers())
    first = receiver.requests[0]
    ok(first["path"] == "/hook" and first["headers"]["Content-Type"] == "application/json" and
       first["headers"]["User-Agent"] == "mine/1", "path, type and name", first)
    ok(first["headers"]["X-One"] == "1, 2" and first["headers"]["X-Two"] == "zwei" and
       first["headers"]["Authorization"] == "Bearer secret", "headers, also from a file", first)
    ok(len({r["peer"] for r in receiver.requests}) == 1, "over one connection")
    ok(sender.close() == 0, "nothing is lost")
    receiver.stop()


def test_falco(folder):
    receiver = Receiver()
    sender = Sender(folder, [hook(receiver.server_port, format="falco")])
    sender.alerts(7, 8)
    sender.ask('line {"audit":1}')
    ok(sender.flush(), "told")
    alert = json.loads(receiver.requests[0]["body"])
    ok(len(receiver.requests) == 1 and alert["rule"] == "counted" and alert["priority"] == "Warning" and
       "number 7" in alert["output"] and alert["source"] == "syscall" and alert["tags"] == ["test"] and
       alert["output_fields"]["proc.args"] == "7", "Falco's object, and no other lines", receiver.requests)
    sender.close()
    receiver.stop()


def test_batch(folder):
    receiver = Receiver()
    with open(os.path.join(folder, "password"), "w") as f:
        f.write("word\n")
    sender = Sender(folder, [hook(receiver.server_port, batch=7, compress=True, user="me",
                                  **{"password-file": os.path.join(folder, "password")})])
    sender.alerts(0, 50)
    ok(sender.flush(), "told")
    ok(all(r["headers"]["Content-Encoding"] == "gzip" for r in receiver.requests), "compressed")
    for request in receiver.requests:
        request["body"] = gzip.decompress(request["body"])
    sizes = [len(json.loads(r["body"])) for r in receiver.requests]
    ok(receiver.numbers() == list(range(50)) and max(sizes) <= 7, "in arrays of up to seven", sizes)
    ok(receiver.requests[0]["headers"]["Authorization"] == "Basic bWU6d29yZA==", "with a password from a file")
    sender.close()
    receiver.stop()


def test_away(folder):
    """Nobody listens, then somebody does, then goes and comes again."""
    port = free_port()
    sender = Sender(folder, [hook(port, **{"retry-max": "1h"})])
    sender.alerts(0, 30)
    sender.wait_for("failures", 6) # the pauses double: the next one would be eight seconds
    said = sender.said()
    ok(len(said) == 1 and "connect" in said[0] and "/hook" not in said[0], "said once, without what may be secret", said)
    receiver, begin = Receiver(port), time.monotonic()
    ok(sender.flush() and receiver.numbers() == list(range(30)), "who comes back gets all of it", receiver.numbers())
    wait = receiver.requests[0]["time"] - begin
    ok(wait < 5, "soon, however long nobody took the connection", wait)
    ok(sender.said() == ["output webhook: works again"], "and that is said")
    receiver.stop()
    sender.alerts(30, 40)
    sender.wait_for("failures", sender.count("failures") + 1)
    ok(sender.close() == 0, "an end while nobody listens loses nothing")
    sender = Sender(folder, [hook(port)])
    sender.alerts(40, 50)
    second = Receiver(port)
    ok(sender.flush() and second.numbers() == list(range(30, 50)), "the next process tells it, in order", second.numbers())
    ok(sender.close() == 0, "all is told")
    second.stop()


def test_answers(folder):
    """429 and 503 are tried again, when the receiver says; 400 is not, and holds up nobody."""
    statuses = [200, 503, 200, 429, 200, 400, 200, 500, 408, 200, 413, 200]

    def answer(n):
        status = statuses[n] if n < len(statuses) else 200
        return status, {"Retry-After": "2"} if status == 429 else {}

    receiver = Receiver(answer=answer)
    sender = Sender(folder, [hook(receiver.server_port)])
    sender.alerts(0, 8)
    ok(sender.flush(), "told")
    ok(receiver.numbers() == [0, 1, 2, 4, 5, 7], "what is refused for good is passed over", receiver.numbers())
    ok(sender.count("rejected") == 2 and sender.count("sent") == 6 and sender.count("failures") == 4, "and counted",
       sender.ask("counts"))
    wait = receiver.requests[4]["time"] - receiver.requests[3]["time"]
    ok(wait >= 1.9, "Retry-After is kept", wait)
    sender.close()
    receiver.stop()


def test_bad_one(folder):
    """One bad alert does not cost the others of its batch."""
    receiver = Receiver()
    receiver.answer = lambda n: (400 if n == 0 else 200, {})
    original = Handler.do_POST

    def refuse_five(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        bad = b"number 5" in body
        with self.server.lock:
            self.server.requests.append({"body": body, "status": 422 if bad else 200})
        self.send_response(422 if bad else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    Handler.do_POST = refuse_five
    sender = Sender(folder, [hook(receiver.server_port, batch=10)])
    sender.alerts(0, 10)
    ok(sender.flush() and sorted(receiver.numbers()) == [0, 1, 2, 3, 4, 6, 7, 8, 9] and sender.count("rejected") == 1,
       "of a batch that is refused each is tried alone", receiver.numbers())
    sender.close()
    Handler.do_POST = original
    receiver.stop()


def test_hanging(folder):
    """A receiver that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = Sender(folder, [hook(server.getsockname()[1], timeout="1s", queue="memory")])
        sender.alerts(0, 5)
        sender.wait_for("failures")
        begin = time.monotonic()
        ok(sender.close() == 5 and time.monotonic() - begin < 60, "does not keep the agent from its end")


def test_bounds(folder):
    sender = Sender(folder, [hook(free_port(), **{"queue-size": "64K"})])
    sender.alerts(0, 1000)
    sender.wait_for("full", 700)
    while sender.count("unsaved"):
        time.sleep(0.02)
    lost, left = sender.count("full"), sender.count("queued")
    size = sum(e.stat().st_size for e in os.scandir(next(os.scandir(os.path.join(folder, "state", "outputs"))).path))
    ok(lost > 0 and left > 0 and lost + left == 1000 and size < 70000, "a queue has its bounds, and losses are counted",
       (lost, left, size))
    sender.close()


def test_full_disk(folder):
    """Somebody fills the disk of the queue: alerts arrive all the same, and what waited does too."""
    state = os.path.join(folder, "state")
    os.mkdir(state)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", state], capture_output=True).returncode:
        print("ok - # SKIP no right to mount a small disk")
        return
    try:
        port = free_port()
        sender = Sender(folder, [hook(port)])
        sender.alerts(0, 20)
        while sender.count("unsaved"):
            time.sleep(0.02)
        try:
            with open(os.path.join(state, "filler"), "wb", buffering=0) as f:
                while f.write(b"x" * 4096):
                    pass
        except OSError:
            pass
        sender.alerts(20, 60)
        while not any("No space left" in line for line in sender.said()):
            sender.alerts(60, 61)
            time.sleep(0.05)
        receiver = Receiver(port)
        sender.alerts(61, 70)
        ok(sender.flush() and set(receiver.numbers()) | {60} == set(range(70)), "a disk that is full silences nothing",
           receiver.numbers())
        other = Sender(folder, [hook(port, name="other")])
        other.alerts(0, 5)
        ok(other.flush() and "No space left" in other.said()[0], "nor is it in the way of a start")
        other.close()
        os.unlink(os.path.join(state, "filler"))
        receiver.stop()
        sender.alerts(70, 80)
        while sender.count("unsaved"):
            time.sleep(0.02)
        sender.kill()
        receiver = Receiver(port)
        sender = Sender(folder, [hook(port)])
        ok(sender.flush() and receiver.numbers() == list(range(70, 80)), "with room again the queue is on disk again",
           receiver.numbers())
        sender.close()
        receiver.stop()
    finally:
        subprocess.run(["umount", "-l", state], check=False)


def test_kill(folder):
    """The sender is killed again and again while the receiver comes and goes: what was on disk is not lost, little
    comes twice. What is killed at once may lose its end, the last batch."""
    port, total, rounds = free_port(), 0, 6
    received, receiver, ends = [], None, set()
    generator = random.Random(5)
    for i in range(rounds):
        if i % 2:
            receiver = Receiver(port)
        sender = Sender(folder, [hook(port)])
        step = generator.randrange(50, 250)
        sender.alerts(total, total + step)
        total += step
        if i == 2:
            ends = set(range(total - step, total))
        else:
            while sender.count("unsaved"):
                time.sleep(0.01)
        sender.kill()
        if receiver:
            received += receiver.numbers()
            receiver.stop()
            receiver = None
    receiver = Receiver(port)
    sender = Sender(folder, [hook(port)])
    ok(sender.flush(), "told")
    sender.close()
    received += receiver.numbers()
    receiver.stop()
    lost = sorted(ends - set(received))
    missing = set(range(total)) - set(received) - ends
    twice = len(received) - len(set(received))
    first = list(dict.fromkeys(received))
    ok(not missing, f"killed {rounds} times: none of {total} is lost", sorted(missing))
    ok(not lost or lost == list(range(lost[0], max(ends) + 1)), "of what was in memory the end at most", lost)
    ok(first == sorted(first), "they come in order")
    ok(twice <= rounds * 256, f"{twice} came twice")


def make_certificates(folder):
    def run(*command):
        subprocess.run(["openssl", *command], check=True, capture_output=True, cwd=folder)

    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test ca",
        "-days", "2")
    for name, subject in (("server", "subjectAltName=DNS:log.example,IP:127.0.0.1"), ("client", "subjectAltName=DNS:agent")):
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(os.path.join(folder, f"{name}.ext"), "w") as f:
            f.write(subject + "\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", f"{name}.crt", "-extfile", f"{name}.ext")


def server_context(folder, mutual):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.crt"), os.path.join(folder, "server.key"))
    if mutual:
        context.load_verify_locations(os.path.join(folder, "ca.crt"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_https(folder):
    receiver = Receiver(context=server_context(folder, True))
    url = f"https://127.0.0.1:{receiver.server_port}/"
    files = {name: os.path.join(folder, f) for name, f in (("ca", "ca.crt"), ("cert", "client.crt"), ("key", "client.key"))}
    sender = Sender(folder, [
        {"kind": "webhook", "name": "good", "url": url, **files},
        {"kind": "webhook", "name": "nobody", "url": url, "ca": files["ca"], "retry-max": "1s", "queue": "memory"},
        {"kind": "webhook", "name": "unknown", "url": url, "cert": files["cert"], "key": files["key"], "retry-max": "1s",
         "queue": "memory"},
        {"kind": "webhook", "name": "careless", "url": url, "cert": files["cert"], "key": files["key"], "insecure": True},
    ])
    sender.alerts(0, 3)
    while True:
        counts = dict(line.split(" ", 1) for line in sender.ask("counts").split("; "))
        if all(f"sent={n}" in counts[name] for name, n in (("good", 3), ("careless", 3))) and \
           all("failures=0" not in counts[name] for name in ("nobody", "unknown")):
            break
        time.sleep(0.02)
    ok("sent=0" in counts["nobody"] and "sent=0" in counts["unknown"],
       "TLS on both sides; without our certificate, or for an unknown authority, nothing goes", counts)
    sender.close()
    receiver.stop()


class Syslog:
    """Counted octets over TCP or TLS (RFC 6587, RFC 5425)."""

    def __init__(self, port=0, context=None):
        self.server, self.context, self.messages, self.connections = socket.create_server(("127.0.0.1", port)), context, [], []
        self.port = self.server.getsockname()[1]
        self.problems = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.read, args=(connection,), daemon=True).start()

    def read(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.connections.append(connection)
            stream = connection.makefile("rb")
            while True:
                head = b""
                while not head.endswith(b" "):
                    byte = stream.read(1)
                    if not byte:
                        return
                    head += byte
                if not re.fullmatch(rb"[1-9][0-9]* ", head):
                    self.problems.append(head)
                    return
                message = stream.read(int(head))
                if len(message) == int(head):
                    self.messages.append(message.decode())
        except OSError as e:
            self.problems.append(str(e))

    def numbers(self):
        return [int(re.search(r"number (\d+)$", m).group(1)) for m in self.messages]

    def wait(self, count):
        while len(self.messages) < count:
            time.sleep(0.02)

    def stop(self):
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()


RFC5424 = re.compile(r"<28>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z node sekisho \d+ alert "
                     r"\[sekisho@32473( [A-Za-z]+=\"([^\"\\\]]|\\[\"\\\]])*\")+\] counted: number \d+")


def test_syslog(folder):
    tcp, tls, udp = Syslog(), Syslog(context=server_context(folder, False)), socket.socket(type=socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    sender = Sender(folder, [
        {"kind": "syslog", "name": "tcp", "address": f"tcp://127.0.0.1:{tcp.port}", "retry-max": "1s"},
        {"kind": "syslog", "name": "tls", "address": f"tls://127.0.0.1:{tls.port}", "ca": os.path.join(folder, "ca.crt"),
         "server-name": "log.example", "retry-max": "1s"},
        {"kind": "syslog", "name": "wrong", "address": f"tls://127.0.0.1:{tls.port}", "ca": os.path.join(folder, "ca.crt"),
         "server-name": "other.example", "retry-max": "1s"},
        {"kind": "syslog", "name": "udp", "address": f"udp://127.0.0.1:{udp.getsockname()[1]}"},
    ])
    sender.alerts(0, 50)
    datagrams = [udp.recv(65536).decode() for _ in range(50)]
    tcp.wait(50)
    tls.wait(50)
    ok(tcp.numbers() == list(range(50)) and all(RFC5424.fullmatch(m) for m in tcp.messages), "fifty over TCP", tcp.messages[:2])
    ok(tls.numbers() == list(range(50)) and all(RFC5424.fullmatch(m) for m in tls.messages), "fifty over TLS", tls.messages[:2])
    ok(all(RFC5424.fullmatch(m) for m in datagrams) and
       [int(m.split()[-1]) for m in datagrams] == list(range(50)), "fifty over UDP", datagrams[:2])
    while "wrong" in [line.split(":")[0][7:] for line in sender.said()]:
        time.sleep(0.02)
    wrong = [c for c in sender.ask("counts").split("; ") if c.startswith("wrong")][0]
    ok(" sent=0 " in wrong, "a certificate for another name gets nothing", wrong)
    tcp.stop()
    while "tcp" not in " ".join(sender.said()):
        sender.alerts(50, 51)
        time.sleep(0.1)
    again = Syslog(tcp.port)
    sender.alerts(51, 60)
    while not again.messages or again.numbers()[-1] != 59:
        time.sleep(0.02)
    ok(again.numbers()[-9:] == list(range(51, 60)), "who comes back gets what waited", again.numbers())
    sender.close()
    again.stop()
    tls.stop()


def test_file(folder):
    path = os.path.join(folder, "alerts.json")
    sender = Sender(folder, [{"kind": "file", "path": path, "rotate-size": "20K", "keep": 100, "compress": True}])
    sender.alerts(0, 300)
    ok(sender.flush(), "written")
    sender.close()
    text = ""
    for i in range(100, 0, -1):
        for name, opener in ((f"{path}.{i}", open), (f"{path}.{i}.gz", gzip.open)):
            if os.path.exists(name):
                text += opener(name, "rt").read()
    text += open(path).read()
    numbers = [int(json.loads(line)["message"].split()[1]) for line in text.splitlines()]
    ok(numbers == list(range(300)), "files that are put aside have every line, in order", numbers[:5])
    ok(len([n for n in os.listdir(folder) if n.endswith(".gz")]) > 3, "and are compressed")


def main():
    tests = [test_plain, test_falco, test_batch, test_away, test_answers, test_bad_one, test_hanging, test_bounds,
             test_full_disk, test_kill, test_https, test_syslog, test_file]
    with tempfile.TemporaryDirectory() as certificates:
        make_certificates(certificates)
        for test in tests:
            with tempfile.TemporaryDirectory() as folder:
                for name in os.listdir(certificates):
                    os.link(os.path.join(certificates, name), os.path.join(folder, name))
                test(folder)
    sys.exit(failed > 0)


signal.signal(signal.SIGPIPE, signal.SIG_IGN)
main()

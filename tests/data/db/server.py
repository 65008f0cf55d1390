# SPDX-License-Identifier: Apache-2.0
# A mirror for tests: serves a folder on loopback with entity tags and ranges,
# and misbehaves as the file "faults" beside it says, one line each:
#   PATH cut N      the next answer for PATH ends after N bytes
#   PATH status N   the next answer has this status
#   PATH norange    ranges are ignored from now on
#   PATH endless    the body never ends
# Each request is logged as "METHOD PATH RANGE CONDITION STATUS".
import hashlib, http.server, os, sys

root, port_file, log_file, faults_file = sys.argv[1:5]

def take_fault(path):
    try:
        lines = open(faults_file).read().splitlines()
    except OSError:
        return None
    for i, line in enumerate(lines):
        words = line.split()
        if words and words[0] == path:
            if words[1] in ("cut", "status"):
                del lines[i]
                open(faults_file, "w").write("\n".join(lines) + "\n")
            return words[1:]
    return None

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with open(log_file, "a") as f:
            f.write("%s %s %s %s %d\n" % (self.command, self.path, self.headers.get("Range", "-"),
                                          "If-None-Match" if self.headers.get("If-None-Match") else "-", status))

    def answer(self, status, body=b"", headers=(), promised=None):
        self.note(status)
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def do_GET(self):
        fault = take_fault(self.path)
        if fault and fault[0] == "status":
            return self.answer(int(fault[1]), b"no\n")
        if fault and fault[0] == "endless":
            self.note(200)
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b"\0" * 65536)
            except OSError:
                return
        path = os.path.join(root, self.path.lstrip("/").replace("%20", " "))
        if not os.path.isfile(path):
            return self.answer(404, b"no such file\n")
        body = open(path, "rb").read()
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304, headers=[("ETag", tag)])
        status, headers, whole = 200, [("ETag", tag)], len(body)
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range", tag) == tag and not (fault and fault[0] == "norange"):
            start = int(wanted.split("=")[1].rstrip("-"))
            if start >= whole:
                return self.answer(416, headers=[("Content-Range", "bytes */%d" % whole)])
            body = body[start:]
            status = 206
            headers.append(("Content-Range", "bytes %d-%d/%d" % (start, whole - 1, whole)))
        promised = len(body)
        if fault and fault[0] == "cut":
            body = body[:int(fault[1])]
            self.close_connection = True
        self.answer(status, body, headers, promised)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()

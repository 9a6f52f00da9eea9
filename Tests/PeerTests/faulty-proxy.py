#!/usr/bin/env python3
"""Plain HTTP in, a Kubernetes API server out, with faults on request; a process of its own between ferula and the server.

faulty-proxy.py SERVER TOKEN: prints its port. Besides passing everything on it answers
  GET /fault/drop             cuts every open watch in the middle of the stream
  GET /fault/expire           sends a 410 event on every open watch and ends it
  GET /fault/gone             answers the next watch with status 410
  GET /fault/bookmark?V       sends a bookmark with version V on every open watch
  GET /fault/refuse, /fault/heal   answers everything with 503, and no longer
  GET /fault/count            how many lists and watches came, and the version the last watch began from
"""
import http.client, json, socket, ssl, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SERVER, TOKEN = urlsplit(sys.argv[1]), sys.argv[2]
CONTEXT = ssl._create_unverified_context()
LOCK = threading.Lock()
STATE = {"lists": 0, "watches": 0, "version": "", "open": 0, "refuse": False, "gone": 0}
WATCHES = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fault(self, name, query):
        with LOCK:
            watches = list(WATCHES)
            if name == "refuse" or name == "heal":
                STATE["refuse"] = name == "refuse"
            if name == "gone":
                STATE["gone"] += 1
        if name in ("drop", "gone", "refuse"):
            for watch in watches:
                watch.cut()
        if name == "expire":
            for watch in watches:
                watch.event({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410,
                             "reason": "Expired", "message": "too old resource version"}})
                watch.cut()
        if name == "bookmark":
            for watch in watches:
                watch.event({"type": "BOOKMARK", "object": {"kind": "Pod", "apiVersion": "v1",
                             "metadata": {"resourceVersion": query}}})
        with LOCK:
            self.reply(200, json.dumps(STATE).encode())

    def pass_on(self):
        url = urlsplit(self.path)
        if url.path.startswith("/fault/"):
            return self.fault(url.path[7:], url.query)
        fields = parse_qs(url.query)
        isWatch = "watch" in fields
        with LOCK:
            refused, isGone = STATE["refuse"], isWatch and STATE["gone"] > 0
            if isGone:
                STATE["gone"] -= 1
            if self.command == "GET" and not refused:
                STATE["watches" if isWatch else "lists"] += 1
                if isWatch:
                    STATE["version"] = fields.get("resourceVersion", [""])[0]
        if refused:
            return self.reply(503, b'{"kind":"Status","message":"refused on request"}')
        if isGone:
            return self.reply(410, b'{"kind":"Status","code":410,"message":"gone on request"}')
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = http.client.HTTPSConnection(SERVER.hostname, SERVER.port, context=CONTEXT, timeout=600)
        headers = {"Authorization": "Bearer " + TOKEN, "Content-Type": self.headers.get("Content-Type", ""),
                   "Accept": self.headers.get("Accept", "application/json")}
        server.request(self.command, self.path, body or None, headers)
        answer = server.getresponse()
        if isWatch and answer.status == 200:
            return self.watch(server, answer)
        self.reply(answer.status, answer.read(), answer.headers.get("Content-Type", ""))

    def watch(self, server, answer):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        watch = Watch(self)
        with LOCK:
            WATCHES.append(watch)
            STATE["open"] += 1
        try:
            while True:
                line = answer.readline()
                if not line:
                    watch.chunk(b"")
                    break
                watch.chunk(line)
        except OSError:
            pass
        finally:
            with LOCK:
                WATCHES.remove(watch)
                STATE["open"] -= 1
            server.close()
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


class Watch:
    def __init__(self, handler):
        self.handler, self.lock = handler, threading.Lock()

    def chunk(self, data):
        with self.lock:
            self.handler.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
            self.handler.wfile.flush()

    def event(self, event):
        self.chunk(json.dumps(event).encode() + b"\n")

    def cut(self):
        try:
            self.handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
proxy.daemon_threads = True
print(proxy.server_address[1], flush=True)
proxy.serve_forever()

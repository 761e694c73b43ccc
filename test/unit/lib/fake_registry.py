#!/usr/bin/env python3
"""A Schema Registry for tests: it registers, and misbehaves when told to.

    fake_registry.py [--tls CERT KEY] [--user NAME:PASSWORD] [--client-ca CA]

Prints its URL, then obeys lines of standard input, each answered by "ok" or,
for "log" and "count", by a line of JSON.  Ends with its input.

    mode normal                 registers what it is given
    mode status N CODE TEXT     answers so, with Confluent's error body
    mode page N                 answers N with a page of HTML
    mode garbage|huge|redirect|drop|slow SECONDS|lost
    next N MODE ...             the same for the next N requests only
    level 409|none              refuse a second version of a subject, or not
    down / up                   stop listening; listen again on the same port
    forget                      everything registered
    first ID                    the next id to be given
    oauth ID:SECRET             demand tokens, which are issued at /token
    lifetime SECONDS            of those, 0 = they do not say
    revoke                      all of them
    log / count / versions      requests since the start; subjects with their ids
"""
import http.server
import json
import socket
import ssl
import sys
import threading
import time
import urllib.parse


class State:
    lock = threading.Lock()
    mode = ["normal"]
    next_modes = []
    level = "none"
    user = None
    oauth = None      # "id:secret", and tokens are asked for
    tokens = set()    # that are good
    lifetime = 3600
    ntokens = 0
    next_id = 1
    ids = {}          # text -> id
    subjects = {}     # subject -> [(id, body)]
    requests = []
    connections = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        State.connections.add(self.connection)

    def finish(self):
        State.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *args):
        pass

    def answer(self, status, document, content_type=None):
        body = (document if isinstance(document, bytes)
                else json.dumps(document).encode())
        self.send_response(status)
        self.send_header("Content-Type", content_type
                         or "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def error(self, status, code, text):
        self.answer(status, {"error_code": code, "message": text})

    def misbehave(self, mode):
        """True when that was the answer."""
        kind = mode[0]
        if kind == "status":
            self.error(int(mode[1]), int(mode[2]), " ".join(mode[3:]))
        elif kind == "page":
            self.answer(int(mode[1]), b"<html><body>no API</body></html>",
                        "text/html")
        elif kind == "garbage":
            self.answer(200, b"{\"id\": 1, \"id\": [[[", "application/json")
        elif kind == "lost":
            self.answer(200, {"id": "many", "version": -1})
        elif kind == "huge":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
            self.close_connection = True
        elif kind == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif kind == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            if kind == "slow":
                time.sleep(float(mode[1]))
            return False
        return True

    def register(self, subject, body, schema):
        versions = State.subjects.setdefault(subject, [])
        if versions and State.level == "409":
            self.error(409, 409, "Schema being registered is incompatible "
                       "with an earlier schema for subject \"%s\"" % subject)
            return
        if schema not in State.ids:
            State.ids[schema] = State.next_id
            State.next_id += 1
        versions.append((State.ids[schema], body))
        self.answer(200, {"id": State.ids[schema]})

    def handle_subject(self, method, subject, rest, body):
        versions = State.subjects.get(subject, [])
        if method == "GET" and rest == ["versions", "latest"]:
            if not versions:
                self.error(404, 40401, "Subject not found")
            else:
                self.answer(200, {"subject": subject, "id": versions[-1][0],
                                  "version": len(versions),
                                  "schema": versions[-1][1]["schema"]})
            return
        for reference in body.get("references", []):
            given = State.subjects.get(reference["subject"], [])
            if not 1 <= reference["version"] <= len(given):
                self.error(422, 42201, "Invalid schema: no such reference")
                return
        schema = json.dumps(body, sort_keys=True)
        if "INVALID" in body["schema"]:
            self.error(422, 42201, "Invalid schema: \"INVALID\"")
            return
        for version, (ident, known) in enumerate(versions, 1):
            if known == body:
                self.answer(200, {"subject": subject, "id": ident,
                                  "version": version, "schema": schema})
                return
        if rest == ["versions"]:
            self.register(subject, body, schema)
        elif not versions:
            self.error(404, 40401, "Subject '%s' not found." % subject)
        else:
            self.error(404, 40403, "Schema not found")

    def issue(self, text):
        """A token, to who has the right credentials."""
        import base64
        expected = "Basic " + base64.b64encode(State.oauth.encode()).decode()
        form = urllib.parse.parse_qs(text)
        if self.headers.get("Authorization") != expected:
            self.answer(401, {"error": "invalid_client",
                              "error_description": "no such client"})
        elif form.get("grant_type") != ["client_credentials"]:
            self.answer(400, {"error": "unsupported_grant_type"})
        else:
            State.ntokens += 1
            token = "token-%d" % State.ntokens
            State.tokens.add(token)
            document = {"access_token": token, "token_type": "Bearer"}
            if State.lifetime:
                document["expires_in"] = State.lifetime
            self.answer(200, document)

    def handle_any(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode()
        url = urllib.parse.urlparse(self.path)
        with State.lock:
            State.requests.append({
                "method": method, "path": self.path, "body": text,
                "headers": {k.lower(): v for k, v in self.headers.items()}})
            mode = (State.next_modes.pop(0) if State.next_modes
                    else State.mode)
        if self.misbehave(mode):
            return
        if State.user is not None:
            import base64
            expected = "Basic " + base64.b64encode(
                State.user.encode()).decode()
            if self.headers.get("Authorization") != expected:
                self.error(401, 401, "Unauthorized")
                return
        parts = [urllib.parse.unquote(p) for p in url.path.split("/")[1:]]
        if parts == ["token"]:
            self.issue(text)
            return
        if State.oauth is not None and self.headers.get(
                "Authorization", "").partition("Bearer ")[2] not in State.tokens:
            self.error(401, 40101, "token is not known")
            return
        with State.lock:
            if parts[0] == "base":
                parts = parts[1:]
            if parts[0] != "subjects" or len(parts) < 2:
                self.error(404, 404, "HTTP 404 Not Found")
                return
            self.handle_subject(method, parts[1], parts[2:],
                                json.loads(text) if text else {})

    def do_GET(self):
        self.handle_any("GET")

    def do_POST(self):
        self.handle_any("POST")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *args):
        pass

    def server_close(self):
        # not waiting for the threads of those who keep their connections
        self.socket.close()


def serve(port, context):
    server = Server(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,),
                     daemon=True).start()
    return server


def obey(words, server, port, context):
    if words[0] == "mode":
        State.mode = words[1:]
    elif words[0] == "next":
        State.next_modes += [words[2:]] * int(words[1])
    elif words[0] == "level":
        State.level = words[1]
    elif words[0] == "first":
        State.next_id = int(words[1])
    elif words[0] == "oauth":
        State.oauth = words[1]
    elif words[0] == "lifetime":
        State.lifetime = int(words[1])
    elif words[0] == "revoke":
        State.tokens.clear()
    elif words[0] == "forget":
        State.subjects, State.ids = {}, {}
    elif words[0] == "down":
        server.shutdown()
        server.server_close()
        for connection in list(State.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
    elif words[0] == "up":
        server = serve(port, context)
    return server


def main():
    args = sys.argv[1:]
    context = None
    while args:
        option = args.pop(0)
        if option == "--user":
            State.user = args.pop(0)
        elif option == "--tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(args.pop(0), args.pop(0))
        elif option == "--client-ca":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(args.pop(0))
    server = serve(0, context)
    port = server.server_address[1]
    print("%s://localhost:%d" % ("https" if context else "http", port),
          flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "log":
            print(json.dumps(State.requests), flush=True)
        elif words[0] == "count":
            print(len(State.requests), flush=True)
        elif words[0] == "versions":
            print(json.dumps({s: [i for i, _ in v]
                              for s, v in State.subjects.items()}),
                  flush=True)
        else:
            server = obey(words, server, port, context)
            print("ok", flush=True)


main()

"""A TCP server that does with each connection what the test says: for what scripts see of servers that are ill."""

import socket
import threading


class Listener:
    """Listens on a port of its own. handle(connection) runs on a thread, one connection after the other."""

    def __init__(self, handle, family=socket.AF_INET, host="127.0.0.1"):
        self.handle = handle
        self.socket = socket.socket(family)
        self.socket.bind((host, 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.handle(connection)
                except OSError:
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        # shutdown wakes the accept; close alone does not.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def answering(text):
    """A handler that reads a word and answers."""

    def handle(connection):
        connection.recv(64)
        connection.sendall(text.encode())

    return handle

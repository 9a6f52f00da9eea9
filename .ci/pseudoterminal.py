"""A program in a pseudo-terminal, for the checks of this folder: keys go in, what it draws comes out."""
import fcntl, os, pty, re, select, struct, termios, time

class Session:
    def __init__(self, command, width=120, height=40, **environment):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # The size is there before the program is: it would draw its first frame for another one.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
            # Random keys may write files and ask for anything: nothing of the caller's is near.
            folder = f"/tmp/ferula-terminal-{os.getppid()}"
            os.makedirs(folder, exist_ok=True)
            os.environ.update({"XDG_STATE_HOME": folder, "FERULA_CONFIG_DIR": folder})
            command = [os.path.realpath(word) if os.path.exists(word) else word for word in command]
            os.chdir(folder)
            os.execv(command[0], command)
        self.output, self.begun, self.size, self.total = b"", time.time(), (width, height), 0
        os.set_blocking(self.master, False)

    def resize(self, width, height):
        self.size = (width, height)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def drain(self, wait):
        """Reads what comes; False at the end."""
        end = time.time() + wait
        while True:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.time()))
            if not ready:
                return True
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return False
            if not data:
                return False
            self.total += len(data)
            self.output = (self.output + data)[-200_000:]

    def send(self, data):
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                if not self.drain(0.05):
                    return
            except OSError:
                return

    def resident(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def ended(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return None if pid == 0 else status

    def wait_end(self, limit):
        end = time.time() + limit
        while time.time() < end:
            self.drain(0.05)
            status = self.ended()
            if status is not None:
                self.drain(0.2)
                return status
        return None



def disorder(output, modes=("1000", "1002", "1003", "1006", "1049", "2004")):
    """What the terminal was left in, or None: the last word on each mode must be that it is off, the cursor shown."""
    for mode in modes:
        found = re.findall(rb"\x1b\[\?(?:[0-9;]*;)?" + mode.encode() + rb"(?:;[0-9;]*)?([hl])", output)
        if found and found[-1] != b"l":
            return f"mode {mode} is on"
    cursor = re.findall(rb"\x1b\[\?(?:12;)?25([hl])", output)
    if cursor and cursor[-1] != b"h":
        return "no cursor"
    return None

"""A program in a pseudo-terminal, for the checks of this folder: keys go in, what it draws comes out."""
import fcntl, os, pty, re, select, struct, termios, time

class Session:
    def __init__(self, command, width=120, height=40, **environment):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # The size is there before the program is: it would draw its first frame for another one.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
            # The terminal says how large it is, not the caller's.
            for name in ("COLUMNS", "LINES"): os.environ.pop(name, None)
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


def screen(output, width, height):
    """What a terminal shows after these bytes, line by line: as much of xterm as ncurses writes without scrolling."""
    lines = [[" "] * width for _ in range(height)]
    x = y = 0
    last = " "

    def put(character):
        nonlocal x, last
        if x < width and y < height:
            lines[y][x] = last = character
        x += 1

    text = output.decode("utf-8", "replace")
    token = re.compile(r"\x1b\[([?>]?)([0-9;]*)([@-~])|\x1b[()].|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|(.)", re.S)
    for found in token.finditer(text):
        private, numbers, final, character = found.groups()
        if character is not None:
            if character == "\r": x = 0
            elif character == "\n": y = min(y + 1, height - 1)
            elif character == "\b": x = max(0, x - 1)
            elif character >= " ": put(character)
            continue
        if final is None:
            continue
        given = [int(number) if number else 0 for number in numbers.split(";")]
        first = given[0] or 1
        if final == "h" and private and 1049 in given:
            lines, x, y = [[" "] * width for _ in range(height)], 0, 0
        elif private: pass
        elif final in "Hf": y, x = first - 1, ((given[1] if len(given) > 1 else 1) or 1) - 1
        elif final == "d": y = first - 1
        elif final == "G": x = first - 1
        elif final == "A": y = max(0, y - first)
        elif final == "B": y = min(height - 1, y + first)
        elif final == "C": x = min(width - 1, x + first)
        elif final == "D": x = max(0, x - first)
        elif final == "b":
            for _ in range(first): put(last)
        elif final == "X" and y < height:
            for column in range(x, min(width, x + first)): lines[y][column] = " "
        elif final == "K" and y < height:
            begin, end = [(x, width), (0, x + 1), (0, width)][given[0] % 3]
            for column in range(begin, min(width, end)): lines[y][column] = " "
        elif final == "J":
            if given[0] == 0 and y < height: lines[y][x:] = [" "] * (width - x)
            begin, end = [(y + 1, height), (0, y), (0, height)][given[0] % 3]
            for row in range(begin, end): lines[row] = [" "] * width
    return ["".join(line).rstrip() for line in lines]


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

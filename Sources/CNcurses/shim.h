// What Swift cannot see of ncurses, made visible: macros as constants, C globals as accessors.
#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H
// Before curses.h: declares the wide-character half of its interface.
#define NCURSES_WIDECHAR 1
#include <wchar.h>
#include <locale.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <curses.h>

// glibc hides it without _XOPEN_SOURCE.
extern int wcwidth(wchar_t);
extern char **environ;

static inline WINDOW *cn_stdscr(void) { return stdscr; }
static inline WINDOW *cn_curscr(void) { return curscr; }
static inline int cn_colors(void) { return COLORS; }
static inline FILE *cn_stdin(void) { return stdin; }
static inline FILE *cn_stdout(void) { return stdout; }

static const attr_t cn_A_BOLD = A_BOLD;
static const attr_t cn_A_DIM = A_DIM;
static const attr_t cn_A_REVERSE = A_REVERSE;
static const attr_t cn_A_UNDERLINE = A_UNDERLINE;
static const attr_t cn_A_ITALIC = A_ITALIC;

// `text` ends with 0. The pair may exceed a short: it goes through the extended argument.
static inline int cn_setcell(cchar_t *cell, const wchar_t *text, attr_t attributes, int pair) {
    return setcchar(cell, text, attributes, 0, &pair);
}

static inline int cn_window_size(int fd, int *columns_out, int *rows_out) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    *columns_out = size.ws_col;
    *rows_out = size.ws_row;
    return 0;
}

// Compiles a terminfo source file into a directory; 0 when tic exists and took it.
static inline int cn_compile_terminfo(const char *directory, const char *source) {
    char *arguments[] = {(char *)"tic", (char *)"-x", (char *)"-o", (char *)directory, (char *)source, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&child, "tic", &actions, NULL, arguments, environ) == 0) {
        while (waitpid(child, &status, 0) < 0 && status == -1) { if (errno != EINTR) break; }
    }
    posix_spawn_file_actions_destroy(&actions);
    return status == 0 ? 0 : -1;
}
#endif

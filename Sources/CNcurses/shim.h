// What Swift cannot see of ncurses, made visible: macros as constants, C globals as accessors.
#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H
#define NCURSES_WIDECHAR 1
#include <wchar.h>
#include <locale.h>
#include <curses.h>
#endif

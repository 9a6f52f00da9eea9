// zlib of the system: its gz functions read and write .gz files for --load and --save, inflate reads bodies.
#include <zlib.h>

// The bytes of the shipped dashboards, by the names of their files.
// Imported by ShippedDashboards alone.

#ifndef C_SHIPPED_DASHBOARDS_H
#define C_SHIPPED_DASHBOARDS_H

#include <stddef.h>

/// NULL, and a count of 0, for a name that no file has. The bytes live as long as the program.
const unsigned char *shipped_dashboard(const char *file, size_t *count);

#endif

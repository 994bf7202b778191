// SPDX-License-Identifier: MIT
/* Memory on the host: there is enough, or the program ends with one line. */
#ifndef POLSIM_ALLOC_H
#define POLSIM_ALLOC_H

#include <stddef.h>
#include <stdlib.h>

/* Zeroed. */
void *sim_calloc(size_t count, size_t size);
void *sim_realloc(void *old, size_t count, size_t size);

#endif

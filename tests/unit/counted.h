/* unit/counted.h - how often memory was asked for. */
#ifndef CDO_UNIT_COUNTED_H
#define CDO_UNIT_COUNTED_H

/* By what was linked with --wrap=malloc,--wrap=calloc,--wrap=realloc. */
extern unsigned allocations;

#endif

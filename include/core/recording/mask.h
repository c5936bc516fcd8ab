/* mask: makes serial numbers unreadable in what a console sent, without moving a byte. */
#ifndef CORE_MASK_H
#define CORE_MASK_H

#include <stddef.h>

/* In `bytes`: every word of ten or more letters and digits with a digit behind a letter (a barcode looks like that,
 * wherever it stands), but for those behind `Board version :` and the like; and every word behind `Barcode :`,
 * `Board ID :`, `Serial Number :` and the like. The first three characters stay (they tell model or year), the rest
 * becomes `x`, and the last two the module's `address` (0..99), so that modules can still be told apart. */
void mask_serials(char *bytes, size_t length, int address);

#endif

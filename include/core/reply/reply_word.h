/* reply_word: the console's state words. */
#ifndef CORE_REPLY_WORD_H
#define CORE_REPLY_WORD_H

#include "core/reply/reply.h"
#include "core/reply/reply_scan.h"

/* The word that `span` spells, WORD_UNKNOWN when the table has none. */
enum word reply_word_find(struct reply_span span);

#endif

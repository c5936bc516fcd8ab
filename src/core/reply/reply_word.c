#include "core/reply/reply_word.h"

static const char *const words[WORDS] = {
	[WORD_NONE] = "-",
	[WORD_NORMAL] = "Normal",
	[WORD_HIGH] = "High",
	[WORD_LOW] = "Low",
	[WORD_FULL] = "Full",
	[WORD_CHARGE] = "Charge",
	[WORD_DISCHARGE] = "Dischg",
	[WORD_IDLE] = "Idle",
	[WORD_BALANCE] = "Balance",
	[WORD_ABSENT] = "Absent",
	[WORD_SYSERROR] = "SysError",
	[WORD_UNKNOWN] = "?",
};

const char *reply_word_name(enum word word)
{
	return words[word];
}

enum word reply_word_find(struct reply_span span)
{
	for (int i = WORD_NONE + 1; i < WORD_UNKNOWN; i++)
		if (reply_scan_is(span, words[i]))
			return (enum word)i;
	return WORD_UNKNOWN;
}

/* Every parser of replies: any body. The first character of the input is the parser, the second the address
 * asked (`1` is module 1, `0` any), the rest the body. */
#include "fuzz.h"

#include "reply_files.h"

static const char letters[PARSERS + 1] = { [INFO] = 'i', [PWR] = 'p', [BAT] = 'b', [TABLE] = 't',
	                                   [STAT] = 's', [PWRSYS] = 'y', [GETPWR] = 'g', [PARSERS] = '\0' };

static void expect_fault(const struct reply_fault *fault, enum reply_result result, const char *text)
{
	int lines = 0;

	assert_int_equal(fault->result, result);
	assert_non_null(memchr(fault->field, '\0', sizeof fault->field));
	for (; *text != '\0'; text++)
		lines += *text == '\n';
	assert_in_range(fault->row, 0, lines + 1);
}

/* Where the reply names its module, no other one gets it. */
static void expect_only_its_own(enum parser parser, const char *text, int address)
{
	union parsed at_all, of_another;
	struct reply_fault fault;
	struct opt own = opt_none();

	assert_int_equal(parse(parser, text, 0, &at_all, &fault), REPLY_OK);
	if (parser == INFO)
		own = at_all.info.address;
	else if (parser == STAT)
		own = at_all.stat.address;
	if (own.known && address != 0)
		assert_int_equal(own.value, address);
	if (own.known)
		assert_int_equal(parse(parser, text, own.value % REPLY_MODULES_MAX + 1, &of_another, &fault),
		                 REPLY_WRONG_MODULE);
}

/* In memory of its own size, so that a byte read behind it shows. */
static char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	assert_non_null(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_fault fault;
	union parsed parsed;
	const char *letter = size < 2 || data[0] == '\0' ? NULL : strchr(letters, data[0]);
	enum reply_result result;
	enum parser parser;
	int address;
	char *text;

	if (letter == NULL || size > FRAMING_BODY_MAX)
		return -1;
	parser = (enum parser)(letter - letters);
	address = (data[1] - '0' + 17 * 16) % 17;
	text = text_of(data + 2, size - 2);
	result = parse(parser, text, address, &parsed, &fault);
	expect_fault(&fault, result, text);
	if (result == REPLY_OK) {
		expect_plausible("fuzz", parser, &parsed);
		expect_only_its_own(parser, text, address);
	}
	free(text);
	return 0;
}

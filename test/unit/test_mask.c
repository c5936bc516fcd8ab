/* Serial numbers in a recording: what is masked, what must stay. */
#include "check.h"

#include "core/recording/mask.h"

static void test_rows(void **state)
{
	static const struct {
		int address;
		const char *before, *after;
	} rows[] = {
		{ 1, "Barcode             : PPTAH02400710243 \r\r\n", "Barcode             : PPTxxxxxxxxxxx01 \r\r\n" },
		{ 12, "Barcode: K221027C30701042\r\n", "Barcode: K22xxxxxxxxxxx12\r\n" },
		/* behind a label also what does not look like one, short ones whole */
		{ 2, "PowerSupply Barcode : 100001   \r\n", "PowerSupply Barcode : 100x02   \r\n" },
		{ 2, "Barcode : ab12\r\n", "Barcode : xxxx\r\n" },
		{ 3, "BARCODE:ABCDEFGHIJKLM\r\n", "BARCODE:ABCxxxxxxxx03\r\n" },
		{ 3, "Serial No.: 12345678\r\nSN : 5555555555\r\n", "Serial No.: 123xxx03\r\nSN : 555xxxxx03\r\n" },
		{ 4, "Board ID            : 5117AB30C0FFEE04\r\n", "Board ID            : 511xxxxxxxxxxx04\r\n" },
		/* two on a line, as some firmware prints them: labels stay readable */
		{ 0, "PCBA Barcode : A123456789B  Module Barcode : Y12345678901\r\n",
		  "PCBA Barcode : A12xxxxxx00  Module Barcode : Y12xxxxxxx00\r\n" },
		/* a column, and a label with a damaged byte: by its looks */
		{ 0, "1 48100 Normal 71% ES1234567890443 EBOX\r\n", "1 48100 Normal 71% ES1xxxxxxxxxx00 EBOX\r\n" },
		{ 5, "Barc?de : PPTAH02400710243\r\n", "Barc?de : PPTxxxxxxxxxxx05\r\n" },
		/* all of this stays */
		{ 1, "info 1\n\r@\r\r\n", "info 1\n\r@\r\r\n" },
		{ 1, "Board version       : PHANTOMSAV10R03\r\n", "Board version       : PHANTOMSAV10R03\r\n" },
		{ 1, "Device name : US2KBPL\r\nBarcode\r\n", "Device name : US2KBPL\r\nBarcode\r\n" },
		{ 1, "Main Soft version : B67.9.0 V20R4C3 1.1.20161116\r\n",
		  "Main Soft version : B67.9.0 V20R4C3 1.1.20161116\r\n" },
		{ 1, "Total Coulomb : 1234567890mAS\r\n", "Total Coulomb : 1234567890mAS\r\n" },
		{ 1, "Release Date : 20-12-28 2024-05-01 08:00:00\r\n", "Release Date : 20-12-28 2024-05-01 08:00:00\r\n" },
		{ 1, "Specification : 48V/50AH Version: V3\r\n", "Specification : 48V/50AH Version: V3\r\n" },
		{ 1, "Command completed unccessfully\r\n\r$$\r\n\rpylon>", "Command completed unccessfully\r\n\r$$\r\n\rpylon>" },
		{ 1, "Dsn : 1234567\r\n", "Dsn : 1234567\r\n" },
		{ 1, ": 1234567 {a} ~b~\r\n", ": 1234567 {a} ~b~\r\n" },
		{ 1, "", "" },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char bytes[128];
		size_t length = strlen(rows[i].before);

		memcpy(bytes, rows[i].before, length + 1);
		mask_serials(bytes, length, rows[i].address);
		assert_string_equal(bytes, rows[i].after);
	}
}

/* Nothing behind the given length is looked at or changed. */
static void test_length(void **state)
{
	char bytes[] = "Barcode : PPTAH02400710243";

	(void)state;
	mask_serials(bytes, 16, 1);
	assert_string_equal(bytes, "Barcode : PPTx012400710243");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_length) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

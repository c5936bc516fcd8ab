#include "shell/privileges.h"
#include "shell/words.h"

int main(int argc, char **argv)
{
	static struct loop loop; /* without a value here, so that it takes no room in the file */
	struct words_line line;
	int status;

	(void)privileges_no_core(); /* a configuration has a password; the daemon asks again, and tells where it cannot */
	status = words_parse(argc, argv, &line);
	return status == ENGINE_EXIT_NONE ? line.word->run(&line, &loop) : status;
}

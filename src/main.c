#include "core/engine/engine.h"
#include "shell/commands/words.h"
#include "shell/system/log.h"
#include "shell/system/privileges.h"

int main(int argc, char **argv)
{
	struct words_line line;
	int status;

	if (!privileges_no_core())
		log_warning("core dumps cannot be forbidden: one would hold the broker's password; going on");
	status = words_parse(argc, argv, &line);
	return status == ENGINE_EXIT_NONE ? line.word->run(&line) : status;
}

/* supervised: the pause before the end, for a supervisor that starts the program again at once.
 *
 * daemontools has no pause of its own; without one a program that cannot start would spin. */
#ifndef SHELL_SUPERVISED_H
#define SHELL_SUPERVISED_H

/* Waits as long as this exit status asks for (60 s for a fault in the configuration, 10 s for a lost battery or
 * port, else not at all), after one line in the log. SIGTERM, SIGINT and SIGHUP end the wait, also one that came
 * just before while it was blocked: whoever sends one wants the restart, or the end, now. */
void supervised_wait(int exit_status);

#endif

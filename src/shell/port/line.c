#include "shell/port/line.h"

void line_init(struct line *l)
{
	port_init(&l->port);
	l->playing = false;
}

enum port_fault line_open(struct line *l, const char *path, int32_t speed_baud)
{
	enum port_fault fault = PORT_OK;

	if (l->player)
		player_open(l->player, speed_baud);
	else
		fault = port_open(&l->port, path, speed_baud);
	l->playing = l->player != NULL;
	if (fault == PORT_OK && l->recorder)
		recorder_speed(l->recorder, speed_baud);
	return fault;
}

void line_close(struct line *l)
{
	l->playing = false;
	port_close(&l->port);
}

bool line_is_open(const struct line *l)
{
	return l->playing || port_is_open(&l->port);
}

int line_fd(const struct line *l)
{
	return l->playing ? player_fd(l->player) : port_fd(&l->port);
}

bool line_set_speed(struct line *l, int32_t speed_baud)
{
	if (l->recorder)
		recorder_speed(l->recorder, speed_baud);
	return l->playing ? player_set_speed(l->player, speed_baud) : port_set_speed(&l->port, speed_baud);
}

bool line_flush_input(struct line *l)
{
	return l->playing || port_flush_input(&l->port);
}

bool line_send(struct line *l, struct command command)
{
	if (l->recorder)
		recorder_sent(l->recorder, command);
	return l->playing ? player_send(l->player, command) : port_send(&l->port, command);
}

int line_read(struct line *l, uint8_t *buffer, size_t size)
{
	int count = l->playing ? player_read(l->player, buffer, size) : port_read(&l->port, buffer, size);

	if (count > 0 && l->recorder)
		recorder_came(l->recorder, buffer, (size_t)count);
	if (count > 0 && l->overheard)
		overheard_take(l->overheard, (const char *)buffer, (size_t)count);
	return count;
}

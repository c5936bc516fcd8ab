#include "shell/broker/mqtt_listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Topic, a zero, payload as one packet. Where the reader does not keep up they are dropped: newer ones follow. */
static bool hand_over(void *user, const char *topic, const void *payload, size_t length)
{
	const struct mqtt_listen *l = user;
	struct iovec parts[] = { { .iov_len = strlen(topic) + 1 }, { .iov_len = length } };
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = 2 };

	/* sendmsg only reads, but its struct is recvmsg's as well and knows no const */
	memcpy(&parts[0].iov_base, &topic, sizeof topic);
	memcpy(&parts[1].iov_base, &payload, sizeof payload);
	if (parts[0].iov_len <= MQTT_TOPIC_MAX && parts[1].iov_len < MQTT_PAYLOAD_MAX)
		sendmsg(l->hand_over_fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
	return false;
}

static void close_ends(const struct mqtt_listen *l)
{
	close(l->heard_fd);
	close(l->hand_over_fd);
}

/* The broker throws out the one of two that have the same client id. */
bool mqtt_listen_start(struct mqtt_listen *l, const struct settings_mqtt *settings)
{
	char client_id[SETTINGS_TEXT_MAX], topics[MQTT_TOPIC_MAX];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		snprintf(l->connection.why, sizeof(l->connection.why), "%s", strerror(errno));
		return false;
	}
	l->heard_fd = ends[0];
	l->hand_over_fd = ends[1];
	snprintf(topics, sizeof(topics), "%s/+", settings->topic_base);
	snprintf(client_id, sizeof(client_id), "pylontech-watch-%ld", (long)getpid());
	if (mqtt_connection_start(&l->connection, settings, client_id, NULL,
				  &(struct mqtt_subscription){ topics, hand_over, l }))
		return true;
	close_ends(l);
	return false;
}

bool mqtt_listen_hear(struct mqtt_listen *l, struct mqtt_message *message)
{
	ssize_t length = recv(l->heard_fd, message->topic, sizeof(message->topic) - 1, MSG_DONTWAIT);

	if (length <= 0)
		return false;
	message->topic[length] = '\0';
	message->payload = message->topic + strlen(message->topic) + 1;
	message->length = (size_t)(message->topic + length - message->payload);
	return true;
}

void mqtt_listen_stop(struct mqtt_listen *l)
{
	if (mqtt_connection_stop(&l->connection))
		close_ends(l);
}

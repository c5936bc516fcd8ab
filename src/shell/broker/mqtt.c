#include "shell/broker/mqtt.h"

#include <mosquitto.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define STOP_ANSWER_MS 400 /* for the broker to have read `offline` */

static void forget_messages(struct mqtt *m)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		m->slot[i].held = false;
		m->slot[i].sequence = 0;
	}
	m->sent = m->arrived = 0;
	m->asked = false;
}

/* Without the rooms for payloads: what nobody has written to takes no memory. */
static void clear(struct mqtt *m)
{
	memset(m, 0, offsetof(struct mqtt, payload));
}

bool mqtt_start(struct mqtt *m, const struct settings_mqtt *settings, const struct mqtt_subscription *subscription,
		int64_t held_max_ms)
{
	clear(m);
	m->held_max_ms = held_max_ms;
	snprintf(m->status_topic, sizeof(m->status_topic), "%.*s/status", MQTT_TOPIC_MAX - 8,
	         settings->topic_base);
	return mqtt_connection_start(&m->connection, settings, settings->client_id, m->status_topic, subscription);
}

int mqtt_fd(const struct mqtt *m)
{
	return mqtt_connection_fd(&m->connection);
}

int64_t mqtt_deadline(const struct mqtt *m)
{
	return m->connection.running && m->asked ? m->asked_ms + MQTT_ANSWER_MAX_MS : INT64_MAX;
}

static enum mqtt_sent send_now(struct mqtt *m, struct mqtt_slot *slot, const char *topic,
                               const char *payload, size_t length, bool retain)
{
	int rc = MOSQ_ERR_NO_CONN;

	mqtt_connection_lock(&m->connection);
	if (mqtt_connection_same(&m->connection))
		rc = mosquitto_publish(m->connection.client, NULL, topic, (int)length, payload, 0, retain);
	mqtt_connection_unlock(&m->connection);
	if (rc == MOSQ_ERR_SUCCESS)
		slot->sequence = ++m->sent;
	return rc == MOSQ_ERR_SUCCESS ? MQTT_SENT : rc == MOSQ_ERR_NOMEM ? MQTT_HELD : MQTT_SKIPPED;
}

/* Asks the broker for an answer to know what has arrived, one question at a time. */
static void ask(struct mqtt *m, int64_t now)
{
	if (m->asked || m->sent == m->arrived)
		return;
	mqtt_connection_lock(&m->connection);
	m->connection.shared.answered_mid = 0;
	m->asked = mqtt_connection_same(&m->connection) &&
		   mosquitto_unsubscribe(m->connection.client, &m->asked_mid, m->status_topic) == MOSQ_ERR_SUCCESS;
	mqtt_connection_unlock(&m->connection);
	m->asked_sequence = m->sent;
	m->asked_ms = now;
}

static bool answered(struct mqtt *m)
{
	mqtt_connection_lock(&m->connection);
	bool yes = m->connection.shared.answered_mid == m->asked_mid;
	mqtt_connection_unlock(&m->connection);
	return yes;
}

static void take_answer(struct mqtt *m, int64_t now)
{
	if (!m->asked || (!answered(m) && now - m->asked_ms < MQTT_ANSWER_MAX_MS))
		return;
	m->asked = false;
	m->arrived = m->asked_sequence;
}

static bool on_its_way(const struct mqtt *m, const struct mqtt_slot *slot)
{
	return slot->sequence > m->arrived;
}

static void send_held(struct mqtt *m, int64_t now)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		struct mqtt_slot *slot = &m->slot[i];
		if (!slot->held || on_its_way(m, slot))
			continue;
		slot->held = now - slot->held_ms <= m->held_max_ms &&
		             send_now(m, slot, slot->topic, m->payload[i], slot->length,
		                      slot->retain) == MQTT_HELD;
	}
}

/* An answer wakes the caller only where it frees a message that is held. */
static void want_answer(struct mqtt *m)
{
	bool wanted = false;

	for (int i = 0; i < MQTT_SLOTS; i++)
		wanted |= m->slot[i].held;
	mqtt_connection_lock(&m->connection);
	m->connection.shared.answer_wanted = wanted;
	mqtt_connection_unlock(&m->connection);
}

bool mqtt_poll(struct mqtt *m, int64_t now, struct mqtt_news *news)
{
	if (!m->connection.running)
		return false;
	if (mqtt_connection_poll(&m->connection, news)) {
		if (news->kind == MQTT_LOST || news->kind == MQTT_CONNECTED)
			forget_messages(m);
		return true;
	}
	want_answer(m);
	take_answer(m, now);
	send_held(m, now);
	ask(m, now);
	return false;
}

static enum mqtt_sent hold(struct mqtt_slot *slot, char *room, const char *topic, const char *payload,
                           size_t length, bool retain, int64_t now)
{
	slot->held = true;
	slot->retain = retain;
	slot->held_ms = now;
	slot->length = length;
	memcpy(room, payload, length);
	snprintf(slot->topic, sizeof(slot->topic), "%s", topic);
	return MQTT_HELD;
}

enum mqtt_sent mqtt_publish(struct mqtt *m, int slot_number, const char *topic, const char *payload,
                            size_t length, bool retain, int64_t now)
{
	struct mqtt_slot *slot = &m->slot[slot_number];

	if (!m->connection.running || !m->connection.up || length > MQTT_PAYLOAD_MAX || strlen(topic) >= MQTT_TOPIC_MAX)
		return MQTT_SKIPPED;
	take_answer(m, now);
	enum mqtt_sent sent = on_its_way(m, slot) ? MQTT_HELD
	                                          : send_now(m, slot, topic, payload, length, retain);
	if (sent == MQTT_HELD)
		return hold(slot, m->payload[slot_number], topic, payload, length, retain, now);
	slot->held = false;
	return sent;
}

/* ---- stop ---- */

static bool answered_or_lost(void *user)
{
	struct mqtt *m = user;

	mqtt_connection_lock(&m->connection);
	bool yes = m->connection.shared.answered_mid == m->asked_mid || !m->connection.shared.connected;
	mqtt_connection_unlock(&m->connection);
	return yes;
}

/* Says goodbye past the slots: what they hold besides is no longer true. */
static void say_offline(struct mqtt *m)
{
	mqtt_connection_lock(&m->connection);
	m->connection.shared.answered_mid = 0;
	m->connection.shared.answer_wanted = true;
	bool asked = m->connection.shared.connected &&
		     mosquitto_publish(m->connection.client, NULL, m->status_topic, sizeof(MQTT_OFFLINE) - 1,
				       MQTT_OFFLINE, 0, true) == MOSQ_ERR_SUCCESS &&
		     mosquitto_unsubscribe(m->connection.client, &m->asked_mid, m->status_topic) == MOSQ_ERR_SUCCESS;
	mqtt_connection_unlock(&m->connection);
	if (asked)
		mqtt_connection_wait(&m->connection, answered_or_lost, m, STOP_ANSWER_MS);
}

/* What the broker keeps must be the newest: a device that was taken back a moment ago would stay in Home Assistant. */
static void send_kept(struct mqtt *m)
{
	for (int i = 0; i < MQTT_SLOTS; i++) {
		struct mqtt_slot *slot = &m->slot[i];

		if (slot->held && slot->retain)
			send_now(m, slot, slot->topic, m->payload[i], slot->length, true);
	}
}

bool mqtt_stop(struct mqtt *m)
{
	if (!m->connection.running)
		return true;
	send_kept(m);
	say_offline(m);
	return mqtt_connection_stop(&m->connection);
}
